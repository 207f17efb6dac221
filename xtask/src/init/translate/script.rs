//! A line of a recipe as a script for `sh`: the same text, with the shell's own way to say what make put in.

use crate::init::makefile::piece::{self, Piece, Reads};
use crate::init::translate::command::is_variable;
use crate::init::translate::flags::GOALS;

/// A script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    pub text: String,
    /// The person's variables that it reads.
    pub reads: Vec<String>,
    /// Whether it passes on what was typed after `--`.
    pub takes_args: bool,
}

/// What a script needs to know of the rest.
pub struct Around<'a> {
    /// The variable whose words are typed after `--`.
    pub is_args: &'a dyn Fn(&str) -> bool,
    /// The name of the task that a target is, if it is one.
    pub task: &'a dyn Fn(&str) -> Option<String>,
}

/// Writes a line as a script.
///
/// # Errors
///
/// Why that can't be done.
pub fn script(pieces: &[Piece], around: &Around<'_>) -> Result<Script, String> {
    let pieces = piece::flat(pieces);
    let mut writer = Writer { script: Script::default(), quote: None, changes_folder: changes_folder(&pieces), around };
    writer.pieces(&pieces)?;
    let mut script = writer.script;
    if script.text.contains("$root") {
        script.text = format!("root=$PWD\n{}", script.text);
    }
    if is_list(&script.text) {
        script.text = format!("set +e\n{}", script.text);
    }
    Ok(script)
}

/// Whether a command may fail in it without ending it: each line of a recipe has a shell without `-e`.
fn is_list(text: &str) -> bool {
    let lines = unquoted(&text.replace("\\\n", " "));
    let is_compound = |word: &str| matches!(word, "if" | "for" | "while" | "until" | "case" | "{" | "(");
    lines.trim_end_matches([';', ' ', '\n']).contains([';', '\n']) || lines.split_whitespace().any(is_compound)
}

/// The text without what stands in quotes.
pub fn unquoted(text: &str) -> String {
    let (mut plain, mut quote, mut escaped) = (String::new(), None, false);
    for c in text.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (None, c) => plain.push(c),
            _ => {}
        }
    }
    plain
}

fn changes_folder(pieces: &[Piece]) -> bool {
    let has = |piece: &Piece| matches!(piece, Piece::Text(text) if text.split([' ', '\t', '\n', ';', '&', '(']).any(|word| matches!(word, "cd" | "pushd")));
    pieces.iter().any(has)
}

struct Writer<'a> {
    script: Script,
    quote: Option<char>,
    changes_folder: bool,
    around: &'a Around<'a>,
}

impl Writer<'_> {
    fn pieces(&mut self, pieces: &[Piece]) -> Result<(), String> {
        let mut rest = pieces;
        while let Some((piece, behind)) = rest.split_first() {
            rest = behind;
            let next = match behind.first() {
                Some(Piece::Text(text)) => text.chars().next(),
                _ => None,
            };
            match piece {
                Piece::Text(text) => self.text(text),
                Piece::Make => self.make(behind)?,
                Piece::Args if (self.around.is_args)(GOALS) => self.args(),
                Piece::Args => return Err("its words come from two places".to_owned()),
                Piece::Asked { name, default, .. } if (self.around.is_args)(name) && default.is_none() => self.args(),
                piece => {
                    let form = self.form(piece, next)?;
                    self.put(&form);
                }
            }
        }
        Ok(())
    }

    /// The text as it stands, with an eye on what it opens and closes.
    fn text(&mut self, text: &str) {
        let mut escaped = false;
        for c in text.chars() {
            match (self.quote, c) {
                _ if escaped => escaped = false,
                (Some('\''), '\'') | (Some('"'), '"') => self.quote = None,
                (Some('\''), _) => {}
                (_, '\\') => escaped = true,
                (None, '\'' | '"') => self.quote = Some(c),
                _ => {}
            }
        }
        self.script.text.push_str(text);
    }

    fn put(&mut self, form: &str) {
        match self.quote {
            Some('\'') => {
                self.script.text.push_str("'\"");
                self.script.text.push_str(form);
                self.script.text.push_str("\"'");
            }
            _ => self.script.text.push_str(form),
        }
    }

    fn args(&mut self) {
        self.script.takes_args = true;
        match self.quote {
            Some(_) => self.put("$*"),
            None => self.script.text.push_str("\"$@\""),
        }
    }

    fn make(&mut self, behind: &[Piece]) -> Result<(), String> {
        let target = match behind {
            [Piece::Text(text), ..] => {
                let words = text.split([';', '&', '|', ')', '\n']).next().unwrap_or_default();
                let mut words = words.split_whitespace();
                let first = words.next();
                let more = words.next();
                first.filter(|_| more.is_none()).and_then(|name| Some((name.to_owned(), (self.around.task)(name)?)))
            }
            _ => None,
        };
        match target {
            // The name is the same, so that the text behind can stay.
            // In another folder it is another Makefile's.
            Some((target, task)) if target == task && self.quote.is_none() && !self.changes_folder => {
                self.script.text.push_str("\"$XTASK\"");
            }
            _ if matches!(behind.first(), Some(Piece::Text(text)) if text.trim_start().starts_with("-C"))
                || self.changes_folder =>
            {
                self.script.text.push_str("make");
            }
            _ => return Err("it calls make itself in a way that no step can".to_owned()),
        }
        Ok(())
    }

    /// How a shell says it.
    fn form(&mut self, piece: &Piece, next: Option<char>) -> Result<String, String> {
        match piece {
            Piece::Root if self.changes_folder => Ok("$root".to_owned()),
            Piece::Root => Ok("$PWD".to_owned()),
            Piece::Shell(command) => {
                let Ok(inner) = script_inside(command, self.around) else {
                    return Err(format!(
                        "`{}` can't be written in a script",
                        piece::shown(std::slice::from_ref(piece))
                    ));
                };
                if self.changes_folder {
                    return Err(format!(
                        "`{}` runs in another folder than the rest of its line",
                        piece::shown(std::slice::from_ref(piece))
                    ));
                }
                self.script.reads.extend(inner.reads);
                Ok(format!("$({})", inner.text))
            }
            Piece::Asked { name, default, reads } => {
                self.read(name)?;
                let colon = if *reads == Reads::NotEmpty { ":" } else { "" };
                match default.as_deref().map(piece::flat) {
                    None => {
                        let needs_braces = next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
                        Ok(if needs_braces { format!("${{{name}}}") } else { format!("${name}") })
                    }
                    Some(default) if starts_with_assignment(&default) => {
                        Err(format!("`{}` sets a variable for its command", piece::shown(&default)))
                    }
                    Some(default) => Ok(format!("${{{name}{colon}-{}}}", self.inside(&default)?)),
                }
            }
            Piece::IfAsked { name, then } => {
                // A shell takes what a variable stands for as a word, never as `NAME=value` before a program.
                if starts_with_assignment(then) {
                    return Err(format!("`{}` sets a variable for its command", piece::shown(then)));
                }
                self.read(name)?;
                Ok(format!("${{{name}:+{}}}", self.inside(&piece::flat(then))?))
            }
            Piece::Unknown(why) => Err(why.clone()),
            other => Err(format!("`{}` can't be written in a script", piece::shown(std::slice::from_ref(other)))),
        }
    }

    /// What stands inside `${…}`.
    fn inside(&mut self, pieces: &[Piece]) -> Result<String, String> {
        let mut all = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) if text.chars().all(|c| c.is_alphanumeric() || " _-./:=,@+%^".contains(c)) => {
                    all.push_str(text)
                }
                Piece::Text(text) => return Err(format!("`{text}` is a default that can't be written in a script")),
                other => all.push_str(&self.form(other, Some('x'))?),
            }
        }
        Ok(all)
    }

    fn read(&mut self, name: &str) -> Result<(), String> {
        if !is_variable(name) {
            return Err(format!("`{name}` is no name for a variable of a shell"));
        }
        if !self.script.reads.iter().any(|other| other == name) {
            self.script.reads.push(name.to_owned());
        }
        Ok(())
    }
}

fn starts_with_assignment(pieces: &[Piece]) -> bool {
    let text = piece::shown(&piece::flat(pieces));
    text.trim_start().split_once('=').is_some_and(|(name, _)| is_variable(name))
}

/// A command inside `$(…)`.
fn script_inside(pieces: &[Piece], around: &Around<'_>) -> Result<Script, String> {
    let pieces = piece::flat(pieces);
    let mut writer = Writer { script: Script::default(), quote: None, changes_folder: false, around };
    writer.pieces(&pieces)?;
    match writer.script.takes_args || writer.quote.is_some() || writer.script.text.contains('\n') {
        true => Err("it is no plain command".to_owned()),
        false => Ok(writer.script),
    }
}
