//! What compose builds: each Dockerfile with its target, and what compose passes to it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::dockerfile::dockerignore::BadPattern;
use crate::dockerfile::model::{Dockerfile, Instruction, Run, Stage};
use crate::installers::installer::Installer;

/// One Dockerfile with its context and target. Several services can share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildFacts {
    pub services: Vec<String>,
    /// The Dockerfile's path as typed from the project's folder.
    pub shown: String,
    /// The Dockerfile; `None` if it stands in the compose file.
    pub path: Option<PathBuf>,
    /// Whether all its stages count: no compose file says which one is built.
    pub whole: bool,
    pub target: Option<String>,
    /// The values compose passes for `ARG`.
    pub args: Vec<(String, String)>,
    /// The names of those that compose takes from a variable.
    pub variable_args: Vec<String>,
    /// Whether compose passes secrets to the build, which only BuildKit accepts.
    pub has_secrets: bool,
    /// The folder of the context, as shown, if it does not exist.
    pub no_folder: Option<String>,
    /// What docker refuses in the ignore file, and that file's path as shown.
    pub bad_pattern: Option<(String, BadPattern)>,
    /// Names in `FROM` that are pulled from nowhere: additional contexts, and images that this project builds.
    pub provided: Vec<String>,
    /// The sources of `COPY` that contain code, as written.
    pub code: Vec<String>,
    /// The files of the context that say what to install; `None` if it was not looked at.
    pub manifests: Option<Vec<Manifest>>,
    /// The Dockerfile, or why it can't be read.
    pub dockerfile: Result<Arc<Dockerfile>, String>,
}

/// A file of a context that says what to install.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// From the context.
    pub path: String,
    /// What an installer reads besides, by its text.
    pub besides: Vec<(&'static Installer, &'static str)>,
    /// The packages that it names without a version.
    pub open: Vec<String>,
}

impl Eq for Manifest {}

/// Why a build needs BuildKit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub what: String,
    /// `None` if it is in the compose file.
    pub line: Option<usize>,
    /// It is a `# syntax` line, which the classic builder ignores.
    pub is_syntax: bool,
}

/// Id and target of the cache mounts of some builds, each once, in the order of the files.
pub fn mounts_of<'a>(builds: impl IntoIterator<Item = &'a BuildFacts>) -> Vec<(&'a str, &'a str)> {
    let mut mounts = Vec::new();
    for mount in builds.into_iter().flat_map(BuildFacts::cache_mounts) {
        if !mounts.contains(&mount) {
            mounts.push(mount);
        }
    }
    mounts
}

impl BuildFacts {
    /// A build of which nothing is known but its Dockerfile. `shown`: the path as typed.
    pub fn new(shown: String, dockerfile: Result<Arc<Dockerfile>, String>) -> BuildFacts {
        BuildFacts {
            services: Vec::new(),
            shown,
            path: None,
            whole: false,
            target: None,
            args: Vec::new(),
            variable_args: Vec::new(),
            has_secrets: false,
            no_folder: None,
            bad_pattern: None,
            provided: Vec::new(),
            code: Vec::new(),
            manifests: None,
            dockerfile,
        }
    }

    /// The build of a service `api` with this Dockerfile, and nothing else set.
    #[cfg(test)]
    pub fn of_api(dockerfile: &str) -> BuildFacts {
        let dockerfile = Dockerfile::parse(dockerfile).map(Arc::new);
        BuildFacts { services: vec!["api".to_owned()], ..BuildFacts::new("Dockerfile".to_owned(), dockerfile) }
    }

    /// Whether an image of this name is an additional context, or built by this project. BuildKit and compose take a name
    /// without a tag for one with `:latest`.
    pub fn is_provided(&self, image: &str) -> bool {
        let name = |image: &'_ str| image.strip_suffix(":latest").unwrap_or(image).to_owned();
        self.provided.iter().any(|own| name(own) == name(image))
    }

    /// The stages that the build runs; empty if the Dockerfile can't be read or has no such target.
    pub fn stages(&self) -> Vec<&Stage> {
        match &self.dockerfile {
            Ok(file) if self.whole => file.stages.iter().collect(),
            Ok(file) => file.needed(self.target.as_deref(), &self.args).unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }

    /// The first step that only BuildKit can build; else secrets of the compose file, or a `# syntax` line.
    pub fn needs_buildkit(&self) -> Option<Need> {
        let need = |what: &str, line: Option<usize>| Need { what: what.to_owned(), line, is_syntax: false };
        let mut needs = self.steps().filter_map(|step| Some(need(step.needs_buildkit.as_ref()?, Some(step.line))));
        let secrets = || self.has_secrets.then(|| need("build secrets", None));
        let syntax = || {
            let (line, syntax) = self.dockerfile.as_ref().ok()?.syntax.as_ref()?;
            Some(Need { is_syntax: true, ..need(&format!("# syntax={syntax}"), Some(*line)) })
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
