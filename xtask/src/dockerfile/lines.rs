//! Splits a Dockerfile into instructions: their lines, joined the way BuildKit joins them, and their here-documents.

use std::ops::Range;

use crate::dockerfile::placed::Placed;
use crate::dockerfile::read::Mistake;
use crate::dockerfile::words::{self, Flag, List};

/// The parser directives at the top: `# syntax=…`, `# escape=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directives {
    pub syntax: Option<Placed>,
    pub escape: char,
}

/// One instruction with its arguments, not parsed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Its lines joined, without line ends, comments and leading blanks.
    pub text: Placed,
    pub documents: Vec<Document>,
    /// From its first byte to its last, including here-documents, without the final line end.
    pub span: Range<usize>,
}

/// The name of an instruction, its flags, and its arguments.
pub struct Parts {
    pub name: Placed,
    pub flags: Vec<Flag>,
    pub arguments: Placed,
}

impl Parts {
    pub fn of(text: &Placed, escape: char) -> Parts {
        let whole = text.trimmed(0..text.text.len());
        let name = whole.find(char::is_whitespace).unwrap_or(whole.text.len());
        let behind = whole.slice(name..whole.text.len());
        let (flags, at) = words::flags(&behind, escape);
        Parts { name: whole.slice(0..name), flags, arguments: behind.trimmed(at..behind.text.len()) }
    }
}

/// A here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub name: String,
    /// `<<-`: leading tabs are stripped from its lines.
    pub strips_tabs: bool,
    /// Its lines with their line ends, without the closing line.
    pub content: Placed,
}

impl Document {
    /// Its content as the program reads it.
    pub fn text(&self) -> String {
        match self.strips_tabs {
            true => self.content.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect(),
            false => self.content.text.clone(),
        }
    }
}

/// Reads the parser directives.
pub fn directives(text: &str) -> Result<Directives, Mistake> {
    let mut directives = Directives { syntax: None, escape: '\\' };
    let mut seen: Vec<String> = Vec::new();
    for (at, line) in Lines::new(text) {
        let Some((name, value)) = line.strip_prefix('#').and_then(|line| line.split_once('=')) else { break };
        let name = name.trim().to_ascii_lowercase();
        let mut whole = Placed::at(at + line.len() - value.len());
        whole.push(value, at + line.len() - value.len());
        let value = whole.trimmed(0..value.len());
        if !matches!(name.as_str(), "syntax" | "escape" | "check") || value.is_empty() {
            break;
        }
        let mistake = |message: String| Err(Mistake::new(message, at..at + line.len()));
        if seen.contains(&name) {
            return mistake(format!("only one `# {name}=` is allowed"));
        }
        match (name.as_str(), value.text.as_str()) {
            ("escape", "\\" | "`") => directives.escape = if value.text == "`" { '`' } else { '\\' },
            ("escape", _) => return mistake("`# escape=` must be a backslash or a backtick".to_owned()),
            ("syntax", _) => directives.syntax = Some(value),
            _ => {}
        }
        seen.push(name);
    }
    Ok(directives)
}

/// Splits the text into instructions.
pub fn split(text: &str, escape: char) -> Result<Vec<Whole>, Mistake> {
    let mut found = Vec::new();
    let mut lines = Lines::new(text);
    while let Some((at, line)) = lines.next() {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let start = at + line.len() - content.len();
        let mut span = start..at + line.len();
        let mut joined = Placed::default();
        let mut goes_on = join(&mut joined, content, start, escape);
        while goes_on {
            let Some((at, line)) = lines.next() else { break };
            // Comments and empty lines between continued lines are skipped.
            let content = line.trim_start();
            if !content.is_empty() && !content.starts_with('#') {
                goes_on = join(&mut joined, line, at, escape);
                span.end = at + line.len();
            }
        }
        let documents = documents(&joined, escape, &mut lines, &mut span)?;
        found.push(Whole { text: joined, documents, span });
    }
    Ok(found)
}

/// Appends a line. True if the next line continues it: it ends in the escape character, not in two of them.
fn join(joined: &mut Placed, line: &str, at: usize, escape: char) -> bool {
    let part = line.trim_end_matches([' ', '\t']).strip_suffix(escape).filter(|part| !part.ends_with(escape));
    joined.push(part.unwrap_or(line), at);
    part.is_some()
}

/// Reads the here-documents of an instruction from the lines that follow it.
fn documents(
    joined: &Placed,
    escape: char,
    lines: &mut Lines<'_>,
    span: &mut Range<usize>,
) -> Result<Vec<Document>, Mistake> {
    if !can_have_documents(joined, escape) {
        return Ok(Vec::new());
    }
    let start = span.clone();
    let mut documents = Vec::new();
    for opening in words::openings(joined) {
        let mut content = Placed::at(lines.at);
        loop {
            let Some((at, line)) = lines.next() else {
                return Err(Mistake::new(format!("the here-document `{}` is never closed", opening.name), start));
            };
            let tabs = if opening.strips_tabs { line.trim_start_matches('\t') } else { line };
            if tabs == opening.name {
                span.end = at + line.len();
                break;
            }
            content.push(&lines.text[at..lines.at], at);
        }
        documents.push(Document { name: opening.name, strips_tabs: opening.strips_tabs, content });
    }
    Ok(documents)
}

/// True for `RUN`, `COPY` and `ADD`, also after `ONBUILD`, unless their arguments are a JSON list.
fn can_have_documents(joined: &Placed, escape: char) -> bool {
    let parts = Parts::of(joined, escape);
    match parts.name.to_ascii_uppercase().as_str() {
        "RUN" | "COPY" | "ADD" => joined.contains("<<") && !matches!(words::list(&parts.arguments), List::Words(_)),
        "ONBUILD" => can_have_documents(&parts.arguments, escape),
        _ => false,
    }
}

/// The lines of a text, each with its offset and without its line end.
struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    /// Skips a byte order mark.
    fn new(text: &'a str) -> Lines<'a> {
        Lines { text, at: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 } }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<(usize, &'a str)> {
        let (start, rest) = (self.at, &self.text[self.at..]);
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.at += length;
        (length > 0).then(|| (start, rest[..length].trim_end_matches(['\n', '\r'])))
    }
}
