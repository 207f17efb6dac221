//! One command: what the shell does by itself, and what other programs run for it.

mod built_ins;

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use self::built_ins::joined;
use super::expand::Split;
use super::source::{HOLE, Source};
use super::state::{Export, Scope, State};
use super::syntax::{Assignment, Node, Raw, What};
use super::walk::{Certain, Context, Function, Input, Unit, Walker};
use super::wrappers::{self, Inner};
use super::{Command, Part, Seen, Value, Word};

/// A command as it is about to run.
#[derive(Clone)]
pub struct Call {
    pub words: Vec<Word>,
    pub span: Range<usize>,
    pub scope: Scope,
    pub folder: Rc<Value>,
    pub user: Option<Value>,
    /// What it is called by: what only the shell has, such as `cd`, may not be there.
    pub by: By,
    /// The here-document or text that it reads.
    pub input: Option<Input>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    Shell,
    /// `command`: functions do not count.
    Command,
    /// Another program.
    Program,
}

impl Walker<'_> {
    /// A command with the variables in front of it.
    pub fn simple(
        &mut self,
        unit: &Rc<Unit>,
        node: &Node,
        (assignments, raw): (&[Assignment], &[Raw]),
        mut state: State,
        context: &Context,
    ) -> (State, Certain) {
        let sets =
            matches!(raw.first().and_then(Raw::plain), Some("export" | "readonly" | "local" | "declare" | "typeset"));
        let mut words = Vec::new();
        for raw in raw {
            let is_assignment = sets
                && raw.pieces.first().is_some_and(
                    |piece| matches!(&piece.what, What::Text(text) if !piece.is_quoted && text.contains('=')),
                );
            let split = if is_assignment { Split::One } else { Split::Fields };
            words.append(&mut self.expand(unit, raw, split, &mut state, context));
        }
        let mut context = context.clone();
        let mut input = None;
        if let Some(found) = self.redirects(unit, &node.redirects, &mut state, &context) {
            context.reads_pipe = false;
            input = found;
        }
        if words.is_empty() {
            let runs =
                |raw: &Raw| raw.pieces.iter().any(|piece| !matches!(piece.what, What::Text(_) | What::Variable { .. }));
            let is_certain = !assignments.iter().any(|assignment| runs(&assignment.value))
                && raw.is_empty()
                && node.redirects.is_empty();
            for assignment in assignments {
                let value = self.value(unit, assignment, &mut state, &context);
                self.assign(&mut state, &assignment.name, value);
            }
            return (state, is_certain);
        }
        let mut scope = state.scope;
        for assignment in assignments {
            let value = self.value(unit, assignment, &mut state, &context);
            scope = self.changes.set(scope, &assignment.name, value, Export::Yes);
        }
        let call = Call {
            words,
            span: unit.source.span(node.span.clone()),
            scope,
            folder: state.folder.clone(),
            user: context.user.clone(),
            by: By::Shell,
            input,
        };
        self.run(unit, call, state, &context)
    }

    fn value(&mut self, unit: &Rc<Unit>, assignment: &Assignment, state: &mut State, context: &Context) -> Value {
        let word = self.expand_one(unit, &assignment.value, state, context);
        if assignment.is_plain { word.value() } else { Value::Unknown }
    }

    /// Lists a command, or what it runs in its place.
    pub fn run(&mut self, unit: &Rc<Unit>, call: Call, state: State, context: &Context) -> (State, Certain) {
        if !self.deeper(&call) {
            return (state, false);
        }
        let found = self.run_here(unit, call, state, context);
        self.depth -= 1;
        found
    }

    fn run_here(&mut self, unit: &Rc<Unit>, call: Call, mut state: State, context: &Context) -> (State, Certain) {
        let Some(name) = call.words[0].text().map(str::to_owned) else {
            self.list_command(unit, call, context);
            return (state, false);
        };
        if call.by == By::Shell {
            if let Some(function) = self.functions.get(&name).cloned() {
                self.list_command(unit, call.clone(), context);
                let Some(function) = function else {
                    self.cannot_read(
                        call.span,
                        format!("can't tell which `{name}` is called: it is defined more than once"),
                    );
                    return (state, false);
                };
                let context = context.reached(function.reached);
                return (self.function(function, call, state, &context), false);
            }
        }
        if call.by != By::Program {
            if let Some(found) = self.built_in(unit, &name, &call, &mut state, context) {
                return (state, found);
            }
        }
        match wrappers::inner(&call.words) {
            Some(Ok((inner, changes))) => self.inner(unit, call, (inner, changes), &state, context),
            Some(Err(why)) => {
                self.cannot_read(call.span.clone(), why);
                self.list_command(unit, call, context);
            }
            None => {
                if let Some(input) = call.input.as_ref().filter(|_| wrappers::reads_other_language(&name)) {
                    let why = format!("the here-document is for `{name}`, which isn't a shell");
                    self.cannot_read(input.word.span.clone(), why);
                }
                self.list_command(unit, call, context);
            }
        }
        (state, false)
    }

    fn function(&mut self, function: Function, call: Call, mut state: State, context: &Context) -> State {
        if call.scope != state.scope {
            // What stands in front of a function holds while it runs; whether longer, shells do not agree.
            state.scope = call.scope;
        }
        if self.running.iter().any(|running| Rc::ptr_eq(running, &function.body)) {
            self.cannot_read(call.span, "a function that calls itself isn't followed".to_owned());
            return state;
        }
        self.running.push(function.body.clone());
        self.returned.push(Vec::new());
        let (after, _) =
            self.node(&function.unit, &function.body, state, &Context { in_loop: false, ..context.clone() });
        self.running.pop();
        let mut ends = self.returned.pop().unwrap_or_default();
        ends.push(after);
        self.merged(ends).unwrap_or_else(State::ended)
    }

    /// One level deeper; false, and said, when that is too deep.
    fn deeper(&mut self, call: &Call) -> bool {
        if self.depth >= super::parse::DEEPEST {
            self.cannot_read(call.span.clone(), "nested too deeply".to_owned());
            return false;
        }
        self.depth += 1;
        true
    }

    fn list_command(&mut self, unit: &Rc<Unit>, call: Call, context: &Context) {
        let size = |word: &Word| {
            word.parts
                .iter()
                .map(|part| match part {
                    Part::Known(text) | Part::Unknown { written: text, .. } => text.len(),
                })
                .sum::<usize>()
        };
        let size =
            call.words.iter().map(|word| 1 + size(word)).sum::<usize>() + call.folder.known().map_or(0, str::len);
        if !self.charge(size) {
            return;
        }
        self.commands.push(Command {
            words: call.words,
            span: call.span,
            user: call.user,
            folder: (*call.folder).clone(),
            reached: context.reached,
            in_pipe: context.in_pipe,
            in_background: context.in_background,
            in_substitution: context.in_substitution,
            is_nested: unit.source.is_nested,
            scope: call.scope,
        });
    }

    /// What another program runs.
    fn inner(
        &mut self,
        unit: &Rc<Unit>,
        call: Call,
        (inner, changes): (Inner, wrappers::Changes),
        state: &State,
        context: &Context,
    ) {
        let mut inside = call.clone();
        if let Some(kept) = changes.clears {
            let kept: Vec<(String, Value)> = kept
                .into_iter()
                .filter_map(|name| {
                    let value = match self.changes.exported(call.scope, &name) {
                        Seen::Value(value) => Value::Known(value.to_owned()),
                        Seen::Unknown => Value::Unknown,
                        Seen::Unset | Seen::Nowhere => return None,
                    };
                    Some((name, value))
                })
                .collect();
            inside.scope = self.changes.clear(inside.scope);
            for (name, value) in kept {
                inside.scope = self.changes.set(inside.scope, &name, value, Export::Yes);
            }
        }
        for name in changes.unsets {
            inside.scope = self.changes.unset(inside.scope, &name);
        }
        for (name, value) in changes.sets {
            inside.scope = self.changes.set(inside.scope, &name, value, Export::Yes);
        }
        if let Some(folder) = changes.folder {
            inside.folder = Rc::new(joined(&call.folder, &folder));
        }
        inside.user = changes.user.or(inside.user);
        inside.by = By::Program;
        match inner {
            Inner::Nothing => self.list_command(unit, call, context),
            Inner::Program(at) => {
                inside.words.drain(..at);
                if changes.adds_words {
                    let span = inside.words[0].span.clone();
                    let parts = vec![Part::Unknown { written: "…".to_owned(), may_split: true }];
                    inside.words.push(Word { parts, span, is_pattern: false, inner: None });
                }
                self.run(unit, inside, state.clone(), context);
            }
            Inner::Script(at) => {
                let word = inside.words[at].clone();
                self.nested(unit, call, inside, &word, false, context);
            }
            Inner::Input => match call.input.clone() {
                Some(input) => self.nested(unit, call, inside, &input.word, input.without_tabs, context),
                None => {
                    if context.reads_pipe {
                        let name = call.words[0].text().unwrap_or_default();
                        self.cannot_read(call.span.clone(), format!("`{name}` runs what the pipe sends it"));
                    }
                    self.list_command(unit, call, context);
                }
            },
            Inner::File(at) => {
                let file =
                    inside.words[at].text().map_or("in a file that isn't known".to_owned(), |file| format!("`{file}`"));
                self.cannot_read(call.span.clone(), format!("runs the script {file}, which isn't read"));
                self.list_command(unit, call, context);
            }
        }
    }

    /// A script in a word, run by another shell.
    fn nested(
        &mut self,
        unit: &Rc<Unit>,
        call: Call,
        inside: Call,
        word: &Word,
        without_tabs: bool,
        context: &Context,
    ) {
        if matches!(word.parts.as_slice(), [Part::Unknown { .. }]) {
            self.cannot_read(
                word.span.clone(),
                format!("the script that `{}` runs isn't known", call.words[0].text().unwrap_or_default()),
            );
            return self.list_command(unit, call, context);
        }
        let source = source_of(unit, word, without_tabs);
        let state = State {
            scope: self.changes.new_shell(inside.scope),
            folder: inside.folder,
            exports_all: false,
            is_over: false,
        };
        let context = Context { user: inside.user, in_loop: false, ..context.clone() };
        let functions = std::mem::take(&mut self.functions);
        let returned = std::mem::take(&mut self.returned);
        self.script(source, state, &context);
        self.functions = functions;
        self.returned = returned;
    }
}

/// A word as a script. Its places are exact where it stands there as it is.
fn source_of(unit: &Unit, word: &Word, without_tabs: bool) -> Source {
    if let Some(inner) = &word.inner {
        return unit.source.part(inner.clone(), without_tabs, true);
    }
    let (mut text, mut holes) = (String::new(), BTreeMap::new());
    for part in &word.parts {
        match part {
            Part::Known(known) => text.push_str(known),
            Part::Unknown { written, .. } => {
                holes.insert(text.len(), written.clone());
                text.push(HOLE);
            }
        }
    }
    Source::of_word(text, holes, word.span.clone())
}
