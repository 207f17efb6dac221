//! One run: where we are, whose project it is, and how its commands look here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, Result};

use crate::project::globals::Globals;
use crate::project::looking;
use crate::project::program::Program;
use crate::project::root::{self, TaskFile};
use crate::project::state::State;
use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::system::paths;
use crate::tasks::config::{Config, Known, Task};
use crate::tasks::variables::Layers;
use crate::ui::Ui;
use crate::ui::finding::Finding;
use crate::ui::problem::Problem;

/// What every command gets.
pub struct Context {
    pub environment: Environment,
    pub current_dir: PathBuf,
    pub globals: Globals,
    pub ui: Ui,
    /// The package whose `main` this is, and how it was started.
    pub program: Program,
    /// What a tasks.toml may refer to.
    pub known: Known<'static>,
    /// The tasks.toml that was found, whatever mistakes it has.
    pub file: Option<PathBuf>,
    pub project: Option<Project>,
    /// Why the mode of this run is that one.
    pub why_mode: String,
    /// What is kept of the project between runs, once it was asked for; or why there is no place for it.
    pub state: OnceLock<Result<State, String>>,
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
    /// The path of the tasks.toml that `--file` names, or of the nearest one; none when there is none.
    pub fn find(named: Option<&PathBuf>, current_dir: &Path, environment: &Environment, ui: &Ui) -> Option<PathBuf> {
        if let Some(path) = named {
            return Some(paths::absolute(current_dir, path));
        }
        let (found, distrusted) = root::search(current_dir, environment);
        for path in distrusted {
            ui.warning(
                format_args!(
                    "`{}` is ignored: it belongs to another user, in a folder that everybody can write to",
                    path.display()
                ),
                "use it anyway with --file",
            );
        }
        found
    }

    /// Reads a tasks.toml for a system. The error has every mistake in it.
    pub fn read(path: &Path, current_dir: &Path, known: Known<'_>, os: Os) -> Result<Project> {
        let file = root::read(path, current_dir)?;
        match Config::parse(&file.source, known, os) {
            Ok(config) => Ok(Project { file, config }),
            Err(diagnostics) => Err(file.report(diagnostics)),
        }
    }

    /// A mistake in tasks.toml that shows only now.
    pub fn mistake(&self, finding: Finding) -> anyhow::Error {
        self.file.report(vec![finding])
    }
}

impl Context {
    /// The project, or the error that there is none.
    pub fn project(&self) -> Result<&Project> {
        self.project.as_ref().ok_or_else(|| {
            Problem::new(format!("there is no tasks.toml in `{}` or above", self.current_dir.display()))
                .hint("go to the project's folder, or name the file: --file path/to/tasks.toml")
                .into()
        })
    }

    /// What is kept of the project between runs, or why there is no place to keep it in: that is the person's own, whatever
    /// tasks.toml gives to commands.
    pub fn state(&self) -> Result<&State, &str> {
        let find = || State::of(&self.project.as_ref().ok_or("there is no tasks.toml")?.file, &self.environment);
        self.state.get_or_init(find).as_ref().map_err(String::as_str)
    }

    /// What to type for a built-in command, for a hint; `None` where a task has its name and none stands for it.
    pub fn built_in(&self, name: &str) -> Option<String> {
        let tasks = self.project.iter().flat_map(|project| &project.config.tasks);
        let own = self.project.as_ref().and_then(|project| project.config.task(name));
        let stands_for = |task: &Task| task.body.builtin.as_ref().is_some_and(|built_in| built_in.get_ref() == name);
        let name = match own.is_none_or(stands_for) {
            true => name,
            false => tasks.into_iter().find(|task| stands_for(task))?.name.as_str(),
        };
        Some(format!("{} {name}", self.program()))
    }

    /// What was typed to start us, for usage lines and hints: `cargo xtask`, or the program's own name.
    pub fn program(&self) -> &str {
        &self.program.typed
    }

    /// The variables of programs that are started just to look.
    pub fn to_look(&self) -> Environment {
        looking::environment(&self.environment, &self.of_steps())
    }

    /// The variables that every step gets beside the person's own, as far as they are known without asking. What only looks
    /// starts no program with them.
    pub fn of_steps(&self) -> Vec<(String, OsString)> {
        Layers::common(self.project.as_ref().map(|project| &project.config))
            .added(&self.environment, self.globals.os)
            .env
    }
}

/// The current folder, in the form that tools like.
pub fn current_dir() -> Result<PathBuf> {
    std::env::current_dir().map(paths::without_verbatim).context("can't tell the current folder")
}
