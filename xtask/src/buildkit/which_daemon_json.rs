//! Which daemon.json is this engine's, and how it reads it again.

use std::path::PathBuf;

use crate::docker::facts::{Machine, Source};
use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::ui::problem::Problem;

/// A daemon.json.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    pub kind: Kind,
    /// By `--config`: whatever the engine is.
    pub named: bool,
}

/// How docker was set up here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An engine of Linux, of the system's own.
    System,
    Rootless,
    Desktop,
    /// An engine of Windows without Docker Desktop.
    WindowsService,
}

impl Kind {
    /// What to type so that the engine reads the file. `features` needs no restart on Linux (dockerd's documentation,
    /// "Configuration reload behavior"), and containers keep running.
    pub fn reload(self) -> &'static str {
        match self {
            Kind::System => "sudo systemctl reload docker",
            Kind::Rootless => "systemctl --user reload docker",
            Kind::Desktop => "restart Docker Desktop (its menu, Restart)",
            Kind::WindowsService => "Restart-Service docker (as an administrator; it stops the containers)",
        }
    }
}

/// How the engine was set up; `None` when it is not on this machine. `runtime` is the folder `XDG_RUNTIME_DIR`.
fn kind(machine: &Machine, runtime: Option<&str>, os: Os) -> Option<Kind> {
    let (engine, info) = (&machine.engine, machine.info.as_ref());
    let url = engine.url.as_deref().unwrap_or_default();
    let is_desktops =
        |url: &str| url.contains("/.docker/desktop/") || url.contains("/.docker/run/") || url.contains("dockerDesktop");
    let by_context = matches!(&engine.source, Source::Context(name, _) if name.starts_with("desktop"));
    if by_context || is_desktops(url) || info.is_some_and(|info| info.operating_system == "Docker Desktop") {
        return Some(Kind::Desktop);
    }
    match url.split_once("://") {
        Some(("tcp" | "http" | "https", place)) if !is_loopback(place) => return None,
        Some(("ssh", _)) => return None,
        _ => {}
    }
    let is_in = |folder: &str| url.strip_prefix("unix://").is_some_and(|path| path.starts_with(folder));
    let rootless = info.is_some_and(|info| info.rootless);
    Some(match os {
        Os::Mac => Kind::Desktop,
        Os::Windows => Kind::WindowsService,
        Os::Linux if rootless || is_in("/run/user/") || runtime.is_some_and(is_in) => Kind::Rootless,
        Os::Linux => Kind::System,
    })
}

fn is_loopback(place: &str) -> bool {
    let place = place.split('/').next().unwrap_or(place);
    ["localhost", "127.", "[::1]"].iter().any(|start| place.starts_with(start))
}

/// The daemon.json that `--config` names, or that of the engine that docker talks to here.
pub fn place(machine: &Machine, named: Option<PathBuf>, environment: &Environment, os: Os) -> Result<Place, Problem> {
    let set = |name: &str| environment.text(name).filter(|value| !value.is_empty());
    let kind = kind(machine, set("XDG_RUNTIME_DIR").as_deref(), os);
    if let Some(path) = named {
        return Ok(Place { path, kind: kind.unwrap_or(Kind::System), named: true });
    }
    let Some(kind) = kind else {
        let url = machine.engine.url.as_deref().unwrap_or_default();
        let who = match &machine.engine.source {
            Source::Context(name, _) => format!("the context `{name}`"),
            _ => "DOCKER_HOST".to_owned(),
        };
        return Err(Problem::new(format!(
            "{who} names an engine on another machine (`{url}`), and its daemon.json is there"
        ))
        .hint("run this on that machine, or name a file: --config FILE"));
    };
    let home = || {
        environment.home().ok_or_else(|| Problem::new("there is no home folder").hint("name the file: --config FILE"))
    };
    let path = match kind {
        Kind::System => PathBuf::from("/etc/docker/daemon.json"),
        Kind::Rootless => match set("XDG_CONFIG_HOME") {
            Some(config) => PathBuf::from(config).join("docker").join("daemon.json"),
            None => home()?.join(".config").join("docker").join("daemon.json"),
        },
        Kind::Desktop => home()?.join(".docker").join("daemon.json"),
        Kind::WindowsService => {
            let data = set("ProgramData").unwrap_or_else(|| r"C:\ProgramData".to_owned());
            PathBuf::from(data).join("docker").join("config").join("daemon.json")
        }
    };
    Ok(Place { path, kind, named: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_docker_was_set_up() {
        let of = |url: &str, context: Option<&str>, info: Option<(&str, bool)>, os: Os| {
            use crate::docker::facts::{By, Engine, Info};
            let source = context.map_or(Source::Default, |name| Source::Context(name.to_owned(), By::Config));
            let engine = Engine { url: Some(url.to_owned()), source, ..Engine::default() };
            let info = info.map(|(operating_system, rootless)| Info {
                operating_system: operating_system.to_owned(),
                rootless,
                ..Info::default()
            });
            kind(&Machine { engine, info, ..Machine::default() }, Some("/tmp/run"), os)
        };
        let socket = "unix:///var/run/docker.sock";
        assert_eq!(of(socket, None, None, Os::Linux), Some(Kind::System));
        assert_eq!(of(socket, None, Some(("Docker Desktop", false)), Os::Linux), Some(Kind::Desktop));
        assert_eq!(of(socket, None, Some(("Debian", true)), Os::Linux), Some(Kind::Rootless));
        assert_eq!(of("unix:///run/user/1000/docker.sock", None, None, Os::Linux), Some(Kind::Rootless));
        assert_eq!(of("unix:///tmp/run/docker.sock", None, None, Os::Linux), Some(Kind::Rootless));
        assert_eq!(of("unix:///home/me/.docker/desktop/docker.sock", None, None, Os::Linux), Some(Kind::Desktop));
        assert_eq!(of(socket, Some("desktop-linux"), None, Os::Linux), Some(Kind::Desktop));
        assert_eq!(of(socket, None, None, Os::Mac), Some(Kind::Desktop));
        assert_eq!(of("npipe:////./pipe/docker_engine", None, None, Os::Windows), Some(Kind::WindowsService));
        assert_eq!(of("npipe:////./pipe/dockerDesktopLinuxEngine", None, None, Os::Windows), Some(Kind::Desktop));
        assert_eq!(of("tcp://127.0.0.1:2375", None, None, Os::Linux), Some(Kind::System));
        assert_eq!(of("tcp://far:2375", None, Some(("Debian", false)), Os::Linux), None);
        assert_eq!(of("ssh://me@far", Some("far"), None, Os::Mac), None);
    }
}
