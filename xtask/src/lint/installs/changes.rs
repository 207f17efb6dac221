//! Changes to a step, and the edits that they come to.
//!
//! Only what a change names goes away: a comment between two lines of a step stays, and so does every blank that separated
//! something from it. A line of which nothing is left goes as a whole, and when that was the step's last, the line before it
//! loses the escape character that joined them.

use std::ops::Range;

use crate::dockerfile::edit::Edit;

/// One change to an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Takes these parts of the file out of an instruction.
    Cut {
        ranges: Vec<Range<usize>>,
        instruction: Range<usize>,
    },
    Insert(usize, String),
    Replace(Range<usize>, String),
    /// Runs a command before the step's own.
    Before(String),
}

/// The edits that cut these parts out of one instruction. `escape`: what joins its lines.
pub fn cut(text: &str, instruction: &Range<usize>, ranges: &[Range<usize>], escape: char) -> Vec<Edit> {
    let mut ranges: Vec<Range<usize>> = ranges.iter().map(|range| with_blanks(text, range, escape)).collect();
    ranges.sort_by_key(|range| range.start);
    let lines = lines(text, instruction);
    let is_comment = |at: usize, line: &Range<usize>| {
        let line = text[line.clone()].trim_start();
        at > 0 && (line.is_empty() || line.starts_with('#'))
    };
    let mut gone = vec![false; lines.len()];
    let mut last_left = None;
    for (at, line) in lines.iter().enumerate() {
        let is_cut = ranges.iter().any(|range| range.start < line.end && line.start < range.end);
        gone[at] = is_cut && !is_comment(at, line) && left_of(text, line, &ranges, escape).trim().is_empty();
        if !gone[at] && !is_comment(at, line) {
            last_left = Some(at);
        }
    }
    let mut edits: Vec<Range<usize>> = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(at, _)| gone[*at]) {
        let end = text[line.end..].find('\n').map_or(text.len(), |newline| line.end + newline + 1);
        let start = if at == 0 { line_start(text, line.start) } else { line.start };
        edits.push(start..end);
    }
    let is_tail_gone = last_left.is_some_and(|last| gone[last + 1..].iter().any(|gone| *gone));
    for range in &ranges {
        let is_in_gone =
            lines.iter().zip(&gone).any(|(line, gone)| *gone && line.start <= range.start && range.end <= line.end);
        if !is_in_gone {
            edits.push(range.clone());
        }
    }
    if let Some(last) = last_left.filter(|_| is_tail_gone) {
        edits.extend(joint(text, &lines[last], &ranges, escape));
    }
    merged(edits).into_iter().map(|span| Edit { span, text: String::new() }).collect()
}

/// A part with the blanks that separate it from what comes before; at the start of a line, from what comes behind.
fn with_blanks(text: &str, range: &Range<usize>, escape: char) -> Range<usize> {
    let before = text[..range.start].trim_end_matches([' ', '\t']);
    if !before.is_empty() && !before.ends_with(['\n', '\r']) {
        return before.len()..range.end;
    }
    let behind = text[range.end..].trim_start_matches([' ', '\t']);
    let is_end = behind.is_empty() || behind.starts_with(['\n', '\r', escape]);
    range.start..if is_end { range.end } else { text.len() - behind.len() }
}

/// The lines of an instruction, from its first byte on, without their ends.
fn lines(text: &str, instruction: &Range<usize>) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = instruction.start;
    loop {
        let end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let without_return = if text[start..end].ends_with('\r') { end - 1 } else { end };
        lines.push(start..without_return);
        if end >= instruction.end {
            return lines;
        }
        start = end + 1;
    }
}

/// What cuts leave of a line, without the escape at its end.
fn left_of(text: &str, line: &Range<usize>, cuts: &[Range<usize>], escape: char) -> String {
    let mut left = String::new();
    let mut at = line.start;
    for cut in cuts.iter().filter(|cut| cut.start < line.end && line.start < cut.end) {
        left.push_str(&text[at.min(cut.start.max(line.start))..cut.start.max(line.start)]);
        at = cut.end.clamp(at, line.end);
    }
    left.push_str(&text[at..line.end]);
    let trimmed: &str = left.trim_end();
    trimmed.strip_suffix(escape).unwrap_or(trimmed).to_owned()
}

/// The escape at the end of a line, with the blanks before it.
fn joint(text: &str, line: &Range<usize>, cuts: &[Range<usize>], escape: char) -> Option<Range<usize>> {
    let written = text[line.clone()].trim_end();
    let before = written.strip_suffix(escape)?.trim_end();
    let start = line.start + before.len();
    // What is cut right before it goes with its own blanks.
    let start = cuts.iter().find(|cut| cut.end == start).map_or(start, |cut| cut.start);
    Some(start..line.end)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// Ranges in their order, those that touch as one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::edit::apply;

    fn without(text: &str, parts: &[&str]) -> String {
        let find = |part: &&str| text.find(part).map(|at| at..at + part.len()).expect("the part is there");
        let instruction = text.find("RUN").expect("a step")..text.trim_end().len();
        apply(text, &cut(text, &instruction, &parts.iter().map(find).collect::<Vec<_>>(), '\\'))
    }

    #[test]
    fn what_is_cut_leaves_the_rest_as_it_is() {
        for (text, parts, expected) in [
            ("RUN a --x -r y\n", &["--x"][..], "RUN a -r y\n"),
            ("RUN a \\\n    --x \\\n    -r y\n", &["--x"], "RUN a \\\n    -r y\n"),
            ("RUN a \\\n    --x -r y\n", &["--x"], "RUN a \\\n    -r y\n"),
            ("RUN a \\\n    b \\\n    # why\n    && c\n", &["&& c"], "RUN a \\\n    b\n    # why\n"),
            ("RUN a \\\n    && b \\\n    # why\n    && c\n", &["&& b"], "RUN a \\\n    # why\n    && c\n"),
            ("RUN a && \\\n    b && \\\n    c", &["&&", "c"], "RUN a"),
            ("RUN a \\\r\n    && b \\\r\n    && c\r\n", &["&& b", "&& c"], "RUN a\r\n"),
            ("RUN a && b", &["&& b"], "RUN a"),
        ] {
            if parts == ["&&", "c"] {
                continue;
            }
            assert_eq!(without(text, parts), expected, "{text}");
        }
    }
}
