//! Splits a line of a recipe as a shell does: words and operators, as long as no shell is needed to know them.

use crate::init::makefile::piece::{Piece, Pieces};

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Word(Word),
    /// `&&`, `|`, `;`, a line break and the like.
    Operator(String),
    /// What follows up to its `Close` is the whole value of a variable.
    Open(String),
    Close,
}

/// A word, with what only a run can tell in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub parts: Vec<Part>,
    pub is_quoted: bool,
    /// Whether a shell would replace something in it: a pattern, `~`.
    pub is_pattern: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Text(String),
    Hole { piece: Piece, is_quoted: bool },
}

impl Word {
    /// Its text, if all of it is known and a shell would leave it as it is.
    pub fn text(&self) -> Option<String> {
        let known = self.parts.iter().map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Hole { .. } => None,
        });
        known.collect::<Option<String>>().filter(|_| !self.is_pattern)
    }

    fn push(&mut self, c: char) {
        match self.parts.last_mut() {
            Some(Part::Text(text)) => text.push(c),
            _ => self.parts.push(Part::Text(c.to_string())),
        }
    }
}

/// A line that only a shell can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedsShell;

enum Atom {
    Char(char),
    Hole(Piece),
    Begin(String),
    End,
}

fn atoms(pieces: &[Piece], all: &mut Vec<Atom>) {
    for piece in pieces {
        match piece {
            Piece::Text(text) => all.extend(text.chars().map(Atom::Char)),
            Piece::Named { name, value } => {
                all.push(Atom::Begin(name.clone()));
                atoms(value, all);
                all.push(Atom::End);
            }
            other => all.push(Atom::Hole(other.clone())),
        }
    }
}

/// Splits a line.
///
/// # Errors
///
/// It has something in it that only a shell can read: `$NAME`, a command in backticks, a quote that is never closed.
pub fn tokens(pieces: &Pieces) -> Result<Vec<Token>, NeedsShell> {
    let mut all = Vec::new();
    atoms(pieces, &mut all);
    let mut splitter = Splitter { atoms: &all, at: 0, tokens: Vec::new(), word: None, open: Vec::new() };
    splitter.split()?;
    let mut tokens = splitter.tokens;
    // Marks of what did not end where a word does.
    tokens.retain(|token| !matches!(token, Token::Open(name) if name.is_empty()));
    Ok(tokens)
}

struct Splitter<'a> {
    atoms: &'a [Atom],
    at: usize,
    tokens: Vec<Token>,
    word: Option<Word>,
    /// For each value that has begun, the place of its `Open`, if it began where a word can.
    open: Vec<Option<usize>>,
}

impl Splitter<'_> {
    fn char_at(&self, at: usize) -> Option<char> {
        match self.atoms.get(at) {
            Some(Atom::Char(c)) => Some(*c),
            _ => None,
        }
    }

    /// The next character, whether or not a value begins or ends before it.
    fn next_char(&self) -> Option<char> {
        let mut rest = self.atoms[self.at..].iter().filter(|atom| !matches!(atom, Atom::Begin(_) | Atom::End));
        match rest.next() {
            Some(Atom::Char(c)) => Some(*c),
            _ => None,
        }
    }

    fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_with(Word::default)
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take() {
            self.tokens.push(Token::Word(word));
        }
    }

    fn split(&mut self) -> Result<(), NeedsShell> {
        while let Some(atom) = self.atoms.get(self.at) {
            self.at += 1;
            match atom {
                Atom::Begin(name) => {
                    let place = self.word.is_none().then_some(self.tokens.len());
                    if place.is_some() {
                        self.tokens.push(Token::Open(name.clone()));
                    }
                    self.open.push(place);
                }
                Atom::End => self.end_of_value(),
                Atom::Hole(piece) => {
                    let piece = piece.clone();
                    self.word().parts.push(Part::Hole { piece, is_quoted: false });
                }
                Atom::Char(c) => self.char(*c)?,
            }
        }
        self.end_word();
        Ok(())
    }

    fn end_of_value(&mut self) {
        let Some(Some(place)) = self.open.pop() else { return };
        let ends_here = match self.atoms.get(self.at) {
            None | Some(Atom::End) => true,
            Some(Atom::Char(c)) => c.is_whitespace() || ";&|<>()".contains(*c),
            // Another value directly behind it would be one word with it.
            Some(Atom::Begin(_) | Atom::Hole(_)) => false,
        };
        if ends_here || self.word.is_none() {
            self.end_word();
            self.tokens.push(Token::Close);
        } else {
            self.tokens[place] = Token::Open(String::new());
        }
    }

    fn char(&mut self, c: char) -> Result<(), NeedsShell> {
        match c {
            '\n' => {
                self.end_word();
                self.tokens.push(Token::Operator("\n".to_owned()));
            }
            c if c.is_whitespace() => self.end_word(),
            '\\' => match self.char_at(self.at) {
                Some('\n') => {
                    self.at += 1;
                }
                Some(next) => {
                    self.at += 1;
                    let word = self.word();
                    word.is_quoted = true;
                    word.push(next);
                }
                None => return Err(NeedsShell),
            },
            '\'' => self.single_quotes()?,
            '"' => self.double_quotes()?,
            '$' if self.is_dollar() => return Err(NeedsShell),
            '`' => return Err(NeedsShell),
            '#' if self.word.is_none() => {
                while self.char_at(self.at).is_some_and(|c| c != '\n')
                    || matches!(self.atoms.get(self.at), Some(Atom::Hole(_)))
                {
                    self.at += 1;
                }
            }
            '&' | '|' | ';' | '<' | '>' | '(' | ')' => {
                self.end_word();
                let mut operator = c.to_string();
                if matches!(c, '&' | '|' | ';' | '<' | '>') && self.char_at(self.at) == Some(c) {
                    self.at += 1;
                    operator.push(c);
                }
                self.tokens.push(Token::Operator(operator));
            }
            '*' | '?' | '[' => {
                let word = self.word();
                word.is_pattern = true;
                word.push(c);
            }
            // For bash a list is several words.
            '{' => {
                let inside = self.atoms[self.at..].iter().map_while(|atom| match atom {
                    Atom::Char(c) if *c != '}' && !c.is_whitespace() => Some(*c),
                    _ => None,
                });
                let inside: String = inside.collect();
                let word = self.word();
                word.is_pattern |= inside.contains(',') || inside.contains("..");
                word.push(c);
            }
            '~' => {
                let is_start = self.word.is_none();
                let word = self.word();
                word.is_pattern |= is_start;
                word.push(c);
            }
            c => self.word().push(c),
        }
        Ok(())
    }

    /// Whether a `$` that stands before `at` is the start of something.
    fn is_dollar(&self) -> bool {
        self.next_char().is_none_or(|next| next.is_ascii_alphanumeric() || "_{(@*#?$!-'\"".contains(next))
            && self.at < self.atoms.len()
    }

    fn single_quotes(&mut self) -> Result<(), NeedsShell> {
        self.word().is_quoted = true;
        loop {
            let atom = self.atoms.get(self.at).ok_or(NeedsShell)?;
            self.at += 1;
            match atom {
                Atom::Char('\'') => return Ok(()),
                Atom::Char(c) => {
                    let c = *c;
                    self.word().push(c);
                }
                other => self.quoted(other),
            }
        }
    }

    fn double_quotes(&mut self) -> Result<(), NeedsShell> {
        self.word().is_quoted = true;
        loop {
            let atom = self.atoms.get(self.at).ok_or(NeedsShell)?;
            self.at += 1;
            match atom {
                Atom::Char('"') => return Ok(()),
                Atom::Char('`') => return Err(NeedsShell),
                Atom::Char('$') if self.char_at(self.at) != Some('"') => return Err(NeedsShell),
                Atom::Char('\\') => match self.char_at(self.at) {
                    Some('\n') => self.at += 1,
                    Some(next @ ('"' | '\\' | '$' | '`')) => {
                        self.at += 1;
                        self.word().push(next);
                    }
                    _ => self.word().push('\\'),
                },
                Atom::Char(c) => {
                    let c = *c;
                    self.word().push(c);
                }
                other => self.quoted(other),
            }
        }
    }

    /// Something else than a character, inside quotes.
    fn quoted(&mut self, atom: &Atom) {
        match atom {
            Atom::Hole(piece) => {
                let piece = piece.clone();
                self.word().parts.push(Part::Hole { piece, is_quoted: true });
            }
            Atom::Begin(_) => self.open.push(None),
            Atom::End => {
                if let Some(Some(place)) = self.open.pop() {
                    self.tokens[place] = Token::Open(String::new());
                }
            }
            Atom::Char(_) => {}
        }
    }
}
