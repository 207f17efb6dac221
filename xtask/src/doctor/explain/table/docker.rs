//! Docker itself: BuildKit and buildx, the engine, the programs.

use crate::doctor::explain::Remedy::{BySystem, Everywhere};
use crate::doctor::explain::Row;
use crate::doctor::explain::table::ANY_COMMAND;

pub static ROWS: &[Row] = &[
    Row {
        shown: "BuildKit is enabled but the buildx component is missing or broken",
        patterns: &[
            "buildx component is missing or broken",
            "'buildx' is not a docker command",
            "unknown command: docker buildx",
        ],
        meaning: "Docker 23 and later build with the buildx plugin, and it is missing or can't be started. With DOCKER_BUILDKIT=1 every build stops, even one that does not need BuildKit.",
        remedy: BySystem {
            linux: "Install it: `sudo apt-get install docker-buildx-plugin` (with Debian's or Ubuntu's own docker package: `docker-buildx`).",
            desktop: "Update Docker Desktop, which includes it: https://docs.docker.com/get-docker/",
        },
    },
    Row {
        shown: "compose build requires buildx 0.17.0 or later",
        // docker/compose, pkg/compose/build_bake.go
        patterns: &["compose build requires buildx"],
        meaning: "Compose builds with buildx, and the installed buildx is too old for it.",
        remedy: BySystem {
            linux: "Update it: `sudo apt-get install docker-buildx-plugin`, then check with `docker buildx version`.",
            desktop: "Update Docker Desktop, which includes both: https://docs.docker.com/get-docker/",
        },
    },
    Row {
        shown: "the --mount option requires BuildKit, unknown flag: --mount",
        patterns: &[
            "option requires buildkit",
            // engines before 20.10, and compose 1 by itself
            "unknown flag: --mount",
            "unknown flag: mount",
        ],
        meaning: "The Dockerfile needs BuildKit (`RUN --mount`), and the build ran without it: either you called docker by hand without the variables, or DOCKER_BUILDKIT=0 is set.",
        remedy: Everywhere(
            "Build with a task: tasks set the variables. To call docker by hand, set those that `cargo xtask env` prints. If you set DOCKER_BUILDKIT=0 yourself: `unset DOCKER_BUILDKIT`.",
        ),
    },
    Row {
        shown: "failed to dial gRPC: unable to upgrade to h2c",
        patterns: &["unable to upgrade to h2c, received 404"],
        meaning: "Docker asks the engine for BuildKit, and the engine is Podman, which has none. Docker before 23 can't build by another one, and compose 1 builds with docker.",
        remedy: Everywhere(
            "Let Podman's own builder build, which knows `RUN --mount`: set DOCKER_BUILDKIT=0. Or use docker 23 or later with compose 2: buildx starts BuildKit in a container.",
        ),
    },
    Row {
        shown: "container-init binary not found on the host",
        patterns: &["container-init binary not found on the host"],
        meaning: "On Podman buildx builds in a container with an init process, and Podman has no program for it.",
        remedy: Everywhere(
            "Install `catatonit` where Podman runs; Debian, Ubuntu and Fedora have a package of that name.",
        ),
    },
    Row {
        shown: "initializing source docker://moby/buildkit",
        patterns: &["initializing source docker://moby/buildkit", "no such image: docker.io/moby/buildkit"],
        meaning: "On Podman, which has no BuildKit of its own, buildx starts one in a container, and its image can't be pulled.",
        remedy: Everywhere(
            "Pull it: `docker pull moby/buildkit:buildx-stable-1`. Where that can't work, let Podman's own builder build: set DOCKER_BUILDKIT=0.",
        ),
    },
    Row {
        shown: "DOCKER_BUILDKIT environment variable expects boolean value",
        patterns: &["docker_buildkit environment variable expects boolean value"],
        meaning: "Docker accepts 1, 0, true or false; any other value, such as `yes` or `on`, stops every build.",
        remedy: Everywhere("`unset DOCKER_BUILDKIT`: the tasks set it themselves."),
    },
    Row {
        shown: "no permission to talk to docker's engine, permission denied while trying to connect",
        patterns: &[
            "no permission to talk to docker's engine",
            "permission denied while trying to connect to the docker",
            "permissionerror(13",
            "got permission denied while trying to connect",
            "docker.sock: connect: permission denied",
            // Docker Desktop on Windows
            "docker_engine: access is denied",
        ],
        meaning: "The engine is running, but you are not allowed to use its socket.",
        remedy: BySystem {
            linux: "`sudo usermod -aG docker \"$USER\"`, then log in again.",
            desktop: "Start Docker Desktop from your own account, or ask to be added to the group `docker-users`.",
        },
    },
    Row {
        shown: "client version … is too old",
        patterns: &["client version * is too old"],
        meaning: "The engine no longer supports a docker or compose this old: engine 29 needs docker 25 and compose 2.",
        remedy: BySystem {
            linux: "Update docker and its compose plugin: https://docs.docker.com/engine/install/",
            desktop: "Update Docker Desktop: https://docs.docker.com/get-docker/",
        },
    },
    Row {
        shown: "client version … is too new",
        patterns: &["client version * is too new"],
        meaning: "DOCKER_API_VERSION asks for a newer API than the engine has.",
        remedy: Everywhere("`unset DOCKER_API_VERSION`: docker then picks a version that both sides support."),
    },
    Row {
        shown: "context … does not exist, unable to resolve docker endpoint",
        patterns: &[
            "unable to resolve docker endpoint",
            "context \"*\" does not exist",
            "context not found",
            "docker's context `*` does not exist",
            "is not an address that docker understands",
            "names an unknown host",
            "error during connect*no such host",
            "error during connect*could not resolve hostname",
        ],
        meaning: "DOCKER_HOST, DOCKER_CONTEXT or the selected context points to an engine that docker can't find.",
        remedy: Everywhere(
            "`docker context ls` lists the contexts, `docker context use default` selects the local engine. DOCKER_HOST and DOCKER_CONTEXT override both: `unset DOCKER_HOST DOCKER_CONTEXT`.",
        ),
    },
    Row {
        shown: "docker's engine does not answer",
        patterns: &["docker's engine does not answer"],
        meaning: "The engine accepts connections but never replies: it hangs, or its machine is out of memory or disk space.",
        remedy: BySystem {
            linux: "Read its log with `sudo journalctl -u docker -n 50`, then `sudo systemctl restart docker`.",
            desktop: "Restart Docker Desktop.",
        },
    },
    Row {
        shown: "docker's engine is not running, Cannot connect to the Docker daemon",
        patterns: &[
            "docker's engine is not running",
            "docker desktop is not running",
            "cannot connect to the docker daemon",
            "error while fetching server api version*filenotfounderror",
            "error while fetching server api version*connection refused",
            // compose 1 before 1.26
            "couldn't connect to docker daemon",
            "is the docker daemon running",
            "docker daemon is not running",
            // Docker Desktop on Windows
            "open //./pipe/*the system cannot find the file specified",
            "dial unix*connect: connection refused",
            "dial unix*no such file or directory",
        ],
        meaning: "Nothing is listening where docker looks for its engine: the engine is not running, or DOCKER_HOST or a context points to another machine.",
        remedy: BySystem {
            linux: "`sudo systemctl start docker`, or start Docker Desktop. If docker should not look on another machine: `unset DOCKER_HOST`, `docker context use default`.",
            desktop: "Start Docker Desktop and wait until it says the engine is running. If docker should not look on another machine: `docker context use default`.",
        },
    },
    Row {
        shown: "docker is installed, but compose is not; 'compose' is not a docker command; unknown shorthand flag: 'f' in -f",
        patterns: &[
            "docker is installed, but compose is not",
            "'compose' is not a docker command",
            "unknown command: docker compose",
            "unknown shorthand flag: 'f' in -f",
            "docker-compose: command not found",
            "docker-compose: not found",
        ],
        meaning: "Docker is installed, but its compose plugin is not.",
        remedy: BySystem {
            linux: "`sudo apt-get install docker-compose-plugin`, or https://docs.docker.com/compose/install/linux/",
            desktop: "Install Docker Desktop, which includes it: https://docs.docker.com/get-docker/",
        },
    },
    Row {
        shown: "docker is not installed, or not on PATH",
        patterns: &[
            "docker is not installed, or not on path",
            "docker: command not found",
            "docker: not found",
            "'docker' is not recognized",
            "there is no program `docker`",
        ],
        meaning: "There is no docker on this terminal's PATH.",
        remedy: BySystem {
            linux: "Install it: https://docs.docker.com/engine/install/. Then check in a new terminal: `docker --version`.",
            desktop: "Install Docker Desktop: https://docs.docker.com/get-docker/. Then check in a new terminal: `docker --version`.",
        },
    },
    Row {
        shown: ANY_COMMAND,
        patterns: &["is not a docker command", "unknown command: docker "],
        meaning: "Docker has neither a command nor a plugin of that name.",
        remedy: Everywhere("`docker --help` lists the commands; plugins are files in `~/.docker/cli-plugins`."),
    },
];
