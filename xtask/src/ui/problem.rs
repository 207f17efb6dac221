//! Why something can't be done, where no place in a file is to blame: one sentence, and what to type.

use std::fmt;

use crate::ui::finding::Finding;

/// An error that stops us.
#[derive(Debug)]
pub struct Problem {
    /// A lower-case phrase without a full stop, the thing in backticks.
    pub message: String,
    /// What the message announces, a line each.
    pub lines: Vec<String>,
    /// What to do about it; ends in something to type where that is possible.
    pub hint: Option<String>,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), lines: Vec::new(), hint: None }
    }

    pub fn lines(self, lines: Vec<String>) -> Problem {
        Problem { lines, ..self }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    pub fn hint_if(self, hint: Option<String>) -> Problem {
        Problem { hint: hint.or(self.hint), ..self }
    }
}

impl From<Finding> for Problem {
    fn from(finding: Finding) -> Problem {
        Problem { message: finding.message, lines: Vec::new(), hint: finding.fix }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
