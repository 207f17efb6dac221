//! Lists, pipelines and single commands. A script is read and followed in one pass: what the shell does not run, such as
//! commands after `exit`, is read without effect.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::source::Source;
use super::state::{State, Variables};
use super::{Command, Reached, Script, Unread, Value, wrappers};

/// What has been found so far, and the state of the shell.
pub struct Walk {
    pub commands: Vec<Command>,
    pub unread: Vec<Unread>,
    /// The files that are run and may be scripts.
    pub files: Vec<String>,
    /// The texts of such files, except those that are being read.
    pub texts: BTreeMap<String, String>,
    pub state: State,
    pub reached: Reached,
    /// The states at each `return` of the current function; `None` outside of functions.
    pub returned: Option<Vec<State>>,
    /// In the first pass over a loop, which only shows what the loop changes.
    pub is_trial: bool,
    depth: usize,
    steps: usize,
    /// A value can double with every line, so the size of the script alone is no bound.
    most_steps: usize,
}

/// A script and the position in it.
pub struct Reader<'a> {
    pub walk: &'a mut Walk,
    pub source: Source,
    pub place: Place,
}

#[derive(Clone, Copy, Default)]
pub struct Place {
    pub at: usize,
    /// If here-documents follow this line: where the line ends, and where the text continues after them.
    pub documents: Option<(usize, usize)>,
}

/// Why the rest of a script can't be read.
pub type Problem = String;

/// Every level uses our own stack; real scripts nest far less.
const DEEPEST: usize = 24;

const OPENING: [&str; 7] = ["if", "while", "until", "for", "case", "{", "[["];
const CLOSING: [&str; 8] = ["then", "elif", "else", "fi", "do", "done", "esac", "}"];

/// Reads an instruction. Also returns the number of steps it took.
pub fn counted(text: &str, given: &BTreeMap<String, Value>, files: &BTreeMap<String, String>) -> (Script, usize) {
    let state =
        State { variables: Variables::given(given), folder: Rc::new(Value::Known(String::new())), ..State::default() };
    let mut walk = Walk {
        commands: Vec::new(),
        unread: Vec::new(),
        files: Vec::new(),
        texts: files.clone(),
        state,
        reached: Reached::Always,
        returned: None,
        is_trial: false,
        depth: 0,
        steps: 0,
        // Real ones took at most 5 a byte (1,039 `RUN`s of 298 Dockerfiles).
        most_steps: 20_000 + 20 * (text.len() + files.values().map(String::len).sum::<usize>()),
    };
    walk.instruction(Source::new(text));
    (Script { commands: walk.commands, unread: walk.unread, files: walk.files }, walk.steps)
}

impl Walk {
    fn instruction(&mut self, source: Source) {
        let whole = source.span(0..source.text.len());
        if let Ok(words) = serde_json::from_str::<Vec<String>>(&source.text) {
            let found = self.reader(source).exec_form(words, whole.clone());
            return found.unwrap_or_else(|why| self.cannot_read(whole, why));
        }
        match self.only_document(&source) {
            None => self.script(source),
            Some(script) => match wrappers::interpreter(&script.text).filter(|name| !wrappers::is_shell(name)) {
                None => self.script(script),
                Some(program) => {
                    let why = format!("the here-document is for `{program}`, which isn't a shell");
                    self.cannot_read(script.span(0..script.text.len()), why);
                }
            },
        }
    }

    /// The script, if the whole instruction is one here-document: `RUN <<EOF`.
    fn only_document(&mut self, source: &Source) -> Option<Source> {
        let mut reader = self.reader(source.clone());
        reader.blanks().ok()?;
        let without_tabs = reader.take("<<-");
        if !without_tabs && !reader.take("<<") {
            return None;
        }
        let (body, _) = reader.document(without_tabs).ok()?;
        reader.blanks().ok()?;
        reader.rest().starts_with('\n').then(|| source.part(body))
    }

    /// A reader at the start of a script.
    pub fn reader(&mut self, source: Source) -> Reader<'_> {
        Reader { walk: self, source, place: Place::default() }
    }

    pub fn cannot_read(&mut self, span: Range<usize>, why: Problem) {
        self.unread.push(Unread { span, why });
    }

    /// Runs a script in the current shell.
    pub fn script(&mut self, source: Source) {
        let mut reader = self.reader(source);
        loop {
            let before = reader.lines();
            let start = reader.place.at;
            let why = match before.and_then(|()| reader.item(&[])) {
                Ok(true) => continue,
                Ok(false) => match reader.peek() {
                    None => return,
                    Some(found) => format!("unexpected `{found}`"),
                },
                Err(why) => why,
            };
            let end = start + reader.source.text[start..].trim_end().len();
            let span = reader.source.span(start..end);
            return self.cannot_read(span, why);
        }
    }

    /// Counts steps. Fails if there are too many for a script of this size.
    pub fn charge(&mut self, steps: usize) -> Result<(), Problem> {
        self.steps += steps;
        if self.steps > self.most_steps { Err("too long to follow".to_owned()) } else { Ok(()) }
    }

    /// Continues from any of these states; from none of them, nothing runs.
    pub fn go_on_from(&mut self, states: Vec<State>) {
        let merged = states.into_iter().reduce(State::merged);
        self.state = merged.unwrap_or_else(|| State { is_over: true, ..self.state.clone() });
    }
}

impl Reader<'_> {
    pub fn rest(&self) -> &str {
        &self.source.text[self.place.at..]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Skips `text` if it comes next.
    pub fn take(&mut self, text: &str) -> bool {
        let is_here = self.rest().starts_with(text);
        if is_here {
            self.place.at += text.len();
        }
        is_here
    }

    pub fn span_from(&self, start: usize) -> Range<usize> {
        self.source.span(start..self.place.at)
    }

    /// Skips blanks, continued lines and a comment.
    pub fn blanks(&mut self) -> Result<(), Problem> {
        loop {
            let blanks = self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r']).len();
            self.walk.charge(1 + blanks)?;
            self.place.at += blanks;
            if self.rest().starts_with('#') {
                let length = self.rest().find('\n').unwrap_or(self.rest().len());
                self.walk.charge(length)?;
                self.place.at += length;
            }
            if !self.take("\\\n") {
                return Ok(());
            }
        }
    }

    /// Skips blanks and line ends, with the here-documents that follow each line.
    pub fn lines(&mut self) -> Result<(), Problem> {
        loop {
            self.blanks()?;
            let end = self.place.at;
            if !self.take("\n") {
                return Ok(());
            }
            match self.place.documents {
                Some((line, behind)) if line == end => self.place = Place { at: behind, documents: None },
                Some((line, _)) if line < end => return Err("can't tell where a here-document begins".to_owned()),
                _ => {}
            }
        }
    }

    /// Whether a reserved word comes next.
    pub fn is_at(&self, word: &str) -> bool {
        let is_end = |c: char| c.is_whitespace() || ";&|<>()".contains(c);
        self.rest().strip_prefix(word).is_some_and(|rest| rest.chars().next().is_none_or(is_end))
    }

    pub fn reserved(&mut self, word: &str) -> bool {
        self.is_at(word) && self.take(word)
    }

    pub fn expect(&mut self, word: &str, of: &str) -> Result<(), Problem> {
        self.lines()?;
        match self.reserved(word) || (word == ")" && self.take(word)) {
            true => Ok(()),
            false => Err(format!("`{of}` without `{word}`")),
        }
    }

    /// Reads something one level deeper.
    pub fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        if self.walk.depth >= DEEPEST {
            return Err("nested too deeply".to_owned());
        }
        self.walk.depth += 1;
        let found = read(self);
        self.walk.depth -= 1;
        found
    }

    /// Runs in a subshell: its changes are gone afterwards.
    pub fn apart<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        let before = self.walk.state.clone();
        let found = read(self);
        self.walk.state = before;
        found
    }

    /// Reads what does not run.
    pub fn passed_over<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        self.apart(|reader| {
            reader.walk.state.is_over = true;
            read(reader)
        })
    }

    pub fn reached<T>(
        &mut self,
        reached: Reached,
        read: impl FnOnce(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let before = self.walk.reached;
        self.walk.reached = before.max(reached);
        let found = read(self);
        self.walk.reached = before;
        found
    }

    pub fn conditional<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        self.reached(Reached::Conditional, read)
    }

    /// Commands up to one of these words, `)`, `;;` or the end.
    pub fn list(&mut self, ends: &[&str]) -> Result<(), Problem> {
        self.deeper(|reader| {
            while reader.item(ends)? {}
            Ok(())
        })
    }

    /// Commands up to `)`, in a subshell.
    pub fn subshell(&mut self) -> Result<(), Problem> {
        self.apart(|reader| {
            reader.list(&[])?;
            reader.expect(")", "(")
        })
    }

    /// The next item of a list and its separator; false if there is none.
    fn item(&mut self, ends: &[&str]) -> Result<bool, Problem> {
        self.lines()?;
        if self.rest().is_empty() || self.rest().starts_with([')', ';']) || ends.iter().any(|end| self.is_at(end)) {
            return Ok(false);
        }
        let before = self.walk.state.clone();
        self.and_or()?;
        let rest = self.rest();
        match rest.chars().next() {
            Some('&') => {
                self.place.at += 1;
                self.walk.state = before;
            }
            Some(';') if !rest.starts_with(";;") => self.place.at += 1,
            None | Some('\n' | ')' | ';') => {}
            // `if a; then { b; } fi`
            Some(_) if ends.iter().any(|end| self.is_at(end)) => {}
            Some(_) => return Err("unexpected text after a command".to_owned()),
        }
        Ok(true)
    }

    /// Pipelines with `&&` and `||` between them.
    fn and_or(&mut self) -> Result<(), Problem> {
        // The possible states after a success, and after a failure.
        let (mut successes, mut failures) = (Vec::new(), Vec::new());
        self.pipeline()?;
        loop {
            successes.push(self.walk.state.clone());
            failures.push(self.walk.state.clone());
            self.blanks()?;
            let (from, reached) = if self.take("&&") {
                (&mut successes, Reached::OnSuccess)
            } else if self.take("||") {
                (&mut failures, Reached::OnFailure)
            } else {
                break;
            };
            self.walk.go_on_from(std::mem::take(from));
            self.lines()?;
            self.reached(reached, Self::pipeline)?;
        }
        successes.append(&mut failures);
        self.walk.charge(successes.iter().map(|state| state.variables.size()).sum())?;
        self.walk.go_on_from(successes);
        Ok(())
    }

    fn pipeline(&mut self) -> Result<(), Problem> {
        while self.reserved("!") {
            self.blanks()?;
        }
        let before = self.walk.state.clone();
        self.command()?;
        loop {
            self.blanks()?;
            if self.rest().starts_with("||") || !(self.take("|&") || self.take("|")) {
                return Ok(());
            }
            self.lines()?;
            // Each part of a pipeline is a subshell.
            self.walk.state = before.clone();
            self.command()?;
            self.walk.state = before.clone();
        }
    }

    pub fn command(&mut self) -> Result<(), Problem> {
        if let Some(word) = CLOSING.into_iter().find(|word| self.is_at(word)) {
            return Err(format!("unexpected `{word}`"));
        }
        if let Some(end) = self.end_of_test()? {
            self.arithmetic(end)?;
        } else if let Some(word) = OPENING.into_iter().find(|word| self.is_at(word)) {
            self.place.at += word.len();
            self.deeper(|reader| reader.compound(word))?;
        } else if self.take("(") {
            self.subshell()?;
        } else if let Some(name) = self.head_of_function() {
            self.function(name)?;
        } else {
            return self.simple();
        }
        loop {
            self.blanks()?;
            if !self.redirect(&mut None)? {
                return Ok(());
            }
        }
    }

    /// The variable name that comes next; may be empty.
    pub fn name(&mut self) -> &str {
        let start = self.place.at;
        self.place.at += length_of_name(self.rest());
        &self.source.text[start..self.place.at]
    }

    /// `NAME=value` in the shell itself.
    pub fn assign(&mut self, name: &str, value: Value) -> Result<(), Problem> {
        let export = self.walk.state.variables.export(name);
        self.set(name, value, export)
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
