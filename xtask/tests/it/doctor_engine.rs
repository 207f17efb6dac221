//! Which engine `doctor` and hints ask: the one that `[compose] cli`, `--compose` or the step names.

use crate::doctor::OF_28;
use crate::harness::{Done, PING_OF_28, Sandbox};

const STEPS: &str =
    "[tasks.build]\nsteps = ['compose build']\n[tasks.image]\nsteps = ['docker --context far build .']\n";

/// A project whose DOCKER_HOST names an engine that is not there, and a context `far` one that answers.
fn sandbox(cli: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::with_docker(&format!("[compose]\ncli = '{cli}'\n{STEPS}"));
    sandbox.plugin_named("docker-buildx");
    sandbox.file("api/Dockerfile", "FROM python:3.12-slim\nRUN --mount=type=cache,target=/x true\n");
    let url = sandbox.engine(PING_OF_28);
    sandbox.set("DOCKER_HOST", "tcp://127.0.0.1:1");
    let meta = format!("{{\"Name\":\"far\",\"Endpoints\":{{\"docker\":{{\"Host\":\"{url}\"}}}}}}");
    let folder = sandbox.home().join(".docker/contexts/meta/1");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("meta.json"), meta).expect("a context");
    (sandbox, url)
}

/// Answers of the far engine.
fn script(sandbox: &Sandbox, options: &str, compose: &str) {
    let words = |command: &str| -> Vec<String> {
        ["docker"].into_iter().chain(options.split_whitespace()).chain([command, "*"]).map(str::to_owned).collect()
    };
    let on = |command: &str, out: &str| {
        let words = words(command);
        sandbox.on_words(&words.iter().map(String::as_str).collect::<Vec<_>>()).out(out);
    };
    on("version", OF_28.version);
    on("info", OF_28.info);
    on("ps", OF_28.ps);
    sandbox.on(&format!("docker {options} buildx inspect")).out(OF_28.builder);
    sandbox.on(&format!("docker {options} buildx du --verbose")).out(OF_28.records);
    OF_28.script(sandbox, compose);
}

#[track_caller]
fn has(done: &Done, parts: &[&str]) {
    for part in parts {
        assert!(done.stdout.contains(part), "{part}\n-- is not in --\n{}\n{}", done.stdout, done.stderr);
    }
}

#[test]
fn the_context_of_the_compose_that_is_named_is_looked_at() {
    for compose in ["docker --context far compose", "docker --context=far compose"] {
        let (sandbox, url) = sandbox(compose);
        script(&sandbox, compose.strip_prefix("docker ").and_then(|it| it.strip_suffix(" compose")).unwrap(), compose);
        let done = sandbox.run("doctor");
        assert_eq!(done.code, 0, "{done:?}");
        let place = format!("ok       engine        28.5.2+dfsg4 at `{url}`");
        has(&done, &[&place, &format!("2.40.3, `{compose}`"), "`/x`"]);
        let local = ["docker version", "docker info", "docker ps", "docker buildx inspect", "docker buildx du"];
        let called = sandbox.called();
        assert!(!called.iter().any(|call| local.iter().any(|local| call.starts_with(local))), "{called:?}");
    }
}

#[test]
fn an_engine_that_an_option_names_is_not_blamed_on_a_variable() {
    let (sandbox, _) = sandbox("docker --host tcp://127.0.0.1:1 compose");
    sandbox.unset("DOCKER_HOST");
    script(&sandbox, "--host tcp://127.0.0.1:1", "docker --host tcp://127.0.0.1:1 compose");
    let done = sandbox.run("doctor");
    assert_eq!(done.code, 1, "{done:?}");
    has(&done, &["docker's engine is not running", "fix: the option `--host`"]);
    let words = ["--compose", "docker --context gone compose", "doctor"];
    script(&sandbox, "--context gone", "docker --context gone compose");
    let done = sandbox.run_words(&words);
    has(&done, &["docker's context `gone` does not exist", "leave out the option `--context gone`"]);
}

#[test]
fn the_hint_looks_at_the_engine_of_the_step() {
    for task in ["build", "image"] {
        let (sandbox, _) = sandbox("docker --context far compose");
        sandbox.set("DOCKER_BUILDKIT", "0");
        sandbox.on("docker --context far compose build").exit(5);
        sandbox.on("docker --context far build .").exit(5);
        script(&sandbox, "--context far", "docker --context far compose");
        let done = sandbox.run(task);
        assert_eq!(done.code, 5, "{done:?}");
        assert!(done.stderr.contains("hint: DOCKER_BUILDKIT=0 turns BuildKit off"), "{done:?}");
    }
}

/// A path or another program may do anything; the person did not ask for that.
#[test]
fn another_program_is_not_started_to_look() {
    let other = Sandbox::with_docker(STEPS);
    other.program("compose-by-hand");
    let by_path = other.root().join("opt").join("docker");
    std::fs::create_dir_all(by_path.parent().unwrap()).expect("a folder");
    other.program_at(&by_path.with_extension(std::env::consts::EXE_EXTENSION));
    for cli in
        ["compose-by-hand --fast".to_owned(), format!("{} compose", by_path.display().to_string().replace('\\', "/"))]
    {
        let sandbox = &other;
        sandbox.file("tasks.toml", format!("[compose]\ncli = '{cli}'\n{STEPS}"));
        sandbox.plugin_named("docker-buildx");
        sandbox.file("compose.yaml", "services:\n  api:\n    build: api\n");
        sandbox.file("api/Dockerfile", "FROM python:3.12-slim\nRUN --mount=type=cache,target=/x true\n");
        OF_28.script(sandbox, "docker compose");
        sandbox.forget_calls();
        let done = sandbox.run("doctor");
        assert_eq!(done.code, 0, "{done:?}");
        let cli = sandbox.normal(cli.as_bytes());
        let program = cli.split(' ').next().unwrap();
        has(
            &done,
            &[
                &format!("ok       compose       `{cli}`\n"),
                "RUN --mount in `api/Dockerfile` (line 2) needs it",
                &format!(
                    "not looked at: how compose reads its files, and its version (`{program}` is not started just to look)\n"
                ),
            ],
        );
        let called = sandbox.called();
        assert!(called.iter().all(|call| call.starts_with("docker ") && !call.contains(" compose ")), "{called:?}");
    }
}
