//! Simple commands: variables in front, words, redirections, here-documents.

use std::ops::Range;

use super::run::{By, Call};
use super::script::{Problem, Reader, length_of_name};
use super::source::Source;
use super::state::Export;
use super::words::{Fields, value_of};
use super::{HOLE, Value, Word};

const REDIRECTIONS: [&str; 12] = ["<<<", "<<-", "<<", "<&", "<>", "<", "&>>", "&>", ">>", ">&", ">|", ">"];

impl Reader<'_> {
    pub fn exec_form(&mut self, words: Vec<String>, span: Range<usize>) -> Result<(), Problem> {
        let words: Vec<Word> = words.into_iter().map(|with_holes| Word { with_holes, span: span.clone() }).collect();
        if words.is_empty() {
            return Ok(());
        }
        self.run(Call { words, span, state: self.walk.state.clone(), by: By::Program, input: None })
    }

    /// A command with the variables in front of it.
    pub fn simple(&mut self) -> Result<(), Problem> {
        let start = self.place.at;
        let (mut assignments, mut fields, mut input) = (Vec::new(), Fields::splitting(), None);
        let (mut has_words, mut end) = (false, self.place);
        loop {
            self.blanks()?;
            let place = self.place;
            if !has_words && self.passed_over(Self::assignment)?.is_some() {
                // The shell expands the words before the values.
                assignments.push(place);
            } else if !self.redirect(&mut input)? {
                if !self.argument(&mut fields)? {
                    break;
                }
                has_words = true;
            }
            end = self.place;
        }
        if end.at == start {
            let found = self.peek().map_or("end of the text".to_owned(), |found| format!("`{found}`"));
            return Err(format!("unexpected {found}"));
        }
        if self.rest().starts_with('(') {
            return Err("unexpected `(`".to_owned());
        }
        let mut sets = Vec::new();
        for place in assignments {
            self.place = place;
            let Some((name, value)) = self.assignment()? else { continue };
            if fields.words.is_empty() {
                self.assign(&name, value)?;
            } else {
                sets.push((name, value));
            }
        }
        self.place = end;
        if self.walk.state.is_over || fields.words.is_empty() {
            return Ok(());
        }
        let mut state = self.walk.state.clone();
        self.walk.charge(sets.len() * state.variables.size())?;
        for (name, value) in sets {
            state.variables.set(&name, value, Export::Yes);
        }
        self.run(Call { words: fields.words, span: self.span_from(start), state, by: By::Shell, input })
    }

    /// A word of a command; false if there is none. After `export`, `NAME=value` stays one word.
    fn argument(&mut self, fields: &mut Fields) -> Result<bool, Problem> {
        let sets = matches!(
            fields.words.first().and_then(Word::text),
            Some("export" | "readonly" | "local" | "declare" | "typeset")
        );
        if !(sets && self.rest()[length_of_name(self.rest())..].starts_with('=')) {
            return self.word(fields);
        }
        fields.words.push(self.one_word()?);
        Ok(true)
    }

    /// `NAME=value`. The value of `NAME+=value` and `NAME=(…)` is unknown.
    fn assignment(&mut self) -> Result<Option<(String, Value)>, Problem> {
        let length = length_of_name(self.rest());
        let behind = &self.rest()[length..];
        let adds = behind.starts_with("+=");
        if length == 0 || !(adds || behind.starts_with('=')) {
            return Ok(None);
        }
        let name = self.name().to_owned();
        self.place.at += if adds { 2 } else { 1 };
        if self.take("(") {
            self.lines()?;
            while self.word(&mut Fields::splitting())? {
                self.lines()?;
            }
            return if self.take(")") { Ok(Some((name, Value::Unknown))) } else { Err("`(` without `)`".to_owned()) };
        }
        let value = self.one_word()?.value();
        Ok(Some((name, if adds { Value::Unknown } else { value })))
    }

    /// A redirection; false if there is none. `input` becomes the text that replaces the standard input.
    pub fn redirect(&mut self, input: &mut Option<Source>) -> Result<bool, Problem> {
        let behind = self.rest().trim_start_matches(|c: char| c.is_ascii_digit());
        let stream = &self.rest()[..self.rest().len() - behind.len()];
        let Some(operator) = REDIRECTIONS.into_iter().find(|operator| behind.starts_with(operator)) else {
            return Ok(false);
        };
        let is_substitution = behind.starts_with("<(") || behind.starts_with(">(");
        if is_substitution || (operator.starts_with('&') && !stream.is_empty()) {
            return Ok(false);
        }
        let is_input = operator.starts_with('<') && matches!(stream, "" | "0");
        self.place.at += stream.len() + operator.len();
        self.blanks()?;
        let start = self.place.at;
        let found = if operator.starts_with("<<") && operator != "<<<" {
            let (body, is_literal) = self.document(operator == "<<-")?;
            let source = self.source.part(body.clone());
            match is_literal || !source.text.contains(['$', '`', '\\']) {
                true => Some(source),
                false => Some(Source::of_words(&self.text_of(body.clone())?, self.source.span(body))),
            }
        } else {
            let word = self.one_word()?;
            (operator == "<<<").then(|| self.script_of(&word))
        };
        if self.place.at == start {
            return Err("redirection without a file".to_owned());
        }
        if is_input {
            *input = found;
        }
        Ok(true)
    }

    /// Reads the name of a here-document. Returns where its text is, and whether that is literal.
    pub fn document(&mut self, without_tabs: bool) -> Result<(Range<usize>, bool), Problem> {
        self.blanks()?;
        let length = self.rest().find(|c: char| c.is_whitespace() || ";&|<>()".contains(c));
        let written = &self.rest()[..length.unwrap_or(self.rest().len())];
        let is_quote = |c: char| matches!(c, '\'' | '"' | '\\');
        let (is_literal, name) = (written.contains(is_quote), written.replace(is_quote, ""));
        if written.is_empty() {
            return Err("here-document without a name".to_owned());
        }
        self.place.at += written.len();
        let (line, start) = match self.place.documents {
            Some(before) => before,
            None => {
                let line = self.end_of_line().ok_or("unterminated here-document")?;
                (line, line + 1)
            }
        };
        let mut end = start;
        loop {
            let text = self.source.text.clone();
            let line_of_it = text[end..].split_inclusive('\n').next().ok_or("unterminated here-document")?;
            self.walk.charge(line_of_it.len())?;
            let content = line_of_it.trim_end_matches(['\n', '\r']);
            let content = if without_tabs { content.trim_start_matches('\t') } else { content };
            if content == name {
                self.place.documents = Some((line, end + line_of_it.len()));
                return Ok((start..end, is_literal));
            }
            end += line_of_it.len();
        }
    }

    /// Where this line ends, ignoring line ends in quotes.
    fn end_of_line(&self) -> Option<usize> {
        let mut quote = None;
        let mut chars = self.rest().char_indices();
        while let Some((at, c)) = chars.next() {
            match (c, quote) {
                ('\n', None | Some('#')) => return Some(self.place.at + at),
                ('\\', None | Some('"')) => {
                    chars.next();
                }
                ('\'' | '"', None) => quote = Some(c),
                ('#', None) if self.rest()[..at].ends_with([' ', '\t']) => quote = Some(c),
                _ if quote == Some(c) => quote = None,
                _ => {}
            }
        }
        None
    }

    /// Expands a part of the text to one value.
    pub fn text_of(&mut self, range: Range<usize>) -> Result<String, Problem> {
        let source = self.source.part(range);
        self.deeper(|reader| reader.walk.reader(source).text())
    }

    /// A word as a script. Its spans are exact if the word is quoted text without expansions.
    pub fn script_of(&self, word: &Word) -> Source {
        let quoted = self.source.quoted(&word.span);
        quoted.unwrap_or_else(|| Source::of_words(&word.with_holes, word.span.clone()))
    }
}

impl Word {
    /// Its text as a value.
    pub fn value(&self) -> Value {
        value_of(&self.with_holes)
    }

    pub fn is_hole(&self) -> bool {
        self.with_holes.trim() == HOLE.to_string()
    }
}
