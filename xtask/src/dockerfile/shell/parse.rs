//! A script as a shell parses it: lists, pipelines, compound commands, here-documents.

mod commands;
mod compounds;

use super::source::Source;
use super::state::Budget;
use super::syntax::{AndOr, Body, Kind, Link, List, Node, Pipeline};

/// Why a script can't be read further, and where in its text that begins.
#[derive(Debug)]
pub struct Problem {
    pub at: usize,
    pub why: String,
}

/// A script as far as it could be read.
#[derive(Default)]
pub struct Parsed {
    pub list: List,
    /// What its here-documents hold.
    pub bodies: Vec<Body>,
    /// From here on nothing is read.
    pub problem: Option<Problem>,
}

/// Reads a script. `depth`: how deep in others it stands.
pub fn parse(source: &Source, depth: usize, budget: &mut Budget) -> Parsed {
    let end = source.text.len();
    let mut parser = Parser { source, at: 0, end, depth, budget, pending: Vec::new(), bodies: Vec::new() };
    let mut parsed = Parsed::default();
    loop {
        let start = parser.at;
        match parser.item(&[]) {
            Ok(Some(item)) => parsed.list.push(item),
            Ok(None) if parser.at == end => break,
            Ok(None) => {
                let found = &parser.rest()[..1];
                parsed.problem = Some(Problem { at: parser.at, why: format!("unexpected `{found}`") });
                break;
            }
            Err(problem) => {
                // What belongs to it began before the place that was not understood.
                parsed.problem = Some(Problem { at: start.min(problem.at), ..problem });
                break;
            }
        }
    }
    parsed.bodies = parser.bodies;
    parsed
}

pub struct Parser<'a> {
    pub source: &'a Source,
    pub at: usize,
    /// Where it has to end, no later than the text.
    pub end: usize,
    depth: usize,
    budget: &'a mut Budget,
    /// Here-documents that begin with the next line.
    pending: Vec<Pending>,
    bodies: Vec<Body>,
}

struct Pending {
    delimiter: String,
    without_tabs: bool,
    is_literal: bool,
    /// Its place among the bodies.
    body: usize,
}

/// Real scripts nest far less, and every level uses some of our own stack.
pub const DEEPEST: usize = 24;

const OPENING: [&str; 8] = ["if", "while", "until", "for", "case", "{", "function", "[["];
const CLOSING: [&str; 8] = ["then", "elif", "else", "fi", "do", "done", "esac", "}"];

impl Parser<'_> {
    pub fn rest(&self) -> &str {
        &self.source.text[self.at..self.end]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn problem(&self, at: usize, why: &str) -> Problem {
        Problem { at, why: why.to_owned() }
    }

    pub fn charge(&mut self, steps: usize) -> Result<(), Problem> {
        match self.budget.charge(steps) {
            true => Ok(()),
            false => Err(self.problem(self.at, "too long to follow")),
        }
    }

    pub fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        if self.depth >= DEEPEST {
            return Err(self.problem(self.at, "nested too deeply"));
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    /// The name of a variable at this place; may be empty.
    pub fn name(&mut self) -> &str {
        let start = self.at;
        self.at += length_of_name(self.rest());
        &self.source.text[start..self.at]
    }

    /// Takes a text that stands here.
    fn take(&mut self, text: &str) -> bool {
        let is_here = self.rest().starts_with(text);
        if is_here {
            self.at += text.len();
        }
        is_here
    }

    /// Blanks, continued lines, and a comment.
    fn blanks(&mut self) -> Result<(), Problem> {
        loop {
            self.charge(1)?;
            if self.take(" ") || self.take("\t") || self.take("\\\n") {
                continue;
            }
            if self.rest().starts_with('#') {
                let length = self.rest().find('\n').unwrap_or(self.rest().len());
                self.charge(length)?;
                self.at += length;
            }
            return Ok(());
        }
    }

    /// Blanks and ends of lines, each with the here-documents that begin behind it.
    fn lines(&mut self) -> Result<(), Problem> {
        loop {
            self.blanks()?;
            if !self.take("\n") {
                return Ok(());
            }
            self.documents()?;
        }
    }

    /// Whether a reserved word or an operator stands here.
    fn is_at(&self, word: &str) -> bool {
        let is_end = |rest: &str| !rest.starts_with(|c: char| !(c.is_whitespace() || ";&|<>()".contains(c)));
        self.rest().strip_prefix(word).is_some_and(is_end)
    }

    fn reserved(&mut self, word: &str) -> bool {
        self.is_at(word) && self.take(word)
    }

    fn expect(&mut self, word: &str, what: &str, start: usize) -> Result<(), Problem> {
        self.lines()?;
        match self.reserved(word) || (word == ")" && self.take(word)) {
            true => Ok(()),
            false => Err(self.problem(start, &format!("`{what}` without `{word}`"))),
        }
    }

    /// Commands up to one of the words, a `)`, a `;;` or the end.
    fn list(&mut self, ends: &[&str]) -> Result<List, Problem> {
        self.deeper(|parser| {
            let mut list = List::new();
            while let Some(item) = parser.item(ends)? {
                list.push(item);
            }
            Ok(list)
        })
    }

    /// What stands between `$(` and `)`.
    pub fn inner_list(&mut self, start: usize) -> Result<List, Problem> {
        let list = self.list(&[])?;
        self.expect(")", "(", start)?;
        Ok(list)
    }

    /// The next item of a list, with what separates it from another.
    fn item(&mut self, ends: &[&str]) -> Result<Option<AndOr>, Problem> {
        self.lines()?;
        let ended = self.rest().is_empty() || self.rest().starts_with([')', ';']);
        if ended || ends.iter().any(|end| self.is_at(end)) {
            return Ok(None);
        }
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks()?;
            let link = match () {
                _ if self.take("&&") => Link::And,
                _ if self.take("||") => Link::Or,
                _ => break,
            };
            self.lines()?;
            rest.push((link, self.pipeline()?));
        }
        let in_background = self.take("&");
        if !in_background && self.rest().starts_with(';') && !self.rest().starts_with(";;") {
            self.at += 1;
        } else if !in_background && !self.rest().is_empty() && !self.rest().starts_with(['\n', ')', ';']) {
            return Err(self.problem(self.at, "unexpected text after a command"));
        }
        Ok(Some(AndOr { first, rest, in_background }))
    }

    fn pipeline(&mut self) -> Result<Pipeline, Problem> {
        let mut is_negated = false;
        while self.reserved("!") {
            is_negated = !is_negated;
            self.blanks()?;
        }
        let mut parts = vec![self.command()?];
        loop {
            self.blanks()?;
            if self.rest().starts_with("||") || !(self.take("|&") || self.take("|")) {
                return Ok(Pipeline { parts, is_negated });
            }
            self.lines()?;
            parts.push(self.command()?);
        }
    }

    fn command(&mut self) -> Result<Node, Problem> {
        let start = self.at;
        if let Some(word) = CLOSING.into_iter().find(|word| self.is_at(word)) {
            return Err(self.problem(start, &format!("unexpected `{word}`")));
        }
        let test = self.end_of_test()?;
        let kind = match OPENING.into_iter().find(|word| self.is_at(word)) {
            _ if test.is_some() => {
                let end = test.unwrap_or(self.end);
                let inner = self.expanded_text(self.at + 2..end - 2)?;
                self.at = end;
                Kind::Test(inner)
            }
            Some(word) => {
                self.at += word.len();
                self.deeper(|parser| parser.compound(word, start))?
            }
            None if self.take("(") => Kind::Subshell(self.inner_list(start)?),
            None => return self.simple(start),
        };
        let mut redirects = Vec::new();
        loop {
            self.blanks()?;
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => return Ok(Node { kind, redirects, span: start..self.at }),
            }
        }
    }
}

pub fn length_of_name(text: &str) -> usize {
    match text.starts_with(|c: char| c.is_ascii_digit()) {
        true => 0,
        false => text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len()),
    }
}

pub fn is_name(text: &str) -> bool {
    !text.is_empty() && length_of_name(text) == text.len()
}
