//! The compose files, the ports that they publish, and the variables that they use.

use crate::docker::listeners::{Listening, Program};
use crate::doctor::stack_facts::{PortFacts, StackFacts, State};
use crate::system::os::Os;
use crate::ui::finding::Finding;
use crate::ui::text;

/// The check of ports.
pub const PORTS: &str = "ports";

pub fn judge(facts: &StackFacts, os: Os) -> Vec<Finding> {
    if let (Some(sentence), true) = (&facts.refused, facts.too_much) {
        return vec![
            Finding::error("compose-file", sentence)
                .why("compose has no such limit and may take all memory for it, so it is not asked")
                .fix("nest fewer aliases (`*name`), or write smaller files"),
        ];
    }
    if let Some(sentence) = &facts.refused {
        return vec![
            Finding::error("compose-file", sentence)
                .why("compose builds and starts nothing until this is fixed")
                .fix(format!("fix it, then check: {} config --quiet", facts.compose)),
        ];
    }
    let mut findings = ports(facts, os);
    findings.extend(variables(facts));
    findings
}

/// One finding for each port that something else uses; one for all the others.
pub fn ports(facts: &StackFacts, os: Os) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for port in &facts.ports {
        let finding = taken(port, &facts.compose, os);
        // A port on two addresses is reported once.
        findings.extend(finding.filter(|finding| !findings.contains(finding)));
    }
    let named = |state: &State| {
        let mut ports: Vec<String> = facts.ports.iter().filter(|port| port.state == *state).map(number).collect();
        ports.dedup();
        ports
    };
    let (free, ours) = (named(&State::OfHost(Listening::Nobody)), named(&State::Ours));
    let mut parts = Vec::new();
    if !free.is_empty() {
        parts.push(format!("{} free", text::and_list(&free, "and")));
    }
    if !ours.is_empty() {
        parts.push(format!("{} used by this stack", text::and_list(&ours, "and")));
    }
    if findings.is_empty() && !parts.is_empty() {
        findings.push(Finding::ok(PORTS, parts.join(", ")));
    }
    findings
}

/// A port, or a range of too few, of a service with several containers.
fn by_each((first, last): (u16, u16), containers: u64) -> (String, String) {
    let by = match last - first {
        0 => format!("wanted by each of its {containers} containers"),
        more => format!("the first of {} ports for {containers} containers", u32::from(more) + 1),
    };
    let until = u64::from(first).saturating_add(containers) - 1;
    let range = match u16::try_from(until) {
        Ok(until) => format!("publish a range in the compose file, as `{first}-{until}:PORT`, or "),
        Err(_) => String::new(),
    };
    (by, format!("{range}leave the port to docker: `PORT`"))
}

fn number(port: &PortFacts) -> String {
    format!("{}{}", port.port.published.0, if port.port.udp { "/udp" } else { "" })
}

fn taken(port: &PortFacts, compose: &str, os: Os) -> Option<Finding> {
    let (service, number) = (&port.service, number(port));
    let (by, fix) = match &port.state {
        State::Ours | State::OfHost(Listening::Nobody | Listening::Unknown) => return None,
        State::Twice(other) => (
            format!("also wanted by the service `{other}`"),
            "publish another port for one of them in the compose file".to_owned(),
        ),
        State::ByEach(containers) => by_each(port.port.published, *containers),
        State::Container { name, project } if project.is_empty() => {
            (format!("taken by the container `{name}`"), format!("stop it: docker stop {name}"))
        }
        State::Container { name, project } => (
            format!("taken by the container `{name}` of the project `{project}`"),
            // Compose 1 wants that project's files for it.
            match compose.starts_with("docker compose") {
                true => format!("stop that project: docker compose -p {project} stop"),
                false => format!("stop it: docker stop {name}"),
            },
        ),
        State::OfHost(Listening::Somebody(program)) => {
            let who = match program {
                Some(Program { name: Some(name), pid }) => format!("`{name}` (process {pid})"),
                Some(Program { name: None, pid }) => format!("process {pid}"),
                None => "another program".to_owned(),
            };
            let stop = match program {
                Some(Program { pid, .. }) if os == Os::Windows => format!("stop that program: taskkill /PID {pid}"),
                Some(Program { pid, .. }) => format!("stop that program: kill {pid}"),
                None => format!("find out which program it is: {}", who_listens(port, os)),
            };
            (format!("taken by {who}"), format!("publish another port in the compose file, or {stop}"))
        }
    };
    let finding = match service.as_str() {
        "" => Finding::error(PORTS, format!("port {number} is {by}")),
        service => Finding::error(PORTS, format!("port {number} (service `{service}`) is {by}"))
            .why(format!("compose can't start `{service}`")),
    };
    Some(finding.fix(fix))
}

/// The command that shows what uses a port, on each system.
fn who_listens(port: &PortFacts, os: Os) -> String {
    let number = port.port.published.0;
    let of = |tcp, udp| if port.port.udp { udp } else { tcp };
    match os {
        Os::Linux => format!("sudo ss -l{}np sport = :{number}", of("t", "u")),
        Os::Mac => format!("sudo lsof -nP -i{}:{number}{}", of("TCP", "UDP"), of(" -sTCP:LISTEN", "")),
        Os::Windows => {
            let table = of("TCPConnection -State Listen", "UDPEndpoint");
            format!("Get-Net{table} -LocalPort {number} | Select-Object OwningProcess")
        }
    }
}

/// Variables that the compose files use and nothing sets, and lines of `.env` without effect. Names only: values may be secrets.
fn variables(facts: &StackFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let list =
        |names: &[&str]| text::and_list(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), "and");
    let unset: Vec<&str> = facts.unset.iter().map(String::as_str).collect();
    if let Some(first) = unset.first() {
        let are = if unset.len() == 1 { "is" } else { "are" };
        let why = match &facts.unread_env_file {
            Some(other) => {
                format!("compose uses an empty value: it reads `{}`, not `{other}`, which sets it", facts.env_file)
            }
            None => "compose uses an empty value".to_owned(),
        };
        findings.push(
            Finding::warning("variables", format!("the compose file uses {}, which {are} not set", list(&unset)))
                .why(why)
                .fix(format!("set `{first}=…` in `{}`, or under [env] in tasks.toml", facts.env_file)),
        );
    }
    for name in &facts.cut_secrets {
        findings.push(
            Finding::warning(
                "variables",
                format!("a `$` in the value of `{name}` begins a variable, which is not set"),
            )
            .why("compose uses an empty value for what follows it")
            .fix("write `$$` for it in a compose file; in an env file put the value in single quotes"),
        );
    }
    let hidden = [
        (&facts.hidden_by_tasks, "the tasks set", "remove it from that file"),
        (&facts.hidden_by_person, "your own environment sets", "remove one of them"),
    ];
    for (names, who, fix) in hidden.into_iter().filter(|(names, ..)| !names.is_empty()) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (have, it) = if names.len() == 1 { ("has", "it") } else { ("have", "them") };
        let seen = format!("{} in `{}` {have} no effect: {who} {it}", list(&names), facts.env_file);
        let finding = Finding::warning("variables", seen);
        findings.push(finding.why("a variable that is set overrides the one in the file").fix(fix));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::services::Port;
    use crate::ui::finding::Severity;

    #[test]
    fn several_containers_want_several_ports() {
        let fix = |range: &str| format!("{range}leave the port to docker: `PORT`");
        for (published, containers, by, range) in [
            (
                (80, 80),
                3,
                "wanted by each of its 3 containers",
                "publish a range in the compose file, as `80-82:PORT`, or ",
            ),
            (
                (2, 3),
                3,
                "the first of 2 ports for 3 containers",
                "publish a range in the compose file, as `2-4:PORT`, or ",
            ),
            ((65535, 65535), 2, "wanted by each of its 2 containers", ""),
            ((1, 1), u64::MAX, "wanted by each of its 18446744073709551615 containers", ""),
        ] {
            assert_eq!(by_each(published, containers), (by.to_owned(), fix(range)));
        }
    }

    fn port(state: State, udp: bool) -> PortFacts {
        let port = Port { host: None, published: (8000, 8000), udp };
        PortFacts { service: "api".to_owned(), port, state }
    }

    fn facts(ports: Vec<PortFacts>, compose: &str) -> StackFacts {
        StackFacts { ports, compose: compose.to_owned(), env_file: "sub/.env".to_owned(), ..StackFacts::default() }
    }

    fn fix(state: State, udp: bool, compose: &str, os: Os) -> String {
        let found = ports(&facts(vec![port(state, udp)], compose), os).remove(0);
        assert_eq!(found.severity, Severity::Error);
        found.fix.unwrap_or_default()
    }

    #[test]
    fn a_taken_port_is_freed_by_what_this_system_has() {
        let container = || State::Container { name: "web-1".to_owned(), project: "other".to_owned() };
        let two = "docker compose -f a.yaml";
        assert_eq!(fix(container(), false, two, Os::Linux), "stop that project: docker compose -p other stop");
        assert_eq!(fix(container(), false, "docker-compose", Os::Linux), "stop it: docker stop web-1");
        let program = || State::OfHost(Listening::Somebody(None));
        for (os, udp, command) in [
            (Os::Linux, false, "sudo ss -ltnp sport = :8000"),
            (Os::Linux, true, "sudo ss -lunp sport = :8000"),
            (Os::Mac, false, "sudo lsof -nP -iTCP:8000 -sTCP:LISTEN"),
            (Os::Windows, false, "Get-NetTCPConnection -State Listen -LocalPort 8000"),
        ] {
            assert!(fix(program(), udp, two, os).contains(command), "{command}");
        }
        let program = Program { name: Some("nginx".to_owned()), pid: 7 };
        let known = State::OfHost(Listening::Somebody(Some(program)));
        assert!(fix(known.clone(), false, two, Os::Linux).ends_with("kill 7"));
        assert!(fix(known, false, two, Os::Windows).ends_with("taskkill /PID 7"));
    }

    #[test]
    fn free_and_own_ports_are_one_line() {
        let two = facts(vec![port(State::OfHost(Listening::Nobody), false), port(State::Ours, true)], "docker compose");
        let found = ports(&two, Os::Linux);
        assert_eq!(found, [Finding::ok(PORTS, "8000 free, 8000/udp used by this stack")]);
        assert_eq!(
            ports(&facts(vec![port(State::OfHost(Listening::Unknown), false)], "docker compose"), Os::Linux),
            []
        );
    }

    #[test]
    fn variables_are_named_with_their_file() {
        let all = StackFacts {
            unset: vec!["A".to_owned(), "B".to_owned()],
            hidden_by_tasks: vec!["C".to_owned(), "D".to_owned()],
            hidden_by_person: vec!["E".to_owned()],
            unread_env_file: Some(".env".to_owned()),
            ..facts(Vec::new(), "docker compose")
        };
        let found = judge(&all, Os::Linux);
        let seen: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(
            seen,
            [
                "the compose file uses `A` and `B`, which are not set",
                "`C` and `D` in `sub/.env` have no effect: the tasks set them",
                "`E` in `sub/.env` has no effect: your own environment sets it",
            ]
        );
        let why = "compose uses an empty value: it reads `sub/.env`, not `.env`, which sets it";
        assert_eq!(found[0].why.as_deref(), Some(why));
    }

    #[test]
    fn a_refused_file_is_tried_by_the_tasks_own_words() {
        let refused = StackFacts { refused: Some("no".to_owned()), ..facts(Vec::new(), "docker compose -f a.yaml") };
        let found = judge(&refused, Os::Linux).remove(0);
        assert_eq!(found.fix.as_deref(), Some("fix it, then check: docker compose -f a.yaml config --quiet"));
    }
}
