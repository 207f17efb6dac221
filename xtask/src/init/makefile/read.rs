//! The statements of a Makefile, in the order of its lines. Conditions are kept: what holds is decided when it is evaluated.

use crate::init::makefile::lines::{self, Line, find_outside, joined, without_comment};
use crate::init::makefile::rule::{inline_recipe, rule};

/// One thing that a Makefile says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// From 1.
    pub line: usize,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Blank,
    /// From its `#`, which it keeps.
    Comment(String),
    Assign(Assign),
    Rule(Rule),
    /// A line of a recipe, without its leading tab; a joined one keeps its backslashes and line breaks.
    Recipe(String),
    If {
        condition: Condition,
        then: Vec<Statement>,
        otherwise: Vec<Statement>,
    },
    Include {
        paths: String,
        optional: bool,
    },
    /// The names; none for all variables.
    Export(String),
    Unexport(String),
    /// A line that is nothing but references, such as `$(error …)`.
    Bare(String),
    /// Something that changes what the rest means, and that is not read.
    Unread(String),
}

/// `NAME = value`, in a file or for a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assign {
    /// The targets that it is for; none: all.
    pub targets: Option<String>,
    pub name: String,
    pub how: How,
    pub value: String,
    pub export: bool,
    pub unexport: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum How {
    /// `=`: expanded when it is used.
    #[default]
    Recursive,
    /// `:=`
    Simple,
    /// `?=`
    Default,
    /// `+=`
    Append,
    /// `!=`
    Shell,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    pub targets: String,
    pub is_double: bool,
    pub prerequisites: String,
    /// Those behind `|`.
    pub order_only: String,
    /// The pattern between the two colons of a static pattern rule.
    pub pattern: Option<String>,
    /// The comment behind it, from its `#`.
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Equal { left: String, right: String, negated: bool },
    Defined { name: String, negated: bool },
}

/// Reads a Makefile. Never fails: what is no statement becomes [`Kind::Unread`].
pub fn read(text: &str) -> Vec<Statement> {
    let lines = lines::lines(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut reader = Reader { lines, at: 0, in_rule: false };
    let mut all = Vec::new();
    while reader.at < reader.lines.len() {
        all.extend(reader.block(0));
        // An `else` or `endif` that nothing opened.
        if let Some(line) = reader.lines.get(reader.at) {
            all.push(Statement { line: line.number, kind: Kind::Unread(line.text.trim().to_owned()) });
            reader.at += 1;
        }
    }
    all
}

/// How deep conditions may be nested.
const DEEPEST: usize = 50;

struct Reader {
    lines: Vec<Line>,
    at: usize,
    /// Whether a line with a tab belongs to a recipe.
    in_rule: bool,
}

impl Reader {
    /// Up to an `else` or `endif` of an outer condition, or the end.
    fn block(&mut self, depth: usize) -> Vec<Statement> {
        let mut found = Vec::new();
        while let Some(line) = self.lines.get(self.at).cloned() {
            if let Some(recipe) = line.text.strip_prefix('\t').filter(|_| self.in_rule) {
                self.at += 1;
                found.push(Statement { line: line.number, kind: Kind::Recipe(recipe.replace("\n\t", "\n")) });
                continue;
            }
            let text = joined(&line.text);
            let (word, rest) = first_word(&text);
            let kind = match word {
                "else" | "endif" => return found,
                "ifeq" | "ifneq" | "ifdef" | "ifndef" => match condition(word, rest) {
                    Some(condition) if depth < DEEPEST => {
                        self.at += 1;
                        found.push(Statement { line: line.number, kind: self.branches(condition, depth) });
                        continue;
                    }
                    _ => Kind::Unread(text.trim().to_owned()),
                },
                "define" => {
                    found.push(Statement { line: line.number, kind: self.define(rest) });
                    self.in_rule = false;
                    continue;
                }
                _ => statement(&line, &text),
            };
            self.at += 1;
            match &kind {
                Kind::Rule(_) => self.in_rule = true,
                Kind::Blank | Kind::Comment(_) => {}
                _ => self.in_rule = false,
            }
            let inline = inline_recipe(&line, &kind, &text);
            found.push(Statement { line: line.number, kind });
            found.extend(inline);
        }
        found
    }

    /// Behind a condition: its branches, up to its `endif`.
    fn branches(&mut self, condition: Condition, depth: usize) -> Kind {
        let then = self.block(depth + 1);
        let mut otherwise = Vec::new();
        if let Some(line) = self.lines.get(self.at).cloned() {
            self.at += 1;
            let text = joined(&line.text);
            let (word, rest) = first_word(&text);
            if word == "else" {
                let (inner, inner_rest) = first_word(rest);
                match condition_of_else(inner, inner_rest) {
                    // `else ifeq …` has the same `endif`.
                    Some(inner) => {
                        otherwise.push(Statement { line: line.number, kind: self.branches(inner, depth + 1) });
                    }
                    None => {
                        otherwise = self.block(depth + 1);
                        self.at += 1;
                    }
                }
            }
        }
        Kind::If { condition, then, otherwise }
    }

    /// A variable of several lines.
    fn define(&mut self, rest: &str) -> Kind {
        let (name, how) = match find_outside(rest, |rest| rest.starts_with('=')) {
            Some(at) => {
                let (name, how) = operator(&rest[..at]);
                (name.trim().to_owned(), how)
            }
            None => (without_comment(rest).0.trim().to_owned(), How::Recursive),
        };
        self.at += 1;
        let (mut value, mut depth) = (Vec::new(), 0_usize);
        while let Some(line) = self.lines.get(self.at) {
            self.at += 1;
            match first_word(&line.text).0 {
                "define" => depth += 1,
                "endef" if depth == 0 => break,
                "endef" => depth -= 1,
                _ => {}
            }
            value.push(line.text.clone());
        }
        Kind::Assign(Assign { name, how, value: value.join("\n"), ..Assign::default() })
    }
}

fn condition_of_else(word: &str, rest: &str) -> Option<Condition> {
    condition(word, rest)
}

/// The first word of a line, and what stands behind it.
pub fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find([' ', '\t', '(', '#', '\n']).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

/// `ifeq (a,b)`, `ifeq 'a' "b"`, `ifdef NAME`.
fn condition(word: &str, rest: &str) -> Option<Condition> {
    let rest = rest.trim();
    match word {
        "ifdef" | "ifndef" => {
            let name = without_comment(rest).0.trim().to_owned();
            (!name.is_empty()).then_some(Condition::Defined { name, negated: word == "ifndef" })
        }
        "ifeq" | "ifneq" => {
            let (left, right) = match rest.strip_prefix('(') {
                Some(inside) => {
                    let end = closing(inside)?;
                    let parts = lines::split_outside(&inside[..end], ',');
                    let (left, right) = parts.split_first()?;
                    ((*left).trim_end().to_owned(), right.join(",").trim_start().to_owned())
                }
                None => {
                    let (left, rest) = quoted(rest)?;
                    let (right, _) = quoted(rest.trim_start())?;
                    (left.to_owned(), right.to_owned())
                }
            };
            Some(Condition::Equal { left, right, negated: word == "ifneq" })
        }
        _ => None,
    }
}

/// The place of the bracket that closes what is open before the text.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let c = text[at..].chars().next()?;
        match c {
            '$' => {
                at = lines::reference_end(text, at)?;
                continue;
            }
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
        at += c.len_utf8();
    }
    None
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let end = text[1..].find(quote)?;
    Some((&text[1..=end], &text[end + 2..]))
}

/// A line that is neither a recipe, a condition nor a `define`.
fn statement(line: &Line, text: &str) -> Kind {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Kind::Blank;
    }
    if trimmed.starts_with('#') {
        return Kind::Comment(line.text.trim().to_owned());
    }
    let (plain, comment) = without_comment(text);
    let (word, rest) = first_word(&plain);
    // `export = 1` assigns to a variable of that name.
    let is_keyword = !rest.starts_with(['=', ':', '?', '+']);
    match word {
        "include" | "-include" | "sinclude" if is_keyword => {
            return Kind::Include { paths: rest.trim().to_owned(), optional: word != "include" };
        }
        "export" | "unexport" | "override" | "private" if is_keyword => return modified(word, rest),
        "vpath" | "endef" if is_keyword => return Kind::Unread(plain.trim().to_owned()),
        _ => {}
    }
    if let Some(assign) = assignment(&plain) {
        return Kind::Assign(assign);
    }
    if let Some(colon) = find_outside(&plain, |rest| rest.starts_with(':')) {
        return rule(&plain, colon, comment);
    }
    match plain.trim_start().starts_with('$') {
        true => Kind::Bare(plain.trim().to_owned()),
        false => Kind::Unread(plain.trim().to_owned()),
    }
}

/// Behind `export`, `override` and the like.
pub fn modified(word: &str, rest: &str) -> Kind {
    let (next, behind) = first_word(rest);
    let mut kind = match next {
        "export" | "unexport" | "override" | "private" if !behind.starts_with(['=', ':', '?', '+']) => {
            modified(next, behind)
        }
        "define" => Kind::Unread(format!("{word} {rest}")),
        _ => match assignment(rest) {
            Some(assign) => Kind::Assign(assign),
            None if word == "export" => return Kind::Export(rest.trim().to_owned()),
            None if word == "unexport" => return Kind::Unexport(rest.trim().to_owned()),
            None => Kind::Unread(format!("{word} {rest}")),
        },
    };
    if let Kind::Assign(assign) = &mut kind {
        assign.export |= word == "export";
        assign.unexport |= word == "unexport";
    }
    kind
}

/// `NAME op value`, if an operator comes before any colon of a rule.
pub fn assignment(text: &str) -> Option<Assign> {
    let at = find_outside(text, |rest| rest.starts_with(['=', ':', '#']))?;
    let rest = &text[at..];
    let equals = match rest.trim_start_matches(':') {
        behind if behind.starts_with('=') => text.len() - behind.len(),
        _ => return None,
    };
    let (name, how) = operator(&text[..equals]);
    let name = name.trim();
    // A value keeps the blanks at its end.
    let value = text[equals + 1..].trim_start().to_owned();
    let is_name = !name.is_empty() && find_outside(name, |rest| rest.starts_with(char::is_whitespace)).is_none();
    is_name.then(|| Assign { name: name.to_owned(), how, value, ..Assign::default() })
}

/// A name, and the operator whose `=` stands behind it.
fn operator(before: &str) -> (&str, How) {
    if let Some(name) = before.strip_suffix(':') {
        return (name.trim_end_matches(':'), How::Simple);
    }
    let operators = [('?', How::Default), ('+', How::Append), ('!', How::Shell)];
    let found = operators.into_iter().find_map(|(sign, how)| Some((before.strip_suffix(sign)?, how)));
    found.unwrap_or((before, How::Recursive))
}
