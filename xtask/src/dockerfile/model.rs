//! A Dockerfile: its stages, their instructions, and the span of each. `read.rs` reads it once; `edit.rs` changes the text
//! by edits on these spans.

use std::ops::Range;

use crate::dockerfile::lines::Document;
use crate::dockerfile::placed::Placed;
use crate::dockerfile::words::Flag;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dockerfile {
    pub text: String,
    /// What `# syntax=` names.
    pub syntax: Option<Placed>,
    /// `ARG` before the first `FROM`.
    pub globals: Vec<Variable>,
    /// Never empty.
    pub stages: Vec<Stage>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The `FROM`, with its flags.
    pub from: Instruction,
    /// The image or the stage it is based on, as written.
    pub base: Placed,
    /// As written; BuildKit ignores case.
    pub name: Option<Placed>,
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
    pub name: &'static str,
    pub flags: Vec<Flag>,
    /// What follows its flags, with its lines joined.
    pub arguments: Placed,
    pub documents: Vec<Document>,
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
    /// The words of `SHELL`.
    Shell(Vec<String>),
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub mounts: Vec<Mount>,
    pub form: Form,
    /// Whether its shell reads `:` and `;` as sh does: no earlier `SHELL` says otherwise.
    pub is_sh: bool,
    /// What its program reads: the command with its here-documents; the text alone if a here-document is the whole
    /// command; the words joined by blanks in the exec form.
    pub command: String,
}

/// How the command of a `RUN` is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text for the shell.
    Shell,
    /// A single here-document, which is the script.
    Script,
    /// `["program", "argument"]`, run without a shell.
    Exec(Vec<String>),
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
}

impl Dockerfile {
    /// The stages that a build of `target` runs with these build args, in the order of the file. `None` if there is no such
    /// target.
    pub fn needed(&self, target: Option<&str>, args: &[(String, String)]) -> Option<Vec<&Stage>> {
        let last = self.target(target)?;
        Some(self.needed_by(last, args).into_iter().map(|at| &self.stages[at]).collect())
    }

    /// The index of the stage that a build of `target` makes; without a target, of the last one.
    pub fn target(&self, target: Option<&str>) -> Option<usize> {
        match target.filter(|target| !target.is_empty()) {
            Some(target) => self.find(target, self.stages.len()),
            None => self.stages.len().checked_sub(1),
        }
    }

    /// The indices of a stage and of every stage it depends on, in the order of the file.
    pub fn needed_by(&self, stage: usize, args: &[(String, String)]) -> Vec<usize> {
        let mut wanted = vec![false; self.stages.len()];
        let mut next = vec![stage];
        while let Some(at) = next.pop() {
            if std::mem::replace(&mut wanted[at], true) {
                continue;
            }
            next.extend(self.base(at, args));
            let names = self.stages[at].instructions.iter().flat_map(Instruction::comes_from);
            next.extend(names.filter_map(|name| self.find(name, at)));
        }
        (0..self.stages.len()).filter(|at| wanted[*at]).collect()
    }

    /// The index of the stage that another is based on; `None` if that is an image.
    pub fn base(&self, stage: usize, args: &[(String, String)]) -> Option<usize> {
        let base = &self.stages[stage].base;
        self.find(self.resolve(base, args).as_deref().unwrap_or(base), stage)
    }

    /// The index of the stage with this name or number, among those before `before`.
    pub fn find(&self, name: &str, before: usize) -> Option<usize> {
        let named = |stage: &Stage| stage.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name));
        let by_number = || name.parse().ok().filter(|number| *number < before);
        self.stages[..before].iter().rposition(named).or_else(by_number)
    }

    /// Every `RUN` with the index of its stage, in the order of the file.
    pub fn runs(&self) -> impl Iterator<Item = (usize, &Instruction, &Run)> {
        let stages = self.stages.iter().enumerate();
        stages.flat_map(|(at, stage)| stage.runs().map(move |(step, run)| (at, step, run)))
    }
}

impl Stage {
    pub fn line(&self) -> usize {
        self.from.line
    }

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
    fn comes_from(&self) -> impl Iterator<Item = &str> {
        let copied = match &self.kind {
            Kind::Copy { from, .. } => from.as_deref(),
            _ => None,
        };
        let mounts = self.run().map_or([].as_slice(), |run| &run.mounts);
        copied.into_iter().chain(mounts.iter().filter_map(|mount| mount.from.as_deref()))
    }

    /// The part that only BuildKit can build, such as `RUN --mount`. Engine 20.10 without BuildKit refuses these (`the
    /// --mount option requires BuildKit`), and takes a here-document for a plain word.
    pub fn needs_buildkit(&self) -> Option<String> {
        let is_old = |flag: &&Flag| match self.kind {
            Kind::Copy { .. } => matches!(flag.name.as_str(), "from" | "chown"),
            Kind::Run(_) => false,
            _ => true,
        };
        let flag = self.flags.iter().find(|flag| !is_old(flag));
        let what = flag.map(|flag| format!("--{}", flag.name));
        let what = what.or_else(|| (!self.documents.is_empty()).then(|| "with a here-document".to_owned()));
        what.map(|what| format!("{} {what}", self.name))
    }
}

impl Run {
    pub fn cache_mounts(&self) -> impl Iterator<Item = &Mount> {
        self.mounts.iter().filter(|mount| mount.kind == "cache")
    }

    /// The parts of the build context that it mounts: paths as written, `.` for all of it.
    pub fn context_mounts(&self) -> impl Iterator<Item = &str> {
        let bound = self.mounts.iter().filter(|mount| mount.kind == "bind" && mount.from.is_none());
        bound.map(|mount| mount.source.as_deref().unwrap_or("."))
    }
}

#[cfg(test)]
mod tests;
