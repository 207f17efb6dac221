//! What the shell does by itself: `export`, `cd`, `eval`, `exit` …

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{By, Call, source_of};
use crate::dockerfile::shell::parse::is_name;
use crate::dockerfile::shell::source::Source;
use crate::dockerfile::shell::state::{Export, State};
use crate::dockerfile::shell::walk::{Certain, Context, Unit, Walker};
use crate::dockerfile::shell::wrappers;
use crate::dockerfile::shell::{Reached, Seen, Value, Word};

impl Walker<'_> {
    /// What the shell does by itself; none when the name is a program's.
    pub fn built_in(
        &mut self,
        unit: &Rc<Unit>,
        name: &str,
        call: &Call,
        state: &mut State,
        context: &Context,
    ) -> Option<Certain> {
        let arguments = &call.words[1..];
        let is_certain = match name {
            ":" | "true" => true,
            "export" | "readonly" | "declare" | "typeset" | "local" => {
                self.export(name, call, state);
                true
            }
            "unset" => {
                for name in arguments.iter().filter_map(Word::text).filter(|name| !name.starts_with('-')) {
                    state.scope = self.changes.unset(state.scope, name);
                }
                true
            }
            "set" => {
                let mut options = arguments.iter().filter_map(Word::text);
                while let Some(option) = options.next() {
                    let is_on = option.starts_with('-');
                    if matches!(option, "-" | "--") || !(is_on || option.starts_with('+')) {
                        break;
                    }
                    let names_it = option.ends_with('o') && options.next() == Some("allexport");
                    if names_it || option[1..].contains('a') {
                        state.exports_all = is_on;
                    }
                }
                true
            }
            "cd" => {
                self.cd(call, state);
                false
            }
            "pushd" | "popd" => {
                state.folder = Rc::new(Value::Unknown);
                false
            }
            "read" | "getopts" | "mapfile" | "readarray" => {
                let names: Vec<String> =
                    arguments.iter().filter_map(Word::text).filter(|name| is_name(name)).map(str::to_owned).collect();
                for name in names {
                    self.assign(state, &name, Value::Unknown);
                }
                false
            }
            "exit" => {
                state.is_over = true;
                false
            }
            "return" if !self.returned.is_empty() => {
                if let Some(returned) = self.returned.last_mut() {
                    returned.push(state.clone());
                }
                state.is_over = true;
                false
            }
            "break" | "continue" if context.in_loop => {
                state.is_over = true;
                false
            }
            "." | "source" => {
                let file = arguments.first().and_then(Word::text).unwrap_or("…").to_owned();
                self.cannot_read(call.span.clone(), format!("runs the script `{file}`, which isn't read"));
                false
            }
            "alias" => {
                self.cannot_read(call.span.clone(), "aliases aren't followed".to_owned());
                false
            }
            "trap" => {
                self.list_command(unit, call.clone(), context);
                if let Some(word) = arguments.first().filter(|word| !matches!(word.text(), Some("" | "-") | None)) {
                    let source = source_of(unit, word, false);
                    self.script(source, state.clone(), &context.reached(Reached::Conditional));
                }
                return Some(true);
            }
            "command" | "builtin" | "exec" | "eval" => return Some(self.indirect(unit, name, call, state, context)),
            _ => return None,
        };
        self.list_command(unit, call.clone(), context);
        Some(is_certain)
    }

    /// What runs its own words as a command of this shell.
    fn indirect(&mut self, unit: &Rc<Unit>, name: &str, call: &Call, state: &mut State, context: &Context) -> Certain {
        let mut at = 1;
        let mut clears = false;
        while let Some(option) =
            call.words.get(at).and_then(Word::text).filter(|word| word.starts_with('-') && word.len() > 1)
        {
            if name == "eval" && option != "--" {
                break;
            }
            if name == "command" && option.contains(['v', 'V']) {
                self.list_command(unit, call.clone(), context);
                return false;
            }
            at += 1;
            if option == "--" {
                break;
            }
            if name == "exec" {
                clears |= option.contains('c');
                at += usize::from(option.ends_with('a'));
            }
        }
        if at >= call.words.len() {
            self.list_command(unit, call.clone(), context);
            return false;
        }
        let mut inside = call.clone();
        if name == "eval" {
            if inside.words[at..].iter().any(|word| word.text().is_none()) {
                self.cannot_read(call.span.clone(), "what `eval` runs isn't known".to_owned());
                self.list_command(unit, inside, context);
                return false;
            }
            let text: Vec<&str> = inside.words[at..].iter().filter_map(Word::text).collect();
            let source = match &inside.words[at..] {
                [word] => source_of(unit, word, false),
                words => {
                    let span = words[0].span.start..words[words.len() - 1].span.end;
                    Source::of_word(text.join(" "), BTreeMap::new(), span)
                }
            };
            let before = state.scope;
            state.scope = call.scope;
            *state = self.script(source, state.clone(), context);
            if state.scope == call.scope {
                state.scope = before;
            }
            return false;
        }
        if clears {
            inside.scope = self.changes.clear(inside.scope);
        }
        inside.words.drain(..at);
        inside.by = if name == "exec" { By::Program } else { By::Command };
        let (after, is_certain) = self.run(unit, inside, state.clone(), context);
        *state = after;
        state.is_over |= name == "exec";
        is_certain
    }

    fn export(&mut self, name: &str, call: &Call, state: &mut State) {
        let (mut exports, mut takes_back) = (name == "export", false);
        for word in &call.words[1..] {
            match (wrappers::assignment(word), word.text()) {
                (Some((name, value)), _) => {
                    let export = match takes_back {
                        true => Export::No,
                        false => self
                            .changes
                            .export_of(state.scope, &name, &self.budget)
                            .max((exports || state.exports_all).into()),
                    };
                    state.scope = self.changes.set(state.scope, &name, value, export);
                }
                (None, Some(option)) if option.starts_with('-') => {
                    exports |= option.contains('x');
                    takes_back |= option.contains('n') && name == "export";
                }
                (None, Some(name)) if is_name(name) && (exports || takes_back) => {
                    let value = match self.changes.of_shell(state.scope, name, &self.budget) {
                        Seen::Value(value) => Value::Known(value.to_owned()),
                        Seen::Unknown => Value::Unknown,
                        Seen::Unset | Seen::Nowhere => {
                            if exports && !takes_back {
                                state.scope = self.changes.export(state.scope, name, Export::Yes);
                            }
                            continue;
                        }
                    };
                    state.scope = self.changes.set(state.scope, name, value, (exports && !takes_back).into());
                }
                (None, Some(_)) => {}
                (None, None) => {
                    self.cannot_read(word.span.clone(), format!("`{name}` sets a variable whose name isn't known"))
                }
            }
        }
    }

    fn cd(&mut self, call: &Call, state: &mut State) {
        let mut words =
            call.words[1..].iter().skip_while(|word| matches!(word.text(), Some("-L" | "-P" | "-e" | "--")));
        let to = match words.next() {
            None => match self.changes.of_shell(state.scope, "HOME", &self.budget) {
                Seen::Value(home) => Value::Known(home.to_owned()),
                _ => Value::Unknown,
            },
            Some(word) if word.text() == Some("-") || word.is_pattern => Value::Unknown,
            Some(word) => word.value(),
        };
        let folder = joined(&state.folder, &to);
        // No system has longer paths.
        let is_too_long = folder.known().is_some_and(|folder| folder.len() > 4096);
        state.folder = Rc::new(if is_too_long { Value::Unknown } else { folder });
        self.charge(state.folder.known().map_or(0, str::len));
    }
}

/// A folder seen from another, without `.` and `..`, as `cd` makes it.
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
