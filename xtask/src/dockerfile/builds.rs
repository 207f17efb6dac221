//! What compose builds: Dockerfiles and build contexts, before anybody judges them.

use crate::dockerfile::model::{Dockerfile, Instruction, Kind, Run, Stage};
use crate::ui::source::LineIndex;

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
}

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
    /// A Dockerfile that the service `api` builds, with nothing said besides.
    #[cfg(test)]
    pub fn of_api(dockerfile: &str) -> BuildFacts {
        BuildFacts {
            services: vec!["api".to_owned()],
            shown: "Dockerfile".to_owned(),
            target: None,
            args: Vec::new(),
            variable_args: Vec::new(),
            has_secrets: false,
            code: Vec::new(),
            dockerfile: Dockerfile::parse(dockerfile).map_err(|mistake| mistake.to_string()),
        }
    }

    /// The stages that the build runs; none when the Dockerfile can't be read or has no such target.
    pub fn stages(&self) -> Vec<&Stage> {
        let file = self.dockerfile.as_ref().ok();
        file.and_then(|file| file.needed(self.target.as_deref(), &self.args)).unwrap_or_default()
    }

    /// The first step that only BuildKit can build; else secrets of the compose file, or a `# syntax` line.
    pub fn needs_buildkit(&self) -> Option<Need> {
        let need = |what: &str, line: Option<usize>| Need { what: what.to_owned(), line, is_syntax: false };
        let mut needs = self.steps().filter_map(|step| Some(need(&step.needs_buildkit()?, Some(step.line))));
        let secrets = || self.has_secrets.then(|| need("build secrets", None));
        let syntax = || {
            let file = self.dockerfile.as_ref().ok()?;
            let syntax = file.syntax.as_ref()?;
            let line = LineIndex::new(&file.text).line(syntax.whole().start) + 1;
            Some(Need { is_syntax: true, ..need(&format!("# syntax={}", syntax.text), Some(line)) })
        };
        needs.next().or_else(secrets).or_else(syntax)
    }

    /// The instructions of these stages.
    pub fn steps(&self) -> impl Iterator<Item = &Instruction> {
        self.stages().into_iter().flat_map(|stage| &stage.instructions)
    }

    /// Id and target of each cache mount, in the order of the file.
    pub fn cache_mounts(&self) -> impl Iterator<Item = (&str, &str)> {
        let mounts = self.steps().filter_map(Instruction::run).flat_map(Run::cache_mounts);
        mounts.map(|mount| (mount.id.as_str(), mount.target.as_str()))
    }

    /// The paths of the context that it takes.
    pub fn taken(&self) -> Vec<Taken> {
        let of_step = |step: &Instruction| -> Vec<Taken> {
            let taken = |source: &str, is_mount| {
                let (source, dockerfile) = (source.to_owned(), self.shown.clone());
                Taken { source, is_mount, dockerfile, line: step.line }
            };
            match &step.kind {
                Kind::Copy { sources, from: None } => sources.iter().map(|source| taken(source, false)).collect(),
                Kind::Run(run) => run.context_mounts().map(|source| taken(source, true)).collect(),
                _ => Vec::new(),
            }
        };
        self.steps().flat_map(of_step).collect()
    }
}

impl ContextFacts {
    /// One more build that has this context.
    pub fn add(&mut self, build: &BuildFacts) {
        self.services.extend(build.services.iter().cloned());
        self.taken.extend(build.taken());
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
