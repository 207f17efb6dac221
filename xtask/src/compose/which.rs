//! Finding compose on this machine: the words that call it.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::docker::install;
use crate::docker::programs::plugin_file;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::system::process;
use crate::ui::problem::Problem;

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
        Some(_) => Err(Problem::new("docker is installed, but compose is not").hint(install::compose(Os::HERE)).into()),
        None => Err(Problem::new("docker is not installed, or not on PATH").hint(install::docker(Os::HERE)).into()),
    }
}
