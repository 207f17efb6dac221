//! Which compose is called on this machine: `docker compose` or `docker-compose`, and whether it is version 1.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::docker::answer::{self, Answer, Unanswered};
use crate::docker::how_to_get;
use crate::docker::programs::{find_docker, is_python, plugin_file};
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::system::process;
use crate::ui::problem::Problem;

/// The words that call compose here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeCli {
    /// `docker compose`, `docker-compose`, or what `--compose` and `[compose] cli` say. Never empty.
    pub words: Vec<OsString>,
    /// Whether it is version 1, a Python script: no JSON, `demo_api_1`, `version:` in every file, a second to start. This is
    /// the only place that finds out which one it is.
    pub is_1: bool,
}

impl ComposeCli {
    /// `words` as they are called from `dir`. A program that is not there counts as the newer one.
    pub fn new(words: Vec<OsString>, dir: &Path, environment: &Environment) -> ComposeCli {
        // Docker itself is not a script, and the usual case should not read any files.
        let script = (words[0] != "docker").then(|| process::find(&words[0], dir, environment)).flatten();
        ComposeCli { words, is_1: script.is_some_and(|path| is_python(&path)) }
    }
}

/// How long docker may take to say whether it has compose.
const PROBE: Duration = Duration::from_secs(3);

/// The words that call compose here: `docker compose` when it is there, else `docker-compose`.
///
/// Looks for files first: docker's plugins lie in known folders. Only when none is there and `may_run` allows it, one
/// process asks docker itself (a wrapper such as podman's has no such files); never `docker-compose version`, which
/// takes a second. With `may_run` false there is always an answer.
///
/// # Errors
///
/// There is none; or docker does not say whether there is, which is an [`answer::Unanswered`].
pub fn find_compose(environment: &Environment, dir: &Path, may_run: bool) -> Result<Vec<OsString>> {
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<OsString>>();
    let plugin = words(&["docker", "compose"]);
    let docker = process::find(OsStr::new("docker"), dir, environment);
    let mut unanswered = None;
    if docker.is_some() && plugin_file(environment, "docker-compose").is_some() {
        return Ok(plugin);
    }
    if docker.is_some() && may_run {
        let probe = Invocation::new(words(&["docker", "compose", "version"]), Vec::new(), dir.to_owned());
        // Docker 20.10 asks its engine about a command that it does not know, and waits for one that hangs.
        match answer::ask(&probe, environment, Instant::now() + PROBE).and_then(|answer| is_compose(&answer)) {
            Ok(true) => return Ok(plugin),
            Ok(false) => {}
            Err(why) => unanswered = Some(why),
        }
    }
    if process::find(OsStr::new("docker-compose"), dir, environment).is_some() {
        return Ok(words(&["docker-compose"]));
    }
    if !may_run {
        return Ok(plugin);
    }
    find_docker(environment, dir)?;
    if let Some(why) = unanswered {
        let problem = Problem::new("can't tell whether compose is installed").hint("try it: docker compose version");
        return Err(anyhow::Error::new(why).context(problem));
    }
    Err(Problem::new("docker is installed, but compose is not").hint(how_to_get::compose(Os::HERE)).into())
}

/// Whether docker has compose: else it fails.
fn is_compose(version: &Answer) -> Result<bool, Unanswered> {
    if !version.status.success() {
        return Ok(false);
    }
    version.read(|said| said.to_lowercase().contains("compose").then_some(true))
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
        let is_1 = |words: Vec<OsString>| ComposeCli::new(words, &folder.path, &Environment::read("none")).is_1;
        assert!(is_1(vec![program("docker-compose", b"#!/usr/bin/python3\n")]));
        assert!(!is_1(vec![program("compiled", b"\x7fELF\x02")]));
        assert!(!is_1(vec![program("docker", b"\x7fELF\x02"), "compose".into()]));
        assert!(!is_1(vec!["docker".into(), "compose".into()]));
        assert!(!is_1(vec!["no-such-program".into()]));
    }
}
