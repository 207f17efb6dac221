//! Compound commands: `if`, loops, `case`, functions, tests.

use std::rc::Rc;

use super::script::{Problem, Reader, is_name};
use super::state::Function;
use super::words::Fields;
use super::{Reached, Value};

impl Reader<'_> {
    pub fn compound(&mut self, word: &str) -> Result<(), Problem> {
        match word {
            "{" => {
                self.list(&["}"])?;
                self.expect("}", "{")
            }
            "if" => self.condition(),
            "while" | "until" => self.repeated(|reader| {
                reader.list(&["do"])?;
                reader.maybe_body()
            }),
            "for" => self.for_loop(),
            "case" => self.case(),
            _ => {
                let start = self.place.at;
                let length = self.rest().find(" ]]").ok_or("`[[` without `]]`")?;
                self.text_of(start..start + length)?;
                self.place.at = start + length + 3;
                Ok(())
            }
        }
    }

    fn condition(&mut self) -> Result<(), Problem> {
        let mut ends = Vec::new();
        let mut reached = Reached::Always;
        loop {
            self.reached(reached, |reader| reader.list(&["then"]))?;
            self.expect("then", "if")?;
            let otherwise = self.walk.state.clone();
            self.conditional(|reader| reader.list(&["elif", "else", "fi"]))?;
            ends.push(std::mem::replace(&mut self.walk.state, otherwise));
            if !self.reserved("elif") {
                break;
            }
            reached = Reached::Conditional;
        }
        if self.reserved("else") {
            self.conditional(|reader| reader.list(&["fi"]))?;
        }
        ends.push(self.walk.state.clone());
        self.walk.go_on_from(ends);
        self.expect("fi", "if")
    }

    /// Runs a loop. It may be in a later turn, so whatever it changes is unknown from its start.
    fn repeated(&mut self, turn: impl Fn(&mut Self) -> Result<(), Problem>) -> Result<(), Problem> {
        if self.walk.is_trial {
            return turn(self);
        }
        let (place, before, returned) = (self.place, self.walk.state.clone(), self.walk.returned.clone());
        let (commands, unread) = (self.walk.commands.len(), self.walk.unread.len());
        self.walk.is_trial = true;
        let found = turn(self);
        self.walk.is_trial = false;
        found?;
        self.walk.commands.truncate(commands);
        self.walk.unread.truncate(unread);
        (self.place, self.walk.returned) = (place, returned);
        let after = std::mem::take(&mut self.walk.state);
        self.walk.state = before.merged(after);
        turn(self)
    }

    /// `do … done`, which may never run.
    fn maybe_body(&mut self) -> Result<(), Problem> {
        let before = self.walk.state.clone();
        self.expect("do", "loop")?;
        self.conditional(|reader| reader.list(&["done"]))?;
        let after = self.walk.state.clone();
        self.walk.go_on_from(vec![before, after]);
        self.expect("done", "loop")
    }

    fn for_loop(&mut self) -> Result<(), Problem> {
        self.blanks()?;
        let name = self.name().to_owned();
        if name.is_empty() {
            // `for ((a = 1; …))` of bash.
            let end = self.end_of_arithmetic()?.ok_or("`for` without a name")?;
            self.arithmetic(end)?;
        }
        self.lines()?;
        if self.reserved("in") {
            self.blanks()?;
            while self.word(&mut Fields::splitting())? {
                self.blanks()?;
            }
        }
        self.lines()?;
        self.take(";");
        self.repeated(|reader| {
            if !name.is_empty() {
                reader.assign(&name, Value::Unknown)?;
            }
            reader.maybe_body()
        })
    }

    fn case(&mut self) -> Result<(), Problem> {
        self.blanks()?;
        self.one_word()?;
        self.expect("in", "case")?;
        let before = self.walk.state.clone();
        let (mut ends, mut is_complete) = (Vec::new(), false);
        loop {
            self.lines()?;
            if self.reserved("esac") {
                break;
            }
            self.take("(");
            loop {
                self.blanks()?;
                let start = self.place.at;
                self.one_word()?;
                is_complete |= self.source.text[start..self.place.at] == *"*";
                self.blanks()?;
                if !self.take("|") {
                    break;
                }
            }
            if !self.take(")") {
                return Err("`case` without `esac`".to_owned());
            }
            self.conditional(|reader| reader.list(&["esac"]))?;
            ends.push(std::mem::replace(&mut self.walk.state, before.clone()));
            self.take(";;");
        }
        if !is_complete {
            ends.push(before);
        }
        self.walk.go_on_from(ends);
        Ok(())
    }

    /// `name()`, or `function name` of bash.
    pub fn head_of_function(&mut self) -> Option<String> {
        let blanks = [' ', '\t'];
        let of_bash = self.rest().strip_prefix("function ").map(|rest| rest.trim_start_matches(blanks));
        let rest = of_bash.unwrap_or(self.rest());
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "_-.:+@".contains(c)))?;
        let (name, behind) = (rest[..end].to_owned(), rest[end..].trim_start_matches(blanks));
        let brackets = behind.strip_prefix('(').and_then(|rest| rest.trim_start_matches(blanks).strip_prefix(')'));
        let behind = brackets.or(of_bash.map(|_| behind)).filter(|_| !name.is_empty())?;
        self.place.at = self.source.text.len() - behind.len();
        Some(name)
    }

    /// The body of a function. It runs when it is called.
    pub fn function(&mut self, name: String) -> Result<(), Problem> {
        self.lines()?;
        let function = Function { source: self.source.clone(), at: self.place.at, reached: self.walk.reached };
        self.deeper(|reader| reader.passed_over(Self::command))?;
        if !self.walk.state.is_over {
            Rc::make_mut(&mut self.walk.state.functions).insert(name, Some(Rc::new(function)));
        }
        Ok(())
    }

    /// Where `((…))` ends, if it is a test. `((a b); c)` and the like are nested subshells, which is what shells without
    /// such tests take all of them for.
    pub fn end_of_test(&mut self) -> Result<Option<usize>, Problem> {
        let Some(end) = self.end_of_arithmetic()? else { return Ok(None) };
        let inner = &self.source.text[self.place.at + 2..end - 2];
        let is_end = |c: char| c.is_alphanumeric() || "_'\"".contains(c);
        let words: Vec<&str> = inner.split_whitespace().collect();
        let side_by_side = words.windows(2).any(|pair| pair[0].ends_with(is_end) && pair[1].starts_with(is_end));
        Ok((!side_by_side && !inner.contains([';', '\n'])).then_some(end))
    }

    /// Where `((…))` ends; `None` if it is not arithmetic.
    pub fn end_of_arithmetic(&mut self) -> Result<Option<usize>, Problem> {
        let Some(inner) = self.rest().strip_prefix("((") else { return Ok(None) };
        let mut depth = 0;
        let end = inner.bytes().position(|byte| {
            depth += i32::from(byte == b'(') - i32::from(byte == b')');
            depth < 0
        });
        let end = end.unwrap_or(inner.len());
        let is_arithmetic = inner[end..].starts_with("))");
        self.walk.charge(end)?;
        Ok(is_arithmetic.then_some(self.place.at + 2 + end + 2))
    }

    /// `((…))`. It may set variables.
    pub fn arithmetic(&mut self, end: usize) -> Result<(), Problem> {
        let inner = self.place.at + 2..end - 2;
        self.text_of(inner.clone())?;
        let text = self.source.text.clone();
        let text = &text[inner];
        if text.contains('=') || text.contains("++") || text.contains("--") {
            for name in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|name| is_name(name)) {
                self.assign(name, Value::Unknown)?;
            }
        }
        self.place.at = end;
        Ok(())
    }
}
