//! Programs that run another one (`sudo`, `env`, `sh -c`, `nice`), and how they change its user, variables and folder.

use super::script::is_name;
use super::words::value_of;
use super::{Value, Word};

/// What a program runs, and what it changes for it.
#[derive(Default)]
pub struct Inner {
    pub runs: Runs,
    pub user: Option<Value>,
    /// All variables are removed, except these.
    pub clears: Option<Vec<String>>,
    pub sets: Vec<(String, Value)>,
    pub unsets: Vec<String>,
    pub folder: Option<Value>,
    /// More arguments come from the standard input.
    pub adds_words: bool,
}

#[derive(Default)]
pub enum Runs {
    /// No other program.
    #[default]
    Nothing,
    /// The program at this index of the words.
    Program(usize),
    Script(Word),
    /// The script in this file.
    File(Word),
    /// A script from the standard input.
    Input,
}

/// A program that takes options, then some words of its own, then the program to run.
struct Plain {
    names: &'static [&'static str],
    /// Its options in `getopt` form: a `:` after those that take a value.
    short: &'static str,
    long: &'static [&'static str],
    own_words: usize,
}

const PLAIN: [Plain; 7] = [
    Plain {
        names: &["xargs"],
        short: "n:I:P:L:d:s:a:E:0rtxpo",
        long: &["max-args:", "max-procs:", "delimiter:", "arg-file:", "null", "no-run-if-empty", "verbose"],
        own_words: 0,
    },
    Plain { names: &["nice"], short: "n:", long: &["adjustment:"], own_words: 0 },
    Plain { names: &["ionice"], short: "c:n:t", long: &["class:", "classdata:", "ignore"], own_words: 0 },
    Plain { names: &["time"], short: "f:o:apqv", long: &["format:", "output:", "append", "verbose"], own_words: 0 },
    Plain {
        names: &["timeout"],
        short: "s:k:v",
        long: &["signal:", "kill-after:", "foreground", "preserve-status", "verbose"],
        own_words: 1,
    },
    Plain { names: &["stdbuf"], short: "i:o:e:", long: &["input:", "output:", "error:"], own_words: 0 },
    Plain {
        names: &["nohup", "setsid", "eatmydata", "chronic", "busybox", "tini", "dumb-init"],
        short: "cfgsvw",
        long: &[],
        own_words: 0,
    },
];

/// Whether a program reads scripts as `sh` does.
pub fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    matches!(name, "sh" | "bash" | "ash" | "dash" | "ksh" | "zsh")
}

/// The program that the `#!` line of a script names, without its folder.
pub fn interpreter(script: &str) -> Option<&str> {
    let words = script.strip_prefix("#!")?.lines().next()?.split_whitespace();
    let mut names = words.map(|word| word.rsplit('/').next().unwrap_or(word));
    names
        .next()
        .filter(|name| *name != "env")
        .or_else(|| names.find(|word| !word.starts_with('-') && !word.contains('=')))
}

/// Whether a program reads code in another language from its standard input.
pub fn reads_other_language(program: &str) -> bool {
    let name = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    matches!(name, "python" | "pypy" | "perl" | "ruby" | "node" | "php" | "lua" | "Rscript" | "pwsh" | "fish" | "tclsh")
}

/// What these words run; `None` if the program is none of these. The error says what is not understood.
pub fn inner(words: &[Word]) -> Option<Result<Inner, String>> {
    let program = words.first()?.text()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    if let Some(plain) = PLAIN.iter().find(|plain| plain.names.contains(&name)) {
        return Some(Given::read(words, plain.short, plain.long, false).map(|given| Inner {
            runs: given.program(plain.own_words),
            adds_words: name == "xargs",
            ..Inner::default()
        }));
    }
    Some(match name {
        _ if is_shell(name) => shell(words),
        "su" | "runuser" => su(words),
        "sudo" | "doas" => sudo(words),
        "env" => env(words),
        // `gosu USER[:GROUP] COMMAND`
        "gosu" | "su-exec" => Given::read(words, "", &[], false).map(|given| {
            let user = given.operands.first().map_or("", |at| words[*at].with_holes.as_str());
            let user = value_of(user.split(':').next().unwrap_or_default());
            Inner { runs: given.program(1), ..of_user(user) }
        }),
        "chroot" | "unshare" | "nsenter" | "setpriv" | "capsh" => {
            Err(format!("commands under `{name}` aren't followed"))
        }
        _ => return None,
    })
}

/// Options and operands.
struct Given {
    /// The names of the options, without dashes, with their values.
    options: Vec<(String, Option<Word>)>,
    /// The indexes of the other words.
    operands: Vec<usize>,
}

impl Given {
    /// Reads options as `getopt` does. `mixed`: they may follow other words, too.
    fn read(words: &[Word], short: &str, long: &[&str], mixed: bool) -> Result<Given, String> {
        let mut given = Given { options: Vec::new(), operands: Vec::new() };
        let unknown = |word: &Word| match word.text() {
            Some(option) => format!("unknown option `{option}` of `{}`", words[0].with_holes),
            None => format!("can't tell the options of `{}`", words[0].with_holes),
        };
        let mut at = 1;
        while let Some(word) = words.get(at).filter(|word| word.with_holes != "--") {
            let text = word.with_holes.as_str();
            let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                if !mixed {
                    break;
                }
                given.operands.push(at);
                at += 1;
                continue;
            };
            at += 1;
            let mut next = || {
                at += 1;
                let missing = || format!("missing word after `{text}` of `{}`", words[0].with_holes);
                words.get(at - 1).cloned().ok_or_else(missing)
            };
            let joined = |value: &str| Word { with_holes: value.to_owned(), span: word.span.clone() };
            if let Some(option) = letters.strip_prefix('-') {
                let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
                let takes_value = long.iter().any(|own| own.strip_suffix(':') == Some(name));
                if !takes_value && !long.contains(&name) {
                    return Err(unknown(word));
                }
                let value = match value {
                    None if takes_value => Some(next()?),
                    value => value.map(joined),
                };
                given.options.push((name.to_owned(), value));
                continue;
            }
            for (place, letter) in letters.char_indices() {
                let behind = &letters[place + letter.len_utf8()..];
                let takes_value = match short.split_once(letter) {
                    Some((_, rest)) if letter != ':' => rest.starts_with(':'),
                    _ => return Err(unknown(word)),
                };
                let value = match takes_value {
                    true => Some(if behind.is_empty() { next()? } else { joined(behind) }),
                    false => None,
                };
                given.options.push((letter.to_string(), value));
                if takes_value {
                    break;
                }
            }
        }
        let behind = at + usize::from(at < words.len() && words[at].with_holes == "--");
        given.operands.extend(behind..words.len());
        Ok(given)
    }

    fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// The last value of an option.
    fn value(&self, names: &[&str]) -> Option<&Word> {
        self.options.iter().rev().find(|(name, _)| names.contains(&name.as_str()))?.1.as_ref()
    }

    /// The program after this number of operands.
    fn program(&self, own_words: usize) -> Runs {
        self.operands.get(own_words).map_or(Runs::Nothing, |at| Runs::Program(*at))
    }

    /// Takes a leading `-`.
    fn takes_dash(&mut self, words: &[Word]) -> bool {
        let is_dash = self.operands.first().is_some_and(|at| words[*at].with_holes == "-");
        self.operands.drain(..usize::from(is_dash));
        is_dash
    }

    /// Takes leading `NAME=value` words.
    fn assignments(&mut self, words: &[Word]) -> Vec<(String, Value)> {
        let sets: Vec<_> = self.operands.iter().map_while(|at| assignment(&words[*at])).collect();
        self.operands.drain(..sets.len());
        sets
    }
}

fn shell(words: &[Word]) -> Result<Inner, String> {
    let long = ["login", "norc", "noprofile", "posix", "verbose", "rcfile:", "init-file:"];
    let mut given = Given::read(words, "o:O:abcefhiklmnprstuvxBCEHPT", &long, false)?;
    given.takes_dash(words);
    let runs = match given.operands.first() {
        Some(at) if given.has(&["c"]) => Runs::Script(words[*at].clone()),
        None if given.has(&["c"]) => return Err(format!("`{} -c` without a script", words[0].with_holes)),
        Some(at) if !given.has(&["s"]) => Runs::File(words[*at].clone()),
        _ => Runs::Input,
    };
    Ok(Inner { runs, ..Inner::default() })
}

fn env(words: &[Word]) -> Result<Inner, String> {
    let long = ["ignore-environment", "null", "debug", "unset:", "chdir:"];
    let mut given = Given::read(words, "iv0u:C:", &long, false)?;
    let is_dash = given.takes_dash(words);
    let mut inner = Inner { sets: given.assignments(words), runs: given.program(0), ..Inner::default() };
    inner.clears = (is_dash || given.has(&["i", "ignore-environment"])).then(Vec::new);
    inner.folder = given.value(&["C", "chdir"]).map(Word::value);
    for (_, name) in given.options.into_iter().filter(|(option, _)| matches!(option.as_str(), "u" | "unset")) {
        let name = name.as_ref().and_then(Word::text).ok_or("can't tell the options of `env`")?;
        inner.unsets.push(name.to_owned());
    }
    Ok(inner)
}

/// Runs something as another user, with that user's HOME.
fn of_user(user: Value) -> Inner {
    let home = match user.known() {
        Some("root" | "0" | "#0") => Value::Known("/root".to_owned()),
        _ => Value::Unknown,
    };
    Inner { user: Some(user), sets: vec![("HOME".to_owned(), home)], ..Inner::default() }
}

/// `su [OPTIONS] [-] [USER [ARGUMENTS]]`; `runuser -u USER [--] COMMAND` (util-linux).
fn su(words: &[Word]) -> Result<Inner, String> {
    let long = [
        "command:",
        "session-command:",
        "shell:",
        "group:",
        "supp-group:",
        "whitelist-environment:",
        "user:",
        "login",
        "preserve-environment",
        "pty",
        "fast",
    ];
    let mut given = Given::read(words, "c:s:g:G:w:u:lmpPf", &long, true)?;
    if let Some(user) = given.value(&["u", "user"]) {
        return Ok(Inner { runs: given.program(0), ..of_user(user.value()) });
    }
    let is_dash = given.takes_dash(words);
    if let Some(shell) = given.value(&["s", "shell"]).filter(|shell| !shell.text().is_some_and(is_shell)) {
        let shell = shell.text().unwrap_or("one that isn't known");
        return Err(format!("`{}` uses the shell {shell}, whose scripts aren't read", words[0].with_holes));
    }
    let user = given.operands.first().map_or(Value::Known("root".to_owned()), |at| words[*at].value());
    let mut inner = of_user(user);
    if given.has(&["m", "p", "preserve-environment"]) {
        inner.sets.clear();
    }
    if is_dash || given.has(&["l", "login"]) {
        inner.clears = Some(Vec::new());
        inner.folder = Some(inner.sets.first().map_or(Value::Unknown, |(_, home)| home.clone()));
    }
    inner.runs = match given.value(&["c", "command", "session-command"]) {
        Some(script) => Runs::Script(script.clone()),
        None => given.operands.get(1).map_or(Runs::Input, |at| Runs::File(words[*at].clone())),
    };
    Ok(inner)
}

fn sudo(words: &[Word]) -> Result<Inner, String> {
    let long = [
        "user:",
        "chdir:",
        "group:",
        "prompt:",
        "host:",
        "role:",
        "type:",
        "close-from:",
        "chroot:",
        "preserve-env",
        "set-home",
        "login",
        "non-interactive",
        "stdin",
        "shell",
        "background",
        "preserve-groups",
    ];
    let mut given = Given::read(words, "u:D:g:p:h:r:t:C:R:T:U:EHinSsbAkP", &long, false)?;
    let mut inner = of_user(given.value(&["u", "user"]).map_or(Value::Known("root".to_owned()), Word::value));
    let is_login = given.has(&["i", "login"]);
    let kept: Vec<String> = given
        .value(&["preserve-env"])
        .map(|names| names.with_holes.split(',').map(str::to_owned).collect())
        .unwrap_or_default();
    let keeps_all = given.has(&["E", "preserve-env"]) && kept.is_empty();
    if keeps_all && !given.has(&["H", "set-home"]) {
        inner.sets.clear();
    }
    inner.folder = given.value(&["D", "chdir"]).map(Word::value);
    if is_login {
        inner.folder = inner.folder.or_else(|| inner.sets.first().map(|(_, home)| home.clone()));
    }
    inner.clears = (!keeps_all || is_login).then_some(kept);
    inner.sets.append(&mut given.assignments(words));
    inner.runs = given.program(0);
    Ok(inner)
}

/// Splits a word `NAME=value`.
pub fn assignment(word: &Word) -> Option<(String, Value)> {
    let (name, value) = word.with_holes.split_once('=').filter(|(name, _)| is_name(name))?;
    Some((name.to_owned(), value_of(value)))
}
