//! Asks make: what it would run, which targets it knows, and which variables its commands get.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::exit::Exit;
use crate::system::process::{self, Ended};
use crate::ui::problem::Problem;

/// How long make may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The name of targets of ours.
const PROBE: &str = "xtask-check-probe";
/// What stands around the variables that our target prints.
const MARK: &str = "xtask-check-variables";

/// Variables that a make above us would have set, and those that choose what make does.
pub const OF_MAKE: [&str; 8] =
    ["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEFILES", "MAKEOVERRIDES", "GNUMAKEFLAGS", "MAKE_TERMOUT", "MAKE_TERMERR"];

/// A Makefile, and the make that reads it.
pub struct Make {
    pub dir: PathBuf,
    /// The file, if make does not find it by itself.
    pub file: Option<OsString>,
}

/// A target of the Makefile.
pub struct Target {
    pub name: String,
    /// It has no recipe and needs nothing: it may be a file that is only named somewhere.
    pub does_nothing: bool,
}

/// An answer of make.
pub enum Answer {
    Printed(String),
    /// The last line of what it said, and what it printed before.
    Failed(String),
    /// The person wants to stop.
    Stopped,
}

impl Make {
    /// What make prints for these words, without what it prints for nothing.
    ///
    /// # Errors
    ///
    /// There is no make.
    pub fn print(&self, words: &[OsString], environment: &Environment) -> Result<Answer> {
        let words: Vec<OsString> = ["-n".into(), "-w".into()].iter().chain(words).cloned().collect();
        self.ask(&words, environment)
    }

    /// The targets that are written in the Makefile, in alphabetical order.
    ///
    /// # Errors
    ///
    /// There is no make, or it can't read the Makefile.
    pub fn targets(&self, environment: &Environment) -> Result<Vec<Target>> {
        let words = ["-n", "-p", "-r", "-R", "-q", "--eval", &format!("{PROBE}:;"), PROBE].map(OsString::from);
        match self.ask_any(&words, environment)? {
            (Answer::Printed(text) | Answer::Failed(text), printed) => {
                let targets = targets_in(&printed);
                if targets.is_empty() && printed.is_empty() {
                    return Err(Problem::new(format!("make can't read the Makefile: {text}")).into());
                }
                Ok(targets)
            }
            (Answer::Stopped, _) => Ok(Vec::new()),
        }
    }

    /// The variables that the commands of a target get. `None`: make does not say.
    ///
    /// # Errors
    ///
    /// There is no make.
    pub fn variables(
        &self,
        words: &[OsString],
        target: &str,
        environment: &Environment,
    ) -> Result<Option<BTreeMap<String, String>>> {
        // A prerequisite gets the variables of its target; only a line with `+` runs.
        let of_target = format!("{target}: {PROBE}");
        // The line itself is printed, too: it must not have the mark.
        let (begin, end) = MARK.split_at(5);
        let rule = format!(".PHONY: {PROBE}\n{PROBE}:;+@echo {begin}''{end}; env -0; echo {begin}''{end}");
        for evals in [vec![of_target.as_str(), &rule], vec![rule.as_str()]] {
            let mut asked: Vec<OsString> = vec!["-n".into()];
            for eval in &evals {
                asked.extend(["--eval".into(), OsString::from(eval)]);
            }
            asked.extend(words.iter().cloned());
            if evals.len() == 1 {
                asked.retain(|word| *word != *target);
                asked.push(PROBE.into());
            }
            let (_, printed) = self.ask_any(&asked, environment)?;
            let Some(between) = printed.split(&format!("{MARK}\n")).nth(1) else { continue };
            let pairs = between.split('\0').filter_map(|pair| pair.split_once('='));
            return Ok(Some(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()));
        }
        Ok(None)
    }

    /// What a command of the Makefile prints, as `$(shell …)` has it. `None`: it can't be asked.
    pub fn shell(&self, command: &str, environment: &Environment) -> Option<String> {
        let words = ["sh", "-c", command].map(OsString::from).to_vec();
        let invocation = Invocation::new(words, Vec::new(), self.dir.clone());
        let Ended::Itself(answer) = process::answer_until(&invocation, environment, Instant::now() + PATIENCE).ok()?
        else {
            return None;
        };
        Some(answer.stdout.trim_end_matches('\n').replace('\n', " "))
    }

    fn ask(&self, words: &[OsString], environment: &Environment) -> Result<Answer> {
        Ok(self.ask_any(words, environment)?.0)
    }

    /// The answer, and what it printed however it ended.
    fn ask_any(&self, words: &[OsString], environment: &Environment) -> Result<(Answer, String)> {
        let file = self.file.iter().flat_map(|file| ["-f".into(), file.clone()]);
        let words = std::iter::once("make".into()).chain(file).chain(words.iter().cloned()).collect();
        let invocation = Invocation::new(words, vec![("LC_ALL".to_owned(), "C".into())], self.dir.clone());
        let answer = match process::answer_until(&invocation, environment, Instant::now() + PATIENCE)? {
            Ended::Itself(answer) => answer,
            Ended::TooLate if process::stopped().is_some() => return Ok((Answer::Stopped, String::new())),
            Ended::TooLate => {
                let why = format!("make does not answer in {} seconds", PATIENCE.as_secs());
                return Ok((Answer::Failed(why), String::new()));
            }
            Ended::TooMuch(_) => return Ok((Answer::Failed("make prints without end".to_owned()), String::new())),
        };
        if process::stopped().is_some() {
            return Ok((Answer::Stopped, String::new()));
        }
        if Exit::of_child(answer.status).is_success() {
            return Ok((Answer::Printed(answer.stdout.clone()), answer.stdout));
        }
        let said = answer.stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let said = said.trim_start_matches("make: ").trim_start_matches("*** ").trim_end_matches("  Stop.");
        Ok((Answer::Failed(said.to_owned()), answer.stdout))
    }
}

/// The commands that a Makefile has in `$(shell …)`, as far as no variable of make's is in them.
pub fn shell_calls(text: &str) -> Vec<String> {
    let mut calls = Vec::new();
    for (at, opening) in text.match_indices("$(shell ") {
        let rest = &text[at + opening.len()..];
        let (mut depth, mut end) = (1, None);
        for (at, c) in rest.char_indices() {
            depth += match c {
                '(' => 1,
                ')' => -1,
                '\n' => break,
                _ => 0,
            };
            if depth == 0 {
                end = Some(at);
                break;
            }
        }
        let Some(command) = end.map(|end| rest[..end].trim()) else { continue };
        // `$$` is one for the shell.
        let is_shells = !command.replace("$$", "").contains('$');
        let command = command.replace("$$", "$");
        if is_shells && !calls.contains(&command) {
            calls.push(command);
        }
    }
    calls
}

/// The Makefile that make finds in a folder.
pub fn find(dir: &Path) -> Option<PathBuf> {
    ["GNUmakefile", "makefile", "Makefile"].iter().map(|name| dir.join(name)).find(|path| path.is_file())
}

/// The targets in make's data base.
fn targets_in(text: &str) -> Vec<Target> {
    let read = text.lines().find_map(|line| line.strip_prefix("MAKEFILE_LIST := ")).unwrap_or_default();
    let makefiles: Vec<&str> = read.split_whitespace().collect();
    let files = text.split("\n# Files\n").nth(1).unwrap_or_default();
    let files = files.split("\n# files hash-table stats").next().unwrap_or_default();
    let mut targets = Vec::new();
    for block in files.split("\n\n").filter(|block| !block.contains("# Not a target:")) {
        let mut lines = block.lines().filter(|line| !line.starts_with('#'));
        // Above it are its variables, with its name before them.
        let rule = lines.by_ref().filter_map(|line| line.split_once(':')).find(|(_, rest)| !rest.contains('='));
        let Some((name, needs)) = rule else { continue };
        let has_recipe = lines.any(|line| line.starts_with('\t'));
        let does_nothing = !has_recipe && needs.trim_matches(':').trim().is_empty();
        let is_special = name.contains(['%', '$', '(', ' ', '\t']) || SPECIAL.contains(&name) || name == PROBE;
        if !is_special && !makefiles.contains(&name) {
            targets.push(Target { name: name.to_owned(), does_nothing });
        }
    }
    targets.sort_by(|left, right| left.name.cmp(&right.name));
    targets.dedup_by(|left, right| left.name == right.name);
    targets
}

/// Targets that tell make something.
const SPECIAL: [&str; 15] = [
    ".DEFAULT",
    ".DELETE_ON_ERROR",
    ".EXPORT_ALL_VARIABLES",
    ".IGNORE",
    ".INTERMEDIATE",
    ".LOW_RESOLUTION_TIME",
    ".NOTPARALLEL",
    ".ONESHELL",
    ".PHONY",
    ".POSIX",
    ".PRECIOUS",
    ".SECONDARY",
    ".SECONDEXPANSION",
    ".SILENT",
    ".SUFFIXES",
];
