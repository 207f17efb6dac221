//! A line of a recipe as steps: words where it needs no shell, else a script.

use std::collections::BTreeMap;

use crate::init::draft::{Does, Step, Word};
use crate::init::justfile::expression::{Cursor, Expression};
use crate::init::justfile::value::{Input, Scope, Value, in_shell};
use crate::init::line::line_of;
use crate::init::simple::{Simple, commands};

/// How a recipe uses its inputs: what its flags need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    pub inputs: Vec<Input>,
    /// The words of a flag, by the input.
    pub words: BTreeMap<String, Vec<String>>,
    /// Those that a script reads by their variable.
    pub in_scripts: Vec<String>,
}

impl Uses {
    fn of(&mut self, input: &Input) {
        if self.inputs.iter().all(|known| known.name != input.name) {
            self.inputs.push(input.clone());
        }
    }

    /// Whether a flag can have these words: it has no others.
    pub fn as_words(&mut self, input: &Input, words: Vec<String>) -> bool {
        self.of(input);
        *self.words.entry(input.name.clone()).or_insert_with(|| words.clone()) == words
    }

    fn in_script(&mut self, input: &Input) {
        if input.is_flag {
            self.of(input);
            self.in_scripts.push(input.name.clone());
        }
    }
}

/// A piece of a line.
#[derive(Clone, Debug)]
pub enum Piece {
    Text(String),
    /// With the variable's name, where it is one alone.
    Value(Value, Option<String>),
}

/// Characters for values while a line is split: Unicode has them for private use.
const FIRST: u32 = 0xE000;
const MOST: usize = 0x1000;

/// Splits a line at its `{{…}}`.
///
/// # Errors
///
/// Why it can't be read.
pub fn pieces(line: &str, scope: &Scope<'_>) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("{{") {
        text.push_str(&rest[..at]);
        if let Some(after) = rest[at..].strip_prefix("{{{{") {
            text.push_str("{{");
            rest = after;
            continue;
        }
        let mut cursor = Cursor::new(&rest[at + 2..]);
        let expression = cursor.expression();
        cursor.blanks();
        let Some(expression) = expression.filter(|_| cursor.eat("}}")) else {
            return Err("a `{{…}}` that can't be read here".to_owned());
        };
        let name = match &expression {
            Expression::Variable(name) => Some(name.clone()),
            _ => None,
        };
        pieces.push(Piece::Text(std::mem::take(&mut text)));
        pieces.push(Piece::Value(scope.value(&expression), name));
        rest = cursor.rest();
    }
    text.push_str(rest);
    pieces.push(Piece::Text(text));
    if pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains(|c| index_of(c).is_some()))) {
        return Err("a character for private use".to_owned());
    }
    let unknown = pieces.iter().find_map(|piece| match piece {
        Piece::Value(Value::Unknown(why), _) => Some(why.clone()),
        _ => None,
    });
    unknown.map_or(Ok(pieces), Err)
}

fn index_of(c: char) -> Option<usize> {
    let at = u32::from(c).checked_sub(FIRST)? as usize;
    (at < MOST).then_some(at)
}

/// The line as commands without a shell, each word with what stands in it; `None` if it needs one.
pub fn without_shell(pieces: &[Piece], uses: &mut Uses) -> Option<Vec<(Vec<Word>, Simple)>> {
    let mut marked = String::new();
    let mut values: Vec<(&Value, Option<&String>)> = Vec::new();
    let mut quotes = Quotes::default();
    for piece in pieces {
        if let Piece::Text(text) = piece {
            quotes.follow(text);
        }
        match piece {
            // In quotes they are one word.
            Piece::Value(Value::Args, _) if quotes.open.is_some() => return None,
            Piece::Text(text) => marked.push_str(text),
            Piece::Value(Value::Shell(..), _) => return None,
            // A text without a name is part of the line.
            Piece::Value(Value::Text(text), None) => marked.push_str(text),
            Piece::Value(value, name) if values.len() < MOST => {
                marked.push(char::from_u32(FIRST + values.len() as u32)?);
                values.push((value, name.as_ref()));
            }
            Piece::Value(..) => return None,
        }
    }
    let mut tried = uses.clone();
    let mut result = Vec::new();
    for mut simple in commands(&marked)? {
        let words: Option<Vec<Vec<Word>>> =
            simple.words.iter().map(|word| self::word(word, &values, &mut tried)).collect();
        let words = words?.concat();
        if !matches!(words.first()?, Word::Literal(_) | Word::Shared { .. }) {
            return None;
        }
        for text in simple.env.iter_mut().map(|(_, value)| value).chain(&mut simple.dir) {
            *text = plain(text, &values)?;
        }
        result.push((words, simple));
    }
    *uses = tried;
    Some(result)
}

/// The words that a word with marks is.
fn word(word: &str, values: &[(&Value, Option<&String>)], uses: &mut Uses) -> Option<Vec<Word>> {
    let marks: Vec<(usize, char)> = word.char_indices().filter(|(_, c)| index_of(*c).is_some()).collect();
    let [(at, mark)] = marks[..] else { return Some(vec![Word::Literal(plain(word, values)?)]) };
    let (value, name) = values.get(index_of(mark)?)?;
    let is_alone = word.len() == mark.len_utf8();
    match value {
        Value::Text(text) if is_alone => {
            if text.trim().is_empty() {
                return Some(Vec::new());
            }
            let mut several = commands(text)?;
            let one = several
                .pop()
                .filter(|one| several.is_empty() && one.env.is_empty() && one.dir.is_none() && !one.may_fail)?;
            let words = one.words.iter().map(|word| Word::literal(word)).collect();
            Some(vec![Word::Shared { name: name.cloned().unwrap_or_default(), words }])
        }
        Value::Text(_) => Some(vec![Word::Literal(plain(word, values)?)]),
        Value::Args => is_alone.then(|| vec![Word::Placeholder("args".to_owned())]),
        Value::Input(input) => {
            let (before, after) = (&word[..at], &word[at + mark.len_utf8()..]);
            if before.contains(['{', '}']) || after.contains(['{', '}']) {
                return None;
            }
            let words = vec![format!("{before}{{value}}{after}")];
            uses.as_words(input, words).then(|| vec![Word::Placeholder(input.flag.clone())])
        }
        Value::Shell(..) | Value::Unknown(_) => None,
    }
}

/// A word whose marks are texts that stay as they are.
fn plain(word: &str, values: &[(&Value, Option<&String>)]) -> Option<String> {
    let mut text = String::new();
    for c in word.chars() {
        match index_of(c).map(|at| values.get(at)) {
            None => text.push(c),
            Some(Some((Value::Text(value), _))) if !value.contains(|c: char| "\"'\\$`".contains(c)) => {
                text.push_str(value)
            }
            Some(_) => return None,
        }
    }
    Some(text)
}

/// The line for a shell: values are read from variables, since a script has no braces.
///
/// # Errors
///
/// Why a value can't be read there.
pub fn script(pieces: &[Piece], uses: &mut Uses) -> Result<String, String> {
    let mut script = String::new();
    let mut state = Quotes::default();
    for piece in pieces {
        let (text, inputs) = match piece {
            Piece::Text(text) | Piece::Value(Value::Text(text), _) => {
                state.follow(text);
                script.push_str(text);
                continue;
            }
            Piece::Value(Value::Input(input), _) => {
                let text = in_shell(input).ok_or("a default that a shell would change")?;
                (text, std::slice::from_ref(input))
            }
            Piece::Value(Value::Shell(text, inputs), _) => (text.clone(), &inputs[..]),
            Piece::Value(Value::Args, _) => (if state.is_double() { "$*" } else { "\"$@\"" }.to_owned(), &[][..]),
            Piece::Value(Value::Unknown(why), _) => return Err(why.clone()),
        };
        if state.is_single() {
            return Err("a `{{…}}` in single quotes, where a shell reads no variable".to_owned());
        }
        if text.contains("$PWD") && script.contains("cd ") {
            return Err("the justfile's folder behind a `cd`".to_owned());
        }
        script.push_str(&text);
        inputs.iter().for_each(|input| uses.in_script(input));
    }
    Ok(script)
}

/// In which quotes a script is.
#[derive(Default)]
struct Quotes {
    open: Option<char>,
    is_word: bool,
    is_comment: bool,
    is_escaped: bool,
}

impl Quotes {
    fn follow(&mut self, text: &str) {
        for c in text.chars() {
            let was_escaped = std::mem::take(&mut self.is_escaped);
            match (self.open, c) {
                _ if was_escaped => {}
                _ if self.is_comment => self.is_comment = c != '\n',
                (Some('\''), '\'') | (Some('"'), '"') => self.open = None,
                (Some('\''), _) => {}
                (_, '\\') => self.is_escaped = true,
                (None, '\'' | '"') => self.open = Some(c),
                (None, '#') if !self.is_word => self.is_comment = true,
                _ => {}
            }
            self.is_word = !c.is_whitespace();
        }
    }

    fn is_single(&self) -> bool {
        self.open == Some('\'')
    }

    fn is_double(&self) -> bool {
        self.open == Some('"')
    }
}

/// A command as a step. `None`: a step can't say it.
pub fn step(words: Vec<Word>, simple: Simple) -> Option<Step> {
    let does = match echo(&words) {
        Some(text) if simple.env.is_empty() => Does::Say(text),
        _ => Does::Run(of_compose(words)),
    };
    if let Does::Run(words) = &does {
        line_of(words)?;
    }
    let is_say = matches!(does, Does::Say(_));
    let dir = simple.dir.filter(|_| !is_say);
    Some(Step { does, dir, env: simple.env, may_fail: simple.may_fail && !is_say })
}

/// `echo text`, without what makes it more than a text.
fn echo(words: &[Word]) -> Option<String> {
    let flat = Word::flat(words);
    let texts: Option<Vec<&str>> =
        flat.iter().map(|word| if let Word::Literal(text) = word { Some(text.as_str()) } else { None }).collect();
    let texts = texts?;
    let is_text = texts.first() == Some(&"echo")
        && !texts.get(1).is_some_and(|word| word.starts_with('-'))
        && !texts.iter().any(|word| word.contains('\\') || word.contains(char::is_control));
    is_text.then(|| texts[1..].join(" "))
}

/// `docker compose` and `docker-compose` are the compose that is found.
pub fn of_compose(mut words: Vec<Word>) -> Vec<Word> {
    match &mut words[..] {
        [Word::Literal(docker), Word::Literal(compose), ..] if docker == "docker" && compose == "compose" => {
            words.remove(0);
        }
        [Word::Literal(compose), ..] if compose == "docker-compose" => "compose".clone_into(compose),
        [Word::Shared { words, .. }, ..] => *words = of_compose(std::mem::take(words)),
        _ => {}
    }
    words
}
