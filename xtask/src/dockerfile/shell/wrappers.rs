//! Programs that run another one: `sudo`, `env`, `sh -c`, `nice`. What each does to the user, the variables and the folder
//! of what it runs.

mod users;

use self::users::{as_user, su, sudo};
use super::parse::{is_name, length_of_name};
use super::{Value, Word};

/// What a program runs.
#[derive(Debug, PartialEq, Eq)]
pub enum Inner {
    /// Nothing that its words name.
    Nothing,
    /// The program that begins with the word at this place.
    Program(usize),
    /// The script in the word at this place.
    Script(usize),
    /// The script in the file that the word at this place names.
    File(usize),
    /// A script that comes by the standard input.
    Input,
}

/// What it changes for what it runs.
#[derive(Default, Debug)]
pub struct Changes {
    pub user: Option<Value>,
    /// Variables are thrown away, apart from those named here.
    pub clears: Option<Vec<String>>,
    pub sets: Vec<(String, Value)>,
    pub unsets: Vec<String>,
    pub folder: Option<Value>,
    /// More words follow, by the standard input.
    pub adds_words: bool,
}

pub type Found = Result<(Inner, Changes), String>;

/// Whether a program reads scripts as `sh` does.
pub fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    matches!(name, "sh" | "bash" | "ash" | "dash" | "ksh" | "zsh")
}

/// The program that the first line of a script names, without its folders.
pub fn interpreter(script: &str) -> Option<&str> {
    let mut words = script.strip_prefix("#!")?.lines().next()?.split_whitespace();
    let name = |word: &'_ str| word.rsplit('/').next().map(str::len).unwrap_or_default();
    let first = words.next()?;
    let first = &first[first.len() - name(first)..];
    match first {
        "env" => words.find(|word| !word.starts_with('-') && !word.contains('=')),
        _ => Some(first),
    }
}

/// Whether a program reads a program of another language from its standard input.
pub fn reads_other_language(program: &str) -> bool {
    let name = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    matches!(name, "python" | "pypy" | "perl" | "ruby" | "node" | "php" | "lua" | "Rscript" | "pwsh" | "fish" | "tclsh")
}

/// What a call runs; none when the program is none of these. The error says what is not understood.
pub fn inner(words: &[Word]) -> Option<Found> {
    let program = words.first()?.text()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    let found = match name {
        _ if is_shell(name) => shell(words),
        "su" | "runuser" => su(words, name == "runuser"),
        "sudo" | "doas" => sudo(words),
        "env" => env(words),
        "gosu" | "su-exec" => as_user(words),
        "xargs" => behind_options(words, "nIPLdsaE", &["--max-args", "--max-procs", "--delimiter", "--arg-file"], 0)
            .map(|(inner, changes)| (inner, Changes { adds_words: true, ..changes })),
        "nice" => behind_options(words, "n", &["--adjustment"], 0),
        "ionice" => behind_options(words, "cn", &["--class", "--classdata"], 0),
        "time" => behind_options(words, "fo", &["--format", "--output"], 0),
        "timeout" => behind_options(words, "sk", &["--signal", "--kill-after"], 1),
        "stdbuf" => behind_options(words, "ioe", &["--input", "--output", "--error"], 0),
        "nohup" | "setsid" | "eatmydata" | "chronic" | "busybox" | "tini" | "dumb-init" => {
            behind_options(words, "", &[], 0)
        }
        "chroot" | "unshare" | "nsenter" | "setpriv" | "capsh" => {
            Err(format!("commands under `{name}` aren't followed"))
        }
        _ => return None,
    };
    Some(found)
}

/// The words of a call, one by one.
struct Reader<'a> {
    words: &'a [Word],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(words: &'a [Word]) -> Reader<'a> {
        Reader { words, at: 1 }
    }

    /// The next word: an option has to be known as a whole.
    fn peek(&self) -> Option<Result<&'a str, &'a Word>> {
        let word = self.words.get(self.at)?;
        Some(word.text().ok_or(word))
    }

    /// The value of an option, which is the next word.
    fn value(&mut self) -> Result<Value, String> {
        let word = self.words.get(self.at).ok_or_else(|| format!("missing word after `{}`", self.name()))?;
        self.at += 1;
        Ok(word.value())
    }

    fn name(&self) -> &str {
        self.words[0].text().unwrap_or_default()
    }

    fn program(&self) -> Inner {
        if self.at < self.words.len() { Inner::Program(self.at) } else { Inner::Nothing }
    }

    fn unknown(&self, option: &str) -> String {
        format!("unknown option `{option}` of `{}`", self.name())
    }

    /// An option whose value is not known, such as `-u "$NAME"` in one word.
    fn not_known(&self) -> String {
        format!("can't tell the options of `{}`", self.name())
    }
}

/// Options, then some words of its own, then a program. `short` and `long`: options that take the next word.
fn behind_options(words: &[Word], short: &str, long: &[&str], own: usize) -> Found {
    let mut reader = Reader::new(words);
    while let Some(word) = reader.peek() {
        let Ok(option) = word else { break };
        if !option.starts_with('-') || option == "-" {
            break;
        }
        reader.at += 1;
        if option == "--" {
            break;
        }
        let is_short = option.len() == 2 && option.ends_with(|c| short.contains(c));
        if is_short || long.contains(&option) {
            reader.value()?;
        }
    }
    reader.at += own;
    Ok((reader.program(), Changes::default()))
}

fn shell(words: &[Word]) -> Found {
    let mut reader = Reader::new(words);
    let mut takes_script = false;
    let mut from_input = false;
    while let Some(word) = reader.peek() {
        let Ok(option) = word else {
            let may_be_option =
                matches!(word, Err(word) if matches!(word.parts.first(), Some(super::Part::Unknown { .. })));
            if may_be_option && !takes_script {
                return Err(reader.not_known());
            }
            break;
        };
        if option == "-" || option == "--" {
            reader.at += 1;
            break;
        }
        if let Some(long) = option.strip_prefix("--") {
            reader.at += 1;
            if matches!(long, "rcfile" | "init-file") {
                reader.value()?;
            }
            continue;
        }
        let Some(letters) = option.strip_prefix(['-', '+']) else { break };
        reader.at += 1;
        takes_script |= option.starts_with('-') && letters.contains('c');
        from_input |= option.starts_with('-') && letters.contains('s');
        for _ in letters.chars().filter(|c| matches!(c, 'o' | 'O')) {
            reader.value()?;
        }
    }
    let inner = match reader.at < words.len() {
        true if takes_script => Inner::Script(reader.at),
        true if !from_input => Inner::File(reader.at),
        _ if takes_script => return Err(format!("`{} -c` without a script", reader.name())),
        _ => Inner::Input,
    };
    Ok((inner, Changes::default()))
}

fn env(words: &[Word]) -> Found {
    let mut reader = Reader::new(words);
    let mut changes = Changes::default();
    let mut has_options = true;
    while let Some(word) = words.get(reader.at) {
        if let Some(set) = assignment(word) {
            has_options = false;
            changes.sets.push(set);
            reader.at += 1;
            continue;
        }
        let Some(option) = word.text().filter(|text| has_options && text.starts_with('-')) else { break };
        reader.at += 1;
        match option {
            "-" | "-i" | "--ignore-environment" => changes.clears = Some(Vec::new()),
            "--" => has_options = false,
            "-v" | "--debug" | "-0" | "--null" => {}
            "-u" | "--unset" => match reader.value()? {
                Value::Known(name) => changes.unsets.push(name),
                Value::Unknown => return Err(reader.not_known()),
            },
            "-C" | "--chdir" => changes.folder = Some(reader.value()?),
            _ => match option.split_once('=') {
                Some(("--unset", name)) => changes.unsets.push(name.to_owned()),
                Some(("--chdir", folder)) => changes.folder = Some(Value::Known(folder.to_owned())),
                _ => match option.strip_prefix("-u") {
                    Some(name) => changes.unsets.push(name.to_owned()),
                    None => return Err(reader.unknown(option)),
                },
            },
        }
    }
    Ok((reader.program(), changes))
}

/// `NAME=value` as a word.
pub fn assignment(word: &Word) -> Option<(String, Value)> {
    let Some(super::Part::Known(first)) = word.parts.first() else { return None };
    let (name, value) = first.split_once('=').filter(|(name, _)| is_name(name))?;
    debug_assert_eq!(length_of_name(name), name.len());
    let value = if word.parts.len() == 1 { Value::Known(value.to_owned()) } else { Value::Unknown };
    Some((name.to_owned(), value))
}
