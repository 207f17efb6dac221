//! Docker's programs on this machine: the CLI, its plugins, and its configuration.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

use crate::docker::how_to_get;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::files;
use crate::system::os::Os;
use crate::system::process;
use crate::ui::problem::Problem;

/// The docker that is on PATH, or the error that says how to get one.
pub fn find_docker(environment: &Environment, dir: &Path) -> Result<PathBuf> {
    process::find(OsStr::new("docker"), dir, environment).ok_or_else(|| {
        Problem::new("docker is not installed, or not on PATH").hint(how_to_get::docker(Os::HERE)).into()
    })
}

/// A question of our own to docker, at the engine that these options name.
pub fn question(engine: &[OsString], words: &[&str], dir: &Path) -> Invocation {
    let words = std::iter::once("docker".into()).chain(engine.iter().cloned()).chain(words.iter().map(OsString::from));
    // Docker refuses some while the variable has a value that is not a boolean, and one of 23 or later without buildx
    // refuses `docker builder` while it is 1. Empty counts as unset.
    let env = vec![("DOCKER_BUILDKIT".to_owned(), OsString::new())];
    Invocation::new(words.collect(), env, dir.to_owned())
}

/// Docker's configuration folder.
pub fn config_dir(environment: &Environment) -> Option<PathBuf> {
    let own = environment.get("DOCKER_CONFIG").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    own.or_else(|| Some(environment.home()?.join(".docker")))
}

/// Docker's own config.json; `None` if there is none. Docker itself goes on without one that it can't read.
///
/// # Errors
///
/// It can't be read.
pub fn config(environment: &Environment) -> Result<Option<Value>, Unread> {
    config_dir(environment).map_or(Ok(None), |dir| json(&dir.join("config.json")))
}

/// A file of docker's configuration; `None` if there is none.
///
/// # Errors
///
/// It can't be read, or is not a JSON object.
pub fn json(file: &Path) -> Result<Option<Value>, Unread> {
    let unread = |why: String| Unread { path: file.to_owned(), why, may_wait: false };
    let bytes = match files::bytes_up_to(file, files::LARGEST) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => {
            let may_wait = error.kind() == files::NOT_REGULAR;
            return Err(Unread { may_wait, ..unread(error.to_string()) });
        }
    };
    // To docker a file of blanks is none, and so is `null`; it reads the first value and nothing behind it (20.10, 28.5).
    let text = String::from_utf8_lossy(&bytes);
    let first = serde_json::Deserializer::from_str(&text).into_iter().next();
    match first.transpose().map_err(|error| unread(format!("it is not JSON: {error}")))? {
        None | Some(Value::Null) => Ok(None),
        Some(value @ Value::Object(_)) => Ok(Some(value)),
        Some(_) => Err(unread("it is not a JSON object".to_owned())),
    }
}

/// A file of docker's configuration that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub path: PathBuf,
    pub why: String,
    /// It is a pipe or a device: docker waits for it, or reads it without end.
    pub may_wait: bool,
}

/// Where docker looks for plugins (docker/cli, `cli-plugins/manager`).
fn plugin_dirs(environment: &Environment) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = config_dir(environment).map(|dir| dir.join("cli-plugins")).into_iter().collect();
    let extra =
        config(environment).ok().flatten().and_then(|config| config.get("cliPluginsExtraDirs")?.as_array().cloned());
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
pub fn plugin_file(environment: &Environment, name: &str) -> Option<PathBuf> {
    let file = if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() };
    plugin_dirs(environment).into_iter().map(|dir| dir.join(&file)).find(|path| path.is_file())
}

/// Docker's usual commands that talk to the engine. Others may not (buildx, context, plugins), or are rare: then docker
/// itself reports that its engine is not running.
const NEED_ENGINE: &[&str] = &[
    "build",
    "container",
    "cp",
    "exec",
    "image",
    "images",
    "info",
    "inspect",
    "logs",
    "network",
    "ps",
    "pull",
    "push",
    "restart",
    "rm",
    "run",
    "start",
    "stop",
    "system",
    "volume",
];

/// Whether docker, with these words, needs its engine.
pub fn needs_engine(words: &[OsString]) -> bool {
    words.first().is_some_and(|word| NEED_ENGINE.iter().any(|command| word == command))
}

/// Whether it is docker's own program on PATH, which may be started just to look. A path or another program may do anything.
pub fn is_bare(program: &OsStr) -> bool {
    program == "docker" || program == "docker-compose"
}

/// Whether a program is a Python script: compose 1, as distributions and pip install it.
pub fn is_python(path: &Path) -> bool {
    interpreter(path).is_some_and(|line| line.windows(6).any(|part| part == b"python"))
}

/// Podman under docker's name: a link to it, or the script of the package `podman-docker`, which ends in
/// `exec /usr/bin/podman "$@"`.
pub fn is_podman(docker: &Path) -> bool {
    let name = docker.canonicalize().ok().and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned()));
    let calls_it = || {
        let script = interpreter(docker).map(|_| files::start_of(docker, 64 << 10));
        script.is_some_and(|text| text.lines().any(|line| line.starts_with("exec ") && line.contains("podman")))
    };
    name.is_some_and(|name| name.contains("podman")) || calls_it()
}

/// The first line of a script, which names what runs it; `None` for other programs.
pub fn interpreter(path: &Path) -> Option<Vec<u8>> {
    let start = files::start_up_to(path, 128);
    let line = start.split(|byte| *byte == b'\n').next()?;
    line.starts_with(b"#!").then(|| line.to_owned())
}
