//! Where docker's engine listens, and whether anybody does: known without starting a process.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::diagnostic::Problem;
use crate::environment::Environment;
use crate::os::Os;

/// How long a far engine gets to take a connection.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Who said where the engine is.
enum Source {
    DockerHost,
    Context(String),
    Default,
}

/// An error when it is certain that the engine can't be reached; anything uncertain (ssh, a wrapper in docker's
/// place) is left to docker itself. `docker` is the program that was found.
pub fn check(environment: &Environment, docker: Option<&Path>) -> Result<(), Problem> {
    if docker.is_some_and(is_wrapper) {
        return Ok(());
    }
    let Some((url, source)) = endpoint(environment) else { return Ok(()) };
    match connect(&url) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(Problem::new(format!("no permission to talk to docker's engine at `{url}`")).hint(permission_hint()))
        }
        Err(error) if is_certain(&error) => {
            Err(Problem::new(format!("docker's engine is not running: nobody answers at `{url}`"))
                .hint(start_hint(&source)))
        }
        _ => Ok(()),
    }
}

/// The far machine that the engine is on; none when it is this one, or can't be known.
pub fn host(environment: &Environment) -> Option<String> {
    let (url, _) = endpoint(environment)?;
    let (scheme, rest) = url.split_once("://")?;
    let place = rest.split('/').next()?.rsplit('@').next()?;
    let host = match place.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => place.split(':').next()?,
    };
    (matches!(scheme, "tcp" | "http" | "https" | "ssh") && !host.is_empty()).then(|| host.to_owned())
}

fn is_certain(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::TimedOut)
}

/// A script, a batch file, or podman by docker's name: it may need no engine at all.
fn is_wrapper(docker: &Path) -> bool {
    let name = docker.canonicalize().ok().and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned()));
    let is_batch = docker
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("cmd") || ending.eq_ignore_ascii_case("bat"));
    let is_script = || {
        let mut start = [0; 2];
        std::fs::File::open(docker).and_then(|mut file| io::Read::read_exact(&mut file, &mut start)).is_ok()
            && &start == b"#!"
    };
    name.is_some_and(|name| name.contains("podman")) || is_batch || is_script()
}

/// `DOCKER_HOST`, else the context that is chosen, else docker's default. None when it can't be known.
fn endpoint(environment: &Environment) -> Option<(String, Source)> {
    let set = |name: &str| environment.text(name).filter(|value| !value.is_empty());
    if let Some(host) = set("DOCKER_HOST") {
        let url = if host.contains("://") { host } else { format!("tcp://{host}") };
        return Some((url, Source::DockerHost));
    }
    let current = || super::config(environment)?.get("currentContext")?.as_str().map(str::to_owned);
    match set("DOCKER_CONTEXT").or_else(current).filter(|name| !name.is_empty() && name != "default") {
        Some(context) => Some((host_of_context(&context, environment)?, Source::Context(context))),
        None => {
            let default = if cfg!(windows) { "npipe:////./pipe/docker_engine" } else { "unix:///var/run/docker.sock" };
            Some((default.to_owned(), Source::Default))
        }
    }
}

/// Docker keeps a context in `contexts/meta/<hash of its name>/meta.json`.
fn host_of_context(context: &str, environment: &Environment) -> Option<String> {
    let folders = std::fs::read_dir(super::config_dir(environment)?.join("contexts").join("meta")).ok()?;
    folders.flatten().find_map(|folder| {
        let meta: serde_json::Value =
            serde_json::from_slice(&std::fs::read(folder.path().join("meta.json")).ok()?).ok()?;
        let host = meta.get("Endpoints")?.get("docker")?.get("Host")?.as_str()?;
        (meta.get("Name")?.as_str()? == context).then(|| host.to_owned())
    })
}

fn connect(url: &str) -> io::Result<()> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    match scheme {
        #[cfg(unix)]
        "unix" => std::os::unix::net::UnixStream::connect(PathBuf::from(rest)).map(drop),
        #[cfg(windows)]
        "npipe" => std::fs::File::open(PathBuf::from(rest.replace('/', "\\"))).map(drop),
        "tcp" | "http" | "https" => {
            let place = rest.split('/').next().unwrap_or(rest);
            let has_port = place.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            // Without a port it is docker's to choose: that depends on TLS.
            if has_port { reach(place) } else { Ok(()) }
        }
        _ => Ok(()),
    }
}

/// Every address of the place is tried: `localhost` is two, and an engine may listen on one of them alone.
fn reach(place: &str) -> io::Result<()> {
    let mut last = Ok(());
    for address in place.to_socket_addrs()? {
        last = TcpStream::connect_timeout(&address, TIMEOUT).map(drop);
        if last.is_ok() {
            break;
        }
    }
    last
}

fn start_hint(source: &Source) -> String {
    match source {
        Source::DockerHost => "DOCKER_HOST says so: start that engine, or unset the variable".to_owned(),
        Source::Context(name) => {
            format!("the context `{name}` says so: start that engine, or choose another: docker context use default")
        }
        Source::Default if Os::HERE == Os::Linux => {
            "start it: sudo systemctl start docker (or start Docker Desktop)".to_owned()
        }
        Source::Default => "start Docker Desktop, and wait until it says that the engine runs".to_owned(),
    }
}

fn permission_hint() -> &'static str {
    match Os::HERE {
        Os::Linux => "join the socket's group, then log in again: sudo usermod -aG docker \"$USER\"",
        Os::Windows | Os::Mac => "start Docker Desktop as yourself, or ask for membership in `docker-users`",
    }
}
