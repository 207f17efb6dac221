//! What holds for commands beside their tasks: compose, variables, env files and shared words. A mode changes them.

use std::ops::Range;

use toml::Spanned;

use crate::system::environment::Environment;
use crate::tasks::config::variable::Variable;
use crate::tasks::config::words::Words;
use crate::tasks::config::{Config, Task};
use crate::ui::nearest;
use crate::ui::problem::Problem;
use crate::ui::text::and_list;

/// The variable that chooses a mode.
pub const MODE: &str = "XTASK_MODE";

/// What holds without a mode, or in one.
#[derive(Debug, Default)]
pub struct Setting {
    pub compose: Compose,
    /// Of the mode: stronger than a task's.
    pub of_mode: Vec<Variable>,
    /// `[env]`.
    pub env: Vec<Variable>,
    pub env_files: Vec<EnvFile>,
    pub words: Words,
}

/// `[compose]`.
#[derive(Clone, Debug)]
pub struct Compose {
    /// Paths from the folder of tasks.toml, with `/`. Empty: compose looks for itself.
    pub files: Vec<Spanned<String>>,
    /// The words of the command to call; none: what is found.
    pub cli: Option<Vec<String>>,
    pub project: Option<String>,
    /// Seconds.
    pub wait: u32,
}

impl Default for Compose {
    fn default() -> Compose {
        Compose { files: Vec::new(), cli: None, project: None, wait: 120 }
    }
}

/// A file of variables for every step.
#[derive(Clone, Debug)]
pub struct EnvFile {
    /// From the folder of tasks.toml, with `/`.
    pub path: Spanned<String>,
    pub required: bool,
    /// Whether its variables beat the person's own.
    pub overrides: bool,
}

/// `[modes.NAME]`.
#[derive(Debug)]
pub struct Mode {
    pub name: String,
    /// The name in `[modes.NAME]`.
    pub span: Range<usize>,
    pub when: Option<When>,
    /// What holds in it: its own, over what holds without a mode.
    pub setting: Setting,
}

/// What chooses a mode by itself.
#[derive(Debug)]
pub struct When {
    pub env: String,
    /// The value that the variable must have; none: any but nothing.
    pub is: Option<String>,
}

impl When {
    fn holds(&self, persons: &Environment) -> bool {
        let value = persons.text(&self.env).unwrap_or_default();
        self.is.as_ref().map_or(!value.is_empty(), |is| *is == value)
    }
}

impl Config {
    /// The mode of this run, by its place, and why it is that: `--mode`, XTASK_MODE, or the first `when` that holds. A name that
    /// is empty chooses none, whatever holds.
    ///
    /// # Errors
    ///
    /// No mode has that name.
    pub fn choose(&self, typed: Option<&str>, persons: &Environment) -> Result<Option<(usize, String)>, Problem> {
        let by_variable = || persons.text(MODE).map(|name| (name, MODE));
        if let Some((name, why)) = typed.map(|name| (name.to_owned(), "--mode")).or_else(by_variable) {
            if name.is_empty() {
                return Ok(None);
            }
            let at = self.mode_called(&name).ok_or_else(|| self.no_mode(&name, why))?;
            return Ok(Some((at, why.to_owned())));
        }
        let holds = |mode: &&Mode| mode.when.as_ref().is_some_and(|when| when.holds(persons));
        let found = self.modes.iter().position(|mode| holds(&mode));
        let why = |at: usize| match &self.modes[at].when {
            Some(When { env, is: Some(is) }) => format!("{env} is `{is}`"),
            Some(When { env, is: None }) => format!("{env} is set"),
            None => String::new(),
        };
        Ok(found.map(|at| (at, why(at))))
    }

    fn no_mode(&self, name: &str, why: &str) -> Problem {
        let names = || self.modes.iter().map(|mode| mode.name.as_str());
        let all: Vec<String> = names().map(|name| format!("`{name}`")).collect();
        let hint = match nearest::nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if all.is_empty() => "tasks.toml has no modes: [modes.NAME]".to_owned(),
            None if all.len() == 1 => format!("there is {}", all[0]),
            None => format!("there are {}", and_list(&all, "and")),
        };
        Problem::new(format!("no mode is called `{name}` ({why})")).hint(hint)
    }

    /// The place of a mode.
    pub fn mode_called(&self, name: &str) -> Option<usize> {
        self.modes.iter().position(|mode| mode.name == name)
    }

    /// The mode that a task names, by its place.
    pub fn mode_of(&self, task: &Task) -> Option<usize> {
        self.mode_called(task.body.mode.as_ref()?.get_ref())
    }

    /// What holds in a mode, by its place; without one: what holds then.
    pub fn setting(&self, mode: Option<usize>) -> &Setting {
        mode.and_then(|at| self.modes.get(at)).map_or(&self.base, |mode| &mode.setting)
    }

    /// What holds in the mode of this run.
    pub fn here(&self) -> &Setting {
        self.setting(self.mode)
    }
}
