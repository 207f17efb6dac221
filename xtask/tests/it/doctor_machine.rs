//! `doctor` about the machine: engines that are silent or elsewhere, versions that do not fit, variables.

use std::time::{Duration, Instant};

use crate::doctor::{Machine, OF_28};
use crate::harness::{Done, PING_OF_28, Sandbox};

const TASKS: &str = "[tasks.build]\nsteps = ['compose build']\n[tasks.up]\nsteps = ['compose up']\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.plugin_named("docker-buildx");
    sandbox.file("api/Dockerfile", "FROM python:3.12-slim\nRUN --mount=type=cache,target=/x true\n");
    sandbox
}

#[track_caller]
fn has(done: &Done, parts: &[&str]) {
    for part in parts {
        assert!(done.stdout.contains(part), "{part}\n-- is not in --\n{}\n{}", done.stdout, done.stderr);
    }
}

#[track_caller]
fn has_not(done: &Done, parts: &[&str]) {
    for part in parts {
        assert!(!done.stdout.contains(part), "{part}\n-- is in --\n{}", done.stdout);
    }
}

/// Whatever needs the engine waits for it; what does not answers.
#[test]
fn an_engine_that_answers_a_ping_and_nothing_else_is_an_error() {
    if crate::harness::under_wine() {
        return eprintln!("stepping aside: Wine takes too long to start a process for a test of time limits");
    }
    let sandbox = sandbox();
    sandbox.engine(PING_OF_28);
    let never = sandbox.root().join("never").display().to_string();
    for command in [&["docker", "version", "*"][..], &["docker", "info", "*"], &["docker", "ps", "*"]] {
        sandbox.on_words(command).act("until", &never);
    }
    for command in ["docker buildx inspect", "docker buildx du --verbose"] {
        sandbox.on(command).act("until", &never);
    }
    OF_28.script(&sandbox, "docker compose");
    let start = Instant::now();
    let done = sandbox.run("doctor");
    assert!(start.elapsed() < Duration::from_secs(30), "seconds, not minutes: {:?}", start.elapsed());
    assert_eq!(done.code, 1, "{done:?}");
    has(
        &done,
        &[
            "error    engine      docker's engine does not answer at `tcp://127.0.0.1:",
            "\nok       compose     2.40.3, `docker compose`\n",
            "\nok       buildx      0.29.1\n",
            "not looked at: the engine's settings and its disk (`docker info` does not answer)\n",
            "not looked at: the selected builder (`docker buildx inspect` does not answer)\n",
            "not looked at: the build cache (`docker buildx du` does not answer)\n",
            "not looked at: ports of other containers (`docker ps` does not answer)\n",
            "\n1 error, 0 warnings\n",
        ],
    );
}

#[test]
fn a_slow_compose_is_not_told_as_a_broken_one() {
    let sandbox = sandbox();
    let never = sandbox.root().join("never").display().to_string();
    sandbox.on("docker compose version --short").act("until", &never);
    sandbox.on("docker compose --profile * config --format json").act("until", &never);
    let info = r#"{"OSType":"linux","OperatingSystem":"Debian","ClientInfo":{"Plugins":[{"Version":"0.29.1","Name":"buildx","Path":"/p/docker-buildx"}]}}"#;
    Machine { info, ..OF_28 }.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    has(&done, &["not looked at: the version of compose (`docker compose version` does not answer)\n"]);
    has(&done, &["not looked at: how compose reads its files (`docker compose config` does not answer)\n"]);
    has(&done, &["can't tell whether a Dockerfile needs it"]);
    has_not(&done, &["missing or broken", "no Dockerfile here needs it", "ok       compose"]);
    // The file says so by itself, as far as it can be read without compose.
    sandbox.file("compose.yaml", "services:\n  api:\n    build: api\n");
    let done = sandbox.run("doctor");
    has(&done, &["RUN --mount in `api/Dockerfile` (line 2) needs it", "ok       context       `api`"]);
    assert_eq!(done.code, 0, "{done:?}");
}

#[test]
fn a_host_that_nobody_knows_is_one_error() {
    let sandbox = sandbox();
    sandbox.set("DOCKER_HOST", "xtask-no-such-host.invalid");
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    let unset = if cfg!(windows) { "Remove-Item Env:DOCKER_HOST" } else { "unset DOCKER_HOST" };
    has(&done, &["DOCKER_HOST names an unknown host: `tcp://xtask-no-such-host.invalid`", unset]);
    has(&done, &["\n1 error, "]);
    assert_eq!(done.code, 1);
}

/// What docker 28.5.2 says, with an address that our own look leaves to it.
#[test]
fn an_engine_that_only_docker_can_reach_and_does_not_is_one_error() {
    let sandbox = sandbox();
    sandbox.set("DOCKER_HOST", "ssh://xtask-no-such-host.invalid");
    sandbox
        .on_words(&["docker", "version", "*"])
        .out("{\"Client\":{\"Version\":\"28.5.2\",\"ApiVersion\":\"1.51\"},\"Server\":null}\n")
        .err("error during connect: Get \"http://docker.example.com/v1.51/version\": command [ssh -o ConnectTimeout=30 -T -- xtask-no-such-host.invalid docker system dial-stdio] has exited with exit status 255, make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: stderr=ssh: Could not resolve hostname xtask-no-such-host.invalid: Name or service not known\n")
        .exit(1);
    sandbox.on("docker buildx inspect").err("ERROR: no such thing\n").exit(1);
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    has(&done, &["DOCKER_HOST names an unknown host", "\n1 error, 0 warnings\n"]);
    has_not(&done, &["docker buildx use default", "hello-world"]);
}

#[test]
fn a_context_that_a_variable_names_is_mended_by_the_variable() {
    let sandbox = sandbox();
    sandbox.unset("DOCKER_HOST");
    sandbox.set("DOCKER_CONTEXT", "nope");
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    let unset = if cfg!(windows) { "Remove-Item Env:DOCKER_CONTEXT" } else { "unset DOCKER_CONTEXT" };
    has(&done, &["docker's context `nope` does not exist", unset]);
    has_not(&done, &["docker context use default"]);
}

/// One cause, one error: the files are read all the same.
#[test]
fn a_variable_that_is_no_boolean_does_not_hide_the_files() {
    let sandbox = sandbox();
    sandbox.set("DOCKER_BUILDKIT", "yes");
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    has(&done, &["DOCKER_BUILDKIT=yes (in your environment) is not a boolean", "`api/Dockerfile` needs BuildKit"]);
    has(&done, &["\n1 error, "]);
    let asked = sandbox.calls().into_iter().find(|call| call.words.iter().any(|word| word == "config"));
    assert_eq!(asked.expect("compose is asked").env("DOCKER_BUILDKIT"), Some(""));
}

#[test]
fn secrets_of_a_build_need_buildkit() {
    let sandbox = sandbox();
    sandbox.file("api/Dockerfile", "FROM python:3.12-slim\nRUN true\n");
    let config = r#"{"name": "project", "services": {"api": {"build": {"context": "api", "dockerfile": "Dockerfile", "secrets": [{"source": "token"}]}}}}"#;
    sandbox.set("DOCKER_BUILDKIT", "0");
    Machine { config, ..OF_28 }.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    has(&done, &["`api/Dockerfile` needs BuildKit (build secrets in the compose file)"]);
    has(&done, &["error    buildkit", "`api/Dockerfile` with build secrets does not build without it"]);
}

#[test]
fn a_dockerfile_with_a_syntax_line_needs_buildkit() {
    let sandbox = sandbox();
    sandbox.file("api/Dockerfile", "# syntax=docker/dockerfile:1.7\nFROM python:3.12-slim\nRUN true\n");
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    has(&done, &["`api/Dockerfile` needs BuildKit (`# syntax=docker/dockerfile:1.7`, line 1)"]);
    has(&done, &["on by default; # syntax=docker/dockerfile:1.7 in `api/Dockerfile` (line 1) needs it"]);
    sandbox.set("DOCKER_BUILDKIT", "0");
    let done = sandbox.run("doctor");
    has(&done, &["warning  buildkit", "is only a comment without it"]);
}

/// The program of its own that compose 2 also comes as: what only compose 1 heeds means nothing to it.
#[test]
fn a_compiled_docker_compose_is_compose_2() {
    let sandbox = sandbox();
    sandbox.program("docker-compose");
    sandbox.set("COMPOSE_DOCKER_CLI_BUILD", "0");
    sandbox.file("tasks.toml", format!("[compose]\ncli = 'docker-compose'\n{TASKS}"));
    sandbox.on("docker-compose version --short").out("2.26.1\n");
    sandbox
        .on("docker-compose --profile * config")
        .out("name: project\nservices:\n  api:\n    build:\n      context: api\n");
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    has(&done, &["  2.26.1, `docker-compose`\n", "  on by default; "]);
    assert_eq!(done.code, 0, "{done:?}");
}

/// Docker takes an empty DOCKER_TLS_VERIFY for none: the engine is asked in plain HTTP.
#[test]
fn an_empty_variable_turns_no_tls_on() {
    let version = r#"{"Client":{"Version":"20.10.24","ApiVersion":"1.41"},"Server":{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}}"#;
    for (value, buildkit) in [("", "on by default"), ("1", "on: every command here gets DOCKER_BUILDKIT=1")] {
        let sandbox = sandbox();
        sandbox.set("DOCKER_TLS_VERIFY", value);
        // Only what the engine itself answers to a ping tells that it builds by BuildKit by default.
        Machine { version, ..OF_28 }.script(&sandbox, "docker compose");
        let done = sandbox.run("doctor");
        has(&done, &[&format!("  {buildkit}")]);
    }
}
