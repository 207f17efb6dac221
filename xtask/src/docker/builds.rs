//! Builds that we start ourselves to see what they do.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::docker::output::progress::Progress;
use crate::docker::programs::plugin_file;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::process;

/// Docker, at the engine and the builder that builds of the project use.
pub struct Builder<'a> {
    /// Docker with the options that name an engine, before any command.
    docker: Invocation,
    environment: &'a Environment,
    /// Buildx builds by the selected builder, as compose 2 does; `docker build` by the context's own (docker/cli).
    command: &'static [&'static str],
}

/// A build to start, besides what all of them have.
pub struct Build {
    pub dockerfile: PathBuf,
    pub context: PathBuf,
    /// Flags of `docker build`.
    pub flags: Vec<String>,
    /// For it alone: the values of `--build-arg NAME`.
    pub variables: Vec<(String, OsString)>,
}

/// How a build ended.
pub struct Built {
    pub status: ExitStatus,
    pub progress: Progress,
    pub took: Duration,
}

impl<'a> Builder<'a> {
    pub fn new(docker: Invocation, environment: &'a Environment) -> Builder<'a> {
        let has_buildx = plugin_file(&environment.with(&docker.env), "docker-buildx").is_some();
        Builder { docker, environment, command: if has_buildx { &["buildx", "build"] } else { &["build"] } }
    }

    /// Builds, and leaves no image behind: `type=cacheonly` exports nothing (engines 20.10 to 28.5). `see` gets each line
    /// after it was read. `None` if interrupted before it started.
    pub fn build(&self, build: &Build, mut see: impl FnMut(&Progress, &str)) -> Result<Option<Built>> {
        let mut words: Vec<OsString> = self.command.iter().map(OsString::from).collect();
        words.extend(["--progress=plain", "--output", "type=cacheonly"].map(OsString::from));
        words.extend(["--file".into(), build.dockerfile.clone().into()]);
        words.extend(build.flags.iter().map(OsString::from));
        words.push(build.context.clone().into());
        let mut invocation = self.docker.clone();
        invocation.words.extend(words);
        invocation.env.extend(build.variables.iter().cloned());
        let start = Instant::now();
        let mut progress = Progress::default();
        let status = process::lines(&invocation, self.environment, |line| {
            progress.line(line);
            see(&progress, line);
        })?;
        Ok(status.map(|status| Built { status, progress, took: start.elapsed() }))
    }
}
