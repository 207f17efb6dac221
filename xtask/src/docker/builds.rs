//! Builds that we start ourselves to see what they do, and the engine's records of them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::plugin_file;
use crate::docker_output::cache;
use crate::docker_output::progress::Progress;
use crate::environment::Environment;
use crate::facts::Record;
use crate::invocation::Invocation;
use crate::process;

/// How long docker may take to list or remove records.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the engine may take to let go of a mount when its build has ended.
const RELEASE: Duration = Duration::from_secs(15);
/// As many ids as one call takes: a line must not grow without an end.
const AT_ONCE: usize = 200;

/// Docker, at the engine and the builder that builds of the project use.
pub struct Builder<'a> {
    /// Docker with the options that name an engine, before any command.
    docker: Invocation,
    environment: &'a Environment,
    /// Whether `docker build` is buildx: it then says itself which builder it asks.
    has_buildx: bool,
}

/// A build to start, besides what all of them have.
pub struct Build {
    pub dockerfile: PathBuf,
    pub context: PathBuf,
    /// Flags of `docker build`.
    pub flags: Vec<String>,
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
        Builder { docker, environment, has_buildx }
    }

    /// Builds, and leaves no image behind: `type=cacheonly` exports nothing (engines 20.10 to 28.5). `see` gets each line
    /// after it was read. None: the person had said stop.
    pub fn build(&self, build: &Build, mut see: impl FnMut(&Progress, &str)) -> Result<Option<Built>> {
        let mut words: Vec<OsString> =
            ["build", "--progress=plain", "--output", "type=cacheonly"].map(OsString::from).to_vec();
        words.extend(["--file".into(), build.dockerfile.clone().into()]);
        words.extend(build.flags.iter().map(OsString::from));
        words.push(build.context.clone().into());
        let start = Instant::now();
        let mut progress = Progress::default();
        let status = process::lines(&self.words(words), self.environment, |line| {
            progress.line(line);
            see(&progress, line);
        })?;
        Ok(status.map(|status| Built { status, progress, took: start.elapsed() }))
    }

    /// The build cache; none when nobody could tell.
    pub fn records(&self) -> Option<Vec<Record>> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        if self.has_buildx {
            let output = self.ask(&["buildx", "du", "--verbose"])?;
            if output.status.success() {
                return Some(cache::of_buildx_du(&text(output.stdout)));
            }
        }
        let output = self.ask(&["system", "df", "--verbose", "--format", cache::BUILD_CACHE])?;
        output.status.success().then(|| cache::of_system_df(&text(output.stdout))).flatten()
    }

    /// The records that `is_meant` means, once none of those that `is_awaited` means is in use any more. A build that has
    /// just ended holds its mounts for a moment, and they then have no size.
    pub fn settled(
        &self,
        is_meant: impl Fn(&Record) -> bool,
        is_awaited: impl Fn(&Record) -> bool,
    ) -> Option<Vec<Record>> {
        let until = Instant::now() + RELEASE;
        loop {
            let records: Vec<Record> = self.records()?.into_iter().filter(|record| is_meant(record)).collect();
            if Instant::now() > until || !records.iter().any(|record| record.in_use && is_awaited(record)) {
                return Some(records);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Removes exactly these records, as far as nothing else stands on them. The engine takes the value of `id` for an
    /// expression (engines 20.10 to 28.5), so that one call is enough, and what stands on each other goes together.
    pub fn remove(&self, ids: &[String]) {
        for ids in ids.chunks(AT_ONCE) {
            let filter = format!("id=/^({})$/", ids.join("|"));
            let command = if self.has_buildx { "buildx" } else { "builder" };
            let _ = self.ask(&[command, "prune", "--force", "--filter", &filter]);
        }
    }

    fn ask(&self, words: &[&str]) -> Option<std::process::Output> {
        let invocation = self.words(words.iter().map(OsString::from));
        process::tidy_until(&invocation, self.environment, Instant::now() + PATIENCE).ok().flatten()
    }

    fn words(&self, words: impl IntoIterator<Item = OsString>) -> Invocation {
        let mut invocation = self.docker.clone();
        invocation.words.extend(words);
        invocation
    }
}
