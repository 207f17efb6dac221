//! What compose builds: Dockerfiles and build contexts, before anybody judges them.

use crate::dockerfile::{Dockerfile, Kind, Stage};

/// One Dockerfile with its context and target. Several services can share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildFacts {
    pub services: Vec<String>,
    /// The Dockerfile as the person would type it from the project's folder.
    pub shown: String,
    pub target: Option<String>,
    /// Values that compose gives for `ARG`.
    pub args: Vec<(String, String)>,
    /// Those of them that compose takes from a variable.
    pub variable_args: Vec<String>,
    /// Whether compose gives the build secrets, which only BuildKit takes.
    pub has_secrets: bool,
    /// What is copied of the context and has code in it, as it is written.
    pub code: Vec<String>,
    /// What is read of it, or why it can't be.
    pub dockerfile: Result<Dockerfile, String>,
    /// None when the context is no folder of this machine, or nobody looked.
    pub context: Option<ContextFacts>,
}

/// A build context without what its ignore file leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextFacts {
    pub shown: String,
    /// The ignore file, as shown; none when there is none.
    pub ignore_file: Option<String>,
    /// Where one would have to be.
    pub ignore_place: String,
    pub files: u64,
    pub bytes: u64,
    /// The walk ended before all was seen: too many files, or too little time.
    pub cut_short: bool,
    /// The largest entries at the top, with their bytes; the largest first.
    pub largest: Vec<(String, u64)>,
    /// Well-known things that no image needs, each by the line that would leave it out.
    pub unwanted: Vec<Unwanted>,
    /// Files that begin with `#!` and end that line with `\r\n`.
    pub scripts: Vec<String>,
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

/// Why a build needs BuildKit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub what: String,
    /// None: it stands in the compose file.
    pub line: Option<usize>,
    /// It is a `# syntax` line, which the classic builder passes over.
    pub is_syntax: bool,
}

impl BuildFacts {
    /// The stages that the build runs; none when the Dockerfile can't be read or has no such target.
    pub fn stages(&self) -> Vec<&Stage> {
        let file = self.dockerfile.as_ref().ok();
        file.and_then(|file| file.needed(self.target.as_deref())).unwrap_or_default()
    }

    /// The first step that only BuildKit can build; else secrets of the compose file, or a `# syntax` line.
    pub fn needs_buildkit(&self) -> Option<Need> {
        let steps = self.stages().into_iter().flat_map(|stage| &stage.steps);
        let need = |what: &str, line: Option<usize>| Need { what: what.to_owned(), line, is_syntax: false };
        let mut needs = steps.filter_map(|step| Some(need(step.needs_buildkit.as_deref()?, Some(step.line))));
        let secrets = || self.has_secrets.then(|| need("`secrets` of the build", None));
        let syntax = || {
            let (syntax, line) = self.dockerfile.as_ref().ok()?.syntax.as_ref()?;
            Some(Need { is_syntax: true, ..need(&format!("# syntax={syntax}"), Some(*line)) })
        };
        needs.next().or_else(secrets).or_else(syntax)
    }

    /// Id and target of each cache mount, in the order of the file.
    pub fn cache_mounts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.stages().into_iter().flat_map(|stage| &stage.steps).flat_map(|step| {
            let mounts = match &step.kind {
                Kind::Run { mounts, .. } => mounts.as_slice(),
                _ => &[],
            };
            mounts.iter().filter(|mount| mount.kind == "cache").map(|mount| (mount.id.as_str(), mount.target.as_str()))
        })
    }

    /// The paths of the context that are copied into an image, with the line of each.
    pub fn copied(&self) -> Vec<(&str, usize)> {
        let mut copied = Vec::new();
        for step in self.stages().into_iter().flat_map(|stage| &stage.steps) {
            if let Kind::Copy { sources, from: None } = &step.kind {
                copied.extend(sources.iter().map(|source| (source.as_str(), step.line)));
            }
        }
        copied
    }
}

/// Whether a path of `COPY` is the whole context.
pub fn is_whole_context(source: &str) -> bool {
    matches!(source.trim_end_matches('/'), "." | "" | "*" | "./*" | "./.")
}
