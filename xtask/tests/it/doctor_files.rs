//! `doctor` about compose's files: what it finds in them, and what it keeps to itself.

use crate::doctor::{Machine, OF_28};
use crate::harness::{Done, Sandbox};

const TASKS: &str = "[tasks.build]\nsteps = ['compose build']\n";

/// A project on a healthy machine, where compose reads its files as `config`.
fn project(compose: &str, config: &'static str) -> Sandbox {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.plugin_named("docker-buildx");
    sandbox.file("compose.yaml", compose);
    Machine { config, ..OF_28 }.script(&sandbox, "docker compose");
    sandbox
}

#[track_caller]
fn has(done: &Done, part: &str) {
    assert!(done.stdout.contains(part), "{part}\n-- is not in --\n{}", done.stdout);
}

/// What compose 2.40.3 says of each, for the value `hunter2` in `.env`.
#[test]
fn a_value_that_compose_quotes_is_not_shown() {
    let cases = [
        ("DB_PASSWORD=hunter2\n", "1 error(s) decoding: Invalid hostPort: hunter2", "Invalid hostPort: ${DB_PASSWORD}"),
        ("DB_PASSWORD=hunter2\n", "parsing \"hunter2\": invalid syntax", "parsing \"${DB_PASSWORD}\": invalid syntax"),
        ("SECRET=\"hunter2\n", "line 3: unterminated quoted value \"hunter2", "unterminated quoted value ${SECRET}"),
        ("h!nter2=1\n", "line 1: unexpected character \"!\" in variable name \"h!nter2=1\"", "in variable name \"…\""),
    ];
    for (env, said, shown) in cases {
        let sandbox = Sandbox::with_docker(TASKS);
        sandbox.plugin_named("docker-buildx");
        sandbox.file(".env", env);
        for _ in ["doctor", "doctor --json"] {
            sandbox.on("docker compose --profile * config --format json").err(&format!("{said}\n")).exit(15);
        }
        OF_28.script(&sandbox, "docker compose");
        for line in ["doctor", "doctor --json"] {
            let done = sandbox.run(line);
            assert_eq!(done.code, 1, "{done:?}");
            assert!(!done.stdout.contains("nter2"), "{done:?}");
            has(&done, &shown.replace('"', if line == "doctor" { "\"" } else { "\\\"" }));
        }
    }
}

/// Compose 2.40.3's sentence, where a harmless variable has the name of the service for its value.
#[test]
fn names_and_hosts_in_a_message_stay_readable() {
    let said = "service \"web\" depends on undefined service \"database\": invalid compose project";
    let env = "DB_HOST=database\nDB_PASSWORD=hunter2\nDATABASE_URL=postgres://me:hunter3@database/x\n";
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.plugin_named("docker-buildx");
    sandbox.file(".env", env);
    sandbox.on("docker compose --profile * config --format json").err(&format!("{said} hunter3\n")).exit(15);
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    has(&done, "error    compose-file  service \"web\" depends on undefined service \"database\"");
    has(&done, "invalid compose project ${DATABASE_URL}\n");
}

/// The person's own variables are in compose's sentences as well as those of `.env`.
#[test]
fn a_secret_of_the_persons_own_variables_is_not_shown() {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.plugin_named("docker-buildx");
    sandbox.set("DB_PASSWORD", "hunter2");
    for _ in 0..2 {
        sandbox.on("docker compose --profile * config --format json").err("Invalid hostPort: hunter2\n").exit(15);
    }
    OF_28.script(&sandbox, "docker compose");
    for line in ["doctor", "doctor --json"] {
        let done = sandbox.run(line);
        assert!(!done.stdout.contains("hunter2"), "{done:?}");
        has(&done, "Invalid hostPort: ${DB_PASSWORD}");
    }
}

#[test]
fn a_base_or_a_target_from_a_variable_is_shown_as_it_is_written() {
    let compose = "services:\n  api:\n    build:\n      context: .\n      args: { BASE: \"${SECRET_BASE}\" }\n  web:\n    build: { context: ., target: \"${SECRET_BASE}\" }\n";
    let config = r#"{"name": "project", "services": {"api": {"build": {"context": ".", "dockerfile": "Dockerfile", "args": {"BASE": "hunter2/img"}}}, "web": {"build": {"context": ".", "dockerfile": "Dockerfile", "target": "hunter2/img"}}}}"#;
    let sandbox = project(compose, config);
    sandbox.file(".env", "SECRET_BASE=hunter2/img\n");
    sandbox.file("Dockerfile", "ARG BASE\nFROM ${BASE} AS base\n");
    let done = sandbox.run("doctor");
    assert!(!done.stdout.contains("hunter2"), "{done:?}");
    has(&done, "`${BASE}` names no version");
    has(&done, "`Dockerfile` has no stage `${SECRET_BASE}`");
    // A Dockerfile in the compose file has the value in its text, and a folder has it for its name.
    let compose = "services:\n  api:\n    build:\n      context: ./${SECRET_DIR}\n      dockerfile_inline: FROM ${SECRET_BASE}\n  web:\n    build: ./${SECRET_DIR}\n";
    let config = r#"{"name": "project", "services": {"api": {"build": {"context": "hunter2", "dockerfile_inline": "FROM hunter2"}}, "web": {"build": {"context": "hunter2", "dockerfile": "Dockerfile"}}}}"#;
    let sandbox = project(compose, config);
    sandbox.file(".env", "SECRET_BASE=hunter2\nSECRET_DIR=hunter2\n");
    sandbox.file("hunter2/Dockerfile", "FROM x:1.2\n");
    let done = sandbox.run("doctor");
    assert!(!done.stdout.contains("hunter2"), "{done:?}");
    has(&done, "Dockerfile` does not need BuildKit");
}

#[test]
fn a_dockerfile_in_the_compose_file_is_named_readably() {
    let compose = "services:\n  app2:\n    build:\n      dockerfile_inline: |\n        FROM python\n        RUN --mount=type=cache,target=/x true\n";
    let config = r#"{"name": "project", "services": {"app2": {"build": {"context": ".", "dockerfile_inline": "FROM python\nRUN --mount=type=cache,target=/x true\n"}}}}"#;
    let done = project(compose, config).run("doctor");
    has(&done, "buildkit             on by default; RUN --mount in `dockerfile_inline of app2` (line 2) needs it\n");
    has(&done, "unpinned-base-image  `python` names no version (dockerfile_inline of app2:1)\n");
    // Two backticks in a row open and close nothing, and each line has an even number of them.
    let is_odd = |line: &&str| line.contains("``") || line.matches('`').count() % 2 == 1;
    assert_eq!(done.stdout.lines().find(is_odd), None, "{done:?}");
}

/// Two Dockerfiles of one folder, one of which takes a part of it.
#[test]
fn builds_of_one_context_are_one_finding() {
    let compose = "services:\n  api:\n    build: .\n  web:\n    build: { context: ., dockerfile: web.Dockerfile }\n";
    let config = r#"{"name": "project", "services": {"api": {"build": {"context": ".", "dockerfile": "Dockerfile"}}, "web": {"build": {"context": ".", "dockerfile": "web.Dockerfile"}}}}"#;
    let sandbox = project(compose, config);
    sandbox.file("Dockerfile", "FROM python:3.12\nCOPY . .\n");
    sandbox.file("web.Dockerfile", "FROM python:3.12\nCOPY . .\n");
    sandbox.file(".git/config", "");
    sandbox.file("htmlcov/index.html", "");
    sandbox.file("server.pem", "-----BEGIN PRIVATE KEY-----\n");
    sandbox.file("ca.pem", "-----BEGIN CERTIFICATE-----\n");
    let done = sandbox.run("doctor");
    assert_eq!(done.stdout.matches("of `.` get into the image").count(), 1, "{done:?}");
    for line in ["`**/.git`", "`**/htmlcov`", "`**/server.pem`", "passwords may get into the image"] {
        has(&done, line);
    }
}

#[test]
fn only_what_is_copied_is_looked_at() {
    let config = r#"{"name": "project", "services": {"api": {"build": {"context": ".", "dockerfile": "Dockerfile"}}}}"#;
    let sandbox = project("services: { api: { build: . } }\n", config);
    sandbox.file("Dockerfile", "FROM python:3.12\nCOPY scripts/*.sh run.sh /app/\nCOPY app app\nRUN sh /app/run.sh\n");
    sandbox.file("scripts/start.sh", "#!/bin/sh\r\necho\r\n");
    sandbox.file("run.sh", "echo\r\n");
    sandbox.file("other.sh", "#!/bin/sh\r\necho\r\n");
    sandbox.file("app/__pycache__/x.pyc", "");
    sandbox.file("app/main.py", "print()\r\n");
    sandbox.file(".git/config", "");
    let done = sandbox.run("doctor");
    assert_eq!(done.code, 1, "{done:?}");
    has(&done, "in `.` end their lines with `\\r");
    for script in ["`run.sh`", "`scripts/start.sh`", "`app/__pycache__` of `.` gets into"] {
        has(&done, script);
    }
    assert!(!done.stdout.contains("other.sh") && !done.stdout.contains("`**/.git`"), "{done:?}");
}

#[test]
fn code_before_the_install_is_found_in_the_folder() {
    let config = r#"{"name": "project", "services": {"api": {"build": {"context": ".", "dockerfile": "Dockerfile", "args": {"FLAVOUR": "x"}}}}}"#;
    let compose = "services:\n  api:\n    build:\n      context: .\n      args: { FLAVOUR: \"${FLAVOUR:-x}\" }\n";
    let sandbox = project(compose, config);
    let install = "COPY requirements.txt .\nRUN pip install -r requirements.txt\n";
    sandbox.file("app/main.py", "");
    sandbox.file("requirements/base.txt", "");
    sandbox.file("requirements.txt", "");
    for (before, found) in [
        ("COPY app ./app\n", Some("`app` is copied before it (line 2)")),
        ("COPY ap* ./app\n", Some("`ap*` is copied before it (line 2)")),
        ("COPY requirements requirements\n", None),
        ("ARG FLAVOUR\n", Some("`ARG FLAVOUR` comes before it (line 2), and compose fills it from a variable")),
        ("ARG OTHER\n", None),
    ] {
        sandbox.file("Dockerfile", format!("FROM python:3.12\n{before}{install}"));
        let done = sandbox.run("doctor");
        match found {
            Some(found) => has(&done, found),
            None => assert!(!done.stdout.contains("runs again"), "{before}: {done:?}"),
        }
    }
}

/// As BuildKit takes it (tried on 20.10, 26.1 and 28.5).
#[test]
fn a_dockerfile_in_small_letters_is_read() {
    const AT_TOP: &str =
        r#"{"name": "project", "services": {"api": {"build": {"context": ".", "dockerfile": "Dockerfile"}}}}"#;
    const IN_FOLDER: &str =
        r#"{"name": "project", "services": {"api": {"build": {"context": ".", "dockerfile": "api/Dockerfile"}}}}"#;
    for (config, file) in [(AT_TOP, "dockerfile"), (IN_FOLDER, "api/dockerfile")] {
        let sandbox = project("services: { api: { build: . } }\n", config);
        sandbox.file(file, "FROM python:3.12\nCOPY <<EOF /x\nEOF\n");
        let done = sandbox.run("doctor");
        has(&done, "needs BuildKit (`COPY with a here-document`, line 2)");
    }
}

#[test]
fn a_build_from_elsewhere_is_told_as_not_seen() {
    let config = r#"{"name": "project", "services": {"api": {"build": {"context": "https://example.org/x.git", "dockerfile": "Dockerfile"}}}}"#;
    let sandbox = project("services: { api: { build: \"https://example.org/x.git\" } }\n", config);
    let done = sandbox.run("doctor");
    has(&done, "not looked at: the build of `api` (its context is not on this machine)\n");
    has(&done, "can't tell whether a Dockerfile needs it");
}

#[test]
fn a_compose_file_that_is_not_there_is_told_as_before_a_step() {
    let sandbox = project("services: {}\n", OF_28.config);
    sandbox.file("tasks.toml", format!("[compose]\nfiles = ['x.yaml']\n{TASKS}"));
    let done = sandbox.run("doctor");
    assert_eq!(done.code, 1);
    has(&done, "error    compose-file  there is no compose file `x.yaml`\n");
    has(&done, "fix: `compose.yaml` is there\n");
    sandbox.file("tasks.toml", TASKS);
    std::fs::remove_file(sandbox.project().join("compose.yaml")).expect("no compose file");
    let done = sandbox.run("doctor");
    has(&done, "there is no compose file in `<T>/home/project` or above\n");
    has(&done, "fix: write a compose.yaml, or name yours in tasks.toml");
    // Who never calls compose misses nothing.
    sandbox.file("tasks.toml", "[tasks.x]\nsteps = ['tool']\n");
    let done = sandbox.run("doctor");
    assert!(done.code == 0 && !done.stdout.contains("compose-file"), "{done:?}");
    assert!(!sandbox.called().iter().any(|call| call.contains(" config ")), "nobody asks compose");
}

/// What compose 2.40.3 says; it reads the `.env` beside its first file.
#[test]
fn the_env_file_that_compose_reads_is_named() {
    let sandbox = Sandbox::with_docker(&format!("[compose]\nfiles = ['sub/c.yaml']\n{TASKS}"));
    sandbox.plugin_named("docker-buildx");
    sandbox.file("sub/c.yaml", "services: {}\n");
    sandbox.file("sub/.env", "DOCKER_BUILDKIT=1\nOTHER=geheim\n");
    sandbox.file(".env", "ROOTVAR=geheim\n");
    let said = "time=\"2026-11-25T20:10:34Z\" level=warning msg=\"The \\\"ROOTVAR\\\" variable is not set. Defaulting to a blank string.\"\n";
    sandbox.on("docker compose -f sub/c.yaml --profile * config --format json").out("{\"services\":{}}").err(said);
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    has(&done, "the compose file uses `ROOTVAR`, which is not set\n");
    has(&done, "compose uses an empty value: it reads `sub/.env`, not `.env`, which sets it\n");
    has(&done, "fix: set `ROOTVAR=…` in `sub/.env`, or under [env] in tasks.toml\n");
    has(&done, "`DOCKER_BUILDKIT` in `sub/.env` has no effect: the tasks set it\n");
    assert!(!done.stdout.contains("geheim"), "{done:?}");
}

#[test]
fn a_refused_file_is_tried_with_its_own_words() {
    let sandbox = Sandbox::with_docker(&format!("[compose]\nfiles = ['sub/c.yaml']\nproject = 'p'\n{TASKS}"));
    sandbox.plugin_named("docker-buildx");
    sandbox.file("sub/c.yaml", "services: 1\n");
    let call = "docker compose -f sub/c.yaml -p p --profile * config --format json";
    sandbox.on(call).err("services must be a mapping\n").exit(15);
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    has(&done, "fix: fix it, then check: docker compose -f sub/c.yaml -p p config --quiet\n");
    has(&done, "can't tell whether a Dockerfile needs it");
}

/// More than any project publishes: the rest is named as not looked at.
#[test]
fn ports_beyond_a_bound_are_not_looked_at_and_that_is_said() {
    let ports: Vec<String> =
        (0..2_500).map(|at| format!("{{\"published\":\"{}\",\"target\":1}}", 20_000 + at)).collect();
    let config = format!("{{\"services\":{{\"a\":{{\"image\":\"x\",\"ports\":[{}]}}}}}}\n", ports.join(","));
    let sandbox = project("services: {a: {image: x}}\n", config.leak());
    let done = sandbox.run("doctor");
    has(&done, "not looked at: the ports beyond the first 2000\n");
}
