//! The project: compose files, builds, containers, and our own messages.

use crate::doctor::explain::Remedy::{BySystem, Everywhere};
use crate::doctor::explain::Row;

pub static ROWS: &[Row] = &[
    Row {
        shown: "Version … in … is unsupported, The Compose file is invalid",
        patterns: &[
            "version*in * is unsupported",
            "version*in * is invalid",
            "the compose file * is invalid",
            "unsupported compose file version",
            "unsupported config option for",
        ],
        meaning: "Compose 1 supports only certain versions of the file format, and no keys newer than itself.",
        remedy: BySystem {
            linux: "Install compose 2: `sudo apt-get install docker-compose-plugin`. The newest version for compose 1 is `version: \"3.8\"`, at the top of the file.",
            desktop: "Update Docker Desktop, which includes compose 2. The newest version for compose 1 is `version: \"3.8\"`, at the top of the file.",
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
        meaning: "The compose file has a key that this compose does not know, or needs a variable that is not set.",
        remedy: Everywhere(
            "The message names the place. Set variables in the `.env` next to the compose file, or under `[env]` in tasks.toml; `docker compose config --quiet` checks the file.",
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
        remedy: Everywhere("Name it under `[compose] files` in tasks.toml, relative to the folder of tasks.toml."),
    },
    Row {
        shown: "failed to compute cache key … not found, COPY failed: file not found in build context",
        patterns: &[
            "failed to compute cache key*not found",
            "failed to calculate checksum of ref*not found",
            "file not found in build context or excluded by .dockerignore",
        ],
        meaning: "A `COPY` names a file that is not in the build context: it does not exist there, or `.dockerignore` excludes it.",
        remedy: Everywhere(
            "The context is `build:` (or `context:`) in the compose file, and paths of `COPY` are relative to it. Check whether `.dockerignore` excludes the file.",
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
        meaning: "The script exists, but the program in its first line does not: most often that line ends in `\\r`, because git on Windows converted the line endings.",
        remedy: Everywhere(
            "`cargo xtask doctor` lists such files and the command that fixes them. `*.sh text eol=lf` in .gitattributes keeps git from converting them again.",
        ),
    },
    Row {
        shown: "exec format error",
        patterns: &["exec format error"],
        meaning: "The image is for another processor architecture (arm64, amd64), or a script has no first line that says what runs it.",
        remedy: Everywhere(
            "Build the image again on this machine; or set `platform:` in the compose file, which needs emulation: `docker run --privileged --rm tonistiigi/binfmt --install all`.",
        ),
    },
    Row {
        shown: "exited with code 137, signal: killed",
        patterns: &["exited with code 137", "exit code: 137", "signal: killed", "oomkilled", "exit code 137"],
        meaning: "The process was killed: by `docker kill`, by a second Ctrl-C, or by the system because memory ran out.",
        remedy: BySystem {
            linux: "`sudo dmesg | grep -i oom` shows whether memory ran out.",
            desktop: "Docker Desktop's memory is a setting, under Resources.",
        },
    },
    Row {
        shown: "DOCKER_BUILDKIT=0 turns BuildKit off",
        patterns: &["turns buildkit off"],
        meaning: "The variable is set in your own environment, which overrides tasks.toml.",
        remedy: Everywhere("`unset DOCKER_BUILDKIT`"),
    },
    Row {
        shown: "service … ended with exit code …",
        patterns: &["service `*` ended with exit code"],
        meaning: "The service ended before it was ready; its last lines are below the message.",
        remedy: Everywhere("`docker compose logs SERVICE` shows all of them."),
    },
    Row {
        shown: "service … didn't complete successfully: exit …, dependency failed to start: container … is unhealthy",
        patterns: &[
            "didn't complete successfully: exit",
            "dependency failed to start",
            // compose 1
            "error: for * container * exited with code",
            "error: for * container * is unhealthy",
        ],
        meaning: "A service waits for this one (`depends_on`), which ended with that code or did not get healthy. So compose did not start what waits.",
        remedy: Everywhere(
            "`docker compose logs SERVICE` shows why. If the others can do without it, write `required: false` below its name in `depends_on`; compose 2 knows that.",
        ),
    },
    Row {
        shown: "not ready after 120 s",
        patterns: &["not ready after"],
        meaning: "The service's health check does not pass.",
        remedy: Everywhere("`docker compose logs SERVICE` shows why; `[compose] wait` in tasks.toml allows more time."),
    },
    Row {
        shown: "there is no tasks.toml in … or above",
        patterns: &["there is no tasks.toml"],
        meaning: "The program looks for tasks.toml in the current folder and above.",
        remedy: Everywhere("Go to the project's folder, or name the file: `--file path/to/tasks.toml`."),
    },
];
