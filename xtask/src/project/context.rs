//! One run: where we are, whose project it is, and how its commands look here.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::project::globals::Globals;
use crate::project::workspace::{self, TaskFile};
use crate::system::environment::Environment;
use crate::system::paths;
use crate::tasks::buildkit_variables as buildkit;
use crate::tasks::config::{Config, Known};
use crate::ui::Ui;
use crate::ui::finding::Finding;
use crate::ui::problem::Problem;

/// What every command gets.
pub struct Context {
    pub environment: Environment,
    pub current_dir: PathBuf,
    pub globals: Globals,
    pub ui: Ui,
    project: Option<Project>,
    /// What is wrong with tasks.toml, for a command that works without it.
    pub broken: Option<anyhow::Error>,
}

/// A tasks.toml and what it says.
#[derive(Debug)]
pub struct Project {
    pub file: TaskFile,
    pub config: Config,
}

impl Project {
    /// The project that `--file` names, or the nearest one; none when there is none.
    pub fn open(
        named: Option<&PathBuf>,
        current_dir: &std::path::Path,
        environment: &Environment,
        known: Known<'_>,
        ui: &Ui,
    ) -> Result<Option<Project>> {
        let path = match named {
            Some(path) => Some(paths::absolute(current_dir, path)),
            None => {
                let search = workspace::search(current_dir, environment);
                for path in &search.distrusted {
                    ui.warning(
                        format_args!(
                            "`{}` is passed over: another user put it where everybody can write",
                            path.display()
                        ),
                        "--file takes it all the same",
                    );
                }
                search.path
            }
        };
        let Some(path) = path else { return Ok(None) };
        let file = workspace::read(&path, current_dir)?;
        match Config::parse(&file.source, known) {
            Ok(config) => Ok(Some(Project { file, config })),
            Err(mistakes) => Err(file.report(mistakes)),
        }
    }

    /// A mistake in tasks.toml that only showed now.
    pub fn mistake(&self, finding: Finding) -> anyhow::Error {
        self.file.report(vec![finding])
    }
}

impl Context {
    pub fn new(
        environment: Environment,
        current_dir: PathBuf,
        globals: Globals,
        mut ui: Ui,
        project: Option<Project>,
    ) -> Context {
        ui.quiet = globals.quiet;
        ui.verbose = globals.verbose;
        Context { environment, current_dir, globals, ui, project, broken: None }
    }

    /// The project, or the error that there is none.
    pub fn project(&self) -> Result<&Project> {
        self.project.as_ref().ok_or_else(|| {
            Problem::new(format!("there is no tasks.toml in `{}` or above", self.current_dir.display()))
                .hint("go to the project's folder, or name the file: --file path/to/tasks.toml")
                .into()
        })
    }

    pub fn find_project(&self) -> Option<&Project> {
        self.project.as_ref()
    }

    /// What cargo was typed with, for usage lines and hints.
    pub fn program(&self) -> &'static str {
        program(&self.environment)
    }

    /// The variables to add to the person's own: what was typed is stronger than theirs, the rest weaker.
    pub fn added_variables(
        &self,
        typed: &[(String, String)],
        fallback: &[(String, String)],
    ) -> Vec<(String, OsString)> {
        let mut added: Vec<(String, OsString)> = Vec::new();
        let same = |left: &str, right: &str| self.globals.os.same_variable(left, right);
        for (name, value) in typed {
            added.retain(|(other, _)| !same(other, name));
            added.push((name.clone(), value.into()));
        }
        for (name, value) in fallback {
            let own = self.environment.get(name);
            // Docker takes an empty value of BuildKit's variables for none.
            let is_set =
                own.is_some_and(|own| !own.is_empty() || !buildkit::VARIABLES.iter().any(|(known, _)| known == name));
            if !is_set && !added.iter().any(|(other, _)| same(other, name)) {
                added.push((name.clone(), value.into()));
            }
        }
        added
    }
}

/// `cargo xtask` when cargo started us, else our own name.
pub fn program(environment: &Environment) -> &'static str {
    if environment.manifest_dir.is_some() { "cargo xtask" } else { "xtask" }
}

/// The current folder, in the form that tools like.
pub fn current_dir() -> Result<PathBuf> {
    std::env::current_dir().map(paths::without_verbatim).context("can't tell the current folder")
}
