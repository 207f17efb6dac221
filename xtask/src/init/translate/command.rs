//! The simple commands of a line: `a && b`, `cd x && a`, `A=b a`, `a || true`.

use crate::init::translate::shell::{NeedsShell, Token, Word};

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// `NAME=value` before the program.
    pub env: Vec<(String, String)>,
    pub items: Vec<Item>,
    pub dir: Option<String>,
    pub may_fail: bool,
}

impl Command {
    pub fn is_echo(&self) -> bool {
        Item::flat(&self.items).first().and_then(|word| word.text()).as_deref() == Some("echo")
    }
}

/// A word, or those that a variable of the file stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Word(Word),
    Group { name: String, items: Vec<Item> },
}

impl Item {
    /// All words, without their groups.
    pub fn flat(items: &[Item]) -> Vec<&Word> {
        let mut words = Vec::new();
        for item in items {
            match item {
                Item::Word(word) => words.push(word),
                Item::Group { items, .. } => words.extend(Item::flat(items)),
            }
        }
        words
    }
}

/// Words that begin something other than a simple command.
const RESERVED: [&str; 20] = [
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}", "!",
    "function", "select", "time", "[[", "coproc",
];

/// The commands of a line, in order.
///
/// # Errors
///
/// They are no plain chain of simple commands.
pub fn chain(tokens: &[Token]) -> Result<Vec<Command>, NeedsShell> {
    let mut tokens = trim(tokens);
    // `a || true`
    let mut may_fail = false;
    if let [head @ .., Token::Operator(or), Token::Word(word)] = tokens {
        if or == "||" && matches!(word.text().as_deref(), Some("true" | ":")) {
            (tokens, may_fail) = (trim(head), true);
        }
    }
    let mut commands = Vec::new();
    let mut dir: Option<String> = None;
    let mut rest = tokens;
    loop {
        let end = rest.iter().position(|token| matches!(token, Token::Operator(_)));
        let (own, operator, behind) = match end {
            Some(at) => (&rest[..at], rest.get(at), &rest[at + 1..]),
            None => (rest, None, &[][..]),
        };
        let mut command = simple(own)?;
        let is_echo = command.is_echo();
        match operator {
            None => {}
            Some(Token::Operator(operator)) if operator == "&&" => {}
            // Nothing can go wrong in it.
            Some(Token::Operator(operator))
                if (operator == ";" || operator == "\n") && is_echo && commands.is_empty() => {}
            Some(_) => return Err(NeedsShell),
        }
        match folder(&command)? {
            Some(_) if end.is_none() => return Err(NeedsShell),
            Some(folder) => {
                dir = Some(match dir {
                    Some(dir) => format!("{dir}/{folder}"),
                    None => folder,
                });
            }
            None => {
                command.dir.clone_from(&dir);
                commands.push(command);
            }
        }
        if end.is_none() {
            break;
        }
        rest = behind;
    }
    if may_fail {
        let [command] = commands.as_mut_slice() else { return Err(NeedsShell) };
        if command.dir.is_some() {
            // A folder that is not there may be missing, too.
            return Err(NeedsShell);
        }
        command.may_fail = true;
    }
    Ok(commands)
}

/// Without the `;` at the end.
fn trim(tokens: &[Token]) -> &[Token] {
    let is_end = |token: &&Token| matches!(token, Token::Operator(operator) if operator == ";" || operator == "\n");
    let behind = tokens.iter().rev().take_while(is_end).count();
    &tokens[..tokens.len() - behind]
}

/// Reads the words of one command.
fn simple(tokens: &[Token]) -> Result<Command, NeedsShell> {
    let mut command = Command { items: items(tokens)?, ..Command::default() };
    while let Some(Item::Word(word)) = command.items.first() {
        let Some((name, value)) = word.text().and_then(|text| {
            let (name, value) = text.split_once('=')?;
            is_variable(name).then(|| (name.to_owned(), value.to_owned()))
        }) else {
            break;
        };
        command.env.push((name, value));
        command.items.remove(0);
    }
    let words = Item::flat(&command.items);
    let Some(first) = words.first() else { return Err(NeedsShell) };
    match first.text() {
        Some(text) if RESERVED.contains(&text.as_str()) && !first.is_quoted => Err(NeedsShell),
        // `PATH+=x`, `A=$(B) command` and the like.
        Some(text) if text.split_once('=').is_some_and(|(name, _)| is_variable(name)) => Err(NeedsShell),
        None if starts_with_assignment(first) => Err(NeedsShell),
        _ => Ok(command),
    }
}

fn starts_with_assignment(word: &Word) -> bool {
    use crate::init::translate::shell::Part;
    matches!(word.parts.first(), Some(Part::Text(text)) if text.split_once('=').is_some_and(|(name, _)| is_variable(name)))
}

/// Whether a shell takes this for the name of a variable.
pub fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Words and groups. A group that holds several commands is none: its words stand for themselves.
fn items(tokens: &[Token]) -> Result<Vec<Item>, NeedsShell> {
    let mut stack: Vec<(String, Vec<Item>)> = vec![(String::new(), Vec::new())];
    for token in tokens {
        match token {
            Token::Word(word) => stack.last_mut().ok_or(NeedsShell)?.1.push(Item::Word(word.clone())),
            Token::Open(name) => stack.push((name.clone(), Vec::new())),
            // One whose start is in the command before.
            Token::Close if stack.len() == 1 => {}
            Token::Close => {
                let (name, items) = stack.pop().ok_or(NeedsShell)?;
                let below = &mut stack.last_mut().ok_or(NeedsShell)?.1;
                // An empty one may be something in another world.
                below.push(Item::Group { name, items });
            }
            Token::Operator(_) => return Err(NeedsShell),
        }
    }
    // Those whose end is in the command behind.
    while stack.len() > 1 {
        let (_, items) = stack.pop().ok_or(NeedsShell)?;
        stack.last_mut().ok_or(NeedsShell)?.1.extend(items);
    }
    Ok(stack.pop().ok_or(NeedsShell)?.1)
}

/// For `cd FOLDER`: the folder, from that of the Makefile.
fn folder(command: &Command) -> Result<Option<String>, NeedsShell> {
    let words = Item::flat(&command.items);
    if words.first().and_then(|word| word.text()).as_deref() != Some("cd") {
        return Ok(None);
    }
    let [_, word] = words.as_slice() else { return Err(NeedsShell) };
    let text = word.text().ok_or(NeedsShell)?;
    let text = text.strip_prefix("./").unwrap_or(&text).trim_end_matches('/');
    let is_plain = !text.is_empty() && !text.starts_with(['/', '-', '~']) && !text.split('/').any(|part| part == "..");
    if !is_plain || !command.env.is_empty() { Err(NeedsShell) } else { Ok(Some(text.to_owned())) }
}
