//! The compose files, the ports that they publish, and the variables that they want.

use crate::facts::stack::{PortFacts, StackFacts, State};
use crate::finding::Finding;
use crate::text;

pub fn judge(facts: &StackFacts) -> Vec<Finding> {
    if let Some(sentence) = &facts.refused {
        return vec![
            Finding::error("compose-file", sentence)
                .why("compose builds and starts nothing before this is mended")
                .fix("mend it, then try: docker compose config --quiet"),
        ];
    }
    let mut findings = ports(facts);
    findings.extend(variables(facts));
    findings
}

/// One finding a port that somebody else has; one for all the others.
pub fn ports(facts: &StackFacts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for port in &facts.ports {
        let finding = taken(port);
        // A port on two addresses is one port for people.
        findings.extend(finding.filter(|finding| !findings.contains(finding)));
    }
    let named = |state: &State| {
        let mut ports: Vec<String> = facts.ports.iter().filter(|port| port.state == *state).map(number).collect();
        ports.dedup();
        ports
    };
    let (free, ours) = (named(&State::Free), named(&State::Ours));
    let mut parts = Vec::new();
    if !free.is_empty() {
        parts.push(format!("{} free", text::and_list(&free, "and")));
    }
    if !ours.is_empty() {
        parts.push(format!("{} used by this stack", text::and_list(&ours, "and")));
    }
    if findings.is_empty() && !parts.is_empty() {
        findings.push(Finding::ok("ports", parts.join(", ")));
    }
    findings
}

fn number(port: &PortFacts) -> String {
    format!("{}{}", port.port, if port.udp { "/udp" } else { "" })
}

fn taken(port: &PortFacts) -> Option<Finding> {
    let (service, number) = (&port.service, number(port));
    let (by, fix) = match &port.state {
        State::Free | State::Ours | State::Unknown => return None,
        State::Twice(other) => (
            format!("wanted by the service `{other}`, too"),
            "publish another port for one of them in the compose file".to_owned(),
        ),
        State::Container { name, project } if project.is_empty() => {
            (format!("taken by the container `{name}`"), format!("stop it: docker stop {name}"))
        }
        State::Container { name, project } => (
            format!("taken by the container `{name}` of the project `{project}`"),
            format!("stop that project: docker compose -p {project} stop"),
        ),
        State::Program { name, pid } => {
            let who = match (name, pid) {
                (Some(name), Some(pid)) => format!("`{name}` (process {pid})"),
                _ => "another program".to_owned(),
            };
            let find = "to see which program: sudo ss -ltnp".to_owned();
            let stop = pid.map_or(find, |pid| format!("stop that program (kill {pid})"));
            (format!("taken by {who}"), format!("{stop}, or publish another port in the compose file"))
        }
    };
    let finding = match service.as_str() {
        "" => Finding::error("ports", format!("port {number} is {by}")),
        service => Finding::error("ports", format!("port {number} (service `{service}`) is {by}"))
            .why(format!("compose can't start `{service}`")),
    };
    Some(finding.fix(fix))
}

/// What the compose files want and nothing sets, and what `.env` says in vain. Names only: values may be secrets.
fn variables(facts: &StackFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let list =
        |names: &[&str]| text::and_list(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), "and");
    let unset: Vec<&str> = facts.unset.iter().map(String::as_str).collect();
    if let Some(first) = unset.first() {
        findings.push(
            Finding::warning("variables", format!("the compose file wants {}, and nothing sets it", list(&unset)))
                .why("compose puts nothing in its place")
                .fix(format!("write `{first}=…` into .env, or under [env] in tasks.toml")),
        );
    }
    for (by_person, who) in [(false, "tasks.toml"), (true, "your own environment")] {
        let names = facts.hidden.iter().filter(|hidden| hidden.by_person == by_person);
        let names: Vec<&str> = names.map(|hidden| hidden.name.as_str()).collect();
        if !names.is_empty() {
            findings.push(
                Finding::warning("variables", format!("{} in .env has no effect: {who} sets it, too", list(&names)))
                    .why("a variable that is set is stronger than .env")
                    .fix("leave one of the two"),
            );
        }
    }
    findings
}
