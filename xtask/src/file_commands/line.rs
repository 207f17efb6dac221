//! A line's flags and operands.

use std::ffi::OsString;

use crate::file_commands::FileCommand;
use crate::ui::nearest;
use crate::ui::text;

/// What the flags ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub recursive: bool,
    pub force: bool,
    /// Mode, owner and times are kept.
    pub preserve: bool,
    /// Missing folders above are made, and a folder that is there is no error.
    pub parents: bool,
    pub no_create: bool,
    pub verbose: bool,
}

/// A command with its words read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub command: FileCommand,
    pub flags: Flags,
    pub operands: Vec<OsString>,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub message: String,
    pub hint: String,
    /// Which word it is; `None` for a line that lacks one.
    pub at: Option<usize>,
}

/// A flag: its letters, its long form, what it sets.
type Row = (&'static [char], &'static str, fn(&mut Flags));

const RECURSIVE: Row = (&['r', 'R'], "recursive", |flags| flags.recursive = true);
const FORCE: Row = (&['f'], "force", |flags| flags.force = true);
const VERBOSE: Row = (&['v'], "verbose", |flags| flags.verbose = true);
const PRESERVE: Row = (&['p'], "preserve", |flags| flags.preserve = true);
const PARENTS: Row = (&['p'], "parents", |flags| flags.parents = true);
const NO_CREATE: Row = (&['c'], "no-create", |flags| flags.no_create = true);

fn rows(command: FileCommand) -> &'static [Row] {
    match command {
        FileCommand::Cp => &[RECURSIVE, FORCE, PRESERVE, VERBOSE],
        FileCommand::Mv => &[FORCE, VERBOSE],
        FileCommand::Rm => &[RECURSIVE, FORCE, VERBOSE],
        FileCommand::Mkdir => &[PARENTS, VERBOSE],
        FileCommand::Touch => &[NO_CREATE],
    }
}

/// Sets the flags of one word; the error is the flag that is not known.
fn add(flags: &mut Flags, command: FileCommand, word: &str) -> Result<(), String> {
    let rows = rows(command);
    if let Some(long) = word.strip_prefix("--") {
        let (.., set) = rows.iter().find(|(_, name, _)| *name == long).ok_or_else(|| word.to_owned())?;
        set(flags);
        return Ok(());
    }
    for letter in word.chars().skip(1) {
        let (.., set) = rows.iter().find(|(letters, ..)| letters.contains(&letter)).ok_or(format!("-{letter}"))?;
        set(flags);
    }
    Ok(())
}

/// Whether a word can be flags: `-` alone is a name.
fn is_flags(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

/// The words of a step that are literal, by their place among its words: flags that are not known. Where the step has nothing
/// but literal words (`is_whole`), operands that are missing, too.
pub fn mistakes(command: FileCommand, words: &[(usize, &str)], is_whole: bool) -> Vec<Refusal> {
    let mut flags = Flags::default();
    let mut found = Vec::new();
    let mut operands = 0;
    let mut ended = false;
    for (at, word) in words {
        if !ended && *word == "--" {
            ended = true;
        } else if !ended && is_flags(word) {
            found.extend(add(&mut flags, command, word).err().map(|flag| unknown(command, &flag, *at)));
        } else {
            operands += 1;
        }
    }
    if is_whole && found.is_empty() {
        found.extend(too_few(command, flags, operands));
    }
    found
}

/// A flag that a command does not have.
pub fn unknown(command: FileCommand, flag: &str, at: usize) -> Refusal {
    let name = command.name();
    let shown = |(letters, ..): &Row| letters.iter().map(|letter| format!("`-{letter}`")).collect::<Vec<_>>();
    let all: Vec<String> = rows(command).iter().flat_map(shown).collect();
    let longs = rows(command).iter().map(|(_, long, _)| *long);
    let has = match (command, flag) {
        (FileCommand::Cp, "-a" | "--archive") => "`-rp` keeps links, modes and times".to_owned(),
        _ => format!("it has {}", text::and_list(&all, "and")),
    };
    let hint = match flag.strip_prefix("--").and_then(|flag| nearest::nearest(flag, longs)) {
        Some(near) => format!("did you mean `--{near}`?"),
        None => format!("{has}, the same on every system; the system's own {name}: {{ sh = \"{name} {flag} …\" }}"),
    };
    Refusal { message: format!("`{name}` has no flag `{flag}` in a step"), hint, at: Some(at) }
}

fn too_few(command: FileCommand, flags: Flags, operands: usize) -> Option<Refusal> {
    let (least, what, example) = match command {
        FileCommand::Cp => (2, "a file and where to copy it", "cp FILE TARGET"),
        FileCommand::Mv => (2, "a file and where to move it", "mv FILE TARGET"),
        FileCommand::Rm if flags.force => return None,
        FileCommand::Rm => (1, "a file to remove", "rm FILE"),
        FileCommand::Mkdir => (1, "a folder to make", "mkdir FOLDER"),
        FileCommand::Touch => (1, "a file to touch", "touch FILE"),
    };
    let message = format!("`{}` needs {what}", command.name());
    (operands < least).then(|| Refusal { message, hint: format!("write `{example}`"), at: None })
}

impl Line {
    /// Reads the words after the command. With each operand comes the place of its word.
    ///
    /// # Errors
    ///
    /// A flag is not known, or an operand is missing.
    pub fn parse(command: FileCommand, words: &[OsString]) -> Result<(Line, Vec<usize>), Refusal> {
        let (mut flags, mut operands, mut places) = (Flags::default(), Vec::new(), Vec::new());
        let mut ended = false;
        for (at, word) in words.iter().enumerate() {
            let text = word.to_string_lossy();
            if !ended && text == "--" {
                ended = true;
            } else if !ended && is_flags(&text) {
                add(&mut flags, command, &text).map_err(|flag| unknown(command, &flag, at))?;
            } else {
                operands.push(word.clone());
                places.push(at);
            }
        }
        match too_few(command, flags, operands.len()) {
            Some(refusal) => Err(refusal),
            None => Ok((Line { command, flags, operands }, places)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<(Flags, Vec<String>), String> {
        let mut words = line.split(' ');
        let command = words.next().and_then(FileCommand::from_name).expect("a command");
        let words: Vec<OsString> = words.map(OsString::from).collect();
        match Line::parse(command, &words) {
            Ok((line, _)) => {
                Ok((line.flags, line.operands.iter().map(|word| word.to_string_lossy().into_owned()).collect()))
            }
            Err(refusal) => Err(refusal.message),
        }
    }

    #[test]
    fn flags_come_in_clusters_in_long_forms_and_after_operands() {
        let both = Flags { recursive: true, force: true, ..Flags::default() };
        for line in ["rm -rf x", "rm -fR x", "rm -r -f x", "rm x -rf", "rm --recursive --force x", "rm -r --force -- x"]
        {
            assert_eq!(parse(line), Ok((both, vec!["x".to_owned()])), "{line}");
        }
        assert_eq!(parse("rm -- -rf").expect("a line").1, ["-rf"]);
        assert_eq!(parse("touch -").expect("a line").1, ["-"]);
        assert!(parse("rm -f").is_ok());
    }

    #[test]
    fn other_flags_and_missing_operands_are_refused() {
        for (line, message) in [
            ("rm -rif x", "`rm` has no flag `-i` in a step"),
            ("cp -a x y", "`cp` has no flag `-a` in a step"),
            ("mv --no-clobber x y", "`mv` has no flag `--no-clobber` in a step"),
            ("mkdir -m 700 x", "`mkdir` has no flag `-m` in a step"),
            ("rm", "`rm` needs a file to remove"),
            ("cp x", "`cp` needs a file and where to copy it"),
            ("cp -- -r", "`cp` needs a file and where to copy it"),
        ] {
            assert_eq!(parse(line), Err(message.to_owned()), "{line}");
        }
    }
}
