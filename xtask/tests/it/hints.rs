//! The hint below a step that failed: the one cause that is seen, and none where none is.

use crate::doctor::{Machine, OF_28};
use crate::harness::Sandbox;

const TASKS: &str = "[tasks.worker]\nsteps = ['compose up --exit-code-from worker worker']\n\
[tasks.up]\nsteps = ['compose up {args}']\n[tasks.run]\nsteps = ['compose run --rm {args}']\n\
[tasks.docker]\nsteps = ['docker run --rm {args}']\n";

const PORT: u16 = 18477;

/// A project whose service `api` publishes a port that another stack has, on a healthy machine. All steps fail.
fn with_a_taken_port(machine: Machine) -> Sandbox {
    with_images(machine, |_| {})
}

/// The same, where `images` says what docker has of them.
fn with_images(machine: Machine, images: impl Fn(&Sandbox)) -> Sandbox {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.plugin_named("docker-buildx");
    sandbox.file("Dockerfile", "FROM python:3.12-slim\nRUN --mount=type=cache,target=/x true\n");
    for command in [&["docker", "compose", "up", "*"][..], &["docker", "compose", "run", "*"], &["docker", "run", "*"]]
    {
        sandbox.on_words(command).exit(7);
    }
    let config = r#"{"name": "project", "services": {
        "api": {"build": {"context": "."}, "ports": [{"target": 80, "published": "18477", "protocol": "tcp"}]},
        "worker": {"build": {"context": "."}}, "late": {"image": "x", "depends_on": {"api": {}}}}}"#;
    images(&sandbox);
    Machine { config, ps: "other;demo;0.0.0.0:18477->80/tcp\n", ..machine }.script(&sandbox, "docker compose");
    sandbox
}

/// The hints of a run, without what differs from machine to machine.
#[track_caller]
fn hints(sandbox: &Sandbox, line: &str) -> Vec<String> {
    let done = sandbox.run(line);
    assert_eq!(done.code, 7, "{done:?}");
    let hints = done.stderr.lines().filter(|line| line.starts_with("hint: "));
    hints.map(|hint| hint.split(" is taken by").next().unwrap_or(hint).to_owned()).collect()
}

#[test]
fn only_ports_of_what_was_started_are_a_cause() {
    let sandbox = with_a_taken_port(OF_28);
    let of_api = format!("hint: port {PORT} (service `api`)");
    let of_docker = format!("hint: port {PORT}");
    let publish = format!("docker -- -p 127.0.0.1:{PORT}:80 image false");
    for (line, expected) in [
        ("worker", None),
        ("run -- worker false", None),
        ("run -- api false", None),
        ("docker -- image false", None),
        ("up", Some(&of_api)),
        ("up -- api", Some(&of_api)),
        ("up -- late", Some(&of_api)),
        ("up -- --no-deps late", None),
        ("run -- --service-ports api false", Some(&of_api)),
        ("run -- late false", Some(&of_api)),
        (publish.as_str(), Some(&of_docker)),
    ] {
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(hints(&sandbox, line), expected, "{line}");
    }
}

/// A container that ended by itself was built before.
#[test]
fn what_only_a_build_needs_is_no_cause_of_what_did_not_build() {
    let sandbox = with_a_taken_port(Machine { builder: "Name: x\nError: gone\n", ..OF_28 });
    sandbox.set("DOCKER_BUILDKIT", "0");
    for line in ["worker", "run -- worker false", "docker -- image false"] {
        assert_eq!(hints(&sandbox, line), [""; 0], "{line}");
    }
    let off = "hint: DOCKER_BUILDKIT=0 turns BuildKit off: ";
    let found = hints(&sandbox, "up -- --build worker");
    assert!(found.len() == 1 && found[0].starts_with(off), "{found:?}");
}

#[test]
fn an_image_that_is_not_there_is_built_first() {
    let sandbox = with_images(OF_28, |sandbox| {
        // Engine 28.5.2.
        let said = "Error response from daemon: No such image: project-worker:latest\n";
        sandbox.on("docker image inspect --format {{.Id}} project-worker").out("\n").err(said).exit(1);
    });
    sandbox.set("DOCKER_BUILDKIT", "0");
    let found = hints(&sandbox, "worker");
    assert!(found.len() == 1 && found[0].starts_with("hint: DOCKER_BUILDKIT=0 turns BuildKit off: "), "{found:?}");
}

/// Measured on 26.1 and 28.5: with such a value docker runs nothing at all.
#[test]
fn a_value_that_docker_refuses_is_the_cause_of_everything() {
    let sandbox = with_a_taken_port(OF_28);
    sandbox.set("DOCKER_BUILDKIT", "yes");
    let found = hints(&sandbox, "docker -- image false");
    assert!(found.len() == 1 && found[0].contains("DOCKER_BUILDKIT=yes (in your environment)"), "{found:?}");
}

#[test]
fn a_hint_names_no_built_in_command_that_a_task_replaces() {
    let check = "[tasks.check]\nbuiltin = 'doctor'\n";
    for (tasks, named) in [("", "doctor"), ("[tasks.doctor]\nsteps = ['x']\n", "check")] {
        let done = Sandbox::with(&format!("{tasks}{check}")).run("check --explain nobody-knows-this");
        let hint = format!("hint: check this machine: xtask {named}\n");
        done.is(1, "", &format!("error: no explanation is known for this message\n{hint}"));
    }
}
