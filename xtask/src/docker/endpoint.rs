//! Where docker's engine listens, and whether it answers: known without starting a process.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::docker::facts::{By, Engine, Podman, Reach, Source};
use crate::docker::programs::{Unread, config, config_dir, interpreter, is_podman, json};
use crate::system::command_line::option_values;
use crate::system::environment::Environment;

/// Looks where the engine should be, until `deadline` at the longest. Anything uncertain (ssh, TLS, a wrapper in
/// docker's place) is left to docker itself. `options` are those that name an engine (`--host`, `--context`), with their
/// values; `docker` is the program that was found.
pub fn look(environment: &Environment, options: &[OsString], docker: Option<&Path>, deadline: Instant) -> Engine {
    if docker.is_some_and(is_podman) {
        return Engine { podman: Some(Podman::Program), ..Engine::default() };
    }
    if docker.is_some_and(is_wrapper) {
        return Engine::default();
    }
    let (url, source) = match endpoint(environment, options) {
        Ok(found) => found,
        Err((reach, source)) => return Engine { source, reach, ..Engine::default() },
    };
    // In a thread of its own: not every kind of connection has a timeout, and resolving a name may take long.
    let (sender, receiver) = mpsc::channel();
    let (place, may_speak) = (url.clone(), !uses_tls(&url, environment));
    std::thread::spawn(move || {
        let _ = sender.send(ping(&place, may_speak, deadline));
    });
    // A moment more than its own limits, so that it can still report.
    let wait = deadline.saturating_duration_since(Instant::now()) + Duration::from_millis(50);
    let answer = receiver.recv_timeout(wait).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    let reach = answer.as_ref().map_or_else(judge, |_| Reach::Answers);
    let answer = answer.ok();
    let podman = answer.as_ref().is_some_and(|answer| answer.is_podman).then_some(Podman::Service);
    let builds_by_default = answer.map(|answer| answer.builds_by_default);
    Engine { url: Some(url), source, reach, builds_by_default, podman }
}

/// What the headers of an answer say.
struct Answer {
    builds_by_default: bool,
    is_podman: bool,
}

fn judge(error: &io::Error) -> Reach {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Reach::Denied,
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::NotConnected => Reach::Refused,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Reach::Silent,
        io::ErrorKind::AddrNotAvailable => Reach::NoSuchHost,
        _ => Reach::Unknown,
    }
}

/// One `GET /_ping`, as docker itself begins (docker's API documentation; the same on engines 20.10, 26.1 and 28.5).
///
/// # Errors
///
/// `Unsupported`: only docker can ask it. Any other kind: why it can't be reached.
fn ping(url: &str, may_speak: bool, deadline: Instant) -> io::Result<Answer> {
    let mut stream = connect(url, may_speak, deadline)?;
    if !may_speak {
        return Err(io::ErrorKind::Unsupported.into());
    }
    stream.write_all(b"GET /_ping HTTP/1.0\r\nHost: docker\r\nUser-Agent: xtask\r\n\r\n")?;
    let (mut said, mut buffer) = (Vec::new(), [0; 1024]);
    while !said.windows(4).any(|end| end == b"\r\n\r\n") && said.len() < 1 << 16 {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => said.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let said = String::from_utf8_lossy(&said).to_ascii_lowercase();
    // Not an engine, or one that wants TLS: docker will report it.
    if !said.starts_with("http/1.0 200") && !said.starts_with("http/1.1 200") {
        return Err(io::ErrorKind::Unsupported.into());
    }
    Ok(Answer {
        builds_by_default: said.lines().any(|line| line.replace(' ', "") == "builder-version:2"),
        // Podman's own, in each answer of its service (4.3.1).
        is_podman: said.lines().any(|line| line.starts_with("libpod-api-version:")),
    })
}

/// A stream of bytes to the engine.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// The stream to an address; `Unsupported` where only docker can open one (ssh).
fn connect(url: &str, may_speak: bool, deadline: Instant) -> io::Result<Box<dyn Stream>> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let left = || deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    match scheme {
        #[cfg(unix)]
        "unix" => {
            let stream = std::os::unix::net::UnixStream::connect(PathBuf::from(rest))?;
            stream.set_read_timeout(Some(left()))?;
            stream.set_write_timeout(Some(left()))?;
            Ok(Box::new(stream))
        }
        #[cfg(windows)]
        "npipe" => {
            let pipe = PathBuf::from(rest.replace('/', "\\"));
            Ok(Box::new(std::fs::File::options().read(true).write(true).open(pipe)?))
        }
        "tcp" | "http" | "https" => {
            let place = rest.split('/').next().unwrap_or(rest);
            let has_port = place.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            // Without a port docker takes these (docker/cli, `opts/hosts.go`).
            let port = if may_speak { ":2375" } else { ":2376" };
            let stream = reach(&format!("{place}{}", if has_port { "" } else { port }), left())?;
            stream.set_read_timeout(Some(left()))?;
            stream.set_write_timeout(Some(left()))?;
            Ok(Box::new(stream))
        }
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Every address of the place is tried: `localhost` is two, and an engine may listen on one of them alone.
fn reach(place: &str, limit: Duration) -> io::Result<TcpStream> {
    let addresses = place.to_socket_addrs().map_err(|_| io::Error::from(io::ErrorKind::AddrNotAvailable))?;
    let mut last = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in addresses {
        last = TcpStream::connect_timeout(&address, limit);
        if last.is_ok() {
            break;
        }
    }
    last
}

/// Whether docker would speak TLS there: any value but an empty one turns it on (docker/cli, `cli/flags/options.go`), and
/// by custom port 2376 has it.
fn uses_tls(url: &str, environment: &Environment) -> bool {
    let is_set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
    let asked = ["DOCKER_TLS_VERIFY", "DOCKER_TLS"].into_iter().any(is_set);
    let is_tcp = !url.starts_with("unix:") && !url.starts_with("npipe:");
    is_tcp && (asked || url.starts_with("https:") || url.trim_end_matches('/').ends_with(":2376"))
}

/// The remote machine that the engine is on; `None` if it is this one, or can't be known.
pub fn host(environment: &Environment, options: &[OsString]) -> Option<String> {
    let (url, _) = endpoint(environment, options).ok()?;
    let (scheme, rest) = url.split_once("://")?;
    let place = rest.split('/').next()?.rsplit('@').next()?;
    let host = match place.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => place.split(':').next()?,
    };
    (matches!(scheme, "tcp" | "http" | "https" | "ssh") && !host.is_empty()).then(|| host.to_owned())
}

/// A script or a batch file in docker's place: it may need no engine at all.
fn is_wrapper(docker: &Path) -> bool {
    let is_batch = docker
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("cmd") || ending.eq_ignore_ascii_case("bat"));
    is_batch || interpreter(docker).is_some()
}

/// The address of the engine that these options and variables name; `None` if it can't be known here.
pub fn url(environment: &Environment, options: &[OsString]) -> Option<String> {
    endpoint(environment, options).ok().map(|(url, _)| url)
}

/// What an option names, else DOCKER_HOST, else the context that is chosen, else docker's default (docker/cli,
/// `resolveContextName`). When it can't be known: why, and who chose.
fn endpoint(environment: &Environment, options: &[OsString]) -> Result<(String, Source), (Reach, Source)> {
    let typed = |names: &[&str]| option_values(options, names).pop().map(|value| value.to_string_lossy().into_owned());
    let set = |name: &str| environment.text(name).filter(|value| !value.is_empty());
    let configured = || config(environment).ok()??.get("currentContext")?.as_str().map(str::to_owned);
    let of_host = |host: String, by: By| {
        let url = if host.contains("://") { host } else { format!("tcp://{host}") };
        let known = ["unix://", "npipe://", "tcp://", "http://", "https://", "ssh://", "fd://"];
        let is_address = known.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        if is_address { Ok((url, Source::Host(by))) } else { Err((Reach::BadAddress, Source::Host(by))) }
    };
    let (context, by) = if let Some(host) = typed(&["-H", "--host"]) {
        return of_host(host, By::Option);
    } else if let Some(context) = typed(&["-c", "--context"]) {
        (context, By::Option)
    } else if let Some(host) = set("DOCKER_HOST") {
        return of_host(host, By::Variable);
    } else if let Some(context) = set("DOCKER_CONTEXT") {
        (context, By::Variable)
    } else {
        (configured().unwrap_or_default(), By::Config)
    };
    if context.is_empty() || context == "default" {
        let default = if cfg!(windows) { "npipe:////./pipe/docker_engine" } else { "unix:///var/run/docker.sock" };
        return Ok((default.to_owned(), Source::Default));
    }
    match host_of_context(&context, environment) {
        Ok(Some(host)) => Ok((host, Source::Context(context, by))),
        Ok(None) => Err((Reach::NoSuchContext, Source::Context(context, by))),
        Err(_) => Err((Reach::Unknown, Source::Context(context, by))),
    }
}

/// How many contexts are looked at.
const MOST_CONTEXTS: usize = 10_000;

/// Docker keeps a context in `contexts/meta/<hash of its name>/meta.json`.
///
/// # Errors
///
/// A context can't be read, and no other is the one: it may be.
fn host_of_context(context: &str, environment: &Environment) -> Result<Option<String>, Unread> {
    let folder = config_dir(environment).map(|dir| dir.join("contexts").join("meta"));
    let mut not_read = None;
    for folder in
        folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten().take(MOST_CONTEXTS)
    {
        match json(&folder.path().join("meta.json")) {
            Ok(meta) => {
                let meta = meta.unwrap_or_default();
                let host = || meta.get("Endpoints")?.get("docker")?.get("Host")?.as_str();
                if let Some(host) = host().filter(|_| meta["Name"] == context) {
                    return Ok(Some(host.to_owned()));
                }
            }
            Err(why) => not_read = Some(why),
        }
    }
    not_read.map_or(Ok(None), Err)
}

/// The file of docker's configuration that would name the engine, if it can't be read.
pub fn unread(environment: &Environment, source: &Source) -> Option<Unread> {
    let of_context = || match source {
        Source::Context(context, _) => host_of_context(context, environment).err(),
        _ => None,
    };
    config(environment).err().or_else(of_context)
}
