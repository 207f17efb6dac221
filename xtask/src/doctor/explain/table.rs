//! The rows, the most specific first: a message that names two causes is told the nearer one first.
//!
//! Wordings are those of engines 20.10, 26.1 and 28.5 with compose 1.29, 2.26 and 2.40 (`tests.rs` has them verbatim);
//! others are marked with where they come from.

use crate::doctor::explain::Remedy::{ByShell, BySystem, Everywhere};
use crate::doctor::explain::Row;

/// The row of commands that docker does not have, whatever they are.
pub const ANY_COMMAND: &str = "… is not a docker command";

pub static ROWS: &[Row] = &[
    Row {
        shown: "BuildKit is enabled but the buildx component is missing or broken",
        patterns: &[
            "buildx component is missing or broken",
            "'buildx' is not a docker command",
            "unknown command: docker buildx",
        ],
        meaning: "Docker from version 23 on builds by its plugin buildx, which is not there or can't be started. With DOCKER_BUILDKIT=1 every build stops, one that needs no BuildKit, too.",
        remedy: BySystem {
            linux: "Install it: `sudo apt-get install docker-buildx-plugin` (Debian's and Ubuntu's own docker: `docker-buildx`).",
            desktop: "Update Docker Desktop, which has it: https://docs.docker.com/get-docker/",
        },
    },
    Row {
        shown: "compose build requires buildx 0.17.0 or later",
        // docker/compose, pkg/compose/build_bake.go
        patterns: &["compose build requires buildx"],
        meaning: "Compose builds by buildx, and the one that is here is too old for it.",
        remedy: BySystem {
            linux: "Update it: `sudo apt-get install docker-buildx-plugin`, then `docker buildx version`.",
            desktop: "Update Docker Desktop, which has both: https://docs.docker.com/get-docker/",
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
        meaning: "The Dockerfile needs BuildKit (`RUN --mount`), and the build was started without it: by hand without the variables, or with DOCKER_BUILDKIT=0.",
        remedy: ByShell {
            posix: "Build by `cargo xtask build`, which sets the variables; for docker by hand: `eval \"$(cargo xtask env)\"`. If DOCKER_BUILDKIT=0 is yours: `unset DOCKER_BUILDKIT`.",
            powershell: "Build by `cargo xtask build`, which sets the variables; for docker by hand: `cargo xtask env | Out-String | Invoke-Expression`. If DOCKER_BUILDKIT=0 is yours: `Remove-Item Env:DOCKER_BUILDKIT`.",
        },
    },
    Row {
        shown: "DOCKER_BUILDKIT environment variable expects boolean value",
        patterns: &["docker_buildkit environment variable expects boolean value"],
        meaning: "Docker takes 1 or 0, true or false; `yes` and `on` stop every build.",
        remedy: ByShell {
            posix: "`unset DOCKER_BUILDKIT`: the tasks set it themselves.",
            powershell: "`Remove-Item Env:DOCKER_BUILDKIT`: the tasks set it themselves.",
        },
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
        meaning: "The engine runs, and you may not use its socket.",
        remedy: BySystem {
            linux: "`sudo usermod -aG docker \"$USER\"`, then log in again.",
            desktop: "Start Docker Desktop as yourself, or ask for membership in `docker-users`.",
        },
    },
    Row {
        shown: "client version … is too old",
        patterns: &["client version * is too old"],
        meaning: "The engine no longer talks to so old a docker or compose: engine 29 wants docker 25 and compose 2.",
        remedy: BySystem {
            linux: "Update docker and its compose plugin: https://docs.docker.com/engine/install/",
            desktop: "Update Docker Desktop: https://docs.docker.com/get-docker/",
        },
    },
    Row {
        shown: "client version … is too new",
        patterns: &["client version * is too new"],
        meaning: "DOCKER_API_VERSION asks for more than the engine can.",
        remedy: ByShell {
            posix: "`unset DOCKER_API_VERSION`: docker then finds out what both can.",
            powershell: "`Remove-Item Env:DOCKER_API_VERSION`: docker then finds out what both can.",
        },
    },
    Row {
        shown: "context … does not exist, unable to resolve docker endpoint",
        patterns: &[
            "unable to resolve docker endpoint",
            "context \"*\" does not exist",
            "context not found",
            "docker's context `*` does not exist",
            "docker_host is no address",
            "names no machine that is known here",
            "error during connect*no such host",
            "error during connect*could not resolve hostname",
        ],
        meaning: "DOCKER_CONTEXT, docker's own choice or DOCKER_HOST names an engine that docker does not know.",
        remedy: ByShell {
            posix: "`docker context ls` shows what there is, `docker context use default` chooses docker's own; DOCKER_HOST and DOCKER_CONTEXT are stronger: `unset DOCKER_HOST DOCKER_CONTEXT`.",
            powershell: "`docker context ls` shows what there is, `docker context use default` chooses docker's own; DOCKER_HOST and DOCKER_CONTEXT are stronger: `Remove-Item Env:DOCKER_HOST, Env:DOCKER_CONTEXT`.",
        },
    },
    Row {
        shown: "docker's engine does not answer",
        patterns: &["docker's engine does not answer"],
        meaning: "The engine takes connections and says nothing: it hangs, or its machine is out of memory or disk.",
        remedy: BySystem {
            linux: "Look at it with `sudo journalctl -u docker -n 50`, then `sudo systemctl restart docker`.",
            desktop: "Restart Docker Desktop.",
        },
    },
    Row {
        shown: "docker's engine is not running, Cannot connect to the Docker daemon",
        patterns: &[
            "docker's engine is not running",
            "docker desktop is not started",
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
        meaning: "Nobody answers where docker looks for its engine: it is not started, or DOCKER_HOST or a context names another machine.",
        remedy: BySystem {
            linux: "`sudo systemctl start docker` (or start Docker Desktop). If another machine is named in vain: `unset DOCKER_HOST`, `docker context use default`.",
            desktop: "Start Docker Desktop, and wait until it says that the engine runs. If another machine is named in vain: `docker context use default`.",
        },
    },
    Row {
        shown: "docker is here, and compose is not; 'compose' is not a docker command; unknown shorthand flag: 'f' in -f",
        patterns: &[
            "docker is here, and compose is not",
            "'compose' is not a docker command",
            "unknown command: docker compose",
            "unknown shorthand flag: 'f' in -f",
            "docker-compose: command not found",
            "docker-compose: not found",
        ],
        meaning: "Docker is here, and its compose plugin is not.",
        remedy: BySystem {
            linux: "`sudo apt-get install docker-compose-plugin`, or https://docs.docker.com/compose/install/linux/",
            desktop: "Install Docker Desktop, which has it: https://docs.docker.com/get-docker/",
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
        meaning: "There is no docker where this terminal looks for programs.",
        remedy: BySystem {
            linux: "Install it: https://docs.docker.com/engine/install/. In a new terminal, `docker --version` must answer.",
            desktop: "Install Docker Desktop: https://docs.docker.com/get-docker/. In a new terminal, `docker --version` must answer.",
        },
    },
    Row {
        shown: ANY_COMMAND,
        patterns: &["is not a docker command", "unknown command: docker "],
        meaning: "Docker has no such command, nor a plugin of that name.",
        remedy: Everywhere("`docker --help` lists the commands; a plugin lies in `~/.docker/cli-plugins`."),
    },
    Row {
        shown: "port is already allocated",
        patterns: &["port is already allocated"],
        meaning: "Another container has the port: another stack, or an older one of this project.",
        remedy: ByShell {
            posix: "`cargo xtask doctor` names it. Stop it with `docker stop NAME`, or take another port where the compose file has a variable: `PORT=8001 cargo xtask dev`.",
            powershell: "`cargo xtask doctor` names it. Stop it with `docker stop NAME`, or take another port where the compose file has a variable: `$env:PORT = 8001; cargo xtask dev`.",
        },
    },
    Row {
        shown: "address already in use",
        patterns: &["address already in use", "ports are not available", "only one usage of each socket address"],
        meaning: "A program outside of docker has the port.",
        remedy: ByShell {
            posix: "`cargo xtask doctor` names it, where the system tells. Stop that program, or take another port where the compose file has a variable: `PORT=8001 cargo xtask dev`.",
            powershell: "`cargo xtask doctor` tells how to find it. Stop that program, or take another port where the compose file has a variable: `$env:PORT = 8001; cargo xtask dev`.",
        },
    },
    Row {
        shown: "no space left on device",
        patterns: &["no space left on device", "enospc", "there is not enough space on the disk"],
        meaning: "The disk that docker keeps images, volumes and caches on is full.",
        remedy: Everywhere(
            "`docker system df` shows what takes the space; `docker image prune` removes images without a name. On Docker Desktop the disk's size is a setting.",
        ),
    },
    Row {
        shown: "toomanyrequests: You have reached your pull rate limit",
        // Docker Hub
        patterns: &["toomanyrequests", "pull rate limit"],
        meaning: "The registry gives this address or account no more images for some hours.",
        remedy: Everywhere("`docker login` raises the limit; or wait."),
    },
    Row {
        shown: "pull access denied, manifest unknown, failed to resolve source metadata … not found",
        patterns: &[
            "pull access denied",
            "repository does not exist",
            "manifest unknown",
            "requested access to the resource is denied",
            "failed to resolve source metadata*: not found",
            "failed to create llb definition*: not found",
            "insufficient_scope",
        ],
        meaning: "The registry has no such image or tag, or does not show it to you: it says the same for both.",
        remedy: Everywhere(
            "Check the name in the compose file and in `FROM`; for a private one: `docker login REGISTRY`.",
        ),
    },
    Row {
        shown: "no such host, dial tcp …: connection refused, i/o timeout, TLS handshake timeout, x509: certificate signed by unknown authority",
        patterns: &[
            "no such host",
            "dial tcp*connect: connection refused",
            "failed to do request*connection refused",
            "connectex: no connection could be made",
            "no route to host",
            "i/o timeout",
            "tls handshake timeout",
            "x509:",
            "temporary failure in name resolution",
            "network is unreachable",
            "proxyconnect tcp",
            "request canceled while waiting for connection",
        ],
        meaning: "A registry (or another machine) is not reached: a wrong name, nobody listens there, no network, a proxy that docker does not know, or a certificate that it does not trust.",
        remedy: BySystem {
            linux: "Check the name before the first `/` of the image, then try it: `docker pull IMAGE`. The engine has a proxy setting of its own: https://docs.docker.com/engine/daemon/proxy/",
            desktop: "Check the name before the first `/` of the image, then try it: `docker pull IMAGE`. The proxy is a setting of Docker Desktop, under Resources.",
        },
    },
    Row {
        shown: "could not find an available, non-overlapping IPv4 address pool",
        patterns: &["non-overlapping ipv4 address pool", "all predefined address pools have been fully subnetted"],
        meaning: "Each compose project has a network, and the engine has no addresses left for another.",
        remedy: Everywhere("`docker network ls` lists them, `docker network prune` removes those without containers."),
    },
    Row {
        shown: "Version … in … is unsupported, The Compose file is invalid",
        patterns: &[
            "version*in * is unsupported",
            "version*in * is invalid",
            "the compose file * is invalid",
            "unsupported compose file version",
            "unsupported config option for",
        ],
        meaning: "Compose 1 knows only some versions of the file, and nothing that is newer than itself.",
        remedy: BySystem {
            linux: "Install compose 2: `sudo apt-get install docker-compose-plugin`. For compose 1, `version: \"3.8\"` at the top of the file is the newest.",
            desktop: "Update Docker Desktop, which has compose 2. For compose 1, `version: \"3.8\"` at the top of the file is the newest.",
        },
    },
    Row {
        shown: "additional properties … not allowed, required variable … is missing a value",
        patterns: &[
            "additional propert* not allowed",
            "additional property * is not allowed",
            "required variable * is missing a value",
            "missing mandatory value for",
            "error while interpolating",
        ],
        meaning: "The compose file has a key that this compose does not know, or wants a variable that nothing sets.",
        remedy: Everywhere(
            "The message names the place. Variables stand in `.env` beside the compose file, or under `[env]` in tasks.toml; `docker compose config --quiet` checks the file.",
        ),
    },
    Row {
        shown: "there is no compose file …, no configuration file provided",
        patterns: &[
            "there is no compose file",
            "no configuration file provided",
            "can't find a suitable configuration file",
        ],
        meaning: "No compose file was found.",
        remedy: Everywhere("`[compose] files` in tasks.toml names it, from the folder of tasks.toml."),
    },
    Row {
        shown: "failed to compute cache key … not found, COPY failed: file not found in build context",
        patterns: &[
            "failed to compute cache key*not found",
            "failed to calculate checksum of ref*not found",
            "file not found in build context or excluded by .dockerignore",
        ],
        meaning: "A `COPY` names a file that is not in the build context: it is missing there, or `.dockerignore` leaves it out.",
        remedy: Everywhere(
            "The context is `build:` (or `context:`) in the compose file, and paths of `COPY` are from there. Look for the file in `.dockerignore`.",
        ),
    },
    Row {
        shown: "exec /…: no such file or directory",
        patterns: &[
            "exec /*: no such file or directory",
            "exec ./*: no such file or directory",
            "bad interpreter",
            "env: 'bash\\r'",
            "\\r': no such file",
        ],
        meaning: "The script is there, and the program in its first line is not: most often the line ends in `\\r`, because git on Windows changed the line endings.",
        remedy: Everywhere(
            "`cargo xtask doctor` names such files and the command that mends them. `*.sh text eol=lf` in .gitattributes keeps git from doing it again.",
        ),
    },
    Row {
        shown: "exec format error",
        patterns: &["exec format error"],
        meaning: "The image is for another kind of processor (arm64, amd64), or a script has no first line that says what runs it.",
        remedy: Everywhere(
            "Build it here again: `cargo xtask build`; or `platform:` in the compose file, which needs emulation: `docker run --privileged --rm tonistiigi/binfmt --install all`.",
        ),
    },
    Row {
        shown: "exited with code 137, signal: killed",
        patterns: &["exited with code 137", "exit code: 137", "signal: killed", "oomkilled", "exit code 137"],
        meaning: "It was killed: by `docker kill`, by a second Ctrl-C, or by the system because the memory was full.",
        remedy: BySystem {
            linux: "`sudo dmesg | grep -i oom` tells whether it was the memory.",
            desktop: "Docker Desktop's memory is a setting, under Resources.",
        },
    },
    Row {
        shown: "DOCKER_BUILDKIT=0 turns BuildKit off",
        patterns: &["turns buildkit off"],
        meaning: "Your own environment says so, and it is stronger than tasks.toml.",
        remedy: ByShell { posix: "`unset DOCKER_BUILDKIT`", powershell: "`Remove-Item Env:DOCKER_BUILDKIT`" },
    },
    Row {
        shown: "service … ended with exit code …",
        patterns: &["service `*` ended with exit code"],
        meaning: "The service died before it was ready; its own last lines stand below the message.",
        remedy: Everywhere("`cargo xtask logs` has all of them."),
    },
    Row {
        shown: "not ready after 120 s",
        patterns: &["not ready after"],
        meaning: "The service's health check does not pass.",
        remedy: Everywhere("`cargo xtask logs`; `[compose] wait` in tasks.toml gives more time."),
    },
    Row {
        shown: "there is no tasks.toml in … or above",
        patterns: &["there is no tasks.toml"],
        meaning: "The program looks for tasks.toml here and upwards.",
        remedy: Everywhere("Go into the repository, or name the file: `--file path/to/tasks.toml`."),
    },
];
