//! Running a command: a function, a built-in, a program, or what that program runs.

use std::ops::Range;
use std::rc::Rc;

use super::script::{Place, Problem, Reader};
use super::source::Source;
use super::state::{Export, Function, State, Variables};
use super::wrappers::{self, Inner, Runs};
use super::{Command, HOLE, Reached, Value, Word};

/// A command that is about to run.
#[derive(Clone)]
pub struct Call {
    pub words: Vec<Word>,
    pub span: Range<usize>,
    /// The state of the shell, with the variables in front of the command.
    pub state: State,
    pub by: By,
    /// The here-document or here-string that it reads.
    pub input: Option<Source>,
}

/// What runs a command. Only a shell has built-ins and functions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    Shell,
    /// `command` of the shell, which ignores functions.
    Command,
    /// Another program.
    Program,
}

impl Reader<'_> {
    /// Lists a command, or what it runs instead.
    pub fn run(&mut self, call: Call) -> Result<(), Problem> {
        self.deeper(|reader| reader.run_here(call))
    }

    fn run_here(&mut self, call: Call) -> Result<(), Problem> {
        let Some(name) = call.words[0].text() else { return self.list_command(&call) };
        if call.by == By::Shell {
            if let Some(function) = self.walk.state.functions.get(name).cloned() {
                self.list_command(&call)?;
                return self.function_call(name, function, &call);
            }
        }
        if call.by != By::Program && self.built_in(name, &call)? {
            return Ok(());
        }
        match wrappers::inner(&call.words) {
            Some(Ok(inner)) => return self.inner(&call, inner),
            Some(Err(why)) => self.walk.cannot_read(call.span.clone(), why),
            None => {
                if let Some(input) = call.input.as_ref().filter(|_| wrappers::reads_other_language(name)) {
                    let why = format!("the here-document is for `{name}`, which isn't a shell");
                    self.walk.cannot_read(input.span(0..input.text.len()), why);
                }
            }
        }
        self.list_command(&call)?;
        if name.contains('/') {
            let state = call.state.clone();
            self.file(name, &call, |reader, text| reader.nested(text, state))?;
        }
        Ok(())
    }

    fn function_call(&mut self, name: &str, function: Option<Rc<Function>>, call: &Call) -> Result<(), Problem> {
        let Some(function) = function else {
            self.walk.cannot_read(call.span.clone(), format!("can't tell what the function `{name}` is here"));
            return Ok(());
        };
        let before = self.walk.state.clone();
        // A call of itself isn't followed.
        Rc::make_mut(&mut self.walk.state.functions).insert(name.to_owned(), None);
        let returned = self.walk.returned.replace(Vec::new());
        let (source, place) = (function.source.clone(), Place { at: function.at, documents: None });
        self.with_variables(&call.state.variables, |reader| {
            reader.reached(function.reached, |reader| Reader { walk: reader.walk, source, place }.command())
        })?;
        let mut ends = std::mem::replace(&mut self.walk.returned, returned).unwrap_or_default();
        ends.push(self.walk.state.clone());
        if function.reached != Reached::Always {
            // It may not be defined.
            ends.push(before);
        }
        self.walk.go_on_from(ends);
        Rc::make_mut(&mut self.walk.state.functions).insert(name.to_owned(), Some(function));
        Ok(())
    }

    /// Runs something in this shell with the variables in front of a command. Shells disagree on whether they keep their
    /// values afterwards.
    pub fn with_variables(
        &mut self,
        variables: &Variables,
        read: impl FnOnce(&mut Self) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let before = std::mem::replace(&mut self.walk.state.variables, variables.clone());
        read(self)?;
        if !before.is(variables) {
            self.walk.state.variables = before.merged(&self.walk.state.variables);
        }
        Ok(())
    }

    pub fn list_command(&mut self, call: &Call) -> Result<(), Problem> {
        let words: usize = call.words.iter().map(|word| 1 + word.with_holes.len()).sum();
        self.walk.charge(words + call.state.folder.known().map_or(0, str::len))?;
        self.walk.commands.push(Command {
            words: call.words.clone(),
            span: call.span.clone(),
            user: call.state.user.clone(),
            folder: (*call.state.folder).clone(),
            reached: self.walk.reached,
            variables: call.state.variables.clone(),
        });
        Ok(())
    }

    /// Lists a command, and why it can't be followed.
    pub fn unread_command(&mut self, call: &Call, why: Problem) -> Result<(), Problem> {
        self.walk.cannot_read(call.span.clone(), why);
        self.list_command(call)
    }

    /// Runs what another program runs.
    fn inner(&mut self, call: &Call, inner: Inner) -> Result<(), Problem> {
        let mut inside = Call { by: By::Program, ..call.clone() };
        let state = &mut inside.state;
        self.walk.charge(state.variables.size())?;
        if let Some(kept) = inner.clears {
            state.variables = state.variables.of_new_shell().cleared(&kept);
        }
        inner.unsets.iter().for_each(|name| state.variables.unset(name));
        for (name, value) in inner.sets {
            state.variables.set(&name, value, Export::Yes);
        }
        if let Some(folder) = inner.folder {
            state.folder = Rc::new(joined(&state.folder, &folder));
        }
        state.user = inner.user.or(state.user.take());
        let name = &call.words[0].with_holes;
        let why = match (inner.runs, call.input.clone()) {
            (Runs::Nothing, _) => return self.list_command(call),
            (Runs::Program(at), _) => {
                inside.words.drain(..at);
                if inner.adds_words {
                    inside.words.push(Word { with_holes: HOLE.into(), span: call.span.clone() });
                }
                return self.run(inside);
            }
            (Runs::Script(word), _) if word.is_hole() => format!("the script that `{name}` runs isn't known"),
            (Runs::Script(word), _) => return self.nested(self.script_of(&word), inside.state),
            (Runs::Input, Some(script)) => return self.nested(script, inside.state),
            (Runs::Input, None) => format!("`{name}` runs what comes by its standard input"),
            (Runs::File(word), _) => match word.text() {
                Some(file) => {
                    let state = inside.state.clone();
                    if self.file(file, &inside, |reader, text| reader.nested(text, state))? {
                        return Ok(());
                    }
                    isnt_read(file)
                }
                None => "runs a script that isn't known".to_owned(),
            },
        };
        self.unread_command(call, why)
    }

    /// Runs a script file by `run`. False if its text isn't known, or isn't for a shell.
    pub fn file(
        &mut self,
        file: &str,
        call: &Call,
        run: impl FnOnce(&mut Self, Source) -> Result<(), Problem>,
    ) -> Result<bool, Problem> {
        let joined = joined(&call.state.folder, &Value::Known(file.to_owned()));
        let Some(path) = joined.known() else { return Ok(false) };
        if !self.walk.files.iter().any(|other| other == path) {
            self.walk.files.push(path.to_owned());
        }
        let is_for_shell = |text: &str| wrappers::interpreter(text).is_none_or(wrappers::is_shell);
        // One that runs itself isn't followed again.
        let Some(text) = self.walk.texts.remove(path) else { return Ok(false) };
        let found = is_for_shell(&text);
        if found {
            run(self, Source::of_words(&text, call.span.clone()))?;
        }
        self.walk.texts.insert(path.to_owned(), text);
        Ok(found)
    }

    /// Runs a script in a new shell.
    fn nested(&mut self, script: Source, state: State) -> Result<(), Problem> {
        self.walk.charge(state.variables.size())?;
        let state = State { variables: state.variables.of_new_shell(), functions: Rc::default(), ..state };
        let returned = self.walk.returned.take();
        self.apart(|reader| {
            reader.walk.state = state;
            reader.walk.script(script);
            Ok(())
        })?;
        self.walk.returned = returned;
        Ok(())
    }
}

/// Why a script file isn't followed.
pub fn isnt_read(file: &str) -> Problem {
    format!("runs the script `{file}`, which isn't read")
}

/// The folder that `cd` ends up in, without `.` and `..`.
pub fn joined(from: &Value, to: &Value) -> Value {
    let (Some(from), Some(to)) = (from.known().or(to.known().filter(|to| to.starts_with('/'))), to.known()) else {
        return Value::Unknown;
    };
    let from = if to.starts_with('/') { "" } else { from };
    let is_absolute = to.starts_with('/') || from.starts_with('/');
    let mut folders: Vec<&str> = Vec::new();
    for folder in from.split('/').chain(to.split('/')) {
        match folder {
            "" | "." => {}
            ".." if folders.last().is_some_and(|last| *last != "..") => {
                folders.pop();
            }
            ".." if is_absolute => {}
            folder => folders.push(folder),
        }
    }
    Value::Known(format!("{}{}", if is_absolute { "/" } else { "" }, folders.join("/")))
}
