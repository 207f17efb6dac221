//! What is known of a build context: what is taken of it, how large that is, and what should not be in it.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::model::{Instruction, Kind, Run};

/// A build context without what its ignore file leaves out, for all builds that share both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextFacts {
    pub shown: String,
    /// The ignore file, as shown; none when there is none.
    pub ignore_file: Option<String>,
    /// Where one would have to be.
    pub ignore_place: String,
    /// The services whose build it is, as far as their names tell which variables it comes from.
    pub services: Vec<String>,
    /// What the Dockerfiles take of it.
    pub taken: Vec<Taken>,
    /// The files that are taken, and their bytes.
    pub files: u64,
    pub bytes: u64,
    /// The walk ended before all was seen: too many files, or too little time.
    pub cut_short: bool,
    /// The largest entries at the top of what is taken, with their bytes; the largest first.
    pub largest: Vec<(String, u64)>,
    /// Well-known things that no image needs and that are taken, each by the line that would leave it out.
    pub unwanted: Vec<Unwanted>,
    /// Scripts that are taken and end their lines with `\r\n`.
    pub scripts: Vec<String>,
    /// A Dockerfile takes the `\r` out again.
    pub mends_lines: bool,
}

/// A path of the context that a Dockerfile takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// As it is written; may be a pattern.
    pub source: String,
    /// It is mounted into one step, and gets into no image.
    pub is_mount: bool,
    /// The Dockerfile as shown, and the line.
    pub dockerfile: String,
    pub line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwanted {
    /// The line for the ignore file.
    pub line: &'static str,
    /// Whether it may hold passwords.
    pub secret: bool,
    /// The first one that was seen.
    pub seen: String,
}

impl ContextFacts {
    /// One more build that has this context.
    pub fn add(&mut self, build: &BuildFacts) {
        self.services.extend(build.services.iter().cloned());
        self.taken.extend(taken(build));
        let mends = |run: &Run| run.command.contains("dos2unix") || run.command.contains("\\r");
        self.mends_lines |= build.steps().filter_map(Instruction::run).any(mends);
    }

    /// The place that takes all of it; one that gets into an image before one that does not.
    pub fn whole(&self) -> Option<&Taken> {
        let whole = self.taken.iter().filter(|taken| is_whole_context(&taken.source));
        whole.min_by_key(|taken| taken.is_mount)
    }
}

/// Whether a path of `COPY` is the whole context.
pub fn is_whole_context(source: &str) -> bool {
    matches!(source.trim_end_matches('/'), "." | "" | "*" | "./*" | "./.")
}

/// The paths of the context that a build takes.
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
