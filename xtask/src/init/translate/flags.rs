//! The flags of a task that a target becomes: one for each variable that a person may give make.

use crate::init::draft::Flag;
use crate::init::translate::command::is_variable;
use crate::init::translate::shell::NeedsShell;
use crate::project::globals;
use crate::ui::secret;

/// Variables of every machine. They are read where they are used, and nobody gives them to make.
const OF_EVERY_MACHINE: [&str; 16] = [
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "LANG",
    "TMPDIR",
    "HOSTNAME",
    "CI",
    "DISPLAY",
    "VIRTUAL_ENV",
    "SSH_AUTH_SOCK",
    "EDITOR",
    "UID",
    "GID",
];

/// What is typed behind a target.
pub const GOALS: &str = "MAKECMDGOALS";

/// Names of variables that have several words, as they are typed behind a command.
const ARGUMENTS: [&str; 23] = [
    GOALS,
    "ARGS",
    "args",
    "ARG",
    "arg",
    "ARGUMENTS",
    "arguments",
    "OPTS",
    "opts",
    "OPTIONS",
    "options",
    "PARAMS",
    "params",
    "CMD",
    "cmd",
    "COMMAND",
    "command",
    "RUN_ARGS",
    "CMD_ARGS",
    "EXTRA_ARGS",
    "PYTEST_ARGS",
    "TEST_ARGS",
    "FLAGS",
];

/// The flags of one task, as its steps ask for them.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub flags: Vec<Flag>,
    /// The variable whose words are typed after `--`.
    pub args_from: Option<String>,
}

impl Flags {
    /// Whether the words of this variable are typed after `--`: of one variable a task.
    pub fn is_args(&mut self, variable: &str) -> bool {
        match &self.args_from {
            Some(own) => own == variable,
            None if ARGUMENTS.contains(&variable) => {
                self.args_from = Some(variable.to_owned());
                true
            }
            None => false,
        }
    }

    /// The placeholder for a word with a variable in it: `words` has `{value}` where that stands.
    ///
    /// # Errors
    ///
    /// A flag can't do that.
    pub fn in_words(
        &mut self,
        task: &str,
        variable: &str,
        word: &str,
        default: Option<&str>,
    ) -> Result<String, NeedsShell> {
        // What is secret is no word, which other processes could read.
        if OF_EVERY_MACHINE.contains(&variable) || !is_variable(variable) || secret::is_secret(variable) {
            return Err(NeedsShell);
        }
        let own = Flag {
            value: Some(value_name(variable)),
            from_env: Some(variable.to_owned()),
            default: default.map(str::to_owned),
            words: vec![word.to_owned()],
            ..Flag::default()
        };
        let at = match self.place_of(variable) {
            // A script reads it, which must not get the default of a word.
            Some(at) if self.flags[at].env.is_some() && default.is_some() => return Err(NeedsShell),
            Some(at) => at,
            None => self.add(task, variable, own.clone()),
        };
        let flag = &mut self.flags[at];
        if flag.words.is_empty() {
            (flag.from_env, flag.default, flag.words) = (own.from_env, own.default, own.words);
        } else if flag.words != own.words || flag.default != own.default {
            return Err(NeedsShell);
        }
        Ok(flag.name.clone())
    }

    /// A variable that a script of the task reads.
    ///
    /// # Errors
    ///
    /// A word of it has a default, which a script would get.
    pub fn in_script(&mut self, task: &str, variable: &str) -> Result<(), String> {
        if OF_EVERY_MACHINE.contains(&variable) {
            return Ok(());
        }
        match self.place_of(variable) {
            Some(at) if self.flags[at].default.is_some() && self.flags[at].env.is_none() => {
                return Err(format!("`{variable}` is a word with a default here, and a variable of a script there"));
            }
            Some(at) => self.flags[at].env = Some(variable.to_owned()),
            None => {
                let flag =
                    Flag { value: Some(value_name(variable)), env: Some(variable.to_owned()), ..Flag::default() };
                self.add(task, variable, flag);
            }
        }
        Ok(())
    }

    /// A variable that has to be given.
    pub fn require(&mut self, task: &str, variable: &str) {
        // One that has a default is asked for all the same.
        if let Some(at) = self.place_of(variable) {
            self.flags[at].default = None;
        }
        let _ = self.in_script(task, variable);
        if let Some(at) = self.place_of(variable) {
            let flag = &mut self.flags[at];
            flag.required = true;
            flag.default = None;
            flag.from_env = Some(variable.to_owned());
        }
    }

    fn place_of(&self, variable: &str) -> Option<usize> {
        self.flags.iter().position(|flag| is_of(flag, variable))
    }

    fn add(&mut self, task: &str, variable: &str, flag: Flag) -> usize {
        let is_taken = |name: &str| {
            matches!(name, "args" | "value" | "help" | "")
                || globals::names().iter().any(|(own, _)| *own == name)
                || self.flags.iter().any(|flag| flag.name == name)
        };
        let own = dashed(variable);
        let of_task = format!("{}-{own}", dashed(task));
        let numbered = (2..).map(|number| format!("{of_task}-{number}"));
        let mut names = [own, of_task.clone()].into_iter().chain(numbered);
        let name = names.find(|name| !is_taken(name)).unwrap_or_default();
        self.flags.push(Flag { name, ..flag });
        self.flags.len() - 1
    }
}

/// Whether a flag stands for a variable.
pub fn is_of(flag: &Flag, variable: &str) -> bool {
    let is_it = |name: &Option<String>| name.as_deref() == Some(variable);
    is_it(&flag.from_env) || is_it(&flag.env)
}

/// The name of a variable as one of tasks.toml: `TEST_ARGS` is `test-args`.
pub fn dashed(variable: &str) -> String {
    let dashed = variable.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    dashed.trim_matches('-').to_owned()
}

fn value_name(variable: &str) -> String {
    variable.to_uppercase()
}
