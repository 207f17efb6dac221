//! The commands of a `RUN`, from its shell script or exec form. Everything that asks what a step runs uses this.
//!
//! ```text
//! let given = [("HOME".into(), Value::Known("/root".into()))].into();
//! let script = shell::read("cd web && export CI=1 && npm ci || su dev -c 'yarn --frozen-lockfile'", &given);
//!
//! let npm = &script.commands[2];                        // `cd` and `export` are commands, too
//! npm.words[0].text()                                   // Some("npm")
//! npm.folder                                            // Value::Known("web"), seen from the step's WORKDIR
//! npm.variable("CI")                                    // Seen::Value("1")
//! npm.variable("HOME")                                  // Seen::Value("/root")
//! let yarn = &script.commands[3];
//! yarn.user                                             // Some(Value::Known("dev"))
//! yarn.reached                                          // Reached::OnFailure
//! script.unread                                         // what could not be read, each with its place and a reason
//! ```
//!
//! Nothing is guessed: a word with a part that isn't known (`$(date)`) has no text, a variable is [`Seen::Unknown`], and
//! what can't be read at all is listed in [`Script::unread`]. The work is bounded by the size of the text.
//!
//! Why our own: the parsers on crates.io (`deno_task_shell`, `shuck-parser`, `brush-parser`) add 11 to 85 crates and 5 to
//! 59 CPU seconds to every first build, and none follows variables, users and folders.

mod built_ins;
mod compounds;
mod run;
mod script;
mod simple;
mod source;
mod state;
mod words;
mod wrappers;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

pub use wrappers::is_shell;

/// A value, or one that only a build can know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    Known(String),
    #[default]
    Unknown,
}

impl Value {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Value::Known(value) => Some(value),
            Value::Unknown => None,
        }
    }
}

/// What the environment of a command says about a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen<'a> {
    Value(&'a str),
    /// It is or may be set; the value isn't known.
    Unknown,
    /// Removed by `unset`, `env -i`, `sudo`.
    Unset,
    /// Neither the script nor the Dockerfile sets it. The base image may.
    Nowhere,
}

/// What a `RUN` runs.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// In the order in which they start.
    pub commands: Vec<Command>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// The files that it runs and that may be scripts, from the step's WORKDIR.
    pub files: Vec<String>,
}

/// A program with its arguments, or a built-in such as `cd`.
#[derive(Clone, Debug)]
pub struct Command {
    /// The program and its arguments, never empty. For `sudo -u dev env A=b pip install x` these are `pip install x`.
    pub words: Vec<Word>,
    /// The whole command as written, with `sudo` and variables in front. Inside a string for another shell it may be that
    /// whole string.
    #[allow(dead_code, reason = "no rule asks yet where a command stands; the tests do")]
    pub span: Range<usize>,
    /// `None` unless `su`, `sudo` or the like change it.
    pub user: Option<Value>,
    /// Where it runs: absolute, or relative to the step's WORKDIR and empty for that itself. Every `cd` is assumed to work.
    pub folder: Value,
    pub reached: Reached,
    variables: state::Variables,
}

impl Command {
    /// What its program sees of a variable.
    pub fn variable(&self, name: &str) -> Seen<'_> {
        self.variables.of_program(name)
    }

    /// The variables that the script sets for its program, in front of it or with `export`.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.variables.set_by_script()
    }
}

/// When a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    Always,
    /// After `&&`.
    OnSuccess,
    /// After `||`.
    OnFailure,
    /// Inside an `if`, a loop, a `case`.
    Conditional,
}

/// Replaces each unknown part in the text of a word. If a script has this character itself, that counts as unknown, too.
const HOLE: char = '\u{fffc}';

/// One word of a command, after quotes, escapes and known variables. Patterns (`*.txt`) stay as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// With a [`HOLE`] for each unknown part. Without quotes, that part may become several words, or none.
    with_holes: String,
    pub span: Range<usize>,
}

impl Word {
    /// The text, if all of it is known.
    pub fn text(&self) -> Option<&str> {
        Some(self.with_holes.as_str()).filter(|text| !text.contains(HOLE))
    }
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub span: Range<usize>,
    /// For a message, such as ``the here-document is for `python`, which isn't a shell``.
    pub why: String,
}

/// Reads the script or exec form of a `RUN`: lines joined, followed by its here-documents. `given` is what `ARG` and `ENV`
/// set before it, and HOME if known. Never fails: see [`Script::unread`].
pub fn read(text: &str, given: &BTreeMap<String, Value>) -> Script {
    script::counted(text, given, &BTreeMap::new()).0
}

/// The same where the text of some script files is known, by their path from the step's WORKDIR.
pub fn read_with_files(text: &str, given: &BTreeMap<String, Value>, files: &BTreeMap<String, String>) -> Script {
    script::counted(text, given, files).0
}
