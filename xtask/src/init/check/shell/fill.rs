//! Puts values that are known into a script, and leaves out what can't run with them.

use std::collections::BTreeMap;
use std::path::Path;

use super::script::{self, Chain, Command, List, Pipeline, Redirect, Simple};
use super::test;
use super::words::{Part, Token, Word, is_name, tokens};
use crate::init::check::shown;

/// What is known.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// Variables; none: it is not set.
    pub variables: BTreeMap<String, Option<String>>,
    /// What was typed after `--`; none: it is not known.
    pub args: Option<Vec<String>>,
    /// What commands print, by the command.
    pub answers: BTreeMap<String, String>,
}

/// A script with these values in it. What it sets itself is followed, as far as it is known.
pub fn script(list: &List, values: &Values) -> List {
    let (mut filled, mut values) = (List::new(), values.clone());
    for chain in list {
        match assignment(chain, &values) {
            Some((variables, stays)) => {
                filled.extend(stays);
                values.variables.extend(variables);
            }
            None => {
                for name in script::assigned(std::slice::from_ref(chain)) {
                    values.variables.remove(&name);
                }
                filled.extend(self::chain(chain, &values));
            }
        }
    }
    filled
}

/// What a chain sets that does nothing else, and what stays of it: `export A=b` does.
type Assigned = (Vec<(String, Option<String>)>, Option<Chain>);

fn assignment(chain: &Chain, values: &Values) -> Option<Assigned> {
    let [Command::Simple(simple)] = chain.first.commands.as_slice() else { return None };
    if !chain.rest.is_empty() || chain.background || !simple.redirects.is_empty() {
        return None;
    }
    let known = |(name, word): (String, Word)| Some((name, Some(one(&word, values).plain()?)));
    if simple.words.is_empty() {
        let variables: Option<Vec<_>> = simple.env.iter().cloned().map(known).collect();
        return Some((variables?, None));
    }
    if simple.words[0].plain().as_deref() != Some("export") {
        return None;
    }
    let pairs: Option<Vec<_>> = simple.words[1..].iter().map(|word| word.assignment().and_then(known)).collect();
    let pairs = pairs?;
    let word =
        |(name, value): &(String, Option<String>)| Word::text(format!("{name}={}", value.clone().unwrap_or_default()));
    let words = std::iter::once(Word::text("export")).chain(pairs.iter().map(word)).collect();
    let first = Pipeline { negated: false, commands: vec![Command::Simple(Simple { words, ..Simple::default() })] };
    Some((pairs, Some(Chain { first, rest: Vec::new(), background: false })))
}

/// The same of a list within one: nothing is followed there.
fn list(list: &List, values: &Values) -> List {
    list.iter().filter_map(|chain| self::chain(chain, values)).collect()
}

/// Without what is known to happen: `true &&`, and the branches that are not taken.
fn chain(chain: &Chain, values: &Values) -> Option<Chain> {
    let mut kept: Vec<(bool, Pipeline)> = Vec::new();
    // The result so far, while nothing that is kept decides on it.
    let mut known = None;
    let all = std::iter::once((true, &chain.first)).chain(chain.rest.iter().map(|(after, next)| (*after, next)));
    for (at, (after_success, next)) in all.enumerate() {
        if at > 0 && known.is_some_and(|known| known != after_success) {
            continue;
        }
        let next = pipeline(next, values);
        match test::pipeline(&next).filter(|_| kept.is_empty()) {
            Some(value) => known = Some(value),
            None => {
                known = None;
                kept.push((after_success, next));
            }
        }
    }
    let mut kept = kept.into_iter();
    match kept.next() {
        Some((_, first)) => Some(Chain { first, rest: kept.collect(), background: chain.background }),
        // `false` alone is a command that fails.
        None if known == Some(false) => {
            let simple = Simple { words: vec![Word::text("false")], ..Simple::default() };
            let first = Pipeline { negated: false, commands: vec![Command::Simple(simple)] };
            Some(Chain { first, rest: Vec::new(), background: false })
        }
        None => None,
    }
}

fn pipeline(pipeline: &Pipeline, values: &Values) -> Pipeline {
    Pipeline { commands: pipeline.commands.iter().map(|inner| command(inner, values)).collect(), ..*pipeline }
}

fn command(command: &Command, values: &Values) -> Command {
    match command {
        Command::Simple(simple) => Command::Simple(Simple {
            env: simple.env.iter().map(|(name, word)| (name.clone(), one(word, values))).collect(),
            words: simple.words.iter().flat_map(|word| many(word, values)).collect(),
            redirects: redirects(&simple.redirects, values),
        }),
        Command::Group(inner, is_subshell, to) => {
            Command::Group(list(inner, values), *is_subshell, redirects(to, values))
        }
        Command::If { branches, otherwise } => condition(branches, otherwise, values),
        Command::For { name, words, body } => {
            // It is the loop's own.
            let mut inner = values.clone();
            inner.variables.remove(name);
            let words = words.iter().flat_map(|word| many(word, values)).collect();
            Command::For { name: name.clone(), words, body: list(body, &inner) }
        }
        Command::While { until, condition, body } => {
            Command::While { until: *until, condition: list(condition, values), body: list(body, values) }
        }
    }
}

fn condition(branches: &[(List, List)], otherwise: &List, values: &Values) -> Command {
    let mut kept = Vec::new();
    for (condition, then) in branches {
        let condition = list_of_condition(condition, values);
        match test::list(&condition) {
            Some(false) => {}
            Some(true) => return closed(kept, list(then, values)),
            None => kept.push((condition, list(then, values))),
        }
    }
    closed(kept, list(otherwise, values))
}

/// A condition keeps what is known: it is to be judged.
fn list_of_condition(condition: &List, values: &Values) -> List {
    let of_chain = |chain: &Chain| Chain {
        first: pipeline(&chain.first, values),
        rest: chain.rest.iter().map(|(after, next)| (*after, pipeline(next, values))).collect(),
        background: chain.background,
    };
    condition.iter().map(of_chain).collect()
}

fn closed(branches: Vec<(List, List)>, otherwise: List) -> Command {
    match branches.is_empty() {
        true => Command::Group(otherwise, false, Vec::new()),
        false => Command::If { branches, otherwise },
    }
}

fn redirects(redirects: &[Redirect], values: &Values) -> Vec<Redirect> {
    redirects.iter().map(|(operator, word)| (operator.clone(), one(word, values))).collect()
}

/// Where the shell splits nothing.
fn one(word: &Word, values: &Values) -> Word {
    let quote = |part: &Part| match part {
        Part::Value { text, .. } => Part::Value { text: text.clone(), quoted: true },
        other => other.clone(),
    };
    let quoted = Word(word.0.iter().map(quote).collect());
    let mut words = many(&quoted, values);
    if words.len() == 1 { words.remove(0) } else { word.clone() }
}

/// The words that a word becomes.
fn many(word: &Word, values: &Values) -> Vec<Word> {
    let (mut words, mut current) = (Vec::new(), None::<Word>);
    for part in &word.0 {
        match part {
            Part::Text(text) => current.get_or_insert_with(Word::default).push_text(text),
            Part::Open(_) => current.get_or_insert_with(Word::default).0.push(part.clone()),
            Part::Value { text, quoted: true } if text == "${@}" && values.args.is_some() => {
                for (at, arg) in values.args.iter().flatten().enumerate() {
                    if at > 0 {
                        words.extend(current.take());
                    }
                    current.get_or_insert_with(Word::default).push_text(arg);
                }
            }
            Part::Value { text, quoted } => match value(text, values) {
                None => {
                    let part = Part::Value { text: within(text, values), quoted: *quoted };
                    current.get_or_insert_with(Word::default).0.push(part);
                }
                Some(value) if *quoted => current.get_or_insert_with(Word::default).push_text(&value),
                Some(value) => {
                    if value.starts_with(char::is_whitespace) {
                        words.extend(current.take());
                    }
                    for (at, piece) in value.split_whitespace().enumerate() {
                        if at > 0 {
                            words.extend(current.take());
                        }
                        push_open(current.get_or_insert_with(Word::default), piece);
                    }
                    if value.ends_with(char::is_whitespace) {
                        words.extend(current.take());
                    }
                }
            },
        }
    }
    words.extend(current);
    words
}

/// Text that the shell still expands to names of files.
fn push_open(word: &mut Word, text: &str) {
    for c in text.chars() {
        match c {
            '*' | '?' | '[' => word.0.push(Part::Open(c)),
            c => word.push_text(c.encode_utf8(&mut [0; 4])),
        }
    }
}

/// What stands in place of `${…}` or `$(…)`, if it is known.
fn value(text: &str, values: &Values) -> Option<String> {
    if let Some(command) = text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')) {
        return values.answers.get(&one_blank(command)).cloned().or_else(|| of_path(command, values));
    }
    let inner = text.strip_prefix("${")?.strip_suffix('}')?;
    let args = values.args.as_ref();
    match inner {
        "@" | "*" => return Some(args?.join(" ")),
        "#" => return Some(args?.len().to_string()),
        _ => {}
    }
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let own = match name.parse::<usize>() {
        Ok(at) if at > 0 => args?.get(at - 1).cloned(),
        _ if is_name(name) => values.variables.get(name)?.clone(),
        _ => return None,
    };
    let (counts_empty, operator) = match rest.strip_prefix(':') {
        Some(rest) => (false, rest),
        None => (true, rest),
    };
    let is_set = own.as_ref().is_some_and(|own| counts_empty || !own.is_empty());
    let other = || filled(operator.get(1..).unwrap_or_default(), values);
    match operator.chars().next() {
        None => Some(own.unwrap_or_default()),
        Some('-') => {
            if is_set {
                own
            } else {
                other()
            }
        }
        Some('+') => {
            if is_set {
                other()
            } else {
                Some(String::new())
            }
        }
        Some('?') => own.filter(|_| is_set),
        Some(_) => None,
    }
}

/// A command in `$(…)` with the values in it.
fn within(text: &str, values: &Values) -> String {
    let inner = text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')).filter(|rest| !rest.starts_with('('));
    let inner = inner.filter(|inner| inner.matches("$(").count() <= DEEPEST);
    match inner.and_then(script::parse) {
        Some(inner) => format!("$({})", shown::list(&list(&inner, values))),
        None => text.to_owned(),
    }
}

/// What `basename` and `dirname` print for a path that is known.
fn of_path(command: &str, values: &Values) -> Option<String> {
    let (name, path) = command.trim().split_once(' ')?;
    let path = filled(path, values).filter(|path| !path.is_empty() && !path.contains(' '))?;
    let path = Path::new(&path);
    let part = match name {
        "basename" => path.file_name()?,
        "dirname" => path.parent()?.as_os_str(),
        _ => return None,
    };
    Some(part.to_string_lossy().into_owned())
}

/// How many values may stand in one.
const DEEPEST: usize = 20;

/// The text behind `:-` or `:+`.
fn filled(text: &str, values: &Values) -> Option<String> {
    if text.matches("${").count() > DEEPEST {
        return None;
    }
    let mut words = Vec::new();
    for token in tokens(text)? {
        let Token::Word(word) = token else { return None };
        for word in many(&word, values) {
            words.push(word.plain()?);
        }
    }
    Some(words.join(" "))
}

/// A command with one blank between its words, by which its answer is known.
pub fn one_blank(command: &str) -> String {
    command.split_whitespace().collect::<Vec<_>>().join(" ")
}
