//! A Dockerfile: its stages, their instructions, and the span of each. `read.rs` reads it once; `edit.rs` changes the text
//! by edits on these spans.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::instructions::lines::Places;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dockerfile {
    pub text: String,
    /// The line of `# syntax=`, and what it names.
    pub syntax: Option<(usize, String)>,
    /// `ARG` before the first `FROM`.
    pub globals: Vec<Variable>,
    /// Never empty.
    pub stages: Vec<Stage>,
    /// The numbers of the stages of a name, in small letters, in the order of the file.
    names: HashMap<String, Vec<usize>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its number, from 0.
    pub at: usize,
    /// The span of its `FROM`.
    pub span: Range<usize>,
    /// The line of its `FROM`, from 1.
    pub line: usize,
    /// The image or the stage it is based on, as written.
    pub base: String,
    /// As written; BuildKit ignores case.
    pub name: Option<String>,
    /// All but the `FROM`.
    pub instructions: Vec<Instruction>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// From its first byte to its last, including here-documents, without the final line end.
    pub span: Range<usize>,
    /// Its first line, from 1.
    pub line: usize,
    /// In capitals.
    pub name: String,
    /// What follows its flags, with its lines joined.
    pub arguments: String,
    /// The part that only BuildKit can build, such as `RUN --mount`.
    pub needs_buildkit: Option<String>,
    pub kind: Kind,
}

/// What an instruction means, where anything here depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `COPY` or `ADD`.
    Copy {
        /// Without here-documents.
        sources: Vec<String>,
        /// The stage or image it copies from, instead of the build context.
        from: Option<String>,
    },
    Run(Run),
    Arg(Vec<Variable>),
    Env(Vec<Variable>),
    /// As written: `app`, `1000:1000`, `$UID`.
    User(String),
    /// Without its quotes.
    Workdir(String),
    Shell(Vec<String>),
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub mounts: Vec<Mount>,
    /// Where words can be inserted before its command. Not in the exec form, not in a here-document that another program
    /// reads or that follows other words, and only for shells that read `:` and `;` as sh does.
    pub slot: Option<Slot>,
    /// Its joined arguments with its here-documents, for `shell.rs`; empty if `SHELL` names something unlike sh.
    pub script: String,
    /// Where the parts of its arguments and here-documents stand in the file, in `script`'s offsets.
    pub places: Places,
    /// As the engine's records show it: the text alone if a here-document is the whole command; the words joined by
    /// blanks in the exec form.
    pub command: String,
}

/// A place for words in the text of a Dockerfile, and what has to follow them there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub at: usize,
    pub end: char,
}

/// One `--mount` of a `RUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The whole flag.
    pub span: Range<usize>,
    /// `cache`, `bind` (the default), `secret`, `ssh`, `tmpfs`.
    pub kind: String,
    /// The id BuildKit keeps a cache mount under; the target by default.
    pub id: String,
    pub target: String,
    /// The part of `from`, or of the context, that a `bind` mounts; `None` for all of it.
    pub source: Option<String>,
    pub from: Option<String>,
}

/// `NAME` or `NAME=value` of `ARG` and `ENV`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    /// Without its quotes; variables are not filled in.
    pub value: Option<String>,
    /// Both, as written.
    pub span: Range<usize>,
}

impl Dockerfile {
    /// One without any stage so far.
    pub(super) fn new(text: &str, syntax: Option<(usize, String)>) -> Dockerfile {
        Dockerfile { text: text.to_owned(), syntax, globals: Vec::new(), stages: Vec::new(), names: HashMap::new() }
    }

    pub(super) fn add(&mut self, stage: Stage) {
        let names = stage.name.iter().map(|name| name.to_ascii_lowercase());
        names.for_each(|name| self.names.entry(name).or_default().push(stage.at));
        self.stages.push(stage);
    }

    /// The stages that a build of `target` runs with these build args, in the order of the file. `None` if there is no such
    /// target.
    pub fn needed(&self, target: Option<&str>, args: &[(String, String)]) -> Option<Vec<&Stage>> {
        Some(self.needed_by(self.target(target)?, args))
    }

    /// The stage that a build of `target` makes; without a target, the last one.
    pub fn target(&self, target: Option<&str>) -> Option<&Stage> {
        match target.filter(|target| !target.is_empty()) {
            Some(target) => self.find(target, self.stages.len()),
            None => self.stages.last(),
        }
    }

    /// A stage and every stage it depends on, in the order of the file.
    pub fn needed_by(&self, stage: &Stage, args: &[(String, String)]) -> Vec<&Stage> {
        let mut wanted = BTreeSet::new();
        let mut next = vec![&self.stages[stage.at]];
        while let Some(stage) = next.pop() {
            if wanted.insert(stage.at) {
                next.extend(self.base(stage, args));
                let names = stage.instructions.iter().flat_map(Instruction::comes_from);
                next.extend(names.filter_map(|name| self.find(name, stage.at)));
            }
        }
        wanted.into_iter().map(|at| &self.stages[at]).collect()
    }

    /// The stage that another is based on; `None` if that is an image.
    pub fn base(&self, stage: &Stage, args: &[(String, String)]) -> Option<&Stage> {
        self.find(self.resolve(&stage.base, args).as_ref().unwrap_or(&stage.base), stage.at)
    }

    /// The stage with this name or number, among those before `before`.
    fn find(&self, name: &str, before: usize) -> Option<&Stage> {
        let named = self
            .names
            .get(&name.to_ascii_lowercase())
            .and_then(|at| at[..at.partition_point(|at| *at < before)].last());
        let at = named.copied().or_else(|| name.parse().ok().filter(|at| *at < before))?;
        self.stages.get(at)
    }

    /// Every `RUN`, in the order of the file.
    pub fn runs(&self) -> impl Iterator<Item = (&Instruction, &Run)> {
        self.stages.iter().flat_map(Stage::runs)
    }
}

impl Stage {
    /// Every `RUN`.
    pub fn runs(&self) -> impl Iterator<Item = (&Instruction, &Run)> {
        self.instructions.iter().filter_map(|step| Some((step, step.run()?)))
    }
}

impl Instruction {
    pub fn run(&self) -> Option<&Run> {
        match &self.kind {
            Kind::Run(run) => Some(run),
            _ => None,
        }
    }

    /// The stages or images it takes files from.
    pub fn comes_from(&self) -> impl Iterator<Item = &str> {
        let (copied, mounts) = match &self.kind {
            Kind::Copy { from, .. } => (from.as_deref(), [].as_slice()),
            Kind::Run(run) => (None, run.mounts.as_slice()),
            _ => (None, [].as_slice()),
        };
        copied.into_iter().chain(mounts.iter().filter_map(|mount| mount.from.as_deref()))
    }
}

impl Run {
    pub fn cache_mounts(&self) -> impl Iterator<Item = &Mount> {
        self.mounts.iter().filter(|mount| mount.kind == "cache")
    }

    pub fn has_cache_mounts(&self) -> bool {
        self.cache_mounts().next().is_some()
    }

    /// The parts of the build context that it mounts: paths as written, `.` for all of it.
    pub fn context_mounts(&self) -> impl Iterator<Item = &str> {
        let bound = self.mounts.iter().filter(|mount| mount.kind == "bind" && mount.from.is_none());
        bound.map(|mount| mount.source.as_deref().unwrap_or("."))
    }
}

#[cfg(test)]
mod tests;
