//! The shell that runs the lines of a justfile, and scripts that `sh` can run as well.

use crate::init::draft::{Does, Step, Word};
use crate::init::line::line_of;

/// `set shell`, or just's own: `sh -cu`.
#[derive(Clone, Debug)]
pub struct Shell {
    words: Vec<String>,
}

/// What bash knows and `sh` need not.
const OF_BASH: [&str; 26] = [
    "[[",
    "((",
    "=(",
    "<(",
    ">(",
    "<<<",
    "&>",
    "|&",
    "$'",
    "pipefail",
    "function ",
    "source ",
    "declare ",
    "typeset ",
    "mapfile",
    "readarray",
    "shopt",
    "select ",
    "let ",
    "$RANDOM",
    "BASH_",
    "echo -e",
    "read -p",
    "//",
    ",,}",
    "^^}",
];

impl Shell {
    pub fn new(words: Vec<String>) -> Shell {
        Shell { words: if words.is_empty() { vec!["sh".to_owned(), "-cu".to_owned()] } else { words } }
    }

    fn program(&self) -> &str {
        let first = self.words.first().map_or("", String::as_str);
        first.rsplit('/').next().unwrap_or(first)
    }

    /// Whether it reads a simple line as `sh` does.
    pub fn is_of_sh(&self) -> bool {
        ["sh", "bash", "dash", "ash", "zsh", "ksh"].contains(&self.program())
    }

    fn flags(&self) -> String {
        self.words[1..]
            .iter()
            .filter(|word| !word.contains("pipefail"))
            .map(|word| word.trim_start_matches('-'))
            .collect()
    }

    /// A line as a step. `own`: what of it is the justfile's own text, without what we put in.
    ///
    /// # Errors
    ///
    /// Why it can't be one.
    pub fn step(&self, line: String, own: &str) -> Result<Step, String> {
        let has_pipe = self.words.iter().any(|word| word.contains("pipefail")) && line.contains('|');
        let is_plain = self.is_of_sh() && !has_pipe && !is_of_bash(&line);
        if self.program() == "sh" || (self.is_of_sh() && is_plain) {
            let flags = self.flags();
            let goes_on = !flags.contains('e') && own.contains(';');
            let is_strict = flags.contains('u') && reads_variables(own);
            let set = match (goes_on, is_strict) {
                (true, true) => "set +e -u; ",
                (true, false) => "set +e; ",
                (false, true) => "set -u; ",
                (false, false) => "",
            };
            return Ok(Step::new(Does::Sh(format!("{set}{line}"))));
        }
        if line.contains("$@") || line.contains("$*") {
            return Err(format!("its words are for `{}`", self.program()));
        }
        let words: Vec<Word> = self.words.iter().chain([&line]).map(|word| Word::literal(word)).collect();
        match line_of(&words) {
            Some(_) => Ok(Step::new(Does::Run(words))),
            None => Err(format!("it is written for `{}`", self.program())),
        }
    }

    /// A script with its first line.
    ///
    /// # Errors
    ///
    /// It is for another program than `sh`.
    pub fn script(first: &str, text: &str) -> Result<Step, String> {
        let words: Vec<&str> = first.trim_start_matches("#!").split_whitespace().filter(|word| *word != "-S").collect();
        let mut words = words.into_iter();
        let mut program = words.next().unwrap_or_default();
        if program.ends_with("/env") {
            program = words.next().unwrap_or_default();
        }
        let program = program.rsplit('/').next().unwrap_or(program);
        let flags: String = words.map(|word| word.trim_start_matches('-')).collect();
        if !["sh", "bash", "dash"].contains(&program) {
            return Err(format!("it is a script for `{program}`"));
        }
        // Without a pipe it changes nothing.
        let mut text = text.to_owned();
        if !text.replace("||", "").contains('|') {
            for (with, without) in [
                ("set -euo pipefail", "set -eu"),
                ("set -eou pipefail", "set -eu"),
                ("set -euxo pipefail", "set -eux"),
                ("set -exuo pipefail", "set -eux"),
                ("set -eo pipefail", "set -e"),
            ] {
                text = text.replace(with, without);
            }
        }
        if program == "bash" && is_of_bash(&text) {
            return Err("it is a script for bash".to_owned());
        }
        let begins_strict = text.trim_start().starts_with("set -e") || flags.contains('e');
        let set = if begins_strict { "" } else { "set +e\n" };
        Ok(Step::new(Does::Sh(format!("{set}{}", text.trim_end()))))
    }
}

fn is_of_bash(text: &str) -> bool {
    // An address has two slashes, and bash's `${x//a/b}` none before it.
    let text = text.replace("://", ":");
    OF_BASH.iter().any(|used| text.contains(used)) || (text.contains("[ ") && text.contains(" == "))
}

/// Whether a text has `$NAME`.
fn reads_variables(line: &str) -> bool {
    let names = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '{';
    line.match_indices('$').any(|(at, _)| line[at + 1..].starts_with(names))
}
