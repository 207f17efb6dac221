//! What we say when something can't be done: one plain sentence, its place, and what to type.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// One mistake at one place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A lower-case phrase without a full stop, the thing in backticks.
    pub message: String,
    /// Bytes of the source.
    pub span: Range<usize>,
    /// What stands beside the caret: what was expected there.
    pub label: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    pub fn new(message: impl Into<String>, span: Range<usize>) -> Diagnostic {
        Diagnostic { message: message.into(), span, label: None, hint: None }
    }

    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = Some(label.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    pub fn hint_if(self, hint: Option<String>) -> Diagnostic {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }
}

/// All the mistakes of one file, told in one go.
#[derive(Debug)]
pub struct Report {
    /// The file's path, as the person would type it from where they stand.
    pub path: String,
    pub source: String,
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// The mistakes in the order of the file, each with its excerpt and caret.
    pub fn render(&self, coloured: bool) -> String {
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        let mut sorted: Vec<&Diagnostic> = self.diagnostics.iter().collect();
        sorted.sort_by_key(|diagnostic| diagnostic.span.start);
        let lines = LineIndex::new(&self.source);
        let mut rendered = String::new();
        for diagnostic in sorted {
            rendered.push_str(&renderer.render(&[self.group(diagnostic, &lines)]));
            rendered.push_str("\n\n");
        }
        rendered.truncate(rendered.trim_end().len());
        rendered
    }

    /// Only the lines of the mistake go to the renderer: it would otherwise walk the whole file for each.
    fn group<'a>(&'a self, diagnostic: &'a Diagnostic, lines: &LineIndex) -> Group<'a> {
        let start = floor_char(&self.source, diagnostic.span.start);
        let end = floor_char(&self.source, diagnostic.span.end.max(start));
        let line = lines.line(start);
        let from = lines.starts[line];
        let until = self.source[end..].find('\n').map_or(self.source.len(), |offset| end + offset);
        let until = if self.source[end..until].ends_with('\r') { until - 1 } else { until };
        let mut annotation = AnnotationKind::Primary.span(start - from..end - from);
        if let Some(label) = &diagnostic.label {
            annotation = annotation.label(label);
        }
        let group = Level::ERROR.primary_title(&diagnostic.message).element(
            Snippet::source(&self.source[from..until]).line_start(line + 1).path(&self.path).annotation(annotation),
        );
        match &diagnostic.hint {
            Some(hint) => group.element(Level::HELP.with_name("hint").message(hint)),
            None => group,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Report {}

/// The largest character boundary at or below `at`.
fn floor_char(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Where each line of a text begins.
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    pub fn new(source: &str) -> LineIndex {
        let after = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        LineIndex { starts: std::iter::once(0).chain(after).collect() }
    }

    /// The line of a byte, counted from 0.
    pub fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }
}

/// Something that can't be done and has no place in a file.
#[derive(Debug)]
pub struct Problem {
    pub message: String,
    pub hint: Option<String>,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
