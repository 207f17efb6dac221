//! Built-ins of the shell: `export`, `cd`, `eval`, `exit` …

use std::rc::Rc;

use super::run::{By, Call, isnt_read, joined};
use super::script::{Problem, Reader, is_name};
use super::source::Source;
use super::state::Export;
use super::wrappers;
use super::{Seen, Value, Word};

impl Reader<'_> {
    /// Runs a built-in; false if it is a program.
    pub fn built_in(&mut self, name: &str, call: &Call) -> Result<bool, Problem> {
        let arguments = &call.words[1..];
        let state = &mut self.walk.state;
        let mut given = arguments.iter().filter_map(Word::text);
        match name {
            "export" | "readonly" => self.declare(name == "export", call)?,
            "unset" => given.filter(|name| is_name(name)).for_each(|name| state.variables.unset(name)),
            "cd" => self.cd(arguments)?,
            "pushd" | "popd" => state.folder = Rc::new(Value::Unknown),
            // The values they set aren't followed.
            "read" | "getopts" | "mapfile" | "readarray" | "local" | "declare" | "typeset" => {
                let may_export = given.any(|word| word.starts_with("-x"));
                for name in arguments.iter().filter_map(|word| word.with_holes.split('=').next()) {
                    if is_name(name) {
                        let export = self.walk.state.variables.export(name);
                        self.set(name, Value::Unknown, if may_export { Export::Maybe } else { export })?;
                    }
                }
            }
            "exit" => state.is_over = true,
            "return" if self.walk.returned.is_some() => {
                self.walk.returned.iter_mut().for_each(|returned| returned.push(state.clone()));
                state.is_over = true;
            }
            "." | "source" => {
                let file = given.next().unwrap_or("…");
                let here = |reader: &mut Self, text| {
                    reader.walk.script(text);
                    Ok(())
                };
                if !self.file(file, call, here)? {
                    self.walk.cannot_read(call.span.clone(), isnt_read(file));
                }
            }
            "alias" | "trap" => self.walk.cannot_read(call.span.clone(), format!("what `{name}` does isn't followed")),
            "set" if given.any(|word| word == "allexport" || (word.starts_with('-') && word.contains('a'))) => {
                self.walk.cannot_read(call.span.clone(), "what `set -a` does isn't followed".to_owned());
            }
            "eval" => return self.eval(call).map(|()| true),
            "command" | "builtin" | "exec" => return self.indirect(name, call).map(|()| true),
            _ => return Ok(false),
        }
        self.list_command(call)?;
        Ok(true)
    }

    /// Built-ins that run their arguments as a command.
    fn indirect(&mut self, name: &str, call: &Call) -> Result<(), Problem> {
        let given = call.words[1..].iter().map_while(Word::text);
        let options: Vec<&str> = given.take_while(|word| word.starts_with('-')).collect();
        let at = 1 + options.len();
        if at == call.words.len() || options.iter().any(|option| !matches!(*option, "--" | "-p")) {
            return self.list_command(call);
        }
        let by = if name == "exec" { By::Program } else { By::Command };
        self.run(Call { words: call.words[at..].to_vec(), by, ..call.clone() })?;
        self.walk.state.is_over |= name == "exec";
        Ok(())
    }

    fn eval(&mut self, call: &Call) -> Result<(), Problem> {
        let words: Option<Vec<&str>> = call.words[1..].iter().map(Word::text).collect();
        let Some(words) = words else {
            return self.unread_command(call, "what `eval` runs isn't known".to_owned());
        };
        let script = match &call.words[1..] {
            [word] => self.script_of(word),
            _ => Source::of_words(&words.join(" "), call.span.clone()),
        };
        self.with_variables(&call.state.variables, |reader| {
            reader.walk.script(script);
            Ok(())
        })
    }

    pub fn set(&mut self, name: &str, value: Value, export: Export) -> Result<(), Problem> {
        self.walk.charge(self.walk.state.variables.size())?;
        self.walk.state.variables.set(name, value, export);
        Ok(())
    }

    /// `export` and `readonly`
    fn declare(&mut self, exports: bool, call: &Call) -> Result<(), Problem> {
        let mut is_clear = true;
        for word in &call.words[1..] {
            let variables = &self.walk.state.variables;
            match (wrappers::assignment(word), word.text()) {
                (Some((name, value)), _) if exports && is_clear => self.set(&name, value, Export::Yes)?,
                (Some((name, value)), _) => self.assign(&name, value)?,
                (None, None) => {
                    let why = format!("`{}` sets a variable whose name isn't known", call.words[0].with_holes);
                    self.walk.cannot_read(word.span.clone(), why);
                }
                // `export -n`
                (None, Some(option)) if option.starts_with('-') => is_clear = false,
                (None, Some(name)) if is_name(name) && exports => {
                    let value = match variables.of_shell(name) {
                        Seen::Value(value) if is_clear => Value::Known(value.to_owned()),
                        Seen::Unknown if is_clear => Value::Unknown,
                        // The base image may set it, or the script may do so later.
                        _ => {
                            self.set(name, Value::Unknown, Export::Maybe)?;
                            continue;
                        }
                    };
                    self.set(name, value, Export::Yes)?;
                }
                (None, Some(_)) => {}
            }
        }
        Ok(())
    }

    fn cd(&mut self, arguments: &[Word]) -> Result<(), Problem> {
        let mut words = arguments.iter().skip_while(|word| matches!(word.text(), Some("-L" | "-P" | "-e" | "--")));
        let to = match words.next() {
            None => match self.walk.state.variables.of_shell("HOME") {
                Seen::Value(home) => Value::Known(home.to_owned()),
                _ => Value::Unknown,
            },
            // The previous folder, or possibly a pattern.
            Some(word) if word.text() == Some("-") || word.with_holes.contains(['*', '?', '[', '{']) => Value::Unknown,
            Some(word) => word.value(),
        };
        let folder = joined(&self.walk.state.folder, &to);
        // No system has longer paths.
        let is_too_long = folder.known().is_some_and(|folder| folder.len() > 4096);
        self.walk.charge(folder.known().map_or(0, str::len))?;
        self.walk.state.folder = Rc::new(if is_too_long { Value::Unknown } else { folder });
        Ok(())
    }
}
