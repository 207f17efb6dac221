//! One entry of `steps`.

use std::ops::Range;

use toml::Spanned;

use crate::tasks::config::Variables;
use crate::tasks::config::step_line::{PlacedWord, Word};

/// A line, or a table with a line in it.
#[derive(Clone, Debug)]
pub struct Step {
    pub does: Does,
    /// What it does as it is written, without the values of secret flags.
    pub shown: String,
    pub span: Range<usize>,
    /// The keys beside the line. `None`: the step is a line alone.
    pub keys: Option<Keys>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Does {
    /// A command, or the call of a task: its words. Never empty; spans are bytes of the file.
    Run(Vec<PlacedWord>),
    /// A script for `sh`.
    Sh(String),
    /// Prints a text.
    Say(String),
}

/// What a step that is a table can have beside its line.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// From the folder of tasks.toml; stronger than the task's.
    pub dir: Option<Spanned<String>>,
    /// Stronger than the person's own variables.
    pub env: Variables,
    /// Whether the task goes on when the step fails.
    pub may_fail: bool,
    /// The names of those that are there, with their places.
    pub places: Vec<(&'static str, Range<usize>)>,
}

/// What in a script reads the words that were typed after `--`.
const ARGUMENTS: [&str; 8] = ["$@", "${@", "$*", "${*", "$1", "${1", "$#", "shift"];

impl Step {
    /// The words of a command; none for anything else.
    pub fn words(&self) -> &[PlacedWord] {
        match &self.does {
            Does::Run(words) => words,
            Does::Sh(_) | Does::Say(_) => &[],
        }
    }

    /// Its first word, where that is literal: `compose`, `task` or a program.
    pub fn first(&self) -> Option<&str> {
        match self.words().first()? {
            (Word::Literal(first), _) => Some(first),
            _ => None,
        }
    }

    /// Whether it runs another task.
    pub fn is_call(&self) -> bool {
        self.first() == Some("task")
    }

    /// For a step `task NAME …`: the name and its place.
    pub fn calls(&self) -> Option<(&str, Range<usize>)> {
        match self.words() {
            [(Word::Literal(first), _), (Word::Literal(name), span), ..] if first == "task" => {
                Some((name, span.clone()))
            }
            _ => None,
        }
    }

    /// Whether what was typed after `--` has a place in it.
    pub fn takes_args(&self) -> bool {
        match &self.does {
            Does::Run(words) => words.iter().any(|(word, _)| *word == Word::Args),
            Does::Sh(script) => ARGUMENTS.iter().any(|used| script.contains(used)),
            Does::Say(_) => false,
        }
    }

    pub fn may_fail(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.may_fail)
    }
}
