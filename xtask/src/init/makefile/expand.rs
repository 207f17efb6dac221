//! Expands references: `$(NAME)`, `$(function …)`, `$@`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::init::makefile::functions;
use crate::init::makefile::lines::{find_outside, reference_end};
use crate::init::makefile::piece::{self, Piece, Pieces, Reads};
use crate::system::os::Os;

/// A variable that the file sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub value: Value,
    /// Whether the person's own variable is stronger: `?=`.
    pub is_default: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Expanded when it is used.
    Raw(String),
    Simple(Pieces),
}

/// What references stand for.
#[derive(Debug)]
pub struct Scope {
    pub variables: Rc<BTreeMap<String, Variable>>,
    /// What is stronger than those: automatic variables, and what `call` and `foreach` set.
    pub locals: Vec<(String, Pieces)>,
    /// Variables of one target.
    pub of_target: Rc<BTreeMap<String, Variable>>,
    pub os: Os,
    pub makefile: String,
    /// Every variable that the file sets somewhere.
    pub assigned: Rc<BTreeSet<String>>,
    /// How many more pieces may be made: a few lines can grow without end.
    budget: Cell<usize>,
}

/// Pieces and characters that one Makefile may become.
const BUDGET: usize = 1_000_000;
/// How deep references may be nested.
const DEEPEST: usize = 60;

/// Variables of make's own that recipes of services have.
const OWN: [(&str, &str); 3] = [("RM", "rm -f"), ("SHELL", "/bin/sh"), (".DEFAULT_GOAL", "")];

impl Scope {
    pub fn new(os: Os, makefile: &str) -> Scope {
        Scope {
            variables: Rc::default(),
            locals: Vec::new(),
            of_target: Rc::default(),
            os,
            makefile: makefile.to_owned(),
            assigned: Rc::default(),
            budget: Cell::new(BUDGET),
        }
    }

    /// Whether the text grew beyond all bounds.
    pub fn is_spent(&self) -> bool {
        self.budget.get() == 0
    }

    pub fn expand(&self, text: &str) -> Pieces {
        self.expand_at(text, 0)
    }

    pub fn expand_at(&self, text: &str, depth: usize) -> Pieces {
        if depth > DEEPEST {
            return vec![Piece::Unknown("references are nested too deep".into())];
        }
        let (mut pieces, mut at) = (Pieces::new(), 0);
        while let Some(found) = text[at..].find('$') {
            push_text(&mut pieces, &text[at..at + found]);
            at += found;
            let Some(end) = reference_end(text, at) else {
                return vec![Piece::Unknown(format!("`{}` is never closed", first_line(&text[at..])))];
            };
            let inside = &text[at + 1..end];
            match inside.chars().next() {
                Some('$') => push_text(&mut pieces, "$"),
                Some('(' | '{') => pieces.extend(self.reference(&inside[1..inside.len() - 1], depth)),
                Some(_) => pieces.extend(self.variable(inside, depth)),
                None => push_text(&mut pieces, "$"),
            }
            at = end;
            if !self.spend(pieces.len() + 1) {
                return vec![Piece::Unknown("the text has no end".into())];
            }
        }
        push_text(&mut pieces, &text[at..]);
        if !self.spend(text.len()) {
            return vec![Piece::Unknown("the text has no end".into())];
        }
        pieces
    }

    fn spend(&self, pieces: usize) -> bool {
        self.budget.set(self.budget.get().saturating_sub(pieces));
        self.budget.get() > 0
    }

    /// What stands between the brackets of a reference.
    fn reference(&self, inside: &str, depth: usize) -> Pieces {
        let name_end = inside.find([' ', '\t', '\n']).unwrap_or(inside.len());
        if name_end < inside.len() {
            if let Some(result) = functions::call(self, &inside[..name_end], inside[name_end..].trim_start(), depth + 1)
            {
                return result;
            }
        }
        // `$(NAME:a=b)`
        if let Some(colon) = find_outside(inside, |rest| rest.starts_with(':')).filter(|at| *at > 0) {
            if let Some((from, to)) = inside[colon + 1..].split_once('=') {
                let value = self.reference(&inside[..colon], depth + 1);
                return functions::replace_ends(self, &value, from, to, depth + 1);
            }
        }
        match piece::text(&self.expand_at(inside, depth + 1)) {
            Some(name) => self.variable(name.trim(), depth),
            None => vec![Piece::Unknown(format!("the name of `$({inside})` is not known"))],
        }
    }

    /// What a variable stands for.
    pub fn variable(&self, name: &str, depth: usize) -> Pieces {
        if let Some((_, value)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return value.clone();
        }
        if let Some(found) = self.of_target.get(name).or_else(|| self.variables.get(name)) {
            let value = match &found.value {
                Value::Raw(raw) => self.expand_at(raw, depth + 1),
                // A value that was put together before may be larger than it looks.
                Value::Simple(pieces) => match self.spend(piece::weight(pieces)) {
                    true => pieces.clone(),
                    false => vec![Piece::Unknown("the text has no end".into())],
                },
            };
            let piece = match found.is_default {
                true => Piece::Asked { name: name.to_owned(), default: Some(value), reads: Reads::Set },
                false => Piece::Named { name: name.to_owned(), value },
            };
            return vec![piece];
        }
        if let Some((_, value)) = OWN.iter().find(|(own, _)| *own == name) {
            return vec![Piece::text(value)];
        }
        match name {
            "MAKE" => vec![Piece::Make],
            "CURDIR" | "PWD" => vec![Piece::Root],
            "MAKEFILE_LIST" => vec![Piece::Text(self.makefile.clone())],
            "OS" if self.os == Os::Windows => vec![Piece::text("Windows_NT")],
            "OS" => Pieces::new(),
            "@" | "<" | "^" | "+" | "*" | "?" | "|" | "%" | "@D" | "@F" | "<D" | "<F" | "^D" | "^F" | "*D" | "*F" => {
                vec![Piece::Unknown(format!("`${name}` is not known here"))]
            }
            "MAKECMDGOALS" | "MAKEFLAGS" | "MFLAGS" | "MAKELEVEL" | "MAKEOVERRIDES" | "CC" | "CXX" | "LD" | "AR" => {
                vec![Piece::Unknown(format!("`$({name})` is make's own"))]
            }
            "" => Pieces::new(),
            // A parameter of a function, outside of one.
            _ if name.chars().all(|c| c.is_ascii_digit()) => Pieces::new(),
            // The file sets it under a condition that does not hold.
            _ if self.assigned.contains(name) => vec![Piece::Named { name: name.to_owned(), value: Pieces::new() }],
            _ => vec![Piece::Asked { name: name.to_owned(), default: None, reads: Reads::Set }],
        }
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Adds a text to that at the end.
pub fn push_text(pieces: &mut Pieces, text: &str) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::text(text)),
    }
}

impl Scope {
    /// The same, with more that is stronger than the file's variables.
    pub fn with_locals(&self, locals: Vec<(String, Pieces)>) -> Scope {
        let mut inner = Scope {
            variables: self.variables.clone(),
            locals: self.locals.clone(),
            of_target: self.of_target.clone(),
            os: self.os,
            makefile: self.makefile.clone(),
            assigned: self.assigned.clone(),
            budget: Cell::new(self.budget.get()),
        };
        inner.locals.extend(locals);
        inner
    }

    /// What an inner scope has spent is spent here.
    pub fn take_budget_of(&self, inner: &Scope) {
        self.budget.set(inner.budget.get());
    }
}
