//! What compose builds: each Dockerfile with its target and what compose gives it.

use crate::dockerfile::model::{Dockerfile, Instruction, Run, Stage};
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
}
