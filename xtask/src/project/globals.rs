//! The flags of every command, and what can be known of a command line before tasks.toml is read.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::system::os::Os;
use crate::ui::style::ColorChoice;

/// The global flags as typed.
#[derive(Clone, Debug)]
pub struct Globals {
    pub dry_run: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub yes: bool,
    pub compose: Option<String>,
    /// The system whose tasks are meant: this one, unless `--os` asks to see another's.
    pub os: Os,
    pub help: bool,
    pub version: bool,
}

/// Long names and letters: a task's flags must differ from them.
pub const NAMES: [(&str, Option<char>); 10] = [
    ("dry-run", Some('n')),
    ("quiet", Some('q')),
    ("verbose", Some('v')),
    ("yes", None),
    ("color", None),
    ("file", None),
    ("compose", None),
    ("os", None),
    ("help", Some('h')),
    ("version", Some('V')),
];

/// Adds the global flags to the clap command of what was typed. That one alone becomes a clap command: clap's own
/// checks in a debug build grow with the square of their number.
pub fn add(command: Command) -> Command {
    let switch = |name: &'static str, help: &'static str| {
        let letter = NAMES.iter().find(|(other, _)| *other == name).and_then(|(_, letter)| *letter);
        let arg = Arg::new(name).long(name).help(help).action(ArgAction::SetTrue).overrides_with(name);
        match letter {
            Some(letter) => arg.short(letter),
            None => arg,
        }
    };
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).overrides_with(name)
    };
    command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .next_help_heading("Global options")
        .arg(switch("dry-run", "Print the commands, and run nothing"))
        .arg(switch("quiet", "Do not print the commands that run"))
        .arg(switch("verbose", "Say more: the folder, the variables, which compose"))
        .arg(switch("yes", "Answer every question with yes"))
        .arg(
            option("color", "WHEN", "Colours: auto, always or never")
                .value_parser(ColorChoice::NAMES)
                .hide_possible_values(true),
        )
        .arg(
            option("file", "FILE", "Another tasks.toml; its folder is the project's")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(option("compose", "CLI", "The compose to call, such as \"docker compose\""))
        .arg(
            option("os", "SYSTEM", "With --dry-run or help: what windows, linux or macos would run")
                .value_parser(Os::NAMES)
                .hide_possible_values(true),
        )
        .arg(switch("help", "Print help"))
        .arg(switch("version", "Print the version"))
}

/// What clap found of the global flags.
pub fn read(matches: &ArgMatches) -> Globals {
    Globals {
        dry_run: matches.get_flag("dry-run"),
        quiet: matches.get_flag("quiet"),
        verbose: matches.get_flag("verbose"),
        yes: matches.get_flag("yes"),
        compose: matches.get_one::<String>("compose").cloned(),
        os: matches.get_one::<String>("os").and_then(|name| Os::from_name(name)).unwrap_or(Os::HERE),
        help: matches.get_flag("help"),
        version: matches.get_flag("version"),
    }
}

/// What has to be known before tasks.toml is read: which one, and which task's flags the rest is made of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The first word that is no flag, and where it stands.
    pub name: Option<(usize, OsString)>,
    pub file: Option<PathBuf>,
    pub color: Option<ColorChoice>,
    pub os: Option<Os>,
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
        if matches!(flag, "--file" | "--color" | "--compose" | "--os") {
            let value = joined.or_else(|| {
                at += 1;
                words.get(at).cloned()
            });
            match (flag, value) {
                ("--file", Some(value)) => scan.file = Some(PathBuf::from(value)),
                ("--os", Some(value)) => scan.os = Os::from_name(&value.to_string_lossy()),
                ("--color", Some(value)) => scan.color = ColorChoice::from_name(&value.to_string_lossy()),
                _ => {}
            }
        } else if scan.name.is_none() && !text.starts_with('-') {
            scan.name = Some((at, word.clone()));
        }
        at += 1;
    }
    scan
}

/// What stands behind the first `=` of a word, byte for byte: a path need not be UTF-8.
fn value_of(word: &OsStr) -> OsString {
    let bytes = word.as_encoded_bytes();
    let start = bytes.iter().position(|byte| *byte == b'=').map_or(bytes.len(), |at| at + 1);
    // SAFETY: the bytes are those of an `OsStr`, cut behind a character of ASCII.
    unsafe { OsStr::from_encoded_bytes_unchecked(&bytes[start..]) }.to_owned()
}

/// Where no task has the name that was typed: a flag before it that nothing has, and the global one that it is nearly.
/// The name was its value then.
pub fn misspelt(before_name: &[OsString]) -> Option<(String, &'static str)> {
    before_name.iter().find_map(|word| {
        let flag = word.to_str()?.strip_prefix("--")?.split('=').next()?;
        let names = || NAMES.iter().map(|(name, _)| *name);
        let near = crate::ui::text::nearest(flag, names().filter(|name| *name != flag))?;
        (!names().any(|name| name == flag)).then(|| (format!("--{flag}"), near))
    })
}

/// A word such as `-NoCache`, as PowerShell's parameters are typed: the long flag it means, if it is one of `known`.
pub fn powershell_habit<'a>(word: &OsStr, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_str()?.strip_prefix('-')?;
    if word.starts_with('-') || word.len() < 2 {
        return None;
    }
    let typed = crate::ui::text::plain(word.split([':', '=']).next().unwrap_or(word));
    known.into_iter().find(|name| crate::ui::text::plain(name) == typed)
}

/// Whether a word looks like one of PowerShell's parameters, and can't be a cluster of these letters.
pub fn is_powershells(word: &OsStr, letters: &[char]) -> bool {
    let Some(name) = word.to_str().and_then(|word| word.strip_prefix('-')) else { return false };
    let name = name.split([':', '=']).next().unwrap_or(name);
    let is_long = name.len() > 2 && name.chars().all(|c| c.is_ascii_alphanumeric());
    is_long && name.starts_with(|c: char| c.is_ascii_uppercase() && !letters.contains(&c))
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
        assert_eq!((scan.file, scan.color), (Some(PathBuf::from("a=b")), Some(ColorChoice::Always)));
    }

    #[test]
    fn powershells_parameters_are_recognised() {
        let known = ["detached", "no-cache"];
        let habit = |word: &str| powershell_habit(OsStr::new(word), known);
        assert_eq!(habit("-Detached"), Some("detached"));
        assert_eq!(habit("-NoCache"), Some("no-cache"));
        assert_eq!(habit("-NoCache:$true"), Some("no-cache"));
        assert_eq!(habit("-d"), None);
        assert_eq!(habit("--detached"), None);
        let like = |word: &str| is_powershells(OsStr::new(word), &['V', 'n']);
        assert!(like("-NoCache") && like("-Service:api") && !like("-Vn") && !like("-Vqn") && !like("--No"));
    }

    #[test]
    fn a_flag_that_is_nearly_a_global_one_is_found() {
        let of = |line: &str| misspelt(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of("-n --colour"), Some(("--colour".into(), "color")));
        assert_eq!(of("--fiel=x"), Some(("--fiel".into(), "file")));
        assert_eq!((of("--file x"), of("--frobnicate")), (None, None));
    }

    #[test]
    fn the_names_are_those_that_clap_knows() {
        let command = add(Command::new("x"));
        let known: Vec<(&str, Option<char>)> =
            command.get_arguments().map(|arg| (arg.get_long().unwrap(), arg.get_short())).collect();
        assert_eq!(known, NAMES);
    }
}
