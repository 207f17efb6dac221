//! Expressions of a justfile, and where a reader is in its text.

/// What stands behind `:=`, in `{{…}}`, or as a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    Text(String),
    /// A command between backticks.
    Command(String),
    Variable(String),
    Call(String, Vec<Expression>),
    /// `a + b`
    Joined(Vec<Expression>),
    /// `a / b`
    Path(Vec<Expression>),
    /// `if left == right { then } else { other }`
    If(Box<Condition>),
    /// What can't be read here, and what it is.
    Odd(&'static str),
}

/// A condition and what it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub left: Expression,
    /// `==`, `!=`, `=~` or `!~`
    pub operator: &'static str,
    pub right: Expression,
    pub then: Expression,
    pub other: Expression,
}

/// How deep parentheses may be.
const DEEPEST: usize = 40;

/// A text and a place in it.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    pub text: &'a str,
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes past a text, if it is here.
    pub fn eat(&mut self, text: &str) -> bool {
        let is_here = self.rest().starts_with(text);
        self.at += if is_here { text.len() } else { 0 };
        is_here
    }

    /// Goes past blanks, and the ends of lines that go on.
    pub fn blanks(&mut self) {
        loop {
            let rest = self.rest().trim_start_matches([' ', '\t']);
            self.at = self.text.len() - rest.len();
            if !self.eat("\\\n") && !self.eat("\\\r\n") {
                return;
            }
        }
    }

    /// The same with line breaks, as between parentheses.
    fn blanks_and_breaks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Whether the line ends here, but for a comment.
    pub fn is_at_end(&mut self) -> bool {
        self.blanks();
        matches!(self.peek(), None | Some('\n' | '\r' | '#'))
    }

    pub fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let end = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        let name = &rest[..end];
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        self.at += if is_name { end } else { 0 };
        is_name.then_some(name)
    }

    /// A string of any kind.
    pub fn string(&mut self) -> Option<Expression> {
        let start = *self;
        let is_odd = self.eat("x") || self.eat("f");
        for (quote, has_escapes) in [("'''", false), ("\"\"\"", true), ("'", false), ("\"", true)] {
            if self.eat(quote) {
                let Some(text) = self.until(quote, has_escapes) else { break };
                let text = if quote.len() == 3 { dedented(&text) } else { text };
                return Some(if is_odd {
                    Expression::Odd("a string that is filled in")
                } else {
                    Expression::Text(text)
                });
            }
        }
        *self = start;
        None
    }

    /// The text up to a quote, which is passed.
    fn until(&mut self, quote: &str, has_escapes: bool) -> Option<String> {
        let mut text = String::new();
        loop {
            if self.eat(quote) {
                return Some(text);
            }
            let c = self.peek()?;
            self.at += c.len_utf8();
            if c != '\\' || !has_escapes {
                text.push(c);
                continue;
            }
            let c = self.peek()?;
            self.at += c.len_utf8();
            match c {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                '\n' => {}
                c @ ('"' | '\\') => text.push(c),
                _ => return None,
            }
        }
    }

    /// An expression; `None` where none can be read.
    pub fn expression(&mut self) -> Option<Expression> {
        self.sum(0)
    }

    /// One without `+` and `/`, unless they are in parentheses.
    pub fn single(&mut self) -> Option<Expression> {
        self.value(0)
    }

    fn sum(&mut self, depth: usize) -> Option<Expression> {
        if depth > DEEPEST {
            return None;
        }
        self.blanks();
        let mut parts = vec![self.value(depth)?];
        let mut is_path = None;
        loop {
            let before = *self;
            self.blanks();
            let next = if self.eat("+") {
                false
            } else if self.eat("/") {
                true
            } else {
                *self = before;
                break;
            };
            // In a row of both each pair would be one of its own.
            if is_path.is_some_and(|is_path| is_path != next) {
                let part = whole(parts, !next);
                parts = vec![part];
            }
            is_path = Some(next);
            self.blanks_and_breaks();
            parts.push(self.value(depth)?);
        }
        Some(whole(parts, is_path == Some(true)))
    }

    fn value(&mut self, depth: usize) -> Option<Expression> {
        if let Some(string) = self.string() {
            return Some(string);
        }
        for quote in ["```", "`"] {
            if self.eat(quote) {
                let command = self.until(quote, false)?;
                return Some(Expression::Command(if quote.len() == 3 { dedented(&command) } else { command }));
            }
        }
        if self.eat("(") {
            self.blanks_and_breaks();
            let inner = self.sum(depth + 1)?;
            self.blanks_and_breaks();
            return self.eat(")").then_some(inner);
        }
        let name = self.name()?;
        if name == "if" {
            return self.condition(depth);
        }
        if !self.eat("(") {
            return Some(Expression::Variable(name.to_owned()));
        }
        let mut words = Vec::new();
        loop {
            self.blanks_and_breaks();
            if self.eat(")") {
                return Some(Expression::Call(name.to_owned(), words));
            }
            words.push(self.sum(depth + 1)?);
            self.blanks_and_breaks();
            if !self.eat(",") && self.peek() != Some(')') {
                return None;
            }
        }
    }

    /// `if a == b { c } else { d }`, behind its first word.
    fn condition(&mut self, depth: usize) -> Option<Expression> {
        let left = self.sum(depth + 1)?;
        self.blanks();
        let operator = ["==", "!=", "=~", "!~"].into_iter().find(|operator| self.eat(operator))?;
        let right = self.sum(depth + 1)?;
        let then = self.branch(depth)?;
        self.blanks_and_breaks();
        self.eat("else").then_some(())?;
        self.blanks_and_breaks();
        let other = if self.rest().starts_with("if ") {
            self.at += 2;
            if depth < DEEPEST { self.condition(depth + 1)? } else { return None }
        } else {
            self.branch(depth)?
        };
        Some(Expression::If(Box::new(Condition { left, operator, right, then, other })))
    }

    fn branch(&mut self, depth: usize) -> Option<Expression> {
        self.blanks_and_breaks();
        self.eat("{").then_some(())?;
        self.blanks_and_breaks();
        let inner = self.sum(depth + 1)?;
        self.blanks_and_breaks();
        self.eat("}").then_some(inner)
    }
}

fn whole(mut parts: Vec<Expression>, is_path: bool) -> Expression {
    match (parts.len(), is_path) {
        (1, _) => parts.remove(0),
        (_, true) => Expression::Path(parts),
        (_, false) => Expression::Joined(parts),
    }
}

/// A text between three quotes: without a first line break, and without the blanks that all of its lines begin with.
fn dedented(text: &str) -> String {
    let Some(text) = text.strip_prefix('\n').or_else(|| text.strip_prefix("\r\n")) else { return text.to_owned() };
    let depth = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let least = text.lines().filter(|line| !line.trim().is_empty()).map(depth).min().unwrap_or_default();
    let lines: Vec<&str> = text.split('\n').map(|line| line.get(least..).unwrap_or_default()).collect();
    lines.join("\n")
}
