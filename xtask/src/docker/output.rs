//! What docker prints, read: the formats that we ask for, and nothing of what is meant for people.

pub mod cache;
pub mod engine;

pub mod progress;

/// A container as `docker inspect --format` tells it in [`CONTAINER_FORMAT`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    pub id: String,
    /// Its name without the leading slash.
    pub name: String,
    /// The compose service; empty when compose did not make it.
    pub service: String,
    /// Made by `compose run`, which no `up` waits for.
    pub one_off: bool,
    /// created, running, paused, restarting, removing, exited or dead.
    pub status: String,
    /// Only meaningful if the status is exited or dead.
    pub exit_code: i32,
    /// How often the engine started it again.
    pub restarts: u32,
    /// starting, healthy or unhealthy; none without a health check.
    pub health: Option<String>,
    pub ports: Vec<PublishedPort>,
}

/// A port of a container that is published on the host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublishedPort {
    /// An address of the host; `0.0.0.0` and `::` are all of them.
    pub host: String,
    pub port: u16,
    /// Whether it is TCP: only that can answer HTTP.
    pub tcp: bool,
}

/// One line a container, fields by `;`, which none of them can hold. Backquotes, since a double quote would not get
/// through a batch file; `index`, since a container without a health check has no such field. The same line on engines
/// 20.10, 26.1 and 28.5.
pub const CONTAINER_FORMAT: &str = "{{.Id}};{{.Name}};{{index .Config.Labels `com.docker.compose.service`}};\
{{index .Config.Labels `com.docker.compose.oneoff`}};{{.State.Status}};{{.State.ExitCode}};{{.RestartCount}};\
{{with index .State `Health`}}{{.Status}}{{end}};\
{{range $port, $bindings := .NetworkSettings.Ports}}{{range $bindings}}{{$port}}={{.HostIp}}:{{.HostPort}} {{end}}{{end}}";

/// The ids that `compose ps -q` prints, one a line; `None` if it is something else.
pub fn ids(output: &str) -> Option<Vec<&str>> {
    let is_id = |line: &&str| line.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty());
    lines().all(|line| is_id(&line)).then(|| lines().collect())
}

/// The names that `compose config --services` prints, one a line; `None` if it is something else.
pub fn names(output: &str) -> Option<Vec<String>> {
    let is_name = |line: &str| line.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let names: Vec<&str> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let are_names = !names.is_empty() && names.iter().all(|name| is_name(name));
    are_names.then(|| names.into_iter().map(str::to_owned).collect())
}

/// Reads the lines of [`CONTAINER_FORMAT`]; `None` if one has another form.
pub fn containers(output: &str) -> Option<Vec<Container>> {
    output.lines().filter(|line| !line.trim().is_empty()).map(container).collect()
}

fn container(line: &str) -> Option<Container> {
    let fields: Vec<&str> = line.trim_end_matches('\r').split(';').collect();
    let [id, name, service, one_off, status, exit_code, restarts, health, ports] = fields[..] else { return None };
    let mut ports: Vec<PublishedPort> = ports.split_whitespace().filter_map(port).collect();
    ports.sort();
    ports.dedup();
    Some(Container {
        id: id.to_owned(),
        name: name.trim_start_matches('/').to_owned(),
        service: service.replace("<no value>", ""),
        one_off: one_off.eq_ignore_ascii_case("true"),
        status: status.to_owned(),
        exit_code: exit_code.parse().ok()?,
        restarts: restarts.parse().ok()?,
        health: Some(health).filter(|health| !health.is_empty() && *health != "none").map(str::to_owned),
        ports,
    })
}

/// `8000/tcp=127.0.0.1:8000`, `53/udp=:::53`.
fn port(text: &str) -> Option<PublishedPort> {
    let (inner, outer) = text.split_once('=')?;
    let (host, port) = outer.rsplit_once(':')?;
    Some(PublishedPort {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: port.parse().ok()?,
        tcp: inner.ends_with("/tcp"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_format_are_containers() {
        let line = "a1;/demo-api-1;api;False;running;0;0;healthy;8000/tcp=0.0.0.0:18000 8000/tcp=:::18000 53/udp=127.0.0.1:53 ";
        assert_eq!(containers(&format!("{line}\r\nnonsense\n")), None);
        let found = containers(&format!("{line}\r\n")).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].service.as_str(), found[0].one_off), ("demo-api-1", "api", false));
        assert_eq!(found[0].health.as_deref(), Some("healthy"));
        let ports: Vec<(&str, u16, bool)> =
            found[0].ports.iter().map(|port| (port.host.as_str(), port.port, port.tcp)).collect();
        assert_eq!(ports, [("0.0.0.0", 18000, true), ("127.0.0.1", 53, false), ("::", 18000, true)]);
    }

    #[test]
    fn any_output_is_read_without_a_panic() {
        for line in ["", ";;;;;;;;", "a;b;c;d;e;x;f;g;h", "a;b;c;d;e;1;0;;=: x=y:z 1/tcp=:99999", "é;;;;;-1;0;;"] {
            let _ = containers(line);
        }
    }
}
