//! Which compose is called, of which generation it is, and how it is called for one step.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::compose::line;
use crate::docker::programs::is_python;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::system::process;

/// What compose can do goes by its generation. There is no other place that asks which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Version 1, a Python script: no JSON, `demo_api_1`, `version:` in every file, a second to start.
    One,
    /// Version 2 and later, docker's plugin or a program of its own.
    Two,
}

/// The words that call compose here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeCli {
    /// `docker compose`, `docker-compose`, or what `--compose` and `[compose] cli` say. Never empty.
    pub words: Vec<OsString>,
    pub generation: Generation,
}

impl ComposeCli {
    /// `words` as they are called from `dir`. A program that is not there counts as the newer generation.
    pub fn new(words: Vec<OsString>, dir: &Path, environment: &Environment) -> ComposeCli {
        // Docker itself is no script, and the usual answer should cost no look at files.
        let script = (words[0] != "docker").then(|| process::find(&words[0], dir, environment)).flatten();
        let generation = match script.is_some_and(|path| is_python(&path)) {
            true => Generation::One,
            false => Generation::Two,
        };
        ComposeCli { words, generation }
    }

    pub fn is_1(&self) -> bool {
        self.generation == Generation::One
    }
}

/// Compose with its options, without a command: how a step calls it, and how it is asked about that step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeCall {
    pub cli: ComposeCli,
    /// Compose's options before a command: those of `[compose]`, then the step's own.
    pub options: Vec<OsString>,
    /// Variables added to the person's own.
    pub env: Vec<(String, OsString)>,
    /// The folder it runs in; absolute.
    pub dir: PathBuf,
}

impl ComposeCall {
    /// Compose with a command.
    pub fn command<W: Into<OsString>>(&self, words: impl IntoIterator<Item = W>) -> Invocation {
        let before = self.cli.words.iter().chain(&self.options).cloned();
        Invocation {
            words: before.chain(words.into_iter().map(Into::into)).collect(),
            env: self.env.clone(),
            dir: self.dir.clone(),
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
        Invocation { words: words.collect(), env: self.env.clone(), dir: self.dir.clone() }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_a_python_script_is_compose_1() {
        let folder =
            crate::system::files::Scratch::new(&format!("compose-cli-{}", std::process::id())).expect("a folder");
        let program = |name: &str, text: &[u8]| {
            let path = folder.path.join(name);
            std::fs::write(&path, text).expect("a program");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
            path.into_os_string()
        };
        let generation =
            |words: Vec<OsString>| ComposeCli::new(words, &folder.path, &Environment::read("none")).generation;
        assert_eq!(generation(vec![program("docker-compose", b"#!/usr/bin/python3\n")]), Generation::One);
        assert_eq!(generation(vec![program("compiled", b"\x7fELF\x02")]), Generation::Two);
        assert_eq!(generation(vec![program("docker", b"\x7fELF\x02"), "compose".into()]), Generation::Two);
        assert_eq!(generation(vec!["docker".into(), "compose".into()]), Generation::Two);
        assert_eq!(generation(vec!["no-such-program".into()]), Generation::Two);
    }

    #[test]
    fn a_call_names_its_engine_for_docker_too() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        let cli = ComposeCli { words: words("docker --context far compose"), generation: Generation::Two };
        let call = ComposeCall { cli, options: words("-f x -H tcp://y"), env: Vec::new(), dir: "/".into() };
        assert_eq!(call.command(["ps", "-q"]).words, words("docker --context far compose -f x -H tcp://y ps -q"));
        assert_eq!(call.docker(&["info"]).words, words("docker --context far -H tcp://y info"));
    }
}
