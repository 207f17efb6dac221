//! A script as a tree, as far as it is lists, chains, pipes, groups, `if` and loops.

use super::words::{Token, Word, is_name, tokens};

/// Commands one after the other.
pub type List = Vec<Chain>;

/// Pipelines joined by `&&` and `||`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    pub first: Pipeline,
    /// Each with whether it runs after a success.
    pub rest: Vec<(bool, Pipeline)>,
    /// Whether it ends with `&`.
    pub background: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    pub negated: bool,
    pub commands: Vec<Command>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Simple(Simple),
    /// In braces, or with `true` in parentheses.
    Group(List, bool, Vec<Redirect>),
    If {
        branches: Vec<(List, List)>,
        otherwise: List,
    },
    /// `for NAME in WORDS`.
    For {
        name: String,
        words: Vec<Word>,
        body: List,
    },
    /// `while`; `until` with `true`.
    While {
        until: bool,
        condition: List,
        body: List,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simple {
    pub env: Vec<(String, Word)>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
}

/// An operator and where to.
pub type Redirect = (String, Word);

/// How deep a script may nest.
const DEEPEST: usize = 40;

/// Reads a script; `None` where it has something else in it, such as `case`.
pub fn parse(text: &str) -> Option<List> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, at: 0, depth: 0 };
    let list = reader.list(&[])?;
    (reader.at == tokens.len()).then_some(list)
}

/// The variables that a script sets itself.
pub fn assigned(list: &[Chain]) -> Vec<String> {
    let mut names = Vec::new();
    for chain in list {
        let pipelines = std::iter::once(&chain.first).chain(chain.rest.iter().map(|(_, pipeline)| pipeline));
        for command in pipelines.flat_map(|pipeline| &pipeline.commands) {
            match command {
                Command::Simple(simple) if simple.words.is_empty() => {
                    names.extend(simple.env.iter().map(|(name, _)| name.clone()));
                }
                Command::Simple(simple) => {
                    let first = simple.words[0].plain().unwrap_or_default();
                    if ["export", "read", "local", "declare", "readonly", "unset"].contains(&first.as_str()) {
                        let name = |word: &Word| word.assignment().map(|(name, _)| name).or_else(|| word.plain());
                        names.extend(simple.words[1..].iter().filter_map(name));
                    }
                }
                Command::Group(inner, ..) => names.extend(assigned(inner)),
                Command::If { branches, otherwise } => {
                    for (condition, then) in branches {
                        names.extend(assigned(condition).into_iter().chain(assigned(then)));
                    }
                    names.extend(assigned(otherwise));
                }
                Command::For { name, body, .. } => {
                    names.push(name.clone());
                    names.extend(assigned(body));
                }
                Command::While { condition, body, .. } => {
                    names.extend(assigned(condition).into_iter().chain(assigned(body)));
                }
            }
        }
    }
    names
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn operator(&self) -> Option<&str> {
        match self.tokens.get(self.at)? {
            Token::Operator(operator) => Some(operator),
            Token::Word(_) => None,
        }
    }

    fn keyword(&self) -> Option<String> {
        match self.tokens.get(self.at)? {
            Token::Word(word) => word.plain(),
            Token::Operator(_) => None,
        }
    }

    fn take(&mut self, operator: &str) -> bool {
        let is_it = self.operator() == Some(operator);
        self.at += usize::from(is_it);
        is_it
    }

    fn take_word(&mut self, keyword: &str) -> Option<()> {
        (self.keyword()? == keyword).then(|| self.at += 1)
    }

    /// Commands up to one of these words, `)`, or the end.
    fn list(&mut self, ends: &[&str]) -> Option<List> {
        let mut list = List::new();
        loop {
            while self.take(";") {}
            let is_end = self.tokens.get(self.at).is_none()
                || self.operator() == Some(")")
                || self.keyword().is_some_and(|word| ends.contains(&word.as_str()));
            if is_end {
                return Some(list);
            }
            let mut chain = self.chain()?;
            chain.background = self.take("&");
            list.push(chain);
            let goes_on = self.operator().is_none_or(|operator| operator == ";" || operator == ")");
            if !goes_on {
                return None;
            }
        }
    }

    fn chain(&mut self) -> Option<Chain> {
        let mut chain = Chain { first: self.pipeline()?, rest: Vec::new(), background: false };
        loop {
            let after_success = match self.operator() {
                Some("&&") => true,
                Some("||") => false,
                _ => return Some(chain),
            };
            self.at += 1;
            chain.rest.push((after_success, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Option<Pipeline> {
        let negated = self.take_word("!").is_some();
        let mut commands = vec![self.command()?];
        while self.take("|") {
            commands.push(self.command()?);
        }
        Some(Pipeline { negated, commands })
    }

    fn command(&mut self) -> Option<Command> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let command = match (self.operator(), self.keyword().as_deref()) {
            (Some("("), _) => {
                self.at += 1;
                let list = self.list(&[])?;
                self.take(")").then_some(())?;
                Command::Group(list, true, self.redirects()?)
            }
            (_, Some("{")) => {
                self.at += 1;
                let list = self.list(&["}"])?;
                self.take_word("}")?;
                Command::Group(list, false, self.redirects()?)
            }
            (_, Some("if")) => self.condition()?,
            (_, Some("for")) => self.for_loop()?,
            (_, Some(word @ ("while" | "until"))) => {
                let until = word == "until";
                self.at += 1;
                let condition = self.list(&["do"])?;
                Command::While { until, condition, body: self.body()? }
            }
            (_, Some("case" | "function" | "select" | "[[" | "then" | "fi" | "do" | "done" | "}")) => return None,
            _ => Command::Simple(self.simple()?),
        };
        self.depth -= 1;
        Some(command)
    }

    fn condition(&mut self) -> Option<Command> {
        let mut branches = Vec::new();
        loop {
            // `if` or `elif`
            self.at += 1;
            let condition = self.list(&["then"])?;
            self.take_word("then")?;
            branches.push((condition, self.list(&["elif", "else", "fi"])?));
            match self.keyword()?.as_str() {
                "elif" => {}
                "else" => {
                    self.at += 1;
                    let otherwise = self.list(&["fi"])?;
                    self.take_word("fi")?;
                    return Some(Command::If { branches, otherwise });
                }
                _ => {
                    self.at += 1;
                    return Some(Command::If { branches, otherwise: List::new() });
                }
            }
        }
    }

    fn for_loop(&mut self) -> Option<Command> {
        self.at += 1;
        let name = self.keyword().filter(|name| is_name(name))?;
        self.at += 1;
        let mut words = Vec::new();
        self.take_word("in")?;
        while let Some(Token::Word(word)) = self.tokens.get(self.at) {
            words.push(word.clone());
            self.at += 1;
        }
        while self.take(";") {}
        Some(Command::For { name, words, body: self.body()? })
    }

    fn body(&mut self) -> Option<List> {
        self.take_word("do")?;
        let body = self.list(&["done"])?;
        self.take_word("done")?;
        Some(body)
    }

    fn redirects(&mut self) -> Option<Vec<Redirect>> {
        let mut redirects = Vec::new();
        while let Some(operator) = self.operator().filter(|operator| operator.contains(['<', '>'])) {
            let operator = operator.to_owned();
            self.at += 1;
            let Some(Token::Word(word)) = self.tokens.get(self.at) else { return None };
            self.at += 1;
            redirects.push((operator, word.clone()));
        }
        Some(redirects)
    }

    fn simple(&mut self) -> Option<Simple> {
        let mut simple = Simple::default();
        loop {
            match self.tokens.get(self.at) {
                Some(Token::Word(word)) => {
                    self.at += 1;
                    match word.assignment().filter(|_| simple.words.is_empty()) {
                        Some(assignment) => simple.env.push(assignment),
                        None => simple.words.push(word.clone()),
                    }
                }
                Some(Token::Operator(operator)) if operator.contains(['<', '>']) => {
                    simple.redirects.extend(self.redirects()?);
                }
                _ => break,
            }
        }
        // A `(` behind a word is a function.
        let is_empty = simple == Simple::default();
        (!is_empty && self.operator() != Some("(")).then_some(simple)
    }
}
