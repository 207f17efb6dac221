//! Expansion: from the words of a script to those that a program gets.

use std::rc::Rc;

use super::source::Source;
use super::state::State;
use super::syntax::{Operator, Piece, Raw, What};
use super::walk::{Context, Unit, Walker};
use super::{Part, Seen, Value, Word};

/// How the words that come of one are told apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// At blanks of unquoted values, as in the words of a command.
    Fields,
    /// It stays one word, as in `NAME=value`.
    One,
}

/// Words that are being put together.
struct Fields {
    done: Vec<Word>,
    current: Word,
    /// The current word is there even if it has no text: `""`.
    is_there: bool,
    split: Split,
    /// They stand for the value of a variable.
    in_value: bool,
}

impl Walker<'_> {
    /// The words that come of a word; with `Split::One` at most one.
    pub fn expand(
        &mut self,
        unit: &Rc<Unit>,
        raw: &Raw,
        split: Split,
        state: &mut State,
        context: &Context,
    ) -> Vec<Word> {
        let span = unit.source.span(raw.span.clone());
        let empty = Word { parts: Vec::new(), span, is_pattern: false, inner: verbatim(&unit.source, raw) };
        let mut fields = Fields { done: Vec::new(), current: empty, is_there: false, split, in_value: false };
        self.tilde_or_text(unit, raw, &mut fields, state, context);
        fields.end();
        fields.done
    }

    /// The value of an assignment, or the text of a here-document.
    pub fn expand_one(&mut self, unit: &Rc<Unit>, raw: &Raw, state: &mut State, context: &Context) -> Word {
        let found = self.expand(unit, raw, Split::One, state, context).pop();
        let span = unit.source.span(raw.span.clone());
        found.unwrap_or(Word { parts: Vec::new(), span, is_pattern: false, inner: None })
    }

    /// A word whose first text may have `~` in it: at its beginning, and in a value behind `=` and `:`.
    fn tilde_or_text(&mut self, unit: &Rc<Unit>, raw: &Raw, fields: &mut Fields, state: &mut State, context: &Context) {
        let [Piece { what: What::Text(text), is_quoted: false, .. }, rest @ ..] = raw.pieces.as_slice() else {
            return self.pieces(unit, &raw.pieces, fields, state, context);
        };
        let mut from = 0;
        let mut can_begin = true;
        for (at, c) in text.char_indices() {
            let behind = &text[at + c.len_utf8()..];
            let user = if c == '~' && can_begin { behind.split(['/', ':']).next() } else { None };
            if let Some(user) = user.filter(|user| user.len() < behind.len() || rest.is_empty()) {
                fields.plain(&text[from..at]);
                match self.changes.of_shell(state.scope, "HOME", &self.budget) {
                    Seen::Value(home) if user.is_empty() => fields.known(home.trim_end_matches('/'), true),
                    _ => fields.unknown(&text[at..at + 1 + user.len()], false),
                }
                fields.current.inner = None;
                from = at + 1 + user.len();
            }
            can_begin = fields.split == Split::One && matches!(c, '=' | ':');
        }
        fields.plain(&text[from..]);
        self.pieces(unit, rest, fields, state, context);
    }

    fn pieces(&mut self, unit: &Rc<Unit>, pieces: &[Piece], fields: &mut Fields, state: &mut State, context: &Context) {
        for piece in pieces {
            let written = || match unit.source.holes.get(&piece.span.start) {
                Some(written) if matches!(piece.what, What::Other(_)) => written.clone(),
                _ => unit.source.text[piece.span.clone()].to_owned(),
            };
            match &piece.what {
                What::Text(text) if piece.is_quoted => fields.known(text, true),
                What::Text(text) if fields.in_value => fields.split(text),
                What::Text(text) => fields.plain(text),
                What::Variable { name, operator } => {
                    self.variable(unit, (piece, name, operator.as_ref()), fields, state, context);
                }
                What::Commands(list) => {
                    self.list(unit, list, state.clone(), &context.in_substitution());
                    fields.unknown(&written(), !piece.is_quoted);
                }
                What::Backticks(text) => {
                    let span = unit.source.span(piece.span.clone());
                    let source = Source::of_backticks(text.clone(), span, &unit.source);
                    self.script(source, state.clone(), &context.in_substitution());
                    fields.unknown(&written(), !piece.is_quoted);
                }
                What::Other(inner) => {
                    self.commands_in(unit, inner, state, context);
                    fields.unknown(&written(), !piece.is_quoted);
                }
            }
        }
    }

    /// Lists the commands that run where the text itself is not known.
    pub fn commands_in(&mut self, unit: &Rc<Unit>, pieces: &[Piece], state: &mut State, context: &Context) {
        if !pieces.is_empty() {
            let nothing = Word { parts: Vec::new(), span: 0..0, is_pattern: false, inner: None };
            let mut ignored =
                Fields { done: Vec::new(), current: nothing, is_there: false, split: Split::One, in_value: false };
            self.pieces(unit, pieces, &mut ignored, state, context);
        }
    }

    fn variable(
        &mut self,
        unit: &Rc<Unit>,
        (piece, name, operator): (&Piece, &str, Option<&(Operator, Raw)>),
        fields: &mut Fields,
        state: &mut State,
        context: &Context,
    ) {
        let written = &unit.source.text[piece.span.clone()];
        let is_special = !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let seen = match is_special {
            true => Seen::Unknown,
            false => self.changes.of_shell(state.scope, name, &self.budget),
        };
        // What `IFS` says of splitting is not followed.
        let may_split = !piece.is_quoted || matches!(name, "@" | "*");
        let value = match seen {
            Seen::Value(value) => Some(value.to_owned()),
            _ => None,
        };
        let is_set = |empty_counts: bool| value.as_deref().map(|value| !(empty_counts && value.is_empty()));
        let is_unset = seen == Seen::Unset;
        match operator {
            None | Some((Operator::Require { .. }, _)) => match value {
                Some(value) => self.known_value(&value, piece.is_quoted, written, fields, state),
                None if is_unset => fields.known("", piece.is_quoted),
                None => fields.unknown(written, may_split),
            },
            Some((Operator::Default { sets, empty_counts }, word)) => match is_set(*empty_counts) {
                Some(true) => self.known_value(&value.unwrap_or_default(), piece.is_quoted, written, fields, state),
                found if found == Some(false) || is_unset => {
                    if *sets {
                        let value = self.expand_one(unit, word, state, context).value();
                        self.assign(state, name, value);
                    }
                    self.word_of_value(unit, piece, word, fields, state, context);
                }
                _ => {
                    self.commands_in(unit, &word.pieces, state, context);
                    if *sets {
                        self.assign(state, name, Value::Unknown);
                    }
                    fields.unknown(written, may_split);
                }
            },
            Some((Operator::Instead { empty_counts }, word)) => match is_set(*empty_counts) {
                Some(true) => self.word_of_value(unit, piece, word, fields, state, context),
                found if found == Some(false) || is_unset => fields.known("", piece.is_quoted),
                _ => {
                    self.commands_in(unit, &word.pieces, state, context);
                    fields.unknown(written, may_split);
                }
            },
        }
    }

    /// The word of `${NAME:-word}` in the place of the value: without quotes, blanks in it end words.
    fn word_of_value(
        &mut self,
        unit: &Rc<Unit>,
        piece: &Piece,
        word: &Raw,
        fields: &mut Fields,
        state: &mut State,
        context: &Context,
    ) {
        let before = std::mem::replace(&mut fields.in_value, !piece.is_quoted && fields.split == Split::Fields);
        self.pieces(unit, &word.pieces, fields, state, context);
        fields.in_value = before;
    }

    fn known_value(&mut self, value: &str, is_quoted: bool, written: &str, fields: &mut Fields, state: &State) {
        if !self.charge(value.len()) {
            return;
        }
        if is_quoted || fields.split == Split::One {
            return fields.known(value, is_quoted);
        }
        if self.changes.of_shell(state.scope, "IFS", &self.budget) != Seen::Nowhere {
            return fields.unknown(written, true);
        }
        fields.split(value);
    }
}

impl Fields {
    /// Text that stays as it is.
    fn known(&mut self, text: &str, is_there: bool) {
        self.is_there |= is_there || !text.is_empty();
        if text.is_empty() {
            return;
        }
        match self.current.parts.last_mut() {
            Some(Part::Known(known)) => known.push_str(text),
            _ => self.current.parts.push(Part::Known(text.to_owned())),
        }
    }

    /// Text in which the shell sees patterns.
    fn plain(&mut self, text: &str) {
        self.current.is_pattern |= text.contains(['*', '?', '['])
            || text.find('{').is_some_and(|at| text[at..].contains('}') && text[at..].contains([',', '.']));
        self.known(text, false);
    }

    fn unknown(&mut self, written: &str, may_split: bool) {
        self.is_there = true;
        let may_split = may_split && self.split == Split::Fields;
        self.current.parts.push(Part::Unknown { written: written.to_owned(), may_split });
    }

    /// An unquoted value: blanks in it end words.
    fn split(&mut self, value: &str) {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\n');
        if value.starts_with(blank) {
            self.end();
        }
        for (place, word) in value.split(blank).filter(|word| !word.is_empty()).enumerate() {
            if place > 0 {
                self.end();
            }
            self.plain(word);
        }
        if value.ends_with(blank) {
            self.end();
        }
    }

    fn end(&mut self) {
        if self.is_there {
            let next = Word { parts: Vec::new(), span: self.current.span.clone(), is_pattern: false, inner: None };
            let word = std::mem::replace(&mut self.current, next);
            self.done.push(word);
        }
        self.is_there = false;
    }
}

impl Word {
    /// Its text as a value.
    pub fn value(&self) -> Value {
        self.text().map_or(Value::Unknown, |text| Value::Known(text.to_owned()))
    }
}

/// Where the text of a word stands as it is, apart from quotes around it.
fn verbatim(source: &Source, raw: &Raw) -> Option<std::ops::Range<usize>> {
    match raw.pieces.as_slice() {
        [Piece { what: What::Text(text), span, .. }] if source.text[span.clone()] == **text => Some(span.clone()),
        _ => None,
    }
}
