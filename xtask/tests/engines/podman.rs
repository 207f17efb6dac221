//! Podman behind docker's socket: what works there, and what is said of the rest. No image can be pulled here, so
//! buildx can't start BuildKit.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::harness::{Ended, Engine, LONG, get, wait_until};
use crate::project::{Project, SLOW_TO_STOP};

on_podman!(
    doctor_says_what_works,
    a_build_that_buildx_can_not_do,
    its_own_builder,
    commands_that_need_buildkit,
    daemon_json_is_not_for_it,
    docker_is_podman_itself,
);

const MOUNT: &str = "RUN --mount=type=cache,target=/root/.cache/xt date >> /root/.cache/xt/x && wc -l < /root/.cache/xt/x > /lines\nCMD";
const START: &str = "docker buildx inspect --bootstrap";

fn project(engine: &Engine) -> Project<'_> {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit("Dockerfile", "CMD", MOUNT);
    project
}

/// xtask with DOCKER_BUILDKIT=0.
#[track_caller]
fn turned_off(project: &Project, words: &[&str]) -> Ended {
    let mut command = project.xtask(words);
    command.env("DOCKER_BUILDKIT", "0");
    project.start(command).end()
}

/// The lines of `doctor` about these checks.
fn findings(ended: &Ended, checks: &[&str]) -> String {
    let mut is_in = false;
    let of_check = |line: &&str| {
        if !line.starts_with(' ') {
            is_in = line.split_whitespace().nth(1).is_some_and(|check| checks.contains(&check));
        }
        is_in
    };
    ended
        .stdout
        .lines()
        .filter(of_check)
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n")
        .collect()
}

#[track_caller]
fn refused(ended: Ended, said: &str) {
    assert_eq!((ended.code(), ended.stdout.as_str(), ended.stderr.as_str()), (2, "", said), "{}", ended.all());
}

fn doctor_says_what_works(engine: &Engine) {
    let project = project(engine);
    let ended = project.run(&["doctor"]).expect(0);
    let socket = engine.variable("DOCKER_HOST");
    let said = format!(
        "ok engine Podman 4.3.1 at `{socket}`, which has no BuildKit of its own\n\
         warning builder BuildKit does not run yet: the first build starts it in a container on Podman\n\
         `cache`, `verify`, `bench` and `build-fresh` need it, and the image `moby/buildkit` has to be pulled for it\n\
         fix: start it: {START}; without it Podman's own builder builds: export DOCKER_BUILDKIT=0\n"
    );
    assert_eq!(findings(&ended, &["engine", "buildkit", "builder", "cache-mounts"]), said, "{}", ended.all());
    let ended = turned_off(&project, &["doctor"]).expect(0);
    let said = "ok buildkit DOCKER_BUILDKIT=0: Podman's own builder builds, `RUN --mount` too\n\
         `cache`, `verify`, `bench` and `build-fresh` can't look into it; they need BuildKit in a container, \
         which buildx starts without the variable: unset DOCKER_BUILDKIT\n";
    assert_eq!(findings(&ended, &["buildkit", "builder", "cache-mounts"]), said, "{}", ended.all());
}

fn a_build_that_buildx_can_not_do(engine: &Engine) {
    let project = project(engine);
    let ended = project.run(&["build"]).expect(1).says("booting buildkit");
    let hint = format!(
        "hint: buildx could not start BuildKit in a container on Podman: see why: {START}; \
         or let Podman's own builder build: export DOCKER_BUILDKIT=0\n"
    );
    assert!(ended.stderr.ends_with(&hint), "{}", ended.all());
}

fn its_own_builder(engine: &Engine) {
    let project = project(engine);
    let service = "    build: .\n    command: python3 -m http.server 8000\n    ports: [\"127.0.0.1:${PORT}:8000\"]\n";
    project.edit("compose.yaml", "    build: .\n", service);
    // How often the step with the mount ran.
    let count = || -> u32 {
        let ended = turned_off(&project, &["dev", "-d"]).expect(0);
        assert!(!ended.stderr.contains("warning: DOCKER_BUILDKIT=0"), "{}", ended.all());
        assert!(ended.stdout.ends_with(&format!("api: http://127.0.0.1:{}\n", project.port)), "{}", ended.all());
        assert_eq!(project.states(), ["running 0"]);
        let answer = wait_until(LONG, || get(project.port, "/lines").ok()).expect("the service answers");
        answer.split_whitespace().last().and_then(|count| count.parse().ok()).expect("a number of lines")
    };
    let first = count();
    project.edit("service.sh", "is here", "is still here");
    assert_eq!(count(), first + 1, "the mount is kept");
}

fn commands_that_need_buildkit(engine: &Engine) {
    let project = project(engine);
    let pulling = "initializing source docker://moby/buildkit:buildx-stable-1: registry docker.io is blocked in ";
    for command in ["verify", "bench", "build-fresh"] {
        let ended = project.run(&[command]).expect(2).says(pulling);
        let start = "buildx starts BuildKit in a container on Podman, and pulls its image if it has to\n\
             error: buildx can't start BuildKit in a container on Podman: ";
        assert!(ended.stderr.starts_with(start), "{}", ended.all());
        assert!(ended.stderr.ends_with(&format!("\nhint: see what is wrong: {START}\n")), "{}", ended.all());
        assert_eq!(ended.stdout, "");
    }
    let ended = project.run(&["cache"]).expect(2).says("error: docker can't list the build cache: ");
    let hint = format!("\nhint: the first build starts BuildKit on Podman, and so does: {START}\n");
    assert!(ended.stderr.ends_with(&hint), "{}", ended.all());
    for words in [&["cache"][..], &["cache", "prune", "--all"], &["verify"], &["bench"], &["build-fresh"]] {
        refused(
            turned_off(&project, words),
            "error: DOCKER_BUILDKIT=0: Podman's own builder builds here, and docker can't look into it\n\
             hint: unset DOCKER_BUILDKIT\n",
        );
    }
}

fn daemon_json_is_not_for_it(engine: &Engine) {
    let project = project(engine);
    let said = "the engine is Podman 4.3.1, which reads no daemon.json and has no BuildKit\n";
    let ended = project.run(&["buildkit", "status"]).expect(0);
    assert!(ended.stdout.ends_with(said), "{}", ended.all());
    let said = "error: the engine is Podman, which reads no daemon.json and has no BuildKit\nhint: xtask doctor\n";
    refused(project.run(&["buildkit", "enable"]), said);
}

/// As Debian's package `podman-docker` puts it there.
fn docker_is_podman_itself(engine: &Engine) {
    let project = project(engine);
    let bin = project.dir.join("bin");
    fs::create_dir_all(&bin).expect("makes a folder");
    let docker = bin.join("docker");
    fs::write(&docker, "#!/bin/sh\nexec /usr/bin/podman \"$@\"\n").expect("writes a script");
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).expect("sets the mode");
    let run = |words: &[&str]| {
        let mut command = project.xtask(words);
        command.env_remove("DOCKER_HOST").env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        project.start(command).end()
    };
    let ended = run(&["doctor"]);
    let said = format!(
        "warning docker `{}` is Podman 4.3.1\nsteps that call docker work as far as Podman knows their words; \
         `cache`, `verify`, `bench` and `build-fresh` need docker's own program\n",
        docker.display()
    );
    assert_eq!(findings(&ended, &["docker", "engine", "buildx", "buildkit", "builder"]), said, "{}", ended.all());
    for words in [&["cache"][..], &["verify"], &["bench"]] {
        refused(
            run(words),
            "error: `docker` is Podman here, which has no BuildKit to look into\n\
             hint: put docker's own program and its plugin buildx first on PATH: they can build on Podman's socket\n",
        );
    }
}
