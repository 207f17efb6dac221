//! The facts about a build context: what builds take of it, how large that is, and what should not be in it.

use std::path::PathBuf;

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::{Command, Commands};
use crate::dockerfile::dockerignore::{glob, glob_or_above};
use crate::dockerfile::model::{Instruction, Kind, Run};
use crate::installers::command as installers;

/// A build context without what its ignore file excludes, for all builds that share both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextFacts {
    pub shown: String,
    /// The ignore file, if there is one, as shown.
    pub ignore_file: Option<String>,
    /// Where it belongs, as shown.
    pub ignore_place: String,
    /// The ignore file, or where it belongs.
    pub ignore_path: PathBuf,
    /// The text of the ignore file, if there is one and it can be read.
    pub ignore_text: Option<String>,
    /// The services that are built from it.
    pub services: Vec<String>,
    /// What the Dockerfiles take of it.
    pub taken: Vec<Taken>,
    /// The files that are taken, and their bytes.
    pub files: u64,
    pub bytes: u64,
    /// Not all of it was seen: too many files, or too little time.
    pub cut_short: bool,
    /// The largest top-level entries that are taken, with their bytes, largest first.
    pub largest: Vec<(String, u64)>,
    /// Well-known files that no image needs but that are taken, each with the line that excludes it.
    pub unwanted: Vec<Unwanted>,
    /// Scripts that are taken and have `\r\n` line ends.
    pub scripts: Vec<String>,
    /// A Dockerfile removes the `\r` itself.
    pub fixes_line_ends: bool,
    /// A step asks git about the repository.
    pub asks_git: bool,
    /// A step installs the requirements of the code.
    pub installs: bool,
    /// The commands of all steps, as written.
    pub steps: Vec<String>,
}

/// A path of the context that a Dockerfile takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// As written; may be a pattern.
    pub source: String,
    /// It is mounted into one step and does not end up in an image.
    pub is_mount: bool,
    /// The Dockerfile as shown, and the line.
    pub dockerfile: String,
    pub line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwanted {
    /// The line for the ignore file.
    pub line: String,
    /// Whether it may hold passwords.
    pub secret: bool,
    /// The first one found.
    pub seen: String,
}

impl ContextFacts {
    /// With a build that uses this context.
    pub fn with(mut self, build: &BuildFacts) -> ContextFacts {
        self.add(build);
        self
    }

    /// Adds a build that uses this context.
    pub fn add(&mut self, build: &BuildFacts) {
        self.services.extend(build.services.iter().cloned());
        self.taken.extend(taken(build));
        let fixes = |script: &str| Commands::read(script).iter().any(|command| fixes_line_ends(&command));
        let runs: Vec<&Run> = build.steps().filter_map(Instruction::run).collect();
        self.fixes_line_ends |= runs.iter().any(|run| fixes(&run.script));
        self.installs |=
            runs.iter().any(|run| Commands::read(&run.script).iter().any(|command| installs_code(&command)));
        self.asks_git |= runs.iter().any(|run| Commands::read(&run.script).iter().any(|command| asks_git(&command)));
        self.steps.extend(runs.iter().map(|run| run.command.clone()));
    }

    /// Whether a Dockerfile takes this path by name, or something in it.
    pub fn is_named(&self, path: &str) -> bool {
        let inside =
            |source: &str| source.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.parts().any(|source| inside(source) || glob(source, path))
    }

    /// Whether a Dockerfile takes a folder by name in which this path lies.
    pub fn is_in_named(&self, path: &str) -> bool {
        self.parts().any(|source| glob_or_above(source, path))
    }

    /// What is taken of it that is not the whole.
    fn parts(&self) -> impl Iterator<Item = &str> {
        let parts = self.taken.iter().filter(|taken| !is_whole_context(&taken.source));
        parts.map(|taken| taken.source.trim_start_matches("./").trim_matches('/'))
    }

    /// The instruction that takes all of it; one that copies it into an image wins over a mount.
    pub fn whole(&self) -> Option<&Taken> {
        let whole = self.taken.iter().filter(|taken| is_whole_context(&taken.source));
        whole.min_by_key(|taken| taken.is_mount)
    }
}

/// `dos2unix run.sh`, `sed -i 's/\r$//' run.sh`. Installing dos2unix alone does not count.
fn fixes_line_ends(command: &Command<'_>) -> bool {
    let is_it = |word: &str| word.ends_with("dos2unix") || word.contains("\\r");
    installers::install(&command.words).is_none() && command.words.iter().flatten().any(|word| is_it(word))
}

/// Not only packages of the system.
fn installs_code(command: &Command<'_>) -> bool {
    installers::install(&command.words).is_some() && !installers::is_of_system(&command.words)
}

/// `git describe`, `git rev-parse`; not what makes another repository.
fn asks_git(command: &Command<'_>) -> bool {
    let is_git = command.words.first().is_some_and(|word| *word == Some("git"));
    let subcommand = command.words.iter().flatten().skip(1).find(|word| !word.starts_with('-'));
    is_git && subcommand.is_some_and(|name| !matches!(*name, "clone" | "config" | "init" | "lfs"))
}

/// Whether a source of `COPY` is the whole context.
pub fn is_whole_context(source: &str) -> bool {
    matches!(source.trim_end_matches('/'), "." | "" | "*" | "./*" | "./.")
}

/// The paths of the context that a build copies or mounts.
pub fn taken(build: &BuildFacts) -> Vec<Taken> {
    let of_step = |step: &Instruction| -> Vec<Taken> {
        let taken = |source: &str, is_mount| {
            let (source, dockerfile) = (source.to_owned(), build.shown.clone());
            Taken { source, is_mount, dockerfile, line: step.line }
        };
        match &step.kind {
            Kind::Copy { sources, from: None } => sources.iter().map(|source| taken(source, false)).collect(),
            Kind::Run(run) => run.context_mounts().map(|source| taken(source, true)).collect(),
            _ => Vec::new(),
        }
    };
    build.steps().flat_map(of_step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_removes_the_line_ends_is_seen() {
        let fixes = |run: &str| {
            let mut facts = ContextFacts::default();
            facts.add(&BuildFacts::of_api(&format!("FROM x\nRUN {run}\n")));
            facts.fixes_line_ends
        };
        assert!(fixes("cd /app && dos2unix run.sh") && fixes("find . -name '*.sh' -exec sed -i 's/\\r$//' {} +"));
        assert!(!fixes("apt-get install -y dos2unix") && !fixes("make # no dos2unix here"));
    }
}
