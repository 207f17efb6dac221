//! Docker and compose on this machine: which to call, whether the engine is there, what a stack does.

mod build_cache;
pub mod builds;
mod endpoint;
mod machine;
mod services;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::compose;
use crate::diagnostic::Problem;
use crate::docker_output::{self, CONTAINER_FORMAT, Container};
use crate::environment::Environment;
use crate::invocation::Invocation;
use crate::os::Os;
use crate::{install, process};

pub use build_cache::{BuildCache, Prune};
pub use endpoint::{host as engine_host, look as look_at_engine};
pub use machine::{Questions, machine};
pub use services::{NoServices, services};

/// How long docker may take to say whether it has compose.
const PROBE: Duration = Duration::from_secs(3);

/// The words that call compose here: `docker compose` when it is there, else `docker-compose`.
///
/// Looks for files first: docker's plugins lie in known folders. Only when none is there and `may_run` allows it, one
/// process asks docker itself (a wrapper such as podman's has no such files); never `docker-compose version`, which
/// takes a second. With `may_run` false there is always an answer.
pub fn find_compose(environment: &Environment, dir: &Path, may_run: bool) -> Result<Vec<OsString>> {
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<OsString>>();
    let plugin = words(&["docker", "compose"]);
    let docker = process::find(OsStr::new("docker"), dir, environment);
    if docker.is_some() && plugin_file(environment, "docker-compose").is_some() {
        return Ok(plugin);
    }
    if docker.is_some() && may_run {
        let probe =
            Invocation { words: words(&["docker", "compose", "version"]), env: Vec::new(), dir: dir.to_owned() };
        // Docker 20.10 asks its engine about a command that it does not know, and waits for one that hangs.
        let answer = process::output_until(&probe, environment, Instant::now() + PROBE)?;
        if answer.is_some_and(|output| output.status.success()) {
            return Ok(plugin);
        }
    }
    if process::find(OsStr::new("docker-compose"), dir, environment).is_some() {
        return Ok(words(&["docker-compose"]));
    }
    match docker {
        _ if !may_run => Ok(plugin),
        Some(_) => Err(Problem::new("docker is here, and compose is not").hint(install::compose(Os::HERE)).into()),
        None => Err(Problem::new("docker is not installed, or not on PATH").hint(install::docker(Os::HERE)).into()),
    }
}

/// The docker that is on PATH, or the error that says how to get one.
pub fn find_docker(environment: &Environment, dir: &Path) -> Result<PathBuf> {
    process::find(OsStr::new("docker"), dir, environment)
        .ok_or_else(|| Problem::new("docker is not installed, or not on PATH").hint(install::docker(Os::HERE)).into())
}

/// Docker's configuration folder.
fn config_dir(environment: &Environment) -> Option<PathBuf> {
    let own = environment.get("DOCKER_CONFIG").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    own.or_else(|| Some(environment.home()?.join(".docker")))
}

/// Docker's own config.json.
fn config(environment: &Environment) -> Option<serde_json::Value> {
    serde_json::from_slice(&std::fs::read(config_dir(environment)?.join("config.json")).ok()?).ok()
}

/// Where docker looks for plugins (docker/cli, `cli-plugins/manager`).
fn plugin_dirs(environment: &Environment) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = config_dir(environment).map(|dir| dir.join("cli-plugins")).into_iter().collect();
    let extra = config(environment).and_then(|config| config.get("cliPluginsExtraDirs")?.as_array().cloned());
    dirs.extend(extra.into_iter().flatten().filter_map(|dir| dir.as_str().map(PathBuf::from)));
    if cfg!(windows) {
        let system = ["ProgramData", "ProgramFiles"].into_iter().filter_map(|name| environment.get(name));
        dirs.extend(system.map(|dir| Path::new(dir).join("Docker").join("cli-plugins")));
    } else {
        let system = ["/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec"];
        dirs.extend(system.iter().map(|dir| Path::new(dir).join("docker/cli-plugins")));
    }
    dirs
}

/// The file of a plugin, where docker would find it.
fn plugin_file(environment: &Environment, name: &str) -> Option<PathBuf> {
    let file = if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() };
    plugin_dirs(environment).into_iter().map(|dir| dir.join(&file)).find(|path| path.is_file())
}

/// A stack that compose started: how to ask for its containers.
pub struct Stack<'a> {
    /// Compose with its files and options, before any command.
    pub compose: &'a Invocation,
    /// The services that were started by name; none: all.
    pub services: &'a [OsString],
}

impl Stack<'_> {
    /// The ids of its containers, ended ones too.
    pub fn ids(&self, environment: &Environment) -> Result<Vec<OsString>> {
        let mut ps = self.compose.clone();
        ps.words.extend(["ps", "-a", "-q"].map(OsString::from));
        ps.words.extend(self.services.iter().cloned());
        let output = process::output(&ps, environment)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Problem::new(format!("compose can't list the containers: {}", said.trim())).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).split_whitespace().map(OsString::from).collect())
    }

    /// The services that are started when none is named; none where the list of containers has no others.
    ///
    /// Compose 2 lists those of services that the files have no more, or whose profile is off, too. Version 1 leaves the
    /// first out, knows no word for the second (its `config --services` has all of them), and takes a second to say so; its
    /// names have underscores.
    pub fn active_services(&self, containers: &[Container], environment: &Environment) -> Result<Option<Vec<String>>> {
        let is_2 = |container: &Container| container.name.contains(&format!("-{}-", container.service));
        let lists_others = self.compose.program() == "docker" || containers.iter().any(is_2);
        if !self.services.is_empty() || !lists_others {
            return Ok(None);
        }
        let mut config = self.compose.clone();
        config.words.extend(["config", "--services"].map(OsString::from));
        let output = process::output(&config, environment)?;
        let names = String::from_utf8_lossy(&output.stdout).lines().map(|line| line.trim().to_owned()).collect();
        Ok(output.status.success().then_some(names))
    }

    /// What these containers do now. One that is gone is left out.
    pub fn containers(&self, ids: &[OsString], environment: &Environment) -> Result<Vec<Container>> {
        let mut inspect = self.docker(&["inspect", "--type", "container", "--format", CONTAINER_FORMAT]);
        inspect.words.extend(ids.iter().cloned());
        let output = process::output(&inspect, environment)?;
        let said = String::from_utf8_lossy(&output.stderr);
        let is_gone = |line: &str| line.to_lowercase().contains("no such");
        if !output.status.success() && (said.trim().is_empty() || !said.lines().all(is_gone)) {
            // A docker that somebody killed says nothing.
            let why = if said.trim().is_empty() { output.status.to_string() } else { said.trim().to_owned() };
            return Err(Problem::new(format!("docker can't tell how the containers are: {why}")).into());
        }
        Ok(docker_output::containers(&String::from_utf8_lossy(&output.stdout)))
    }

    /// The last lines that a container printed, on both of its streams.
    pub fn last_lines(&self, container: &Container, environment: &Environment) -> Result<String> {
        let output = process::output(&self.docker(&["logs", "--tail", "20", &container.id]), environment)?;
        let streams = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned());
        Ok(streams.iter().filter(|text| !text.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n"))
    }

    /// Docker itself, at the engine that compose was pointed at.
    fn docker(&self, words: &[&str]) -> Invocation {
        let options = compose::engine_options(&self.compose.words);
        let all = std::iter::once("docker".into()).chain(options).chain(words.iter().map(OsString::from));
        Invocation { words: all.collect(), ..self.compose.clone() }
    }
}

/// Docker's commands that talk to the engine. Others (buildx, context, plugins) may not.
const NEED_ENGINE: &[&str] = &[
    "attach",
    "build",
    "commit",
    "container",
    "cp",
    "create",
    "diff",
    "events",
    "exec",
    "export",
    "history",
    "image",
    "images",
    "import",
    "info",
    "inspect",
    "kill",
    "load",
    "logs",
    "network",
    "node",
    "pause",
    "port",
    "ps",
    "pull",
    "push",
    "rename",
    "restart",
    "rm",
    "rmi",
    "run",
    "save",
    "service",
    "stack",
    "start",
    "stats",
    "stop",
    "swarm",
    "system",
    "tag",
    "top",
    "unpause",
    "update",
    "volume",
    "wait",
];

/// Whether docker, with these words, has to reach an engine that `check_engine` can judge.
pub fn needs_engine(words: &[OsString]) -> bool {
    words.first().is_some_and(|word| NEED_ENGINE.iter().any(|command| word == command))
}

/// Whether a program is docker's own: another's compose may have no use for docker's engine.
pub fn is_dockers(program: &OsStr) -> bool {
    let name = Path::new(program).file_stem().unwrap_or(program);
    name == "docker" || name == "docker-compose"
}
