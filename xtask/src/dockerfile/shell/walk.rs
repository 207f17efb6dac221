//! The way of a script: which commands it comes to, and what has changed by then.

mod changed;

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::call::{By, Call};
use super::expand::Split;
use super::parse::{DEEPEST, parse};
use super::source::Source;
use super::state::{Budget, Changes, State};
use super::syntax::{AndOr, Body, Kind, Link, List, Node, Pipeline, Redirect, Target};
use super::wrappers;
use super::{Command, Part, Reached, Script, Setting, Unread, Value, Word};

/// Reads an instruction.
pub fn instruction(text: &str, offset: usize, setting: &Setting) -> Script {
    read(text, offset, setting).0
}

/// Reads an instruction, and counts the steps that it takes.
#[cfg(test)]
pub fn counted(text: &str, offset: usize, setting: &Setting) -> (Script, usize) {
    let (script, budget) = read(text, offset, setting);
    (script, budget.taken())
}

fn read(text: &str, offset: usize, setting: &Setting) -> (Script, Budget) {
    let source = Source::of_instruction(text, offset, setting.escape);
    let mut walker = Walker {
        commands: Vec::new(),
        unread: Vec::new(),
        changes: Changes::new(setting.variables.clone()),
        budget: Budget::for_size(text.len()),
        whole: offset..offset + text.len(),
        is_stopped: false,
        depth: 0,
        functions: Functions::new(),
        returned: Vec::new(),
        running: Vec::new(),
        setting,
    };
    walker.instruction(source);
    (Script { commands: walker.commands, unread: walker.unread, changes: walker.changes }, walker.budget)
}

/// One script with what its parser made of it.
pub struct Unit {
    pub source: Source,
    list: List,
    bodies: Vec<Body>,
}

/// A function, and what has to happen before it is defined.
#[derive(Clone)]
pub struct Function {
    pub unit: Rc<Unit>,
    pub body: Rc<Node>,
    pub reached: Reached,
}

/// None: which of several it is depends on what runs.
type Functions = HashMap<String, Option<Function>>;

pub struct Walker<'a> {
    pub commands: Vec<Command>,
    pub unread: Vec<Unread>,
    pub changes: Changes,
    pub budget: Budget,
    /// All that was given.
    whole: Range<usize>,
    /// The budget is used up.
    is_stopped: bool,
    pub depth: usize,
    pub functions: Functions,
    /// The states in which the functions that are being run have returned.
    pub returned: Vec<Vec<State>>,
    /// The functions that are being run.
    pub running: Vec<Rc<Node>>,
    setting: &'a Setting,
}

/// What holds for all commands of a part of a script.
#[derive(Clone)]
pub struct Context {
    pub user: Option<Value>,
    pub reached: Reached,
    pub in_pipe: bool,
    pub in_background: bool,
    pub in_substitution: bool,
    /// What it changes is gone afterwards: `( … )`.
    pub in_subshell: bool,
    pub in_loop: bool,
    /// The standard input comes from a pipe.
    pub reads_pipe: bool,
}

impl Context {
    fn first() -> Context {
        Context {
            user: None,
            reached: Reached::Always,
            in_pipe: false,
            in_background: false,
            in_substitution: false,
            in_subshell: false,
            in_loop: false,
            reads_pipe: false,
        }
    }

    pub fn in_substitution(&self) -> Context {
        Context { in_substitution: true, ..self.clone() }
    }

    pub fn reached(&self, reached: Reached) -> Context {
        Context { reached: self.reached.max(reached), ..self.clone() }
    }
}

/// A here-document, or `<<< text`.
#[derive(Clone)]
pub struct Input {
    pub word: Word,
    pub without_tabs: bool,
}

/// Whether a command can fail: after one that can't, `&&` changes nothing.
pub type Certain = bool;

impl Walker<'_> {
    fn instruction(&mut self, source: Source) {
        if let Some(words) = source.exec_form() {
            return self.exec_form(source, words);
        }
        let names_shell = |name: &String| wrappers::is_shell(name);
        if let Some(shell) = self.setting.shell.first().filter(|name| !names_shell(name)) {
            let why = format!("`SHELL` is `{shell}`, whose scripts aren't read");
            return self.unread.push(Unread { span: self.whole.clone(), why });
        }
        let source = match source.only_document() {
            None => source,
            Some(script) => {
                if let Some(program) = wrappers::interpreter(&script.text).filter(|name| !wrappers::is_shell(name)) {
                    let why = format!("the here-document is for `{program}`, which isn't a shell");
                    let span = script.span(0..script.text.len());
                    return self.unread.push(Unread { span, why });
                }
                script
            }
        };
        self.script(source, State::default(), &Context::first());
    }

    fn exec_form(&mut self, source: Source, words: Vec<(String, Range<usize>)>) {
        let word = |(text, inner): (String, Range<usize>)| {
            let span = source.span(inner.start - 1..inner.end + 1);
            let inner = (source.text[inner.clone()] == text).then_some(inner);
            Word { parts: vec![Part::Known(text)], span, is_pattern: false, inner }
        };
        let mut words: Vec<Word> = words.into_iter().map(word).collect();
        for word in &mut words {
            if word.text() == Some("") {
                word.parts.clear();
            }
        }
        if words.is_empty() {
            return;
        }
        let state = State::default();
        let call = Call {
            words,
            span: self.whole.clone(),
            scope: state.scope,
            folder: state.folder.clone(),
            user: None,
            by: By::Program,
            input: None,
        };
        let unit = Rc::new(Unit { source, list: List::new(), bodies: Vec::new() });
        self.run(&unit, call, state, &Context::first());
    }

    /// Takes steps from the budget; false when there are none left, which is said once.
    pub fn charge(&mut self, steps: usize) -> bool {
        if !self.is_stopped && !self.budget.charge(steps) {
            self.is_stopped = true;
            let why = "too long to follow to the end".to_owned();
            self.unread.push(Unread { span: self.whole.clone(), why });
        }
        !self.is_stopped
    }

    pub fn cannot_read(&mut self, span: Range<usize>, why: String) {
        self.unread.push(Unread { span, why });
    }

    /// Runs a script by itself: the text of a word, of a here-document, of all the instruction.
    pub fn script(&mut self, source: Source, state: State, context: &Context) -> State {
        let parsed = parse(&source, self.depth, &mut self.budget);
        if let Some(problem) = parsed.problem {
            let end = source.text.trim_end().len().max(problem.at);
            let rest = &source.text[problem.at..end];
            let start = end - rest.trim_start().len();
            self.cannot_read(source.span(start..end), problem.why);
        }
        let unit = Rc::new(Unit { source, list: parsed.list, bodies: parsed.bodies });
        self.list(&unit, &unit.list, state, context)
    }

    pub fn list(&mut self, unit: &Rc<Unit>, list: &List, mut state: State, context: &Context) -> State {
        if self.depth >= DEEPEST {
            self.cannot_read(unit.source.span(0..unit.source.text.len()), "nested too deeply".to_owned());
            return state;
        }
        self.depth += 1;
        for item in list {
            if state.is_over || !self.charge(1) {
                break;
            }
            state = self.and_or(unit, item, state, context);
        }
        self.depth -= 1;
        state
    }

    fn and_or(&mut self, unit: &Rc<Unit>, item: &AndOr, state: State, context: &Context) -> State {
        if item.in_background {
            let context = Context { in_background: true, ..context.clone() };
            self.and_or_here(unit, item, state.clone(), &context);
            return state;
        }
        self.and_or_here(unit, item, state, context)
    }

    fn and_or_here(&mut self, unit: &Rc<Unit>, item: &AndOr, state: State, context: &Context) -> State {
        // The states in which it can be after a success, and after a failure.
        let (after, is_certain) = self.pipeline(unit, &item.first, state, context);
        let mut successes = vec![after.clone()];
        let mut failures = if is_certain { Vec::new() } else { vec![after] };
        for (link, pipeline) in &item.rest {
            let (from, reached) = match link {
                Link::And => (&mut successes, Reached::OnSuccess),
                Link::Or => (&mut failures, Reached::OnFailure),
            };
            let Some(from) = self.merged(std::mem::take(from)) else { continue };
            let (after, is_certain) = self.pipeline(unit, pipeline, from, &context.reached(reached));
            successes.push(after.clone());
            if !is_certain {
                failures.push(after);
            }
        }
        successes.append(&mut failures);
        self.merged(successes).unwrap_or_else(State::ended)
    }

    /// What holds where a script goes on from one of some states; none when it ends in all of them.
    pub fn merged(&mut self, states: Vec<State>) -> Option<State> {
        let mut going_on = states.into_iter().filter(|state| !state.is_over);
        let first = going_on.next()?;
        Some(going_on.fold(first, |one, other| one.merged(other, &mut self.changes, &self.budget)))
    }

    fn pipeline(&mut self, unit: &Rc<Unit>, pipeline: &Pipeline, state: State, context: &Context) -> (State, Certain) {
        if let [node] = pipeline.parts.as_slice() {
            let (after, is_certain) = self.node(unit, node, state, context);
            return (after, is_certain && !pipeline.is_negated);
        }
        for (place, node) in pipeline.parts.iter().enumerate() {
            let context = Context { in_pipe: true, reads_pipe: place > 0 || context.reads_pipe, ..context.clone() };
            self.node(unit, node, state.clone(), &context);
        }
        (state, false)
    }

    pub fn node(&mut self, unit: &Rc<Unit>, node: &Node, mut state: State, context: &Context) -> (State, Certain) {
        let Kind::Simple { assignments, words } = &node.kind else {
            let mut inside = context.clone();
            if let Some(input) = self.redirects(unit, &node.redirects, &mut state, context) {
                inside.reads_pipe = input.is_some();
            }
            return self.compound(unit, node, state, &inside);
        };
        self.simple(unit, node, (assignments, words), state, context)
    }

    fn compound(&mut self, unit: &Rc<Unit>, node: &Node, mut state: State, context: &Context) -> (State, Certain) {
        let conditional = context.reached(Reached::Conditional);
        let after = match &node.kind {
            Kind::Simple { .. } => state,
            Kind::Group(list) => self.list(unit, list, state, context),
            Kind::Subshell(list) => {
                self.list(unit, list, state.clone(), &Context { in_subshell: true, ..context.clone() });
                state
            }
            Kind::If { branches, otherwise } => {
                let mut ends = Vec::new();
                for (place, (condition, body)) in branches.iter().enumerate() {
                    state = self.list(unit, condition, state, if place == 0 { context } else { &conditional });
                    ends.push(self.list(unit, body, state.clone(), &conditional));
                }
                ends.push(match otherwise {
                    Some(list) => self.list(unit, list, state, &conditional),
                    None => state,
                });
                self.merged(ends).unwrap_or_else(State::ended)
            }
            Kind::Loop { condition, body } => {
                self.forget_changed(&mut state, &[condition, body]);
                let of_loop = Context { in_loop: true, ..conditional };
                let first = Context { in_loop: true, ..context.clone() };
                state = self.list(unit, condition, state, &first);
                let end = self.list(unit, body, state.clone(), &of_loop);
                self.merged(vec![state, end]).unwrap_or_else(State::ended)
            }
            Kind::For { name, words, body } => {
                for word in words {
                    self.expand(unit, word, Split::Fields, &mut state, context);
                }
                self.forget_changed(&mut state, &[body]);
                if !name.is_empty() {
                    self.assign(&mut state, name, Value::Unknown);
                }
                let of_loop = Context { in_loop: true, ..conditional };
                let end = self.list(unit, body, state.clone(), &of_loop);
                self.merged(vec![state, end]).unwrap_or_else(State::ended)
            }
            Kind::Case { word, arms, is_complete } => {
                self.expand_one(unit, word, &mut state, context);
                let mut ends: Vec<State> =
                    arms.iter().map(|arm| self.list(unit, arm, state.clone(), &conditional)).collect();
                if !is_complete {
                    ends.push(state);
                }
                self.merged(ends).unwrap_or_else(State::ended)
            }
            Kind::Function { name, body } => {
                let is_gone =
                    context.in_subshell || context.in_pipe || context.in_background || context.in_substitution;
                let reached = if is_gone { Reached::Conditional } else { context.reached };
                let function = Function { unit: unit.clone(), body: body.clone(), reached };
                let other =
                    |known: &Option<Function>| known.as_ref().is_none_or(|known| !Rc::ptr_eq(&known.body, body));
                let is_clear = reached == Reached::Always || !self.functions.get(name).is_some_and(other);
                self.functions.insert(name.clone(), is_clear.then_some(function));
                return (state, true);
            }
            Kind::Test(inner) => {
                self.commands_in(unit, inner, &mut state, context);
                state
            }
        };
        (after, false)
    }

    /// `NAME=value` in the shell itself.
    pub fn assign(&mut self, state: &mut State, name: &str, value: Value) {
        let export = self.changes.export_of(state.scope, name, &self.budget).max(state.exports_all.into());
        state.scope = self.changes.set(state.scope, name, value, export);
    }

    /// Runs what redirections run. The outer `Some`: something is read in place of the standard input; the inner one:
    /// a here-document or a text.
    pub fn redirects(
        &mut self,
        unit: &Rc<Unit>,
        redirects: &[Redirect],
        state: &mut State,
        context: &Context,
    ) -> Option<Option<Input>> {
        let mut input = None;
        for redirect in redirects {
            let found = match &redirect.target {
                Target::File(word) => {
                    self.expand_one(unit, word, state, context);
                    None
                }
                Target::Text(word) => {
                    Some(Input { word: self.expand_one(unit, word, state, context), without_tabs: false })
                }
                Target::Document(body) => unit.bodies.get(*body).map(|body| {
                    let mut word = self.expand_one(unit, &body.word, state, context);
                    if body.is_literal {
                        word.inner = Some(body.word.span.clone());
                    }
                    Input { word, without_tabs: body.without_tabs }
                }),
            };
            if redirect.is_input {
                input = Some(found);
            }
        }
        input
    }
}
