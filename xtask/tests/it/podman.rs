//! Podman in docker's place, where no engine is needed: how it is recognised, and what is refused before anything runs.
//! What it really does is in `tests/engines/podman.rs`.

use crate::doctor::OF_28;
use crate::harness::{PING_OF_28, Sandbox};

/// What Podman 4.3.1 answers to `GET /_ping`, without its date.
const PING: &str = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nBuilder-Version: \r\nBuildkit-Version: \r\n\
Cache-Control: no-cache\r\nDocker-Experimental: true\r\nLibpod-Api-Version: 4.3.1\r\nLibpod-Buildah-Version: 1.28.2\r\n\
Pragma: no-cache\r\nServer: Libpod/4.3.1 (linux)\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK";

const TASKS: &str = "[tasks.build]\nsteps = ['compose build']\n";
const OFF: &str = "error: DOCKER_BUILDKIT=0: Podman's own builder builds here, and docker can't look into it\n";

fn sandbox(ping: &'static str) -> Sandbox {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.file("Dockerfile", "FROM a\nRUN --mount=type=cache,target=/x true\n");
    sandbox.engine(ping);
    sandbox
}

#[test]
fn its_own_builder_is_not_warned_of_and_not_looked_into() {
    let sandbox = sandbox(PING);
    sandbox.plugin_named("docker-buildx");
    sandbox.set("DOCKER_BUILDKIT", "0");
    sandbox.on("docker compose build").out("built\n");
    sandbox.run("build").is(0, "built\n", "$ docker compose build\n");
    let hint = if cfg!(windows) { "Remove-Item Env:DOCKER_BUILDKIT" } else { "unset DOCKER_BUILDKIT" };
    sandbox.forget_calls();
    for line in ["cache", "cache prune --all", "verify", "bench"] {
        sandbox.run(line).is(2, "", &format!("{OFF}hint: {hint}\n"));
    }
    assert_eq!(sandbox.called(), [""; 0]);
}

/// The same words on docker's engine: BuildKit is off there, and a step with a mount does not build.
#[test]
fn dockers_engine_is_warned_of() {
    let sandbox = sandbox(PING_OF_28);
    sandbox.set("DOCKER_BUILDKIT", "0");
    sandbox.on("docker compose build").out("built\n");
    let warning = "warning: DOCKER_BUILDKIT=0 turns BuildKit off: a Dockerfile with `RUN --mount` does not build\n";
    sandbox.run("build").is(0, "built\n", &format!("{warning}$ docker compose build\n"));
}

#[test]
fn without_buildx_there_is_no_buildkit_to_start() {
    let sandbox = sandbox(PING);
    let done = sandbox.run("cache");
    let said =
        "error: Podman has no BuildKit, and docker's plugin buildx is missing, which starts one in a container\nhint: ";
    assert!(done.code == 2 && done.stderr.starts_with(said), "{done:?}");
}

#[test]
fn a_buildkit_that_can_not_be_started_is_not_the_dockerfiles_fault() {
    let sandbox = sandbox(PING);
    sandbox.plugin_named("docker-buildx");
    sandbox.on("docker buildx inspect").out("Name:   default\nDriver: docker-container\nStatus:   inactive\n");
    let said = "#1 [internal] booting buildkit\nERROR: initializing source docker://moby/buildkit: blocked\n";
    sandbox.on("docker buildx inspect --bootstrap").err(said).exit(1);
    for line in ["verify", "bench"] {
        sandbox.run(line).is(
            2,
            "",
            "buildx starts BuildKit in a container on Podman, and pulls its image if it has to\n\
             error: buildx can't start BuildKit in a container on Podman: initializing source docker://moby/buildkit: blocked\n\
             hint: see what is wrong: docker buildx inspect --bootstrap\n",
        );
    }
}

/// Such as nerdctl: what its version means nobody knows here.
#[test]
fn another_program_in_dockers_place_is_named_without_advice_for_docker() {
    let sandbox = sandbox(PING_OF_28);
    sandbox.plugin_named("docker-buildx");
    sandbox.on("docker --version").out("nerdctl version 1.7.6\n");
    let version =
        r#"{"Client":{"Version":"v1.7.6"},"Server":{"Components":[{"Name":"containerd","Version":"1.7.18"}]}}"#;
    sandbox.on_words(&["docker", "version", "*"]).out(version);
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "warning docker `<T>/bin/docker` does not report its version: the answer of `docker --version` can't be read; it begins with `nerdctl version 1.7.6` it may be another program named docker";
    assert!(words(&done.stdout).contains(said) && !done.stdout.contains("no BuildKit"), "{done:?}");
}

/// The package `podman-docker`: its `docker buildx version` prints the version of buildah.
#[cfg(unix)]
#[test]
fn podman_itself_is_not_asked_for_buildx() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = sandbox(PING);
    sandbox.plugin_named("docker-buildx");
    let docker = sandbox.bin().join("docker");
    std::fs::remove_file(&docker).expect("the fake");
    sandbox.program("podman");
    std::fs::write(&docker, format!("#!/bin/sh\nexec {}/podman \"$@\"\n", sandbox.bin().display())).expect("a script");
    std::fs::set_permissions(&docker, std::fs::Permissions::from_mode(0o755)).expect("executable");
    sandbox.on("podman --version").out("podman version 5.4.0\n");
    sandbox.on("podman buildx version").out("buildah 1.39.0\n");
    sandbox.on("podman buildx inspect").out("Driver: podman\n");
    sandbox.on("podman buildx du --verbose").err("Error: unrecognized command\n").exit(125);
    sandbox
        .on_words(&["podman", "version", "*"])
        .out("{\"Client\":{\"Version\":\"5.4.0\",\"APIVersion\":\"5.4.0\"}}\n");
    sandbox.on_words(&["podman", "info", "*"]).out("{\"host\":{\"arch\":\"amd64\"}}\n");
    sandbox.on_words(&["podman", "ps", "*"]).out("");
    sandbox.on_words(&["podman", "compose", "version", "*"]).out("2.40.3\n");
    sandbox.on_words(&["podman", "compose", "*"]).out("{\"services\":{}}\n");
    let expected = "\
ok       tasks    `tasks.toml`
warning  docker   `<T>/bin/docker` is Podman 5.4.0
                  steps that call docker work as far as Podman knows their words; `cache`, `verify`, `bench` and `build-fresh` need docker's own program
ok       compose  2.40.3, `docker compose`

0 errors, 1 warning
";
    sandbox.run("doctor").is(0, expected, "");
    let of_buildx: Vec<String> = sandbox.called().into_iter().filter(|call| call.contains("buildx")).collect();
    assert_eq!(of_buildx, ["podman buildx du --verbose"]);
}
