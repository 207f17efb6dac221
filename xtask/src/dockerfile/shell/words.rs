//! Words: quotes, escapes, `$…`.

use super::parse::{Parser, Problem};
use super::source::HOLE;
use super::syntax::{Operator, Piece, Raw, Span, What};

/// Where the pieces of a word end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// At a blank or an operator.
    Word,
    /// At `"`.
    Quote,
    /// At `}`; within double quotes or not.
    Brace { is_quoted: bool },
    /// Where the text ends.
    End,
}

impl Until {
    fn is_quoted(self) -> bool {
        matches!(self, Until::Quote | Until::End | Until::Brace { is_quoted: true })
    }
}

impl Parser<'_> {
    /// The word at this place; empty if there is none.
    pub fn word(&mut self) -> Result<Raw, Problem> {
        let start = self.at;
        let pieces = self.pieces(Until::Word)?;
        Ok(Raw { pieces, span: start..self.at })
    }

    /// All of a range as text with expansions: a here-document, what stands in `((…))`.
    pub fn expanded_text(&mut self, range: Span) -> Result<Vec<Piece>, Problem> {
        let (at, end) = (self.at, self.end);
        (self.at, self.end) = (range.start, range.end);
        let pieces = self.pieces(Until::End);
        (self.at, self.end) = (at, end);
        pieces
    }

    fn pieces(&mut self, until: Until) -> Result<Vec<Piece>, Problem> {
        let mut pieces: Vec<Piece> = Vec::new();
        let start = self.at;
        loop {
            self.charge(1)?;
            let at = self.at;
            let Some(c) = self.peek() else {
                return match until {
                    Until::Word | Until::End => Ok(pieces),
                    Until::Quote => Err(self.problem(start.saturating_sub(1), "unclosed `\"`")),
                    Until::Brace { .. } => Err(self.problem(start, "unclosed `${`")),
                };
            };
            let is_quoted = until.is_quoted();
            match c {
                '"' if until == Until::Quote => return Ok(pieces),
                '}' if matches!(until, Until::Brace { .. }) => return Ok(pieces),
                ' ' | '\t' | '\n' | ';' | '&' | '|' | ')' if until == Until::Word => return Ok(pieces),
                '<' | '>' if until == Until::Word => {
                    if !(pieces.is_empty() && self.rest().get(1..2) == Some("(")) {
                        return Ok(pieces);
                    }
                    self.at += 2;
                    let list = self.inner_list(at)?;
                    self.add(&mut pieces, What::Commands(list), true, at);
                }
                // `name()`, and what only bash knows.
                '(' if until == Until::Word => return Ok(pieces),
                '\\' => self.backslash(&mut pieces, until),
                '\'' if !is_quoted => {
                    self.at += 1;
                    let inner = self.at;
                    let Some(length) = self.rest().find('\'') else {
                        return Err(self.problem(at, "unclosed `'`"));
                    };
                    self.at += length + 1;
                    self.text(&mut pieces, inner..inner + length, true);
                }
                '"' if until != Until::End => {
                    self.at += 1;
                    let inner = self.pieces(Until::Quote)?;
                    self.at += 1;
                    if inner.is_empty() {
                        self.text(&mut pieces, at + 1..at + 1, true);
                    }
                    inner.into_iter().for_each(|piece| join(&mut pieces, piece));
                }
                '$' => self.dollar(&mut pieces, is_quoted)?,
                '`' => self.backticks(&mut pieces, is_quoted)?,
                HOLE if self.source.holes.contains_key(&at) => {
                    self.at += c.len_utf8();
                    self.add(&mut pieces, What::Other(Vec::new()), is_quoted, at);
                }
                _ => {
                    self.at += c.len_utf8();
                    self.text(&mut pieces, at..self.at, is_quoted);
                }
            }
        }
    }

    fn text(&self, pieces: &mut Vec<Piece>, span: Span, is_quoted: bool) {
        let text = self.source.text[span.clone()].to_owned();
        join(pieces, Piece { what: What::Text(text), is_quoted, span });
    }

    fn add(&self, pieces: &mut Vec<Piece>, what: What, is_quoted: bool, start: usize) {
        pieces.push(Piece { what, is_quoted, span: start..self.at });
    }

    fn backslash(&mut self, pieces: &mut Vec<Piece>, until: Until) {
        let at = self.at;
        self.at += 1;
        let Some(next) = self.peek() else { return self.text(pieces, at..at + 1, true) };
        let escapes = match until {
            Until::Word | Until::Brace { is_quoted: false } => true,
            Until::Quote => matches!(next, '$' | '`' | '"' | '\\' | '\n'),
            Until::Brace { is_quoted: true } => matches!(next, '$' | '`' | '"' | '\\' | '\n' | '}'),
            Until::End => matches!(next, '$' | '`' | '\\' | '\n'),
        };
        if !escapes {
            return self.text(pieces, at..at + 1, true);
        }
        self.at += next.len_utf8();
        if next != '\n' {
            self.text(pieces, at + 1..self.at, true);
        }
    }

    fn dollar(&mut self, pieces: &mut Vec<Piece>, is_quoted: bool) -> Result<(), Problem> {
        let at = self.at;
        self.at += 1;
        match self.peek() {
            Some('(') => {
                if let Some(end) = self.end_of_arithmetic(self.at + 1)? {
                    let inner = self.expanded_text(self.at + 2..end - 2)?;
                    self.at = end;
                    self.add(pieces, What::Other(inner), is_quoted, at);
                } else {
                    self.at += 1;
                    let list = self.inner_list(at)?;
                    self.add(pieces, What::Commands(list), is_quoted, at);
                }
            }
            Some('{') => {
                self.at += 1;
                let what = self.parameter(is_quoted)?;
                self.add(pieces, what, is_quoted, at);
            }
            Some('\'') if !is_quoted => {
                self.at += 1;
                return self.ansi_quote(pieces, at);
            }
            // `$"…"` is `"…"` in the language of the person.
            Some('"') if !is_quoted => {}
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.name().to_owned();
                self.add(pieces, What::Variable { name, operator: None }, is_quoted, at);
            }
            Some(c) if c.is_ascii_digit() || "@*#?$!-".contains(c) => {
                self.at += 1;
                let name = c.to_string();
                self.add(pieces, What::Variable { name, operator: None }, is_quoted, at);
            }
            _ => self.text(pieces, at..at + 1, true),
        }
        Ok(())
    }

    /// What stands between `${` and `}`.
    fn parameter(&mut self, is_quoted: bool) -> Result<What, Problem> {
        self.deeper(|parser| {
            let name = match parser.name().to_owned() {
                name if name.is_empty()
                    && parser.peek().is_some_and(|c| c.is_ascii_digit() || "@*?$!-".contains(c)) =>
                {
                    parser.at += 1;
                    parser.source.text[parser.at - 1..parser.at].to_owned()
                }
                name => name,
            };
            let operator = parser.operator().filter(|_| !name.is_empty());
            let start = parser.at;
            let pieces = parser.pieces(Until::Brace { is_quoted })?;
            let word = Raw { pieces, span: start..parser.at };
            parser.at += 1;
            Ok(match operator {
                Some(operator) => What::Variable { name, operator: Some((operator, word)) },
                None if word.pieces.is_empty() && !name.is_empty() => What::Variable { name, operator: None },
                // `${#NAME}`, `${NAME%…}` and the like.
                None => What::Other(word.pieces),
            })
        })
    }

    fn operator(&mut self) -> Option<Operator> {
        let empty_counts = self.rest().starts_with(':');
        let operator = match self.rest().strip_prefix(':').unwrap_or(self.rest()).chars().next()? {
            '-' => Operator::Default { sets: false, empty_counts },
            '=' => Operator::Default { sets: true, empty_counts },
            '+' => Operator::Instead { empty_counts },
            '?' => Operator::Require { empty_counts },
            _ => return None,
        };
        self.at += 1 + usize::from(empty_counts);
        Some(operator)
    }

    /// `$'…'` of bash. In other shells it is a `$` and a quote.
    fn ansi_quote(&mut self, pieces: &mut Vec<Piece>, start: usize) -> Result<(), Problem> {
        let mut text = String::new();
        loop {
            self.charge(1)?;
            let Some(c) = self.peek() else { return Err(self.problem(start, "unclosed `$'`")) };
            self.at += c.len_utf8();
            let next = self.peek();
            match (c, next) {
                ('\'', _) => break,
                ('\\', Some('n')) => text.push('\n'),
                ('\\', Some('t')) => text.push('\t'),
                ('\\', Some('r')) => text.push('\r'),
                ('\\', Some(next @ ('\\' | '\'' | '"' | '?'))) => text.push(next),
                // Characters by number stay as written.
                ('\\', Some(next)) => text.extend(['\\', next]),
                (c, _) => {
                    text.push(c);
                    continue;
                }
            }
            self.at += next.map_or(0, char::len_utf8);
        }
        let span = start..self.at;
        join(pieces, Piece { what: What::Text(text), is_quoted: true, span });
        Ok(())
    }

    fn backticks(&mut self, pieces: &mut Vec<Piece>, is_quoted: bool) -> Result<(), Problem> {
        let at = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            self.charge(1)?;
            let Some(c) = self.peek() else { return Err(self.problem(at, "unclosed backtick")) };
            self.at += c.len_utf8();
            match (c, self.peek()) {
                ('`', _) => break,
                ('\\', Some(next)) if matches!(next, '$' | '`' | '\\') || (is_quoted && next == '"') => {
                    self.at += next.len_utf8();
                    text.push(next);
                }
                _ => text.push(c),
            }
        }
        self.add(pieces, What::Backticks(text), is_quoted, at);
        Ok(())
    }
}

/// Adds a piece; text behind text of the same kind becomes one.
fn join(pieces: &mut Vec<Piece>, piece: Piece) {
    if let (Some(last), What::Text(more)) = (pieces.last_mut(), &piece.what) {
        if last.is_quoted == piece.is_quoted {
            if let What::Text(text) = &mut last.what {
                text.push_str(more);
                last.span.end = piece.span.end;
                return;
            }
        }
    }
    pieces.push(piece);
}
