//! Compound commands: `if`, loops, `case`, functions, tests.

use std::rc::Rc;

use super::{Parser, Problem};
use crate::dockerfile::shell::syntax::{Kind, List};

impl Parser<'_> {
    pub fn compound(&mut self, word: &'static str, start: usize) -> Result<Kind, Problem> {
        match word {
            "{" => {
                let list = self.list(&["}"])?;
                self.expect("}", "{", start)?;
                Ok(Kind::Group(list))
            }
            "if" => {
                let mut branches = Vec::new();
                loop {
                    let condition = self.list(&["then"])?;
                    self.expect("then", "if", start)?;
                    branches.push((condition, self.list(&["elif", "else", "fi"])?));
                    if !self.reserved("elif") {
                        break;
                    }
                }
                let otherwise = if self.reserved("else") { Some(self.list(&["fi"])?) } else { None };
                self.expect("fi", "if", start)?;
                Ok(Kind::If { branches, otherwise })
            }
            "while" | "until" => {
                let condition = self.list(&["do"])?;
                Ok(Kind::Loop { condition, body: self.body(word, start)? })
            }
            "for" => self.for_loop(start),
            "case" => self.case(start),
            "[[" => {
                let from = self.at;
                let Some(length) = self.rest().find("]]") else {
                    return Err(self.problem(start, "`[[` without `]]`"));
                };
                self.charge(length)?;
                let inner = self.expanded_text(from..from + length)?;
                self.at = from + length + 2;
                Ok(Kind::Test(inner))
            }
            _ => {
                self.blanks()?;
                let name = self.word()?.plain().unwrap_or_default().to_owned();
                self.blanks()?;
                if self.take("(") {
                    self.expect(")", "(", start)?;
                }
                self.function(name)
            }
        }
    }

    pub fn function(&mut self, name: String) -> Result<Kind, Problem> {
        self.lines()?;
        let body = Rc::new(self.deeper(Self::command)?);
        Ok(Kind::Function { name, body })
    }

    /// `do … done`
    fn body(&mut self, of: &str, start: usize) -> Result<List, Problem> {
        self.expect("do", of, start)?;
        let body = self.list(&["done"])?;
        self.expect("done", of, start)?;
        Ok(body)
    }

    fn for_loop(&mut self, start: usize) -> Result<Kind, Problem> {
        self.blanks()?;
        let name = self.name().to_owned();
        self.lines()?;
        let mut words = Vec::new();
        if self.reserved("in") {
            loop {
                self.blanks()?;
                let word = self.word()?;
                if word.pieces.is_empty() {
                    break;
                }
                words.push(word);
            }
        } else if name.is_empty() {
            // `for ((a = 1; …))` of bash.
            let end = if self.rest().starts_with("((") { self.end_of_arithmetic(self.at + 1)? } else { None };
            self.at = end.ok_or_else(|| self.problem(start, "`for` without a name"))?;
        }
        self.lines()?;
        self.take(";");
        Ok(Kind::For { name, words, body: self.body("for", start)? })
    }

    fn case(&mut self, start: usize) -> Result<Kind, Problem> {
        self.blanks()?;
        let word = self.word()?;
        self.expect("in", "case", start)?;
        let (mut arms, mut is_complete) = (Vec::new(), false);
        loop {
            self.lines()?;
            if self.reserved("esac") {
                return Ok(Kind::Case { word, arms, is_complete });
            }
            self.take("(");
            loop {
                self.blanks()?;
                let pattern = self.word()?;
                is_complete |= pattern.plain() == Some("*");
                self.blanks()?;
                if self.take("|") {
                    continue;
                }
                match !pattern.pieces.is_empty() && self.take(")") {
                    true => break,
                    false => return Err(self.problem(start, "`case` without `esac`")),
                }
            }
            arms.push(self.list(&["esac"])?);
            let _ = self.take(";;&") || self.take(";;") || self.take(";&");
        }
    }

    /// Where `((…))` ends, if a test stands here. `((a b); c)` and the like are subshells in each other: shells that know
    /// no such test read all of these so.
    pub fn end_of_test(&mut self) -> Result<Option<usize>, Problem> {
        if !self.rest().starts_with("((") {
            return Ok(None);
        }
        let Some(end) = self.end_of_arithmetic(self.at + 1)? else { return Ok(None) };
        let inner = &self.source.text[self.at + 2..end - 2];
        let is_end = |c: char| c.is_alphanumeric() || "_'\"".contains(c);
        let words: Vec<&str> = inner.split_whitespace().collect();
        let side_by_side = words.windows(2).any(|pair| pair[0].ends_with(is_end) && pair[1].starts_with(is_end));
        Ok((!side_by_side && !inner.contains([';', '\n'])).then_some(end))
    }

    /// Where `((…))` ends; none when that is no arithmetic. `at` is the place of its second `(`.
    pub fn end_of_arithmetic(&mut self, at: usize) -> Result<Option<usize>, Problem> {
        let bytes = &self.source.text.as_bytes()[..self.end];
        if bytes.get(at) != Some(&b'(') {
            return Ok(None);
        }
        let mut depth = 0;
        for (place, byte) in bytes.iter().enumerate().skip(at + 1) {
            match byte {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b')' => {
                    let is_end = bytes.get(place + 1) == Some(&b')');
                    self.charge(place - at)?;
                    return Ok(is_end.then_some(place + 2));
                }
                _ => {}
            }
        }
        self.charge(bytes.len() - at)?;
        Ok(None)
    }
}
