//! Words: quotes, escapes, `$…`, and what they expand to.

use super::script::{Problem, Reader};
use super::source::Source;
use super::{HOLE, Seen, Value, Word};

/// Where to stop reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// At a blank or an operator.
    Word,
    /// At `"`.
    Quote,
    /// At `}`; within double quotes or not.
    Brace { is_quoted: bool },
    /// At the end of the text.
    End,
}

impl Until {
    fn is_quoted(self) -> bool {
        matches!(self, Until::Quote | Until::End | Until::Brace { is_quoted: true })
    }
}

/// The words that the words of a script expand to.
#[derive(Default)]
pub struct Fields {
    pub words: Vec<Word>,
    text: String,
    /// There is a word, even without text: `""`.
    is_there: bool,
    /// Blanks in unquoted values end a word. If not set, all is one word, as in `NAME=value`.
    splits: bool,
    /// Inside the value of a variable.
    in_value: bool,
}

impl Fields {
    pub fn splitting() -> Fields {
        Fields { splits: true, ..Fields::default() }
    }

    fn push(&mut self, c: char, is_quoted: bool) {
        if self.in_value && !is_quoted && matches!(c, ' ' | '\t' | '\n') {
            return self.end();
        }
        self.is_there = true;
        self.text.push(c);
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.is_there) {
            self.words.push(Word { with_holes: std::mem::take(&mut self.text), span: 0..0 });
        }
    }
}

impl Reader<'_> {
    /// Expands the next word; false if there is none.
    pub fn word(&mut self, fields: &mut Fields) -> Result<bool, Problem> {
        let (start, first) = (self.place.at, fields.words.len());
        self.pieces(Until::Word, fields)?;
        fields.end();
        let span = self.span_from(start);
        for word in &mut fields.words[first..] {
            word.span = span.clone();
        }
        Ok(self.place.at > start)
    }

    /// The next word as one value; empty if there is none.
    pub fn one_word(&mut self) -> Result<Word, Problem> {
        let start = self.place.at;
        let with_holes = self.value(Until::Word)?;
        Ok(Word { with_holes, span: self.span_from(start) })
    }

    /// The whole text as one value.
    pub fn text(&mut self) -> Result<String, Problem> {
        self.value(Until::End)
    }

    fn value(&mut self, until: Until) -> Result<String, Problem> {
        let mut fields = Fields::default();
        self.pieces(until, &mut fields)?;
        Ok(fields.text)
    }

    fn pieces(&mut self, until: Until, fields: &mut Fields) -> Result<(), Problem> {
        let start = self.place.at;
        let is_quoted = until.is_quoted();
        loop {
            self.walk.charge(1)?;
            let at = self.place.at;
            let Some(c) = self.peek() else {
                return match until {
                    Until::Word | Until::End => Ok(()),
                    Until::Quote => Err("unclosed `\"`".to_owned()),
                    Until::Brace { .. } => Err("unclosed `${`".to_owned()),
                };
            };
            match c {
                '"' if until == Until::Quote => return Ok(()),
                '}' if matches!(until, Until::Brace { .. }) => return Ok(()),
                '<' | '>' if until == Until::Word && at == start && self.rest()[1..].starts_with('(') => {
                    self.place.at += 2;
                    self.subshell()?;
                    fields.push(HOLE, true);
                }
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' if until == Until::Word => {
                    return Ok(());
                }
                '\\' => self.backslash(until, fields),
                '\'' if !is_quoted => {
                    let length = self.rest()[1..].find('\'').ok_or("unclosed `'`")?;
                    self.walk.charge(length)?;
                    fields.is_there = true;
                    fields.text.push_str(&self.rest()[1..=length]);
                    self.place.at += length + 2;
                }
                '"' if until != Until::End => {
                    self.place.at += 1;
                    fields.is_there = true;
                    self.pieces(Until::Quote, fields)?;
                    self.place.at += 1;
                }
                '$' => self.dollar(is_quoted, fields)?,
                '`' => self.backticks(is_quoted, fields)?,
                '~' if !is_quoted => self.tilde(until, start, fields),
                _ => {
                    self.place.at += c.len_utf8();
                    fields.push(c, is_quoted);
                }
            }
        }
    }

    fn backslash(&mut self, until: Until, fields: &mut Fields) {
        self.place.at += 1;
        let Some(next) = self.peek() else { return fields.push('\\', true) };
        let escapes = match until {
            Until::Word | Until::Brace { is_quoted: false } => true,
            Until::Quote => matches!(next, '$' | '`' | '"' | '\\' | '\n'),
            Until::Brace { is_quoted: true } => matches!(next, '$' | '`' | '"' | '\\' | '\n' | '}'),
            Until::End => matches!(next, '$' | '`' | '\\' | '\n'),
        };
        if !escapes {
            return fields.push('\\', true);
        }
        self.place.at += next.len_utf8();
        if next != '\n' {
            fields.push(next, true);
        }
    }

    /// `~` and `~user` at the start of a word, and in a value after `=` and `:`.
    fn tilde(&mut self, until: Until, start: usize, fields: &mut Fields) {
        let at = self.place.at;
        self.place.at += 1;
        let is_user = |c: char| c.is_alphanumeric() || "_-.+".contains(c);
        let user = self.rest().len() - self.rest().trim_start_matches(is_user).len();
        let in_value = !fields.splits && self.source.text[..at].ends_with(['=', ':']);
        let is_end = |c: char| c.is_whitespace() || "/;&|()<>".contains(c) || (c == ':' && !fields.splits);
        let ends = self.rest()[user..].chars().next().is_none_or(is_end);
        match self.walk.state.variables.of_shell("HOME") {
            _ if until != Until::Word => fields.push(HOLE, true),
            _ if !(ends && (at == start || in_value)) => fields.push('~', true),
            Seen::Value(home) if user == 0 => home.chars().for_each(|c| fields.push(c, true)),
            _ => {
                self.place.at += user;
                fields.push(HOLE, true);
            }
        }
    }

    fn dollar(&mut self, is_quoted: bool, fields: &mut Fields) -> Result<(), Problem> {
        self.place.at += 1;
        match self.peek() {
            Some('(') => {
                if let Some(end) = self.end_of_arithmetic()? {
                    self.arithmetic(end)?;
                } else {
                    self.place.at += 1;
                    self.subshell()?;
                }
                fields.push(HOLE, true);
            }
            Some('{') => {
                self.place.at += 1;
                self.deeper(|reader| reader.parameter(is_quoted, fields))?;
            }
            // Shells disagree about `$'…'` and `$"…"`.
            Some('\'') if !is_quoted => {
                let mut before = '\'';
                let inner = &self.rest()[1..];
                let end = inner.find(|c| {
                    let is_end = c == '\'' && before != '\\';
                    before = if before == '\\' { ' ' } else { c };
                    is_end
                });
                self.place.at += end.ok_or("unclosed `$'`")? + 2;
                fields.push(HOLE, true);
            }
            Some('"') if !is_quoted => fields.push(HOLE, true),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.name().to_owned();
                match self.value_of(&name) {
                    Seen::Value(value) => {
                        let value = value.to_owned();
                        self.known(&value, is_quoted, fields)?;
                    }
                    Seen::Unset => {}
                    Seen::Unknown | Seen::Nowhere => fields.push(HOLE, true),
                }
            }
            Some(c) if c.is_ascii_digit() || "@*#?$!-".contains(c) => {
                self.place.at += 1;
                fields.push(HOLE, true);
            }
            _ => fields.push('$', true),
        }
        Ok(())
    }

    fn value_of(&self, name: &str) -> Seen<'_> {
        self.walk.state.variables.of_shell(name)
    }

    /// The value of a variable.
    fn known(&mut self, value: &str, is_quoted: bool, fields: &mut Fields) -> Result<(), Problem> {
        self.walk.charge(value.len())?;
        if fields.splits && !is_quoted && self.value_of("IFS") != Seen::Nowhere {
            fields.push(HOLE, true);
            return Ok(());
        }
        let before = std::mem::replace(&mut fields.in_value, fields.splits);
        value.chars().for_each(|c| fields.push(c, is_quoted));
        fields.in_value = before;
        Ok(())
    }

    /// The text between `${` and `}`.
    fn parameter(&mut self, is_quoted: bool, fields: &mut Fields) -> Result<(), Problem> {
        let name = self.name().to_owned();
        let empty_counts = self.take(":");
        let operator = self.peek().unwrap_or('}');
        let seen = if name.is_empty() { Seen::Unknown } else { self.value_of(&name) };
        let (is_set, value) = match seen {
            Seen::Value(value) => (Some(!(empty_counts && value.is_empty())), value.to_owned()),
            Seen::Unset => (Some(false), String::new()),
            Seen::Unknown | Seen::Nowhere => (None, String::new()),
        };
        if "-=+?".contains(operator) {
            self.place.at += 1;
        }
        let until = Until::Brace { is_quoted };
        match (operator, is_set) {
            ('=', Some(false)) => {
                let value = self.value(until)?;
                self.assign(&name, value_of(&value))?;
                self.known(&value, is_quoted, fields)?;
            }
            ('-', Some(false)) | ('+', Some(true)) => {
                let before = std::mem::replace(&mut fields.in_value, fields.splits && !is_quoted);
                self.pieces(until, fields)?;
                fields.in_value = before;
            }
            ('}' | '-' | '=' | '?' | '+', Some(_)) => {
                self.passed_over(|reader| reader.value(until))?;
                self.known(&value, is_quoted, fields)?;
            }
            // Also `${#NAME}`, `${NAME%…}` and the like.
            _ => {
                self.value(until)?;
                if operator == '=' && !name.is_empty() {
                    self.assign(&name, Value::Unknown)?;
                }
                fields.push(HOLE, true);
            }
        }
        self.place.at += 1;
        Ok(())
    }

    fn backticks(&mut self, is_quoted: bool, fields: &mut Fields) -> Result<(), Problem> {
        let start = self.place.at;
        self.place.at += 1;
        let mut text = String::new();
        loop {
            self.walk.charge(1)?;
            let c = self.peek().ok_or("unclosed backtick")?;
            self.place.at += c.len_utf8();
            match (c, self.peek()) {
                ('`', _) => break,
                ('\\', Some(next)) if matches!(next, '$' | '`' | '\\') || (is_quoted && next == '"') => {
                    self.place.at += next.len_utf8();
                    text.push(next);
                }
                _ => text.push(c),
            }
        }
        let source = Source::of_words(&text, self.span_from(start));
        fields.push(HOLE, true);
        self.deeper(|reader| {
            reader.apart(|reader| {
                reader.walk.script(source);
                Ok(())
            })
        })
    }
}

/// A text as a value: unknown if it has a hole.
pub fn value_of(text: &str) -> Value {
    if text.contains(HOLE) { Value::Unknown } else { Value::Known(text.to_owned()) }
}
