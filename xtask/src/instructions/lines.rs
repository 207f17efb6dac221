//! Joins the lines of each instruction as BuildKit does (`frontend/dockerfile/parser`).

use std::ops::Range;

use crate::instructions::words;

/// The parser directives at the top of a Dockerfile.
#[derive(Debug)]
pub struct Directives {
    pub escape: char,
    /// The line and the value of `# syntax=…`.
    pub syntax: Option<(usize, String)>,
}

impl Directives {
    /// An error is `line N: why`.
    pub fn of(text: &str) -> Result<Directives, String> {
        let (mut escape, mut syntax, mut seen) = ('\\', None, Vec::new());
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let Some((name, value)) = line.strip_prefix('#').and_then(|rest| rest.split_once('=')) else { break };
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            if !matches!(name.as_str(), "syntax" | "escape" | "check") || value.is_empty() {
                break;
            }
            if seen.contains(&name) {
                return Err(format!("line {}: only one `# {name}=` is allowed", at + 1));
            }
            match (name.as_str(), value) {
                ("escape", "\\" | "`") => escape = if value == "`" { '`' } else { '\\' },
                ("escape", _) => return Err(format!("line {}: `# escape=` must be a backslash or a backtick", at + 1)),
                ("syntax", _) => syntax = Some((at + 1, value.to_owned())),
                _ => {}
            }
            seen.push(name);
        }
        Ok(Directives { escape, syntax })
    }
}

/// The lines of a text, each with its offset and without its line end.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    /// How many were read.
    count: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<(usize, &'a str)> {
        let (start, rest) = (self.at, &self.text[self.at..]);
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.at += length;
        self.count += 1;
        (length > 0).then(|| (start, rest[..length].trim_end_matches(['\n', '\r'])))
    }
}

/// The lines of an instruction, joined as BuildKit joins them: without line ends and comments.
#[derive(Default)]
pub struct Joined {
    pub text: String,
    pub places: Places,
}

/// Where the pieces of a text stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Where each begins: in the text, and in the file.
    pieces: Vec<(usize, usize)>,
}

impl Joined {
    fn push(&mut self, piece: &str, at: usize) {
        self.places.pieces.push((self.text.len(), at));
        self.text.push_str(piece);
    }
}

impl Places {
    /// The place in the file of a byte of the text.
    pub fn place(&self, at: usize) -> usize {
        let (start, place) = self.pieces[self.pieces.partition_point(|(start, _)| *start <= at) - 1];
        place + (at - start)
    }

    /// The span in the file of a part that isn't empty.
    pub fn span(&self, part: &Range<usize>) -> Range<usize> {
        self.place(part.start)..self.place(part.end - 1) + 1
    }

    /// The places of the text from `start` on.
    pub fn from(&self, start: usize) -> Places {
        let first = (0, self.place(start));
        let rest = self.pieces.iter().filter(|(at, _)| *at > start).map(|(at, place)| (at - start, *place));
        Places { pieces: std::iter::once(first).chain(rest).collect() }
    }

    /// The parts of the file that a part of the text stands in.
    pub fn pieces(&self, part: &Range<usize>) -> Vec<Range<usize>> {
        let starts =
            self.pieces.iter().map(|(start, _)| *start).filter(|start| part.start < *start && *start < part.end);
        let mut bounds: Vec<usize> = std::iter::once(part.start).chain(starts).collect();
        bounds.push(part.end);
        bounds.windows(2).filter(|pair| pair[0] < pair[1]).map(|pair| self.span(&(pair[0]..pair[1]))).collect()
    }

    /// Adds those of a text that follows at `at`.
    pub fn add(&mut self, at: usize, other: &Places) {
        self.pieces.extend(other.pieces.iter().map(|(own, place)| (at + own, *place)));
    }
}

/// A here-document.
pub struct Document {
    pub name: String,
    /// The place of its first line in the file.
    pub at: usize,
    /// As the program reads it.
    pub text: String,
    /// Where its text stands, and then the line with its name.
    pub places: Places,
}

/// An instruction as it is written.
pub struct Written {
    pub joined: Joined,
    /// From its first byte to its last, including here-documents, without the final line end.
    pub span: Range<usize>,
    /// An error if one is never closed.
    pub documents: Result<Vec<Document>, String>,
}

/// Every instruction of a text.
pub struct Instructions<'a> {
    lines: Lines<'a>,
    pub escape: char,
    /// The first line of the last one, from 1.
    pub line: usize,
}

impl Instructions<'_> {
    pub fn of(text: &str, escape: char) -> Instructions<'_> {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Instructions { lines: Lines { text, at, count: 0 }, escape, line: 0 }
    }

    /// Reads the here-documents of an instruction from the lines that follow it.
    fn documents(&mut self, joined: &str, span: &mut Range<usize>) -> Result<Vec<Document>, String> {
        let mut documents = Vec::new();
        for (name, strips_tabs) in words::openings(joined, self.escape) {
            let mut document = Document { name, at: self.lines.at, text: String::new(), places: Places::default() };
            loop {
                let Some((at, line)) = self.lines.next() else {
                    return Err(format!("the here-document `{}` is never closed", document.name));
                };
                let without =
                    |line: &'_ str| if strips_tabs { line.len() - line.trim_start_matches('\t').len() } else { 0 };
                let tabs = without(line);
                document.places.pieces.push((document.text.len(), at + tabs));
                if line[tabs..] == document.name {
                    span.end = at + line.len();
                    break;
                }
                document.text.push_str(&self.lines.text[at + tabs..self.lines.at]);
            }
            documents.push(document);
        }
        Ok(documents)
    }
}

impl Iterator for Instructions<'_> {
    type Item = Written;

    fn next(&mut self) -> Option<Written> {
        let is_content =
            |(_, line): &(usize, &str)| !line.trim_start().is_empty() && !line.trim_start().starts_with('#');
        let (at, line) = self.lines.find(is_content)?;
        self.line = self.lines.count;
        let (mut part, start) = (line.trim_start(), at + line.len() - line.trim_start().len());
        let (mut joined, mut span) = (Joined::default(), start..start);
        let mut at = start;
        // A line continues if it ends in one escape character, not in two. Comments and empty lines in between are skipped.
        loop {
            let before = part.trim_end_matches([' ', '\t']).strip_suffix(self.escape);
            let before = before.filter(|before| !before.ends_with(self.escape));
            joined.push(before.unwrap_or(part), at);
            span.end = at + part.len();
            match before.and_then(|_| self.lines.find(is_content)) {
                Some(next) => (at, part) = next,
                None => break,
            }
        }
        let documents = self.documents(&joined.text, &mut span);
        Some(Written { joined, span, documents })
    }
}
