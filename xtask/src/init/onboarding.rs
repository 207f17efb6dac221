//! The page for a new colleague: what to install, three commands, and what doctor says when something is missing.
//!
//! Doctor's own functions write its sentences here, so the page can't say anything else than the program does.

use crate::compose::services::Port;
use crate::docker::facts::{Engine, Machine, Reach};
use crate::docker::how_to_get;
use crate::docker::reach::reach;
use crate::doctor::checks::{buildkit, engine, stack};
use crate::doctor::command::NOTHING_FOUND;
use crate::doctor::stack_facts::{PortFacts, StackFacts, State};
use crate::system::os::Os;
use crate::ui::finding::Finding;

const TEMPLATE: &str = include_str!("onboarding.md");

/// The systems in the order of the page, as it writes them.
const SYSTEMS: [(Os, &str); 3] = [(Os::Linux, "Linux"), (Os::Mac, "macOS"), (Os::Windows, "Windows")];

/// The page. `typed` is what people type for the program (`xtask`, `cargo xtask`, `uv run xtask`), `tasks` are names with
/// what they do, in the order of the list.
pub fn page(typed: &str, tasks: &[(String, String)]) -> String {
    let (first, about) = first_task(tasks);
    let rows = [("doctor", "Check this machine and this repository"), ("help", "List the tasks"), (first, about)];
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let commands = rows.map(|(name, about)| format!("{typed} {name:width$}  # {about}").trim_end().to_owned());
    let width = tasks.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let tasks: Vec<String> =
        tasks.iter().map(|(name, about)| format!("  {name:width$}  {about}").trim_end().to_owned()).collect();
    let failures: Vec<String> = FAILURES.iter().map(|found| failure(*found)).collect();
    let of = |placeholder: &str| match placeholder {
        "typed" => typed.to_owned(),
        "install" => install(typed),
        "commands" => commands.join("\n"),
        "nothing" => NOTHING_FOUND.to_owned(),
        "tasks" => tasks.join("\n"),
        "first" => first.to_owned(),
        "failures" => failures.join("\n"),
        other => format!("{{{other}}}"),
    };
    // In one pass: the words of the repository may look like a placeholder.
    let template = TEMPLATE.replace("\r\n", "\n");
    let mut page = String::new();
    for (at, part) in template.split('{').enumerate() {
        match part.split_once('}').filter(|_| at > 0) {
            Some((placeholder, rest)) => page.push_str(&format!("{}{rest}", of(placeholder))),
            None => page.push_str(part),
        }
    }
    page
}

/// The task that starts everything, by the names that such tasks have; else the first one.
fn first_task(tasks: &[(String, String)]) -> (&str, &str) {
    let named = |name: &str| tasks.iter().find(|(other, _)| other == name);
    let found = ["dev", "up", "start", "run"].into_iter().find_map(named).or_else(|| tasks.first());
    found.map_or(("env", "Print the variables of every task"), |(name, about)| (name, about))
}

/// The rows of what to install.
fn install(typed: &str) -> String {
    let of_docker = SYSTEMS.map(|(os, _)| how_to_get::docker(os));
    let (what, of_program) = match typed.split(' ').next() {
        Some("cargo") => {
            let rustup = "https://rustup.rs";
            ("Rust", [rustup, rustup, "https://rustup.rs, with the C++ build tools that it offers"])
        }
        Some("uv") => ("uv", ["https://docs.astral.sh/uv/getting-started/installation/"; 3]),
        _ => ("xtask", ["the wheel for your system, by pipx: `pipx install FILE`"; 3]),
    };
    let row = |what: &str, of: [&str; 3]| format!("| {what} | {} |", of.join(" | "));
    format!("{}\n{}", row("docker", of_docker), row(what, of_program))
}

/// What doctor finds on a machine where one thing is wrong.
type Found = fn(Os) -> Option<Finding>;

/// The likeliest first. The names in them are examples.
const FAILURES: [Found; 6] = [
    |os| Some(engine::cli(&Machine::default(), os)),
    |os| reach(&engine_that(Reach::Refused, os), os),
    |os| reach(&engine_that(Reach::Denied, os), os),
    |os| buildkit::compose(&Machine::default(), os),
    |os| {
        let port = Port { host: None, published: (5432, 5432), udp: false };
        let state = State::Container { name: "shop-db-1".to_owned(), project: "shop".to_owned() };
        let ports = vec![PortFacts { service: "db".to_owned(), port, state }];
        stack::ports(&StackFacts { ports, ..of_a_stack() }, os).into_iter().next()
    },
    |os| stack::judge(&StackFacts { unset: vec!["DB_USER".to_owned()], ..of_a_stack() }, os).into_iter().next(),
];

fn engine_that(reach: Reach, os: Os) -> Engine {
    let url = if os == Os::Windows { "npipe:////./pipe/docker_engine" } else { "unix:///var/run/docker.sock" };
    Engine { url: Some(url.to_owned()), reach, ..Engine::default() }
}

fn of_a_stack() -> StackFacts {
    StackFacts { compose: "docker compose".to_owned(), env_file: ".env".to_owned(), ..StackFacts::default() }
}

/// A row of the table: what doctor says on Linux, and the fix of each system.
fn failure(found: Found) -> String {
    let cell = |text: Option<String>| text.unwrap_or_default().replace('|', "\\|");
    let mut fixes: Vec<(String, Vec<&str>)> = Vec::new();
    for (os, system) in SYSTEMS {
        let fix = cell(found(os).and_then(|finding| finding.fix));
        match fixes.iter_mut().find(|(other, _)| *other == fix) {
            Some((_, systems)) => systems.push(system),
            None => fixes.push((fix, vec![system])),
        }
    }
    let is_one = fixes.len() == 1;
    let shown = |(fix, systems): (String, Vec<&str>)| match is_one {
        true => fix,
        false => format!("{}: {fix}", systems.join(", ")),
    };
    let fixes: Vec<String> = fixes.into_iter().map(shown).collect();
    let finding = found(Os::Linux);
    let said = cell(finding.as_ref().map(|finding| finding.message.clone()));
    format!("| {said} | {} | {} |", cell(finding.and_then(|finding| finding.why)), fixes.join("<br>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, about)| ((*name).to_owned(), (*about).to_owned())).collect()
    }

    /// `XTASK_WRITE_DOCS=1 cargo test onboarding` writes it anew. Where the package was copied into another repository, the
    /// page is not there.
    #[test]
    #[allow(clippy::disallowed_methods)] // a test reads and writes its own file
    fn the_page_of_this_repository_is_the_one_that_is_written() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let path = format!("{root}/docs/onboarding.md");
        let is_ours = std::fs::exists(format!("{root}/docs/tasks-toml.md")).unwrap_or_default();
        let Some(text) = is_ours.then(|| std::fs::read_to_string(format!("{root}/tasks.toml")).unwrap_or_default())
        else {
            return;
        };
        let (mut tasks, mut name) = (Vec::new(), "");
        for line in text.lines() {
            name = line.strip_prefix("[tasks.").and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
            if let Some(about) = line.strip_prefix("about = \"") {
                tasks.push((name.to_owned(), about.trim_end_matches('"').to_owned()));
            }
        }
        let made = page("cargo xtask", &tasks);
        if std::env::var_os("XTASK_WRITE_DOCS").is_some() {
            std::fs::write(path, made).expect("the page can be written");
            return;
        }
        let found = std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
        assert_eq!(found, made, "write it anew: XTASK_WRITE_DOCS=1 cargo test onboarding");
    }

    #[test]
    fn each_way_in_names_what_it_needs_and_what_to_type() {
        for (typed, needs) in [("cargo xtask", "| Rust |"), ("uv run xtask", "| uv |"), ("xtask", "| xtask |")] {
            let page = page(typed, &tasks(&[("build", "Build"), ("up", "Start {typed}")]));
            assert!(page.contains(needs), "{page}");
            assert!(page.contains(&format!("{typed} up      # Start {{typed}}")), "{page}");
            // The words of the repository are left as they are.
            assert!(page.contains("  up     Start {typed}"), "{page}");
        }
        let empty = page("xtask", &[]);
        assert!(!empty.contains('{'), "{empty}");
    }

    #[test]
    fn each_failure_is_one_that_doctor_reports() {
        for found in FAILURES {
            for (os, _) in SYSTEMS {
                let finding = found(os).expect("a finding");
                assert!(finding.why.is_some() && finding.fix.is_some(), "{finding:?}");
            }
        }
    }
}
