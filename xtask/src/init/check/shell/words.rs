//! A shell's text as words and operators, with what is quoted and what the shell expands kept apart.
//!
//! It is ours since the two readers that are there do other work: `dockerfile/shell` follows a script and keeps no operators,
//! `tasks/config/step_line` refuses all that is special to a shell.

use std::iter::Peekable;
use std::str::Chars;

/// A piece of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Word(Word),
    /// `&&`, `||`, `|`, `&`, `;`, `;;`, `(`, `)`, a redirection such as `2>&`; a line break is `;`.
    Operator(String),
}

/// A word, in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word(pub Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text that is itself.
    Text(String),
    /// A character that the shell may expand to names of files: `*`, `?`, `[`, `~`, `{`.
    Open(char),
    /// What the shell puts a value in place of: `${NAME}`, `$(command)`, `${NAME:-default}`.
    Value { text: String, quoted: bool },
}

impl Word {
    pub fn text(text: impl Into<String>) -> Word {
        Word(vec![Part::Text(text.into())])
    }

    /// The word, if nothing in it is left to the shell.
    pub fn plain(&self) -> Option<String> {
        self.0.iter().map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None }).collect()
    }

    /// As it could stand in a script, for people.
    pub fn shown(&self) -> String {
        let mut whole = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => whole.push_str(text),
                Part::Open(c) => whole.push(*c),
                Part::Value { text, .. } => whole.push_str(text),
            }
        }
        match self.plain() {
            Some(plain) => quoted(&plain),
            None if self.0.iter().any(|part| matches!(part, Part::Value { quoted: true, .. })) => {
                format!("\"{whole}\"")
            }
            None => whole,
        }
    }

    /// Adds text, to the last part if that is text too.
    pub fn push_text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.0.push(Part::Text(text.to_owned())),
        }
    }

    /// `NAME=` at its beginning: the name, and the word behind it.
    pub fn assignment(&self) -> Option<(String, Word)> {
        let Some(Part::Text(text)) = self.0.first() else { return None };
        let (name, rest) = text.split_once('=')?;
        let is_name = is_name(name);
        let mut parts = vec![Part::Text(rest.to_owned())];
        parts.extend(self.0[1..].iter().cloned());
        if rest.is_empty() && parts.len() > 1 {
            parts.remove(0);
        }
        is_name.then(|| (name.to_owned(), Word(parts)))
    }
}

/// The variables that a text uses.
pub fn used_variables(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices('$') {
        let rest = text[at + 1..].trim_start_matches('{');
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..end];
        if is_name(name) && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// A word in quotes, where it needs some, for people.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-+=:,./@%^[]{}!…".contains(c);
    match word.chars().all(is_plain) && !word.is_empty() {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Whether a text can be a variable's name.
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The tokens of a script; `None` where it can't be read: an open quote, or a here-document.
pub fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut reader = Reader { chars: text.chars().peekable(), tokens: Vec::new(), word: None };
    reader.read()?;
    Some(reader.tokens)
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    tokens: Vec<Token>,
    /// The word that is being read.
    word: Option<Word>,
}

impl Reader<'_> {
    fn read(&mut self) -> Option<()> {
        while let Some(c) = self.chars.next() {
            match c {
                ' ' | '\t' | '\r' => self.end_word(),
                '\n' => self.separator(),
                '#' if self.word.is_none() => {
                    while self.chars.peek().is_some_and(|c| *c != '\n') {
                        self.chars.next();
                    }
                }
                '\\' => match self.chars.next() {
                    Some('\n') => {}
                    Some(c) => self.push(c),
                    None => self.push('\\'),
                },
                '\'' => {
                    self.begin();
                    loop {
                        match self.chars.next()? {
                            '\'' => break,
                            c => self.push(c),
                        }
                    }
                }
                '"' => self.double()?,
                '$' | '`' => self.value(c, false)?,
                // Alone it is the command.
                '[' if self.word.is_none() && self.chars.peek().is_none_or(|c| c.is_whitespace()) => self.push(c),
                '*' | '?' | '[' => self.open(c),
                '~' if self.word.is_none() => self.open(c),
                // Bash makes several words of `{a,b}`; other braces stay as they are.
                '{' if self.is_list_of_words() => self.open(c),
                ';' if self.chars.peek() == Some(&';') => {
                    self.chars.next();
                    self.operator(";;");
                }
                ';' => self.separator(),
                '&' | '|' if self.chars.peek() == Some(&c) => {
                    self.chars.next();
                    self.operator(&format!("{c}{c}"));
                }
                '&' if self.chars.peek() == Some(&'>') => {
                    self.chars.next();
                    self.redirection("&>".to_owned())?;
                }
                '&' | '|' | '(' | ')' => self.operator(&c.to_string()),
                '<' | '>' => self.redirection(c.to_string())?,
                c => self.push(c),
            }
        }
        self.end_word();
        Some(())
    }

    fn begin(&mut self) -> &mut Word {
        let word = self.word.get_or_insert_with(Word::default);
        if word.0.is_empty() {
            word.0.push(Part::Text(String::new()));
        }
        word
    }

    fn push(&mut self, c: char) {
        self.begin().push_text(c.encode_utf8(&mut [0; 4]));
    }

    /// Whether what stands behind a `{` is a list, or from one to another.
    fn is_list_of_words(&self) -> bool {
        let inside: String = self.chars.clone().take_while(|c| *c != '}' && !c.is_whitespace()).collect();
        inside.contains(',') || inside.contains("..")
    }

    fn open(&mut self, c: char) {
        self.word.get_or_insert_with(Word::default).0.push(Part::Open(c));
    }

    fn end_word(&mut self) {
        if let Some(mut word) = self.word.take() {
            // An empty text beside other parts says nothing.
            if word.0.len() > 1 {
                word.0.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
            }
            if word.0.is_empty() {
                word.0.push(Part::Text(String::new()));
            }
            self.tokens.push(Token::Word(word));
        }
    }

    fn operator(&mut self, operator: &str) {
        self.end_word();
        self.tokens.push(Token::Operator(operator.to_owned()));
    }

    /// A `;` or a line break: after an operator a line break says nothing.
    fn separator(&mut self) {
        self.end_word();
        if matches!(self.tokens.last(), Some(Token::Word(_))) || self.ends_with(")") {
            self.operator(";");
        }
    }

    fn ends_with(&self, operator: &str) -> bool {
        matches!(self.tokens.last(), Some(Token::Operator(last)) if last == operator)
    }

    /// `<`, `>` and what belongs to them, with the number before.
    fn redirection(&mut self, mut operator: String) -> Option<()> {
        let number = self
            .word
            .as_ref()
            .and_then(Word::plain)
            .filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_digit()));
        match number {
            Some(number) => {
                self.word = None;
                operator.insert_str(0, &number);
            }
            None => self.end_word(),
        }
        while let Some(c) = self.chars.peek().copied().filter(|c| matches!(c, '<' | '>' | '&' | '|')) {
            self.chars.next();
            operator.push(c);
        }
        if operator.contains("<<") {
            return None;
        }
        self.tokens.push(Token::Operator(operator));
        Some(())
    }

    fn double(&mut self) -> Option<()> {
        self.begin();
        loop {
            match self.chars.next()? {
                '"' => return Some(()),
                '\\' => match self.chars.next()? {
                    '\n' => {}
                    c @ ('$' | '`' | '"' | '\\') => self.push(c),
                    c => {
                        self.push('\\');
                        self.push(c);
                    }
                },
                c @ ('$' | '`') => self.value(c, true)?,
                c => self.push(c),
            }
        }
    }

    /// What begins with `$` or a backtick.
    fn value(&mut self, first: char, quoted: bool) -> Option<()> {
        let text = match (first, self.chars.peek().copied()) {
            ('`', _) => {
                let mut inner = String::new();
                loop {
                    match self.chars.next()? {
                        '`' => break,
                        '\\' => inner.extend(self.chars.next()),
                        c => inner.push(c),
                    }
                }
                format!("$({inner})")
            }
            (_, Some('(')) => format!("$({})", self.until(')')?),
            (_, Some('{')) => format!("${{{}}}", self.until('}')?),
            (_, Some(c)) if c.is_ascii_alphabetic() || c == '_' => {
                let mut name = String::new();
                while let Some(c) = self.chars.peek().filter(|c| c.is_ascii_alphanumeric() || **c == '_') {
                    name.push(*c);
                    self.chars.next();
                }
                format!("${{{name}}}")
            }
            (_, Some(c)) if "@*#?$!-0123456789".contains(c) => {
                self.chars.next();
                format!("${{{c}}}")
            }
            _ => {
                self.push('$');
                return Some(());
            }
        };
        self.word.get_or_insert_with(Word::default).0.push(Part::Value { text, quoted });
        Some(())
    }

    /// What lies between the bracket that is next and the one that closes it.
    fn until(&mut self, closes: char) -> Option<String> {
        let opens = self.chars.next()?;
        let (mut depth, mut inner) = (1, String::new());
        let mut quote = None;
        loop {
            let c = self.chars.next()?;
            match (c, quote) {
                ('\\', None | Some('"')) => {
                    inner.push(c);
                    inner.push(self.chars.next()?);
                    continue;
                }
                (c, Some(end)) if c == end => quote = None,
                (_, Some(_)) => {}
                ('\'' | '"', None) => quote = Some(c),
                (c, None) if c == opens => depth += 1,
                (c, None) if c == closes => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(inner.trim().to_owned());
            }
            inner.push(c);
        }
    }
}
