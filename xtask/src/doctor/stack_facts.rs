//! The facts about the stack's ports and variables. The checks judge them.

use crate::compose::line::{Scope, Started};
use crate::compose::services::{Port, Service, Services};
use crate::docker::listeners::Listening;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackFacts {
    pub ports: Vec<PortFacts>,
    /// Variables that the compose file uses and nothing sets.
    pub unset: Vec<String>,
    /// Secret variables with a `$` in their value that begins one which is not set. Its name is a part of the secret.
    pub cut_secrets: Vec<String>,
    /// Variables of `.env` without effect: the tasks set them.
    pub hidden_by_tasks: Vec<String>,
    /// Others without effect: the person sets them.
    pub hidden_by_person: Vec<String>,
    /// Compose's own sentence, when it could not read its files.
    pub refused: Option<String>,
    /// Whether that is because a file is past our bound: compose must not be asked.
    pub too_much: bool,
    /// Compose with its files, as it can be typed in the project's folder.
    pub compose: String,
    /// The `.env` that compose reads, as the person would type it.
    pub env_file: String,
    /// A `.env` at the top of the project that compose does not read, and that sets a missing variable.
    pub unread_env_file: Option<String>,
}

/// One port that a service publishes on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortFacts {
    /// Empty: of a container that no compose file knows.
    pub service: String,
    pub port: Port,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// This stack has it already.
    Ours,
    /// Another service of this stack wants the same port.
    Twice(String),
    /// So many containers of this service want it.
    ByEach(u64),
    Container {
        name: String,
        /// The compose project that made it; empty if none did.
        project: String,
    },
    /// No container has it.
    OfHost(Listening),
}

/// A container and the ports of the host that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub name: String,
    pub project: String,
    pub ports: Vec<Port>,
}

/// For `docker ps`: one line a container, fields by `;`. Backquotes, since a double quote would not get through a batch
/// file. The same on engines 20.10, 26.1 and 28.5.
pub const PUBLISHED_FORMAT: &str = "{{.Names}};{{.Label `com.docker.compose.project`}};{{.Ports}}";

/// Reads the lines of [`PUBLISHED_FORMAT`]; `None` if one has another form.
pub fn containers(output: &str) -> Option<Vec<Published>> {
    // `0.0.0.0:8000->8000/tcp`, `:::8000->8000/tcp`, `[::]:8000->8000/tcp`, `127.0.0.1:9000-9001->9000-9001/udp`
    let port = |text: &str| Port::short(&text.replacen("->", ":", 1));
    let container = |line: &str| {
        let (name, rest) = line.trim_end_matches('\r').split_once(';')?;
        let (project, ports) = rest.split_once(';')?;
        let ports = ports.split(", ").filter_map(port).collect();
        Some(Published { name: name.to_owned(), project: project.to_owned(), ports })
    };
    output.lines().map(container).collect()
}

/// The services that are started, each with the ports that it takes. `profiles`: the active ones.
pub fn started(services: &Services, started: &Started, profiles: &[String]) -> Services {
    let find = |name: &String| services.services.iter().find(|service| service.name == *name);
    let mut found: Vec<Service> = match &started.scope {
        Scope::Nothing => Vec::new(),
        Scope::Everything => services.services.iter().filter(|service| service.is_active(profiles)).cloned().collect(),
        Scope::Named(names) => names.iter().filter_map(find).cloned().collect(),
    };
    for service in &mut found {
        let typed = started.scale.iter().filter_map(|scale| scale.split_once('='));
        let mut typed = typed.filter(|(name, _)| *name == service.name).filter_map(|(_, number)| number.parse().ok());
        service.replicas = typed.next_back().or(service.replicas);
        // A service of no containers takes none.
        if !started.own_ports || service.replicas == Some(0) {
            service.ports.clear();
        }
    }
    if started.dependencies {
        let mut at = 0;
        while at < found.len() {
            for name in found[at].needs.clone() {
                if !found.iter().any(|service| service.name == name) {
                    found.extend(find(&name).cloned());
                }
            }
            at += 1;
        }
    }
    let published: Vec<Port> = started.published.iter().filter_map(|text| Port::short(text)).collect();
    if !published.is_empty() {
        found.push(Service { ports: published, ..Service::default() });
    }
    Services { project: services.project.clone(), services: found, ..Services::default() }
}

/// How many ports are looked at: each is compared with each. Real projects publish a few dozen.
pub const MOST_PORTS: usize = 2_000;

/// Who has each port that the services publish, as far as [`MOST_PORTS`]. `own`: this project's name, as far as it is known.
pub fn port_facts(
    services: &Services,
    containers: &[Published],
    own: Option<&str>,
    look: impl Fn(&Port) -> Listening,
) -> Vec<PortFacts> {
    let mut found: Vec<PortFacts> = Vec::new();
    for service in &services.services {
        let containers = service.replicas.unwrap_or(1);
        // Each container takes one port of a range.
        let is_too_narrow = |port: &&Port| u64::from(port.published.1 - port.published.0) + 1 < containers;
        found.extend(service.ports.iter().filter(is_too_narrow).map(|port| PortFacts {
            service: service.name.clone(),
            port: port.clone(),
            state: State::ByEach(containers),
        }));
    }
    let ports =
        services.services.iter().flat_map(|service| service.ports.iter().map(move |port| (&service.name, port)));
    let each = ports.flat_map(|(service, port)| port.each().map(move |port| (service, port)));
    for (service, port) in each.take(MOST_PORTS) {
        let other = found.iter().find(|other| other.port.overlaps(&port)).map(|other| &other.service);
        let holder = containers.iter().find(|container| container.ports.iter().any(|has| has.overlaps(&port)));
        let state = match (other, holder) {
            (Some(other), _) if other != service => State::Twice(other.clone()),
            (_, Some(holder)) if own.is_some_and(|own| own == holder.project) => State::Ours,
            (_, Some(holder)) => State::Container { name: holder.name.clone(), project: holder.project.clone() },
            (_, None) => State::OfHost(look(&port)),
        };
        found.push(PortFacts { service: service.clone(), port, state });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded: engine 26.1.5 (20.10.24 says the same); 28.5.2 writes `[::]:18000`.
    const PS: &str = "other;demo;0.0.0.0:18000->8000/tcp, :::18000->8000/tcp, 127.0.0.1:19000-19001->9000-9001/udp\n\
                      ours;mine;[::]:18001->80/tcp\nquiet;;\n";

    fn services(ports: &str) -> Services {
        Services::from_json(&format!(r#"{{"services": {{"a": {{"ports": [{ports}]}}, "b": {{"ports": ["7:7"]}}}}}}"#))
            .unwrap()
    }

    #[test]
    fn each_port_has_a_state() {
        let containers = containers(PS).unwrap();
        assert_eq!(containers.len(), 3);
        let services = services(r#""18000:1", "18001:1", "19001:1/udp", "19001:1", "7:7", "127.0.0.2:9:9""#);
        let look = |port: &Port| match (&port.host, port.published.0) {
            (None, 7) => Listening::Somebody(None),
            (Some(_), _) => Listening::Unknown,
            _ => Listening::Nobody,
        };
        let states: Vec<State> =
            port_facts(&services, &containers, Some("mine"), look).into_iter().map(|port| port.state).collect();
        let other = || State::Container { name: "other".to_owned(), project: "demo".to_owned() };
        let [program, free, unknown] =
            [Listening::Somebody(None), Listening::Nobody, Listening::Unknown].map(State::OfHost);
        let twice = State::Twice("a".to_owned());
        assert_eq!(states, [other(), State::Ours, other(), free, program, unknown, twice]);
    }

    #[test]
    fn only_what_is_started_takes_ports() {
        let services = Services::from_json(
            r#"{"services": {"api": {"ports": ["1:1"]}, "worker": {"ports": ["2:2"], "depends_on": {"db": {}}},
            "db": {"ports": ["3:3"]}, "debug": {"profiles": ["debug"], "ports": ["1:1"]}}}"#,
        );
        let services = services.unwrap();
        let ports = |of: &Started, profiles: &[&str]| -> Vec<u16> {
            let profiles: Vec<String> = profiles.iter().map(|name| (*name).to_owned()).collect();
            let all = started(&services, of, &profiles).services;
            all.iter().flat_map(|service| &service.ports).map(|port| port.published.0).collect()
        };
        assert_eq!(ports(&Started::everything(), &[]), [1, 3, 2]);
        assert_eq!(ports(&Started::everything(), &["debug"]), [1, 3, 1, 2]);
        let named = Scope::Named(vec!["worker".to_owned()]);
        let up = Started { scope: named, own_ports: true, dependencies: true, ..Started::default() };
        assert_eq!(ports(&up, &[]), [2, 3]);
        assert_eq!(ports(&Started { own_ports: false, ..up.clone() }, &[]), [3]);
        assert_eq!(ports(&Started { dependencies: false, ..up.clone() }, &[]), [2]);
        let published = vec!["8000:80".to_owned(), "127.0.0.1:81:80".to_owned(), "82".to_owned()];
        assert_eq!(ports(&Started { published, ..Started::default() }, &[]), [8000, 81]);
        assert_eq!(ports(&Started::default(), &[]), [0; 0]);
    }

    #[test]
    fn each_container_of_a_service_wants_its_ports() {
        let services = Services::from_json(
            r#"{"services": {"none": {"scale": 0, "ports": ["1:1"]}, "off": {"deploy": {"replicas": 0}, "ports": ["1:1"]},
            "two": {"deploy": {"replicas": 2}, "ports": ["1:1", "2-3:2", "9"]}}}"#,
        );
        let services = services.unwrap();
        let states = |scale: &[&str]| -> Vec<(String, u16, State)> {
            let scale = scale.iter().map(|scale| (*scale).to_owned()).collect();
            let started = started(&services, &Started { scale, ..Started::everything() }, &[]);
            let facts = port_facts(&started, &[], None, |_| Listening::Nobody);
            facts.into_iter().map(|port| (port.service, port.port.published.0, port.state)).collect()
        };
        let free = |port| ("two".to_owned(), port, State::OfHost(Listening::Nobody));
        let two = [free(1), free(2), free(3)];
        assert_eq!(states(&[])[0], ("two".to_owned(), 1, State::ByEach(2)));
        assert_eq!(states(&[])[1..], two);
        assert_eq!(states(&["two=3", "two=1"]), two);
        assert_eq!(states(&["two=3"])[1], ("two".to_owned(), 2, State::ByEach(3)));
        assert_eq!(states(&["two=0", "off=1"]), [("off".to_owned(), 1, State::OfHost(Listening::Nobody))]);
    }

    #[test]
    fn a_wide_range_is_not_looked_at_whole() {
        let facts = port_facts(&services("\"1000-65535:1000-65535\""), &[], None, |_| Listening::Nobody);
        assert_eq!(facts.len(), 51);
    }

    #[test]
    fn any_output_is_read_without_a_panic() {
        for text in ["", ";;;", "a;b;c;->", "a;b;c;x:9-1->1/tcp", "é;;;:99999->1/tcp, :1->"] {
            let _ = containers(text);
        }
    }
}
