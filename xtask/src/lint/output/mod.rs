//! What was found, in the forms that `--output` names.

pub mod github;
pub mod json;
pub mod sarif;
pub mod text;

use std::ops::Range;
use std::path::Path;

use crate::dockerfile::builds::BuildFacts;
use crate::lint::Judged;
use crate::lint::fix::Safety;
use crate::lint::sources::Unread;
use crate::ui::report::floor_char;
use crate::ui::source::Source;

/// What there is to tell.
pub struct Outcome<'a> {
    pub found: &'a [Judged],
    pub builds: &'a [BuildFacts],
    pub unread: &'a [Unread],
    /// What was fixed, if something should be.
    pub fixed: Option<Fixed>,
    /// The text of a file.
    pub text: &'a dyn Fn(&Path) -> String,
    pub shown: &'a dyn Fn(&Path) -> String,
}

/// How much was fixed.
#[derive(Clone, Copy)]
pub struct Fixed {
    pub problems: usize,
    pub files: usize,
}

/// A part of a text. Lines and columns count from 1, columns in characters; the end is behind the last one.
pub struct Region {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

impl Region {
    pub fn of(source: &Source, span: &Range<usize>) -> Region {
        let place = |at: usize| {
            let at = floor_char(&source.text, at);
            let line = source.lines.line(at);
            (line + 1, source.text[source.lines.start(line)..at].chars().count() + 1)
        };
        let ((line, column), (end_line, end_column)) = (place(span.start), place(span.end.max(span.start)));
        Region { line, column, end_line, end_column }
    }
}

/// As it is called in JSON and SARIF.
fn safety(safety: Safety) -> &'static str {
    match safety {
        Safety::Safe => "safe",
        Safety::Unsafe => "unsafe",
    }
}
