//! Edits that move instructions, whole lines with the comments above them.

use std::ops::Range;

use crate::dockerfile::edit::Edit;
use crate::dockerfile::model::{Instruction, Stage};

/// The lines of an instruction, with the comments right above it, and their line ends.
fn lines(text: &str, span: &Range<usize>) -> Range<usize> {
    let line_start = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let mut start = line_start(span.start);
    while start > 0 {
        let above = line_start(start - 1);
        if !text[above..start].trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    let end = text[span.end..].find('\n').map_or(text.len(), |newline| span.end + newline + 1);
    start..end
}

/// The end of the lines of a text.
fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Moves an instruction above another one of its file.
pub fn above(text: &str, moved: &Instruction, other: &Instruction) -> Vec<Edit> {
    let (from, to) = (lines(text, &moved.span), lines(text, &other.span).start);
    let mut lines = text[from.clone()].to_owned();
    if !lines.ends_with('\n') {
        lines.push_str(line_end(text));
    }
    vec![Edit { span: to..to, text: lines }, Edit { span: from, text: String::new() }]
}

/// Moves an instruction below another one, and leaves `instead` in its place, if there is any.
pub fn below(text: &str, moved: &Instruction, other: &Instruction, instead: Option<&str>) -> Vec<Edit> {
    let (from, to) = (lines(text, &moved.span), lines(text, &other.span).end);
    let end = line_end(text);
    let is_last = !text[..to].ends_with('\n');
    let lines = text[from.clone()].trim_end_matches(['\r', '\n']);
    let lines = if is_last { format!("{end}{lines}") } else { format!("{lines}{end}") };
    let instead = instead.map(|instead| format!("{instead}{end}")).unwrap_or_default();
    vec![Edit { span: from, text: instead }, Edit { span: to..to, text: lines }]
}

/// Whether nothing but metadata stands between two instructions of a stage.
pub fn is_next(stage: &Stage, first: &Instruction, second: &Instruction) -> bool {
    const METADATA: [&str; 6] = ["CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "STOPSIGNAL"];
    let between = stage
        .instructions
        .iter()
        .filter(|step| first.span.start < step.span.start && step.span.start < second.span.start);
    between.into_iter().all(|step| METADATA.contains(&step.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::edit::apply;
    use crate::dockerfile::model::Dockerfile;

    #[test]
    fn lines_move_with_their_comments() {
        let moved = |text: &str, is_above: bool| {
            let file = Dockerfile::parse(text).expect("a Dockerfile");
            let [first, .., last] = file.stages[0].instructions.as_slice() else { panic!("two instructions") };
            let edits = if is_above { above(text, last, first) } else { below(text, first, last, Some("NEW")) };
            apply(text, &edits)
        };
        let text = "FROM a\n# one\nCOPY . .\n\n# two\n# three\nRUN x \\\n  y\n";
        assert_eq!(moved(text, true), "FROM a\n# two\n# three\nRUN x \\\n  y\n# one\nCOPY . .\n\n");
        assert_eq!(moved(text, false), "FROM a\nNEW\n\n# two\n# three\nRUN x \\\n  y\n# one\nCOPY . .\n");
        assert_eq!(moved("FROM a\r\nCOPY . .\r\nRUN x", true), "FROM a\r\nRUN x\r\nCOPY . .\r\n");
        assert_eq!(moved("FROM a\nCOPY . .\nRUN x", false), "FROM a\nNEW\nRUN x\nCOPY . .");
    }
}
