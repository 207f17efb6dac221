//! How compose is called for one step: its options, its variables, its folder.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::compose::line;
use crate::compose::which::ComposeCli;
use crate::project::looking::{self, Purpose};
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::os::Os;

/// Compose with its options, without a command: how a step calls it, and how it is asked about that step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeCall {
    pub cli: ComposeCli,
    /// Compose's options before a command: those of `[compose]`, then the step's own.
    pub options: Vec<OsString>,
    /// Variables that a step gets beside the person's own; compose's files are read with them.
    pub env: Vec<(String, OsString)>,
    /// The folder it runs in; absolute.
    pub dir: PathBuf,
    /// Just to look, compose is started without most of these variables, and other programs not at all.
    pub purpose: Purpose,
}

impl ComposeCall {
    /// Compose with a command.
    pub fn command<W: Into<OsString>>(&self, words: impl IntoIterator<Item = W>) -> Invocation {
        let before = self.cli.words.iter().chain(&self.options).cloned();
        Invocation::new(
            before.chain(words.into_iter().map(Into::into)).collect(),
            self.env_of_programs(&BTreeSet::new()),
            self.dir.clone(),
        )
    }

    /// The variables that it runs with.
    pub fn environment(&self, persons: &Environment) -> Environment {
        persons.in_folder(&self.dir, &self.env)
    }

    /// The variables that compose is started with. `used`: those that its files use, which is heeded just to look.
    pub fn env_of_programs(&self, used: &BTreeSet<String>) -> Vec<(String, OsString)> {
        match self.purpose {
            Purpose::Step => self.env.clone(),
            Purpose::Looking => looking::of_compose(&self.env, used),
        }
    }

    /// The same call with more options.
    pub fn with<W: Into<OsString>>(&self, options: impl IntoIterator<Item = W>) -> ComposeCall {
        let mut call = self.clone();
        call.options.extend(options.into_iter().map(Into::into));
        call
    }

    /// As it can be typed here.
    pub fn shown(&self) -> String {
        self.command([""; 0]).command_line(Os::HERE)
    }

    /// The values of an option, each time it is given.
    pub fn values_of(&self, option: &[&str]) -> Vec<OsString> {
        line::values_of(self.cli.words.iter().chain(&self.options), option)
    }

    /// The options that name an engine, for docker's own commands beside this one.
    pub fn engine_options(&self) -> Vec<OsString> {
        line::engine_options(self.cli.words.iter().chain(&self.options))
    }

    /// Docker itself, at the engine that this compose is pointed at.
    pub fn docker(&self, words: &[&str]) -> Invocation {
        let engine = self.engine_options();
        let words = std::iter::once("docker".into()).chain(engine).chain(words.iter().map(OsString::from));
        Invocation::new(words.collect(), self.env_of_programs(&BTreeSet::new()), self.dir.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_names_its_engine_for_docker_too() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        let cli = ComposeCli { words: words("docker --context far compose"), is_1: false };
        let call = ComposeCall {
            cli,
            options: words("-f x -H tcp://y"),
            env: Vec::new(),
            dir: "/".into(),
            purpose: Purpose::Step,
        };
        assert_eq!(call.command(["ps", "-q"]).words, words("docker --context far compose -f x -H tcp://y ps -q"));
        assert_eq!(call.docker(&["info"]).words, words("docker --context far -H tcp://y info"));
    }
}
