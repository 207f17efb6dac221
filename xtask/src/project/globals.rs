//! The flags of every command, and what can be known of a command line before tasks.toml is read.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::system::os::Os;
use crate::ui::nearest;
use crate::ui::problem::Problem;
use crate::ui::style;

/// The global flags as typed, as far as commands ask for them.
#[derive(Clone, Debug)]
pub struct Globals {
    pub dry_run: bool,
    pub yes: bool,
    pub compose: Option<String>,
    /// `--mode`.
    pub mode: Option<String>,
    /// The system whose tasks are meant: this one, unless `--os` asks to see another's.
    pub os: Os,
}

/// A global flag: its long name, its letter, the name of its value, its help.
type Global = (&'static str, Option<char>, Option<&'static str>, &'static str);

const ALL: [Global; 11] = [
    ("dry-run", Some('n'), None, "Print the commands, and run nothing"),
    ("quiet", Some('q'), None, "Do not print the commands that run"),
    ("verbose", Some('v'), None, "Say more: the folder, the variables, which compose"),
    ("yes", None, None, "Answer every question with yes"),
    ("color", None, Some("WHEN"), "Colours: auto, always or never"),
    ("file", None, Some("FILE"), "Use another tasks.toml; its folder becomes the project's"),
    ("mode", None, Some("MODE"), "Run in a mode of tasks.toml"),
    ("compose", None, Some("CLI"), "The compose to call, such as \"docker compose\""),
    ("os", None, Some("SYSTEM"), "With --dry-run or help: what windows, linux or macos would run"),
    ("help", Some('h'), None, "Print help"),
    ("version", Some('V'), None, "Print the version"),
];

/// Long names and letters: a task's flags must differ from them.
pub fn names() -> Vec<(&'static str, Option<char>)> {
    ALL.map(|(name, letter, ..)| (name, letter)).to_vec()
}

/// Adds the global flags to the clap command of what was typed. That one alone becomes a clap command: clap's own
/// checks in a debug build grow with the square of their number.
pub fn add(command: Command) -> Command {
    let arg = |(name, letter, value, help): Global| {
        let arg = Arg::new(name).long(name).short(letter).help(help).overrides_with(name);
        match value {
            Some(value) => arg.value_name(value).hide_possible_values(true),
            None => arg.action(ArgAction::SetTrue),
        }
    };
    command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .next_help_heading("Global options")
        .args(ALL.map(arg))
        .mut_arg("color", |arg| arg.value_parser(style::WHEN))
        .mut_arg("file", |arg| arg.value_parser(value_parser!(PathBuf)))
        .mut_arg("os", |arg| arg.value_parser(Os::NAMES))
}

/// What clap found of the global flags.
pub fn read(matches: &ArgMatches) -> Globals {
    Globals {
        dry_run: matches.get_flag("dry-run"),
        yes: matches.get_flag("yes"),
        compose: matches.get_one::<String>("compose").cloned(),
        mode: matches.get_one::<String>("mode").cloned(),
        os: matches.get_one::<String>("os").and_then(|name| Os::from_name(name)).unwrap_or(Os::HERE),
    }
}

/// What has to be known before tasks.toml is read: which one, and which task's flags the rest is made of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The first word that is not a flag, and its position.
    pub name: Option<(usize, OsString)>,
    pub file: Option<PathBuf>,
    pub color: Option<String>,
    pub os: Option<Os>,
    pub help: bool,
    pub version: bool,
}

/// Looks through the words up to `--`; mistakes are clap's to report, later.
pub fn scan(words: &[OsString]) -> Scan {
    let mut scan = Scan::default();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let text = word.to_string_lossy();
        if text == "--" {
            break;
        }
        let (flag, joined) = match text.split_once('=') {
            Some((flag, _)) if flag.starts_with("--") => (flag, Some(value_of(word))),
            _ => (text.as_ref(), None),
        };
        scan.help |= matches!(flag, "-h" | "--help");
        scan.version |= matches!(flag, "-V" | "--version");
        if matches!(flag, "--file" | "--color" | "--compose" | "--mode" | "--os") {
            let value = joined.or_else(|| {
                at += 1;
                words.get(at).cloned()
            });
            match (flag, value) {
                ("--file", Some(value)) => scan.file = Some(PathBuf::from(value)),
                ("--os", Some(value)) => scan.os = Os::from_name(&value.to_string_lossy()),
                ("--color", Some(value)) => scan.color = Some(value.to_string_lossy().into_owned()),
                _ => {}
            }
        } else if scan.name.is_none() && !text.starts_with('-') {
            scan.name = Some((at, word.clone()));
        }
        at += 1;
    }
    scan
}

/// What comes after the first `=` of a word, byte for byte: a path need not be UTF-8.
fn value_of(word: &OsStr) -> OsString {
    let bytes = word.as_encoded_bytes();
    let start = bytes.iter().position(|byte| *byte == b'=').map_or(bytes.len(), |at| at + 1);
    // SAFETY: the bytes are those of an `OsStr`, cut behind a character of ASCII.
    unsafe { OsStr::from_encoded_bytes_unchecked(&bytes[start..]) }.to_owned()
}

/// Where no task has the name that was typed: an unknown flag before it, and the global flag that it
/// resembles. Then the name was meant as its value.
pub fn misspelt(before_name: &[OsString]) -> Option<Problem> {
    before_name.iter().find_map(|word| {
        let flag = word.to_str()?.strip_prefix("--")?.split('=').next()?;
        let near = nearest::nearest(flag, ALL.iter().map(|(name, ..)| *name)).filter(|near| *near != flag)?;
        Some(Problem::new(format!("unexpected argument `--{flag}`")).hint(format!("did you mean `--{near}`?")))
    })
}

/// For a word such as `-NoCache`, as PowerShell's parameters are typed, and not a cluster of `letters`: the long flag that
/// is near, if one of `known` is.
pub fn powershell_habit<'a>(word: &OsStr, known: &[&'a str], letters: &[char]) -> Option<Option<&'a str>> {
    let name = word.to_str()?.strip_prefix('-')?.split([':', '=']).next()?;
    if name.len() <= 2 || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let near = nearest::nearest(name, known.iter().copied());
    let is_known = near.is_some_and(|near| nearest::plain(near) == nearest::plain(name));
    let is_cased = name.starts_with(|c: char| c.is_ascii_uppercase() && !letters.contains(&c));
    (is_known || is_cased).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan_of(line: &str) -> Scan {
        scan(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_name_is_the_first_word_that_is_no_flag_nor_its_value() {
        assert_eq!(scan_of("-n dev --pull").name, Some((1, "dev".into())));
        assert_eq!(scan_of("--color never --file x/tasks.toml dev").name, Some((4, "dev".into())));
        assert_eq!(scan_of("-n -- dev").name, None);
        let scan = scan_of("dev --file=a=b --color=always");
        assert_eq!((scan.file, scan.color), (Some(PathBuf::from("a=b")), Some("always".to_owned())));
    }

    #[test]
    fn powershells_parameters_are_recognised() {
        let habit = |word: &str| powershell_habit(OsStr::new(word), &["detached", "no-cache"], &['V', 'n']);
        assert_eq!(habit("-Detached"), Some(Some("detached")));
        assert_eq!(habit("-detached"), Some(Some("detached")));
        assert_eq!(habit("-NoCache:$true"), Some(Some("no-cache")));
        assert_eq!(habit("-Service:api"), Some(None));
        for word in ["-d", "--detached", "-Vn", "-Vqn", "--No"] {
            assert_eq!(habit(word), None, "{word}");
        }
    }

    #[test]
    fn a_flag_that_is_nearly_a_global_one_is_found() {
        let of = |line: &str| {
            let problem = misspelt(&line.split(' ').map(OsString::from).collect::<Vec<_>>())?;
            Some(format!("{}; {}", problem.message, problem.hint?))
        };
        let expected = "unexpected argument `--colour`; did you mean `--color`?";
        assert_eq!(of("-n --colour").as_deref(), Some(expected));
        let expected = "unexpected argument `--fiel`; did you mean `--file`?";
        assert_eq!(of("--fiel=x").as_deref(), Some(expected));
        assert_eq!((of("--file x"), of("--frobnicate")), (None, None));
    }
}
