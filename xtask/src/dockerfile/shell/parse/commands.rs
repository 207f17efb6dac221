//! Simple commands, with their assignments, redirections and here-documents.

use super::{Parser, Pending, Problem, length_of_name};
use crate::dockerfile::shell::syntax::{Assignment, Body, Kind, Node, Piece, Raw, Redirect, Target, What};

impl Parser<'_> {
    /// The bodies of the here-documents of the line that has just ended.
    pub fn documents(&mut self) -> Result<(), Problem> {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.at;
            let end = loop {
                let line = self.rest().split_inclusive('\n').next();
                let Some(line) = line else {
                    return Err(self.problem(start, "unterminated here-document"));
                };
                let (at, length) = (self.at, line.len());
                let content = line.trim_end_matches(['\n', '\r']);
                let content = if pending.without_tabs { content.trim_start_matches('\t') } else { content };
                let is_end = content == pending.delimiter;
                self.charge(length)?;
                self.at += length;
                if is_end {
                    break at;
                }
            };
            let span = start..end;
            let pieces = match pending.is_literal {
                true => {
                    let text = self.source.text[span.clone()].to_owned();
                    vec![Piece { what: What::Text(text), is_quoted: true, span: span.clone() }]
                }
                false => self.expanded_text(span.clone())?,
            };
            let is_literal = pending.is_literal || !self.source.text[span.clone()].contains(['$', '`', '\\']);
            let word = Raw { pieces, span };
            self.bodies[pending.body] = Body { word, without_tabs: pending.without_tabs, is_literal };
        }
        Ok(())
    }

    pub fn simple(&mut self, start: usize) -> Result<Node, Problem> {
        let (mut assignments, mut words, mut redirects) = (Vec::new(), Vec::<Raw>::new(), Vec::new());
        let mut end = start;
        loop {
            self.blanks()?;
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                end = self.at;
                continue;
            }
            if words.is_empty() {
                if let Some(assignment) = self.assignment()? {
                    assignments.push(assignment);
                    end = self.at;
                    continue;
                }
            }
            let word = self.word()?;
            if word.pieces.is_empty() {
                break;
            }
            words.push(word);
            end = self.at;
        }
        if self.rest().starts_with('(') {
            let [name] = words.as_slice() else {
                return Err(self.problem(self.at, "unexpected `(`"));
            };
            let name = name.plain().map(str::to_owned);
            self.at += 1;
            self.blanks()?;
            let (Some(name), true) = (name, self.take(")")) else {
                return Err(self.problem(start, "unexpected `(`"));
            };
            let kind = self.function(name)?;
            return Ok(Node { kind, redirects, span: start..self.at });
        }
        if end == start {
            return Err(self.problem(start, "missing command"));
        }
        Ok(Node { kind: Kind::Simple { assignments, words }, redirects, span: start..end })
    }

    /// `NAME=value`, `NAME+=value`, `NAME=(…)`.
    fn assignment(&mut self) -> Result<Option<Assignment>, Problem> {
        let length = length_of_name(self.rest());
        let behind = &self.rest()[length..];
        let adds = behind.starts_with("+=");
        if length == 0 || !(adds || behind.starts_with('=')) {
            return Ok(None);
        }
        let name = self.name().to_owned();
        self.at += if adds { 2 } else { 1 };
        if self.rest().starts_with('(') {
            let start = self.at;
            self.at += 1;
            loop {
                self.lines()?;
                if self.word()?.pieces.is_empty() {
                    break;
                }
            }
            self.expect(")", "(", start)?;
            return Ok(Some(Assignment { name, is_plain: false, value: Raw::default() }));
        }
        let value = self.word()?;
        Ok(Some(Assignment { name, is_plain: !adds, value }))
    }

    pub fn redirect(&mut self) -> Result<Option<Redirect>, Problem> {
        let start = self.at;
        let digits = self.rest().len() - self.rest().trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let stream = self.rest()[..digits].to_owned();
        self.at += digits;
        if digits == 0 && (self.take("&>>") || self.take("&>")) {
            self.blanks()?;
            return Ok(Some(Redirect { is_input: false, target: Target::File(self.word()?) }));
        }
        let is_substitution = digits == 0 && (self.rest().starts_with("<(") || self.rest().starts_with(">("));
        if is_substitution || !self.rest().starts_with(['<', '>']) {
            self.at = start;
            return Ok(None);
        }
        let is_input = self.rest().starts_with('<') && matches!(stream.as_str(), "" | "0");
        if self.take("<<<") {
            self.blanks()?;
            return Ok(Some(Redirect { is_input, target: Target::Text(self.word()?) }));
        }
        if self.take("<<") {
            let without_tabs = self.take("-");
            self.blanks()?;
            let word = self.word()?;
            if word.pieces.is_empty() {
                return Err(self.problem(start, "here-document without a name"));
            }
            let (mut delimiter, mut is_literal) = (String::new(), false);
            for piece in &word.pieces {
                is_literal |= piece.is_quoted;
                match &piece.what {
                    What::Text(text) => delimiter.push_str(text),
                    _ => delimiter.push_str(&self.source.text[piece.span.clone()]),
                }
            }
            let body = self.bodies.len();
            self.bodies.push(Body { word: Raw::default(), without_tabs, is_literal });
            self.pending.push(Pending { delimiter, without_tabs, is_literal, body });
            return Ok(Some(Redirect { is_input, target: Target::Document(body) }));
        }
        let _ = [">>", ">&", ">|", "<&", "<>", ">", "<"].into_iter().any(|operator| self.take(operator));
        self.blanks()?;
        let word = self.word()?;
        if word.pieces.is_empty() {
            return Err(self.problem(start, "redirection without a file"));
        }
        Ok(Some(Redirect { is_input, target: Target::File(word) }))
    }
}
