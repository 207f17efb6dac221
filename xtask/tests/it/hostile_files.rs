//! Files that wait or have no end, and answers that have none or that nobody understands: one plain error, at once, in
//! little memory.

#![cfg(target_os = "linux")]

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use crate::harness::{Done, Sandbox};

const BUILD: &str = "[tasks.build]\nsteps = ['compose build']\n";
/// Of address space: the program and its threads need a part of it.
const MEMORY: u64 = 1 << 30;

fn fifo(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).expect("a path");
    // SAFETY: the path ends in a zero byte.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

/// Runs it with little memory.
fn run(sandbox: &Sandbox, line: &str) -> Done {
    let mut command = sandbox.command();
    let limit = || {
        let limit = libc::rlimit { rlim_cur: MEMORY, rlim_max: MEMORY };
        // SAFETY: setrlimit may be called between fork and exec.
        match unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: the closure calls nothing that may not be called there.
    unsafe { command.pre_exec(limit) };
    sandbox.finish(command.args(line.split_whitespace()))
}

#[test]
fn a_tasks_toml_that_is_no_file_or_has_no_end() {
    let sandbox = Sandbox::bare();
    fifo(&sandbox.project().join("pipe"));
    let hint = "hint: --file takes the path of a tasks.toml, from the current folder\n";
    for name in ["pipe", "/dev/zero"] {
        let said = format!("error: can't read `{name}`: it is not a regular file\n{hint}");
        run(&sandbox, &format!("--file {name} help")).is(2, "", &said);
    }
    sandbox.file("large.toml", vec![b'#'; 5 << 20]);
    run(&sandbox, "--file large.toml help").is(2, "", "error: can't read `large.toml`: it is larger than 4 MB\n");
}

#[test]
fn what_compose_would_read_without_end_is_not_given_to_it() {
    let sandbox = Sandbox::with_docker(BUILD);
    sandbox.plugin_named("docker-buildx");
    crate::doctor::OF_28.script(&sandbox, "docker compose");
    let asks_compose = |sandbox: &Sandbox| sandbox.calls().iter().any(|call| call.words.contains(&"config".to_owned()));
    let refused = |said: &str| {
        let done = run(&sandbox, "doctor");
        assert!(done.code == 1 && done.stdout.contains(said), "{done:?}");
        assert!(!asks_compose(&sandbox));
    };
    let doubled: String = (0..60).map(|n| format!("A{}=$A{n}$A{n}\n", n + 1)).collect();
    sandbox.file(".env", format!("A0=xxxxxxxx\n{doubled}"));
    refused("its values become more than 4 MB");
    std::fs::remove_file(sandbox.project().join(".env")).expect("a file");
    fifo(&sandbox.project().join(".env"));
    refused("`.env`: it is not a regular file");
    std::fs::remove_file(sandbox.project().join(".env")).expect("a file");
    for key in ["env_file", "label_file"] {
        sandbox.file("compose.yaml", format!("services:\n  a:\n    image: x\n    {key}: /dev/zero\n"));
        refused("`/dev/zero`: it is not a regular file");
    }
    // Many turn the file off this way.
    sandbox.file("compose.yaml", "services:\n  a:\n    image: x\n    env_file: /dev/null\n");
    run(&sandbox, "doctor");
    assert!(asks_compose(&sandbox));
}

#[test]
fn a_docker_configuration_of_pipes() {
    let sandbox = Sandbox::with_docker(BUILD);
    let folder = sandbox.home().join(".docker");
    fifo(&folder.join("config.json"));
    std::fs::create_dir_all(folder.join("contexts/meta/x")).expect("a folder");
    fifo(&folder.join("contexts/meta/x/meta.json"));
    sandbox.unset("DOCKER_HOST");
    sandbox.set("DOCKER_CONTEXT", "x");
    sandbox.on("docker compose build").exit(1);
    crate::doctor::OF_28.script(&sandbox, "docker compose");
    let hint = "hint: docker's context `x` does not exist: docker context ls lists them; choose another: unset DOCKER_CONTEXT\n";
    run(&sandbox, "build").is(1, "", &format!("$ docker compose build\n{hint}"));
}

#[test]
fn a_daemon_json_that_is_a_pipe() {
    let sandbox = Sandbox::with_docker(BUILD);
    crate::doctor::OF_28.script(&sandbox, "docker compose");
    fifo(&sandbox.project().join("d.json"));
    let said = "error: can't change `d.json`: it is not a regular file\n";
    run(&sandbox, "buildkit enable --config d.json").is(2, "", said);
}

#[test]
fn a_cache_that_can_not_be_read_is_not_empty() {
    let answers = [
        ("", "`docker buildx du` printed nothing"),
        ("<html>\n", "the answer of `docker buildx du` can't be read; it begins with `<html>`"),
        ("\u{1b}[2J[{", "the answer of `docker buildx du` can't be read; it begins with `\\u{1b}[2J[{`"),
    ];
    for (answer, said) in answers {
        let sandbox = Sandbox::with_docker(BUILD);
        sandbox.plugin_named("docker-buildx");
        sandbox.on("docker compose --profile * config --format json").out("{\"services\":{}}\n");
        sandbox.on("docker buildx du --verbose").out(answer);
        let error = format!("error: docker can't list the build cache: {said}\nhint: xtask doctor\n");
        run(&sandbox, "cache").is(2, "", &error);
    }
}
