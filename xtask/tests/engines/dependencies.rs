//! Services that wait for others which end badly: what is told, and which code follows.

use crate::harness::{Ended, Engine};
use crate::project::{Project, SLOW_TO_STOP};

on_each_engine!(a_dependency_that_ends_badly, a_dependency_that_stays_unhealthy);

/// A project whose `api` waits for `first`.
fn project<'a>(engine: &'a Engine, first: &str, depends: &str) -> Project<'a> {
    let project = Project::small(engine, SLOW_TO_STOP);
    let first = format!("  first:\n    image: debian-python:local\n    init: true\n{first}");
    let api = format!("  api:\n    build: .\n    depends_on:\n      first: {{ {depends} }}\n");
    project.write("compose.yaml", &format!("services:\n{first}{api}"));
    project
}

/// The lines of stderr that are ours, without the echoed commands.
fn ours(ended: &Ended) -> String {
    let starts = ["error: ", "warning: ", "hint: ", "  | "];
    let is_ours = |line: &&str| starts.iter().any(|start| line.starts_with(start));
    ended.stderr.lines().filter(is_ours).map(|line| format!("{line}\n")).collect()
}

fn a_dependency_that_ends_badly(engine: &Engine) {
    let ends = "    command: sh -c 'echo no database; exit 3'\n";
    let wait = "condition: service_completed_successfully";
    let required = project(engine, ends, wait);
    let ended = required.run(&["-q", "dev", "-d"]).expect(1);
    let error = "error: service `first` ended with exit code 3; its last lines:\n  | no database\n";
    // Compose 2.40 says why with a message of its own; what docker prints is not ours.
    assert!(ours(&ended).contains(error), "{}", ended.all());
    let said = ended.stderr.lines().find(|line| line.contains("exit 3") || line.contains("exited with code 3"));
    let said = said.unwrap_or_else(|| panic!("compose says why: {}", ended.all()));
    required.run(&["doctor", "--explain", said]).expect(0).says("A service waits for this one");
    drop(required);
    if engine.tier == 20 {
        return;
    }
    // As the explanation advises.
    let optional = project(engine, ends, &format!("{wait}, required: false"));
    let ended = optional.run(&["-q", "dev", "-d"]).expect(0);
    let warning = "warning: service `first` ended with exit code 3, and no service requires it; its last lines:\n  | no database\n";
    assert_eq!(ours(&ended), warning, "{}", ended.all());
    let mut states = optional.states();
    states.sort();
    assert_eq!(states, ["exited 3", "running 0"]);
}

fn a_dependency_that_stays_unhealthy(engine: &Engine) {
    let sick =
        "    command: sh -c 'echo no disk; sleep 300'\n    healthcheck: { test: exit 1, interval: 1s, retries: 1 }\n";
    let project = project(engine, sick, "condition: service_healthy");
    if engine.tier == 20 {
        project.edit("compose.yaml", "services:", "version: \"2.4\"\nservices:");
    }
    let ended = project.run(&["-q", "dev", "-d"]).expect(1);
    let error = "error: service `first` is unhealthy; its last lines:\n  | no disk\n";
    assert!(ours(&ended).contains(error), "{}", ended.all());
    let said = ended.stderr.lines().find(|line| line.contains("is unhealthy") && !line.starts_with("error: service"));
    let said = said.unwrap_or_else(|| panic!("compose says why: {}", ended.all()));
    project.run(&["doctor", "--explain", said]).expect(0).says("A service waits for this one");
}
