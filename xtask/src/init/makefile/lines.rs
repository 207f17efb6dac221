//! The lines of a Makefile, joined where one ends in a backslash, and how a line is split outside of its references.

/// A joined line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it begins, from 1.
    pub number: usize,
    /// As it is written, with its line breaks.
    pub text: String,
}

/// Joins the lines that end in an odd number of backslashes with those behind them.
pub fn lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut goes_on = false;
    for (at, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match lines.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.text.push('\n');
                last.text.push_str(line);
            }
            None => lines.push(Line { number: at + 1, text: line.to_owned() }),
        }
        let slashes = line.len() - line.trim_end_matches('\\').len();
        goes_on = slashes % 2 == 1;
    }
    lines
}

/// The text of a line that is no recipe: a backslash at an end with the blanks around it is one blank.
pub fn joined(text: &str) -> String {
    let mut parts = text.split("\\\n");
    let mut joined = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        joined.truncate(joined.trim_end().len());
        joined.push(' ');
        joined.push_str(part.trim_start());
    }
    joined
}

/// A line without its comment, and the comment from its `#`.
pub fn without_comment(text: &str) -> (String, Option<&str>) {
    let (mut plain, mut slashes) = (String::new(), 0);
    for (at, c) in text.char_indices() {
        match c {
            '#' if slashes % 2 == 1 => {
                // An escaped one is itself.
                plain.pop();
                plain.push('#');
            }
            '#' => return (plain, Some(&text[at..])),
            c => plain.push(c),
        }
        slashes = if c == '\\' { slashes + 1 } else { 0 };
    }
    (plain, None)
}

/// The end of the reference that begins with `$` at `at`: `$(…)`, `${…}`, `$$`, `$x`. None: it is never closed.
pub fn reference_end(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at + 1..];
    let Some(open) = rest.chars().next() else { return Some(text.len()) };
    let close = match open {
        '(' => ')',
        '{' => '}',
        other => return Some(at + 1 + other.len_utf8()),
    };
    let mut depth = 0_usize;
    for (inside, c) in rest.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at + 1 + inside + 1);
            }
        }
    }
    None
}

/// The first place outside of references that `is` holds for.
pub fn find_outside(text: &str, is: impl Fn(&str) -> bool) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with('$') {
            at = reference_end(text, at).unwrap_or(text.len());
            continue;
        }
        if is(rest) {
            return Some(at);
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    None
}

/// The parts between a separator that stands outside of references, and outside of brackets of the kinds `(` and `{`.
pub fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut at, mut depth) = (Vec::new(), 0, 0, 0_usize);
    while at < text.len() {
        let c = text[at..].chars().next().unwrap_or_default();
        match c {
            '$' => {
                at = reference_end(text, at).unwrap_or(text.len());
                continue;
            }
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            c if c == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
        at += c.len_utf8();
    }
    parts.push(&text[start..]);
    parts
}
