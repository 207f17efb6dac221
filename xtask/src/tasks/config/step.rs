//! One entry of `steps`.

use std::ops::Range;

use crate::tasks::config::step_line::{PlacedWord, Word};

/// One line of `steps`, split.
#[derive(Clone, Debug)]
pub struct Step {
    /// The line, without the values of secret flags.
    pub shown: String,
    /// Never empty; spans are bytes of the file.
    pub words: Vec<PlacedWord>,
    pub span: Range<usize>,
}

impl Step {
    /// Its first word: `compose`, `task` or a program.
    pub fn first(&self) -> Option<&str> {
        match self.words.first()? {
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
        match self.words.as_slice() {
            [(Word::Literal(first), _), (Word::Literal(name), span), ..] if first == "task" => {
                Some((name, span.clone()))
            }
            _ => None,
        }
    }
}
