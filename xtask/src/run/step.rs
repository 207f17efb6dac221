//! One step as it runs on this machine: its command line, its variables, its folder. `resolve` makes it once, and
//! everyone who needs to know something about a step asks it.

use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::compose::call::ComposeCall;
use crate::compose::line::Line;
use crate::compose::started::Started;
use crate::compose::which::ComposeCli;
use crate::file_commands::FileCommand;
use crate::project::looking::Purpose;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::tasks::config::variable::Output;
use crate::tasks::config::{Config, Variables};

/// A step of a plan, with its tool found and its words split.
#[derive(Clone, Debug)]
pub struct Step {
    pub tool: Tool,
    /// Variables added to the person's own.
    pub env: Vec<(String, OsString)>,
    /// The names of those that flags set.
    pub typed: Vec<String>,
    /// The names of those that are stronger than the person's own.
    pub strong: Vec<String>,
    /// The folder it runs in; absolute.
    pub dir: PathBuf,
    /// `dir` of the task as tasks.toml has it, and where.
    pub written_dir: Option<(String, Range<usize>)>,
    /// The task whose step it is.
    pub task: String,
    /// Its place in tasks.toml; `None` for a built-in command's own.
    pub span: Option<Range<usize>>,
    /// The built-in command whose step it is.
    pub built_in: Option<String>,
    /// Its words with secret values of flags, each with its form to print.
    pub shown_words: Vec<(OsString, OsString)>,
    /// The same of its variables, by name.
    pub shown_env: Variables,
    /// The innermost part of the plan that it belongs to.
    pub part: Option<usize>,
    /// The mode that it runs in, by its place, and the task that says so, if it is not the mode of the run.
    pub mode: Option<usize>,
    pub mode_of: Option<String>,
    /// Variables that commands have to be asked for, before the first step runs.
    pub asked: Vec<(String, Output)>,
}

/// What runs, with its words.
#[derive(Clone, Debug)]
pub enum Tool {
    Compose(ComposeStep),
    /// The words after `docker`.
    Docker(Vec<OsString>),
    /// A command of our own, then its words.
    File(FileCommand, Vec<OsString>),
    /// A program on PATH, or with a `/` in it a file; then its words.
    Program(OsString, Vec<OsString>),
    /// A command in Rust that is called like the task: the words to type for it, then its own.
    Rust(Vec<OsString>, Vec<OsString>),
    /// The words after `sh`.
    Sh(Vec<OsString>),
    /// A text to print, and the words that print it elsewhere.
    Say(String, Vec<OsString>),
}

/// A step that calls compose.
#[derive(Clone, Debug)]
pub struct ComposeStep {
    pub cli: ComposeCli,
    /// `-f` and `-p` of `[compose]`, unless the step names its own.
    pub defaults: Vec<OsString>,
    /// The step's own words.
    pub line: Line,
}

impl Step {
    /// The command that runs.
    pub fn invocation(&self) -> Invocation {
        self.invocation_with(&[])
    }

    /// The same with further options of compose's before its command.
    pub fn invocation_with(&self, options: &[OsString]) -> Invocation {
        let words = match &self.tool {
            Tool::Docker(words) => std::iter::once("docker".into()).chain(words.iter().cloned()).collect(),
            Tool::Sh(words) => std::iter::once("sh".into()).chain(words.iter().cloned()).collect(),
            Tool::Say(_, line) => {
                return Invocation::new(line.clone(), Vec::new(), self.dir.clone());
            }
            Tool::File(command, words) => {
                let words = std::iter::once(command.name().into()).chain(words.iter().cloned()).collect();
                // It reads no variables.
                return Invocation::new(words, Vec::new(), self.dir.clone());
            }
            Tool::Program(name, words) => std::iter::once(name.clone()).chain(words.iter().cloned()).collect(),
            Tool::Rust(line, words) => {
                let end = (!words.is_empty()).then(|| "--".into());
                let words = line.iter().cloned().chain(end).chain(words.iter().cloned()).collect();
                // It finds its variables itself.
                return Invocation::new(words, Vec::new(), self.dir.clone());
            }
            Tool::Compose(compose) => {
                let command = compose.line.command.iter().chain(&compose.line.rest).cloned();
                return self.call_of(compose).with(options).command(command);
            }
        };
        Invocation::new(words, self.env.clone(), self.dir.clone())
    }

    /// One of its commands as it may be printed, as far as flags have secret values.
    pub fn masked(&self, invocation: &Invocation) -> Invocation {
        let mut shown = invocation.clone();
        for word in &mut shown.words {
            if let Some((_, masked)) = self.shown_words.iter().find(|(own, _)| own == word) {
                word.clone_from(masked);
            }
        }
        for (name, value) in &mut shown.env {
            if let Some((_, masked)) = self.shown_env.iter().find(|(own, _)| own == name) {
                *value = masked.into();
            }
        }
        shown
    }

    /// What has to be asked for its variables, in `root`, the folder of tasks.toml.
    pub fn asked_in(&self, root: &Path) -> Vec<(String, Invocation)> {
        if matches!(self.tool, Tool::Say(..) | Tool::Rust(..) | Tool::File(..)) {
            return Vec::new();
        }
        let command = |output: &Output| {
            Invocation::new(output.words.iter().map(OsString::from).collect(), Vec::new(), root.to_owned())
        };
        self.asked.iter().map(|(name, output)| (name.clone(), command(output))).collect()
    }

    /// Compose with the options of this step and without its command. `None` for other tools.
    pub fn compose_call(&self) -> Option<ComposeCall> {
        Some(self.call_of(self.compose()?))
    }

    fn call_of(&self, compose: &ComposeStep) -> ComposeCall {
        let options = compose.defaults.iter().chain(&compose.line.options).cloned().collect();
        ComposeCall {
            cli: compose.cli.clone(),
            options,
            env: self.env.clone(),
            dir: self.dir.clone(),
            purpose: Purpose::Step,
        }
    }

    /// What it is as a call of compose.
    pub fn compose(&self) -> Option<&ComposeStep> {
        match &self.tool {
            Tool::Compose(compose) => Some(compose),
            Tool::Docker(_) | Tool::File(..) | Tool::Program(..) | Tool::Rust(..) | Tool::Sh(_) | Tool::Say(..) => None,
        }
    }

    /// Whether it is a call of compose that can build.
    pub fn may_build(&self) -> bool {
        self.compose().is_some_and(|compose| compose.line.may_build())
    }

    /// The mode that it runs in, and why it is that: what its task says, or `why` the run has it.
    pub fn in_mode(&self, config: &Config, why: &str) -> Option<String> {
        let mode = config.modes.get(self.mode?)?;
        Some(match &self.mode_of {
            Some(task) => format!("mode `{}`: task `{task}`", mode.name),
            None => format!("mode `{}`: {why}", mode.name),
        })
    }

    /// The variables it runs with.
    pub fn environment(&self, persons: &Environment) -> Environment {
        persons.in_folder(&self.dir, &self.env)
    }

    /// What it builds, and the services and ports that it starts.
    pub fn started(&self) -> Started {
        match &self.tool {
            Tool::Compose(compose) => compose.line.started(),
            Tool::Docker(words) => Started::by_docker(words),
            Tool::File(..) | Tool::Program(..) | Tool::Rust(..) | Tool::Sh(_) | Tool::Say(..) => Started::default(),
        }
    }

    /// For an `up` of compose that returns before its services are ready: the services that it names, none for all.
    pub fn detached_services(&self) -> Option<Vec<String>> {
        self.compose()?.line.detached_services()
    }
}
