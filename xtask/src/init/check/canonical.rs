//! One form for what means the same: `docker compose` and `docker-compose`, `--file=x` and `-f x`, a path of the project.

use std::ffi::OsString;
use std::path::Path;

use crate::compose::line::{FILE, Line, PROJECT};

use super::item::is_make;
use super::shell::script::{self, Chain, Command, List, Pipeline, Simple};
use super::shell::words::{Part, Word};
use super::shown;

/// The words of a command that runs in `dir`, an absolute path.
pub fn words(words: Vec<String>, dir: &str) -> Vec<String> {
    let rest = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["docker", "compose", ..] => &words[2..],
        ["docker-compose" | "compose", ..] => &words[1..],
        // `$(MAKE)` is the path of make.
        [program, ..] if is_make(program) => {
            let after = words[1..].iter().map(|word| path(word, false, dir));
            return std::iter::once("make".to_owned()).chain(after).collect();
        }
        _ => return words.iter().enumerate().map(|(at, word)| path(word, at == 0, dir)).collect(),
    };
    let line = Line::parse(rest.iter().map(OsString::from).collect());
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    let mut options = options(line.options.iter().map(text).collect(), dir);
    options.sort_by_key(|option| option[0].clone());
    let after = line.command.iter().chain(&line.rest).map(|word| path(&text(word), false, dir));
    std::iter::once("compose".to_owned()).chain(options.into_iter().flatten()).chain(after).collect()
}

/// Options before compose's command, each with its value.
fn options(words: Vec<String>, dir: &str) -> Vec<Vec<String>> {
    let mut options = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let (name, joined) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
            _ if word.len() > 2 && (word.starts_with("-f") || word.starts_with("-p")) => {
                (word[..2].to_owned(), Some(word[2..].trim_start_matches('=').to_owned()))
            }
            _ => (word, None),
        };
        let short = |names: [&str; 2]| names.contains(&name.as_str()).then(|| names[0].to_owned());
        let (file, project) = (short(FILE), short(PROJECT));
        let is_file = file.is_some();
        let name = file.or(project).unwrap_or_else(|| name.clone());
        let value = joined.or_else(|| words.next_if(|next| !next.starts_with('-') || next == "-"));
        let value = value.map(|value| if is_file { joined_path(dir, &value) } else { path(&value, false, dir) });
        options.push(std::iter::once(name).chain(value).collect());
    }
    options
}

fn joined_path(dir: &str, file: &str) -> String {
    if file == "-" || file.contains("://") { file.to_owned() } else { joined(dir, file) }
}

/// A path from a folder, without `.` and `..` as far as that can be told.
pub fn joined(dir: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let whole = if Path::new(path).is_absolute() { path.to_owned() } else { format!("{dir}/{path}") };
    let is_absolute = Path::new(path).is_absolute() || dir.starts_with('/');
    for part in whole.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if is_absolute { format!("/{joined}") } else { joined }
}

/// `./x` and the same path as a whole are `x`, but for a program, and where `x:y` would be something else.
fn path(word: &str, is_program: bool, dir: &str) -> String {
    let below = match word.strip_prefix(dir).filter(|_| dir.len() > 1) {
        Some("") => ".".to_owned(),
        Some(rest) if rest.starts_with('/') => format!(".{rest}"),
        Some(rest) if rest.starts_with(':') => format!(".{rest}"),
        _ => word.to_owned(),
    };
    match below.strip_prefix("./") {
        Some(rest) if !is_program && !rest.is_empty() && !rest.contains(':') => rest.to_owned(),
        _ => below,
    }
}

/// The same in a script, where nothing in a command is left to the shell.
pub fn list(list: List, dir: &str) -> List {
    list.into_iter().map(|chain| self::chain(chain, dir)).collect()
}

fn chain(chain: Chain, dir: &str) -> Chain {
    let rest = chain.rest.into_iter().map(|(after, one)| (after, pipeline(one, dir))).collect();
    Chain { first: pipeline(chain.first, dir), rest, background: chain.background }
}

fn pipeline(pipeline: Pipeline, dir: &str) -> Pipeline {
    let commands = pipeline.commands.into_iter().map(|one| command(one, dir)).collect();
    Pipeline { commands, ..pipeline }
}

fn command(command: Command, dir: &str) -> Command {
    match command {
        Command::Simple(one) => Command::Simple(simple(one, dir)),
        Command::Group(inner, is_subshell, redirects) => Command::Group(list(inner, dir), is_subshell, redirects),
        Command::If { branches, otherwise } => Command::If {
            branches: branches.into_iter().map(|(condition, then)| (list(condition, dir), list(then, dir))).collect(),
            otherwise: list(otherwise, dir),
        },
        Command::For { name, words, body } => Command::For { name, words, body: list(body, dir) },
        Command::While { until, condition, body } => {
            Command::While { until, condition: list(condition, dir), body: list(body, dir) }
        }
    }
}

fn simple(simple: Simple, dir: &str) -> Simple {
    let inner = |word: Word| Word(word.0.into_iter().map(|part| self::part(part, dir)).collect());
    let all: Vec<Word> = simple.words.into_iter().map(inner).collect();
    // Its first words say what it is; the rest may be the shell's.
    let known = all.iter().take_while(|word| word.plain().is_some()).count();
    let plain: Vec<String> = all[..known].iter().filter_map(Word::plain).collect();
    let whole = if plain.is_empty() { plain } else { words(plain, dir) };
    let words = whole.into_iter().map(Word::text).chain(all[known..].iter().cloned()).collect();
    let env = simple.env.into_iter().map(|(name, word)| (name, inner(word))).collect();
    let redirects = simple.redirects.into_iter().map(|(operator, word)| (operator, inner(word))).collect();
    Simple { env, words, redirects }
}

/// How many commands in one are looked into.
const DEEPEST: usize = 20;

/// A command in `$(…)` is a script, too.
fn part(part: Part, dir: &str) -> Part {
    let Part::Value { text, quoted } = &part else { return part };
    let inner = text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')).filter(|rest| !rest.starts_with('('));
    // Each level is read once more.
    let inner = inner.filter(|inner| inner.matches("$(").count() <= DEEPEST);
    match inner.and_then(script::parse) {
        Some(list) => Part::Value { text: format!("$({})", shown::list(&self::list(list, dir))), quoted: *quoted },
        None => part,
    }
}
