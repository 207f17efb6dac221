//! Exit codes and what is said with them: builds that fail, services that die, engines that cannot be reached.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Duration;

use crate::harness::{Ended, Engine};
use crate::project::{Project, SLOW_TO_STOP};

on_each_engine!(
    a_build_that_fails,
    buildkit_turned_off,
    buildkit_turned_off_for_compose_1,
    without_the_variables_and_with_them,
    a_service_that_ends_at_once,
    a_service_that_dies_later,
    a_service_that_is_never_healthy,
    a_service_that_is_started_again_and_again,
    a_service_that_is_not_started_any_more,
    a_service_that_ends_with_0,
    a_compose_file_that_is_missing,
    an_engine_that_is_down,
    a_socket_without_permission,
    a_port_that_is_taken,
);

fn errors(ended: &Ended) -> Vec<&str> {
    ended.stderr.lines().filter(|line| line.starts_with("error: ")).collect()
}

/// One error of ours with a hint, and nothing was started.
#[track_caller]
fn refused(ended: Ended, error: &str) {
    let ended = ended.expect(2);
    let hints = ended.stderr.matches("hint: ").count();
    assert!(ended.stderr.contains(error), "no `{error}` in:\n{}", ended.all());
    assert_eq!((ended.stderr.matches("error: ").count(), hints), (1, 1), "{}", ended.all());
    assert!(!ended.stderr.contains("$ ") && ended.stdout.is_empty(), "something was started:\n{}", ended.all());
}

fn a_build_that_fails(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit("Dockerfile", "CMD", "RUN echo complaint && exit 17\nCMD");
    let code = engine.pick(1, 17, 1);
    let compose = project.compose(&["build"]).expect(code);
    let ended = project.run(&["dev", "--detached"]).expect(code).says("complaint");
    let error = format!("error: step 1 of 2 (task `build`) ended with exit code {code}");
    assert_eq!(errors(&ended).last(), Some(&error.as_str()), "{}", ended.all());
    // Compose's own words stand there once.
    assert_eq!(ended.all().matches("exit code: 17").count(), compose.all().matches("exit code: 17").count());
    assert!(project.containers().is_empty());

    // A task of one step has nothing to add.
    let ended = project.run(&["build"]).expect(code);
    assert!(!ended.stderr.contains("ended with exit code"), "{}", ended.all());
}

const MOUNT: &str = "RUN --mount=type=cache,target=/root/.cache/xtask true\nCMD";

fn buildkit_turned_off(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    // Nothing before the step that fails: the classic builder would leave an image of it behind.
    project.write("Dockerfile", "FROM debian-python:local\nRUN --mount=type=cache,target=/root/.cache/xtask true\n");
    let with_0 = |mut command: Command| {
        command.env("DOCKER_BUILDKIT", "0");
        project.start(command).end()
    };
    let ended = with_0(project.xtask(&["build"])).says("warning: DOCKER_BUILDKIT=0 turns BuildKit off");
    assert_eq!(ended.stderr.matches("warning: ").count(), 1, "{}", ended.all());
    let mut compose = project.command(engine.compose()[0]);
    compose.args(&engine.compose()[1..]).args(["-p", &engine.name, "build"]).env("COMPOSE_DOCKER_CLI_BUILD", "1");
    let of_compose = with_0(compose);
    assert_ne!(of_compose.code(), 0, "a mount needs BuildKit:\n{}", of_compose.all());
    ended.expect(of_compose.code()).says("--mount");
}

/// Version 1 builds by itself then. Version 2 does not read the variable.
fn buildkit_turned_off_for_compose_1(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.write("Dockerfile", "FROM debian-python:local\nRUN --mount=type=cache,target=/root/.cache/xtask true\n");
    let mut command = project.xtask(&["build"]);
    command.env("COMPOSE_DOCKER_CLI_BUILD", "0");
    let ended = project.start(command).end().expect(engine.pick(1, 0, 0));
    let warned = ended.stderr.contains("warning: COMPOSE_DOCKER_CLI_BUILD=0 turns BuildKit off");
    assert_eq!(warned, engine.tier == 20, "{}", ended.all());
}

/// The reason for all of this: compose v1 builds no cache mount when nobody asks for BuildKit.
fn without_the_variables_and_with_them(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit("Dockerfile", "CMD", MOUNT);
    let mut compose = project.command(engine.compose()[0]);
    compose.args(&engine.compose()[1..]).args(["-p", &engine.name, "build"]);
    let bare = project.start(compose).end().expect(engine.pick(1, 0, 0));
    if engine.tier == 20 {
        bare.says("the --mount option requires BuildKit");
    }
    project.run(&["build"]).expect(0);
}

fn a_service_that_ends_at_once(engine: &Engine) {
    let project = Project::small(engine, "echo starting; echo no database >&2; exit 7\n");
    let ended = project.run(&["dev", "-d"]).expect(1);
    let told = "error: service `api` ended with exit code 7; its last lines:\n  | starting\n  | no database\n";
    assert!(ended.stderr.ends_with(told), "{}", ended.all());
    assert_eq!(ended.stdout.matches("http").count(), 0, "{}", ended.all());
}

fn a_service_that_dies_later(engine: &Engine) {
    let project = Project::small(engine, "echo starting; sleep 3; exit 9\n");
    let check = "    build: .\n    healthcheck: { test: [CMD, \"false\"], interval: 1s, retries: 200 }\n";
    project.edit("compose.yaml", "    build: .\n", check);
    let ended = project.run(&["dev", "-d"]).expect(1).says("service `api` ended with exit code 9");
    assert!(ended.stderr.ends_with("  | starting\n"), "{}", ended.all());
}

fn a_service_that_ends_with_0(engine: &Engine) {
    let project = Project::small(engine, "echo done\n");
    project.run(&["dev", "-d"]).expect(0);
    assert_eq!(project.states(), ["exited 0"]);
}

fn a_service_that_is_never_healthy(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit("tasks.toml", "wait = 60", "wait = 3");
    let check = "    build: .\n    healthcheck: { test: [CMD, \"false\"], interval: 1s, retries: RETRIES }\n";
    project.edit("compose.yaml", "    build: .\n", check);
    project.edit("compose.yaml", "RETRIES", "200");
    let ended = project.run(&["dev", "-d"]).expect(1);
    assert_eq!(errors(&ended), ["error: not ready after 3 s: `api` (starting)"], "{}", ended.all());
    let lines = "the last lines of service `api`:\n  | the service is here\n";
    assert!(ended.stderr.ends_with(lines), "{}", ended.all());
    assert!(ended.took >= Duration::from_secs(3), "{:?}", ended.took);
    assert_eq!(project.states(), ["running 0"]);

    // Found unhealthy, there is nothing to wait for.
    project.edit("tasks.toml", "wait = 3", "wait = 60");
    project.edit("compose.yaml", "200", "1");
    let ended = project.run(&["dev", "-d"]).expect(1).says("service `api` is unhealthy; its last lines:\n");
    assert!(ended.took < Duration::from_secs(50), "{:?}", ended.took);
}

fn a_service_that_is_started_again_and_again(engine: &Engine) {
    let project = Project::small(engine, "echo boom; exit 3\n");
    project.edit("tasks.toml", "wait = 60", "wait = 4");
    project.edit("compose.yaml", "    build: .\n", "    build: .\n    restart: unless-stopped\n");
    let ended = project.run(&["dev", "-d"]).expect(1);
    let ended = ended.says("service `api` ended and was restarted; its last lines:\n  | boom\n");
    assert!(errors(&ended)[0].starts_with("error: not ready after 4 s: `api` "), "{}", ended.all());
}

/// What is left of a service that the files have no more, or whose profile is off, is not this `up`'s.
fn a_service_that_is_not_started_any_more(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let alone = format!("version: '3.9'\n{}", project.read("compose.yaml"));
    let old = "  old:\n    build: .\n    command: sh -c 'exit 3'\n    PROFILE\n";
    project.write("compose.yaml", &format!("{alone}{}", old.replace("PROFILE", "")));
    project.run(&["dev", "-d"]).expect(1).says("service `old` ended with exit code 3");
    project.write("compose.yaml", &alone);
    project.run(&["dev", "-d"]).expect(0);
    project.write("compose.yaml", &format!("{alone}{}", old.replace("PROFILE", "profiles: [x]")));
    let mut command = project.xtask(&["dev", "-d"]);
    command.env("COMPOSE_PROFILES", "x");
    project.start(command).end().expect(1).says("service `old` ended with exit code 3");
    // Version 1 can't be asked which services a profile leaves.
    project.run(&["dev", "-d"]).expect(engine.pick(1, 0, 0));
}

fn a_compose_file_that_is_missing(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit("tasks.toml", "compose.yaml", "missing.yaml");
    refused(project.run(&["dev"]), "there is no compose file `missing.yaml`");
    project.edit("tasks.toml", "files = [\"missing.yaml\"]", "");
    fs::rename(project.dir.join("compose.yaml"), project.dir.join("not-found")).expect("renames");
    refused(project.run(&["dev"]), "there is no compose file in `");
    fs::rename(project.dir.join("not-found"), project.dir.join("compose.yaml")).expect("renames");
}

fn an_engine_that_is_down(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let mut command = project.xtask(&["dev"]);
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    refused(project.start(command).end(), "docker's engine is not running: nothing is listening at `unix:///nowhere/");
    // A socket that a stopped engine left behind.
    let socket = project.dir.join("left.sock");
    drop(UnixListener::bind(&socket).expect("makes a socket"));
    let mut command = project.xtask(&["dev"]);
    command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
    refused(project.start(command).end(), "docker's engine is not running: nothing is listening at `unix://");
    let _ = fs::remove_file(socket);
}

fn a_socket_without_permission(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let nobody = 65_534;
    for entry in fs::read_dir(&project.dir).expect("lists").flatten() {
        chown(entry.path(), Some(nobody), Some(nobody)).expect("gives the project away");
    }
    chown(&project.dir, Some(nobody), Some(nobody)).expect("gives the project away");
    // What nobody may read in root's home: the binary, and docker with its plugin.
    let bin = project.dir.join("bin");
    fs::create_dir_all(bin.join("cli-plugins")).expect("makes a folder");
    let copy = |from: &str, to: &str| fs::copy(from, bin.join(to)).unwrap_or_else(|error| panic!("{from}: {error}"));
    copy(env!("CARGO_BIN_EXE_xtask"), "xtask");
    if engine.tier != 20 {
        let find = |name: &str| engine.command(name).get_program().to_string_lossy().into_owned();
        copy(&find("docker"), "docker");
        let plugins = format!("{}/cli-plugins", engine.variable("DOCKER_CONFIG"));
        copy(&format!("{plugins}/docker-compose"), "cli-plugins/docker-compose");
    }
    let socket = project.dir.join("docker.sock");
    let _listener = UnixListener::bind(&socket).expect("makes a socket");
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o660)).expect("sets the mode");
    let as_nobody = |program: &str, words: &[&str]| {
        let mut command = project.command("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--", program]).args(words);
        command.env("DOCKER_HOST", format!("unix://{}", socket.display())).env("DOCKER_CONFIG", &bin);
        command.env("HOME", &project.dir).env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        project.start(command).end()
    };
    // What it would be without us.
    as_nobody("docker", &["ps"]).expect(1).says("permission denied");
    let xtask = bin.join("xtask");
    refused(as_nobody(&xtask.to_string_lossy(), &["dev"]), "no permission to talk to docker's engine at `unix://");
}

fn a_port_that_is_taken(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit("compose.yaml", "    build: .\n", "    build: .\n    ports: [\"127.0.0.1:${PORT}:8000\"]\n");
    let _taken = std::net::TcpListener::bind(("127.0.0.1", project.port)).expect("takes the port");
    let ended = project.run(&["dev", "-d"]);
    assert_ne!(ended.code(), 0, "{}", ended.all());
    let code = ended.code();
    let ended = ended.says("address already in use");
    let error = format!("error: step 2 of 2 (task `dev`) ended with exit code {code}");
    assert_eq!(errors(&ended).last(), Some(&error.as_str()), "{}", ended.all());
}
