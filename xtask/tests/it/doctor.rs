//! `doctor`, and the hint below a step that failed, with what real engines answered.

use crate::harness::{Sandbox, repository, shipped_tasks};

/// What engine 28.5.2 with compose 2.40.3 and buildx 0.29.1 answers, shortened; folders are changed.
pub struct Machine {
    pub version: &'static str,
    pub info: &'static str,
    pub builder: &'static str,
    pub records: &'static str,
    pub config: &'static str,
    pub ps: &'static str,
}

pub const OF_28: Machine = Machine {
    version: r#"{"Client":{"Version":"28.5.2+dfsg4","ApiVersion":"1.51","DefaultAPIVersion":"1.51","Os":"linux","Arch":"amd64","Context":"default"},"Server":{"Platform":{"Name":""},"Version":"28.5.2+dfsg4","ApiVersion":"1.51","MinAPIVersion":"1.24","Os":"linux","Arch":"amd64"}}"#,
    info: r#"{"Driver":"overlay2","OperatingSystem":"Debian GNU/Linux 12 (bookworm)","OSType":"linux","DockerRootDir":"/var/lib/docker","ServerVersion":"28.5.2+dfsg4","SecurityOptions":["name=seccomp,profile=builtin"],"ClientInfo":{"Debug":false,"Version":"28.5.2+dfsg4","Context":"default","Plugins":[{"SchemaVersion":"0.1.0","Vendor":"Docker Inc.","Version":"0.29.1+ds1","ShortDescription":"Docker Buildx","Name":"buildx","Path":"/p/docker-buildx"},{"SchemaVersion":"0.1.0","Vendor":"Docker Inc.","Version":"2.40.3-3","ShortDescription":"Docker Compose","Name":"compose","Path":"/p/docker-compose"}],"Warnings":null}}"#,
    builder: "Name:   default\nDriver: docker\n\nNodes:\nName:             default\nEndpoint:         default\nStatus:           running\n",
    records: "ID:           qx4ljurtn35ihyv4zxvjolo5k\nCreated at:   2026-11-24 16:15:20.682348435 +0000 UTC\nMutable:      true\nReclaimable:  true\nShared:       false\nSize:         33.5MB\nDescription:  cached mount /root/.cache/pip from exec /bin/sh -c pip install with id \"//root/.cache/pip\"\nUsage count:  1\nLast used:    3 hours ago\nType:         exec.cachemount\n\nShared:       241B\nReclaimable:  735B\nTotal:        735B\n",
    config: r#"{"name": "project", "services": {"api": {"build": {"context": "api", "dockerfile": "Dockerfile"}, "command": null, "ports": []}}}"#,
    ps: "",
};

impl Machine {
    /// Scripts every answer; `compose` is how compose is called with its files.
    pub fn script(&self, sandbox: &Sandbox, compose: &str) {
        sandbox
            .on("docker --version")
            .out("Docker version 28.5.2+dfsg4, build 9cc6dea35e9a963f281434761c656fba4ac43aed\n");
        sandbox.on_words(&["docker", "version", "*"]).out(&format!("{}\n", self.version));
        sandbox.on_words(&["docker", "info", "*"]).out(&format!("{}\n", self.info));
        // Asked in place of the two above when the engine is not there.
        sandbox.on("docker compose version --short").out("2.40.3-3\n");
        sandbox.on("docker buildx version").out("github.com/docker/buildx 0.29.1+ds1 0.29.1+ds1-4\n");
        sandbox.on("docker buildx inspect").out(self.builder);
        sandbox.on("docker buildx du --verbose").out(self.records);
        sandbox.on(&format!("{compose} --profile * config --format json")).out(self.config);
        sandbox.on_words(&["docker", "ps", "*"]).out(self.ps);
        // Asked below a step that would build an image that is missing: none is.
        sandbox.on_words(&["docker", "image", "inspect", "*"]).out("sha256:1\n");
    }
}

const TASKS: &str = "[tasks.build]\nsteps = ['compose build']\n[tasks.up]\nsteps = ['compose up']\n";

/// A project with a Dockerfile, and a machine that is as it should be.
pub fn healthy() -> Sandbox {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.plugin_named("docker-buildx");
    sandbox.file("api/.dockerignore", "**/.git\n");
    sandbox.file(
        "api/Dockerfile",
        "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\nCOPY . .\n",
    );
    sandbox.file("api/requirements.txt", "flask==3.0.3\n");
    sandbox
}

/// The engine's address changes from run to run, and PowerShell has another word for `unset`.
pub fn without_port(text: &str) -> String {
    let text = &text.replace("Remove-Item Env:", "unset ");
    let Some((before, rest)) = text.split_once("tcp://127.0.0.1:") else { return text.to_owned() };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}tcp://ENGINE{}", without_port(after))
}

pub const HEALTHY: &str = "\
ok       tasks         `tasks.toml`
ok       docker        28.5.2, `<T>/bin/docker`
ok       engine        28.5.2+dfsg4 at `tcp://ENGINE`: BuildKit is on by default
ok       compose       2.40.3, `docker compose`
ok       buildx        0.29.1
ok       buildkit      on by default; RUN --mount in `api/Dockerfile` (line 3) needs it
ok       builder       `default`, the engine's own
ok       dockerfile    `api/Dockerfile` needs BuildKit (`RUN --mount`, line 3)
ok       context       `api`: 3 files, 155 B, without what `api/.dockerignore` leaves out
ok       cache-mounts  `/root/.cache/pip` (33.5 MB)

no problems found
";

#[test]
fn a_healthy_machine_is_one_screen() {
    let sandbox = healthy();
    OF_28.script(&sandbox, "docker compose");
    let mut done = sandbox.run("doctor");
    done.stdout = without_port(&done.stdout).replace("docker.exe", "docker");
    done.is(0, HEALTHY, "");
    let mut called = sandbox.called();
    called.sort();
    let format = "--format \"{{json .}}\"";
    let expected = [
        "docker --version".to_owned(),
        "docker buildx du --verbose".to_owned(),
        "docker buildx inspect".to_owned(),
        "docker compose --profile * config --format json".to_owned(),
        format!("docker info {format}"),
        called.iter().find(|call| call.starts_with("docker ps ")).expect("the containers are asked for").clone(),
        format!("docker version {format}"),
    ];
    assert_eq!(called, expected, "each question once, twelve at most");
}

#[test]
fn the_same_findings_as_json() {
    let sandbox = healthy();
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor --json");
    let value: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    let findings = value["findings"].as_array().expect("findings");
    let checks: Vec<&str> = findings.iter().filter_map(|finding| finding["rule"].as_str()).collect();
    let lines: Vec<&str> = HEALTHY.lines().take_while(|line| !line.is_empty()).collect();
    let of_lines: Vec<&str> = lines.iter().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(checks, of_lines);
    assert!(findings.iter().all(|finding| finding["severity"] == "ok" && finding["fix"].is_null()));
}

#[test]
fn what_is_wrong_is_told_with_what_to_type() {
    let sandbox = healthy();
    let machine = Machine {
        info: r#"{"OSType":"linux","OperatingSystem":"Debian","ClientInfo":{"Plugins":[{"Version":"2.40.3-3","Name":"compose","Path":"/p/docker-compose"}]}}"#,
        records: "",
        config: r#"{"name": "project", "services": {"api": {"build": {"context": "api", "dockerfile": "Dockerfile"}}, "web": {"build": {"context": "gone", "dockerfile": "Dockerfile"}}}}"#,
        ..OF_28
    };
    machine.script(&sandbox, "docker compose");
    sandbox.file("api/run.sh", "#!/bin/sh\r\necho\r\n");
    sandbox.file("api/.git/config", "");
    sandbox.file("api/.dockerignore", "");
    sandbox.set("DOCKER_BUILDKIT", "yes");
    let done = sandbox.run("doctor");
    let stdout = without_port(&done.stdout);
    assert_eq!((done.code, done.stderr.as_str()), (1, ""), "{stdout}");
    for lines in [
        "error    buildkit            DOCKER_BUILDKIT=yes (in your environment) is not a boolean
                             docker accepts 1, 0, true or false; any other value stops every build
                             fix: unset DOCKER_BUILDKIT\n",
        "warning  buildx              buildx is missing, but docker 28.5.2 builds with it
                             compose builds without it; `docker build` and `docker builder prune` fail\n",
        "warning  leaky-dockerignore  `.git` of `api` gets into the image",
        "                             fix: add to `api/.dockerignore`: `**/.git`\n",
        // What follows is no path, and on Windows reads like one.
        "error    line-endings        `run.sh` in `api` ends its lines with `\\r",
        "error    dockerfile          there is no folder `gone`
                             `web` can't be built
                             fix: create it, or name another folder under `build:` in the compose file\n",
    ] {
        assert!(stdout.contains(lines), "{lines}\n-- is not in --\n{stdout}");
    }
    assert!(stdout.ends_with("\n3 errors, 2 warnings\n"), "{stdout}");
}

#[test]
fn it_works_without_tasks_and_with_broken_ones() {
    let sandbox = healthy();
    OF_28.script(&sandbox, "docker compose");
    sandbox.file("tasks.toml", "[tasks\n");
    let done = sandbox.run("doctor");
    let start = "error    tasks         tasks.toml has mistakes
                       no task runs until they are fixed
                       fix: list them: xtask help\n";
    assert!(done.stdout.starts_with(start), "{done:?}");
    assert_eq!((done.code, done.stderr.as_str()), (1, ""));
    std::fs::remove_file(sandbox.project().join("tasks.toml")).expect("no tasks");
    let done = sandbox.run("doctor");
    assert!(done.stdout.starts_with("warning  tasks         there is no tasks.toml here or above\n"), "{done:?}");
    assert!(done.stdout.ends_with("\n0 errors, 1 warning\n"), "{done:?}");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
}

#[test]
fn without_docker_there_is_one_error() {
    let sandbox = Sandbox::with(TASKS);
    let hint = if cfg!(target_os = "linux") {
        "install it: https://docs.docker.com/engine/install/"
    } else {
        "install Docker Desktop: https://docs.docker.com/get-docker/"
    };
    let expected = format!(
        "ok       tasks   `tasks.toml`
error    docker  docker is not installed, or not on PATH
                 nothing can be built or started
                 fix: {hint}

1 error, 0 warnings
"
    );
    sandbox.run("doctor").is(1, &expected, "");
}

#[test]
fn an_engine_that_is_down_is_one_error_and_the_files_are_still_looked_at() {
    let sandbox = healthy();
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    sandbox.set("DOCKER_HOST", format!("tcp://127.0.0.1:{port}"));
    OF_28.script(&sandbox, "docker compose");
    let mut done = sandbox.run("doctor");
    done.stdout = without_port(&done.stdout).replace("docker.exe", "docker");
    done.is(
        1,
        "\
ok       tasks       `tasks.toml`
ok       docker      28.5.2, `<T>/bin/docker`
error    engine      docker's engine is not running: nothing is listening at `tcp://ENGINE`
                     nothing can be built or started
                     fix: DOCKER_HOST points to it: start that engine, or use another: unset DOCKER_HOST
ok       compose     2.40.3, `docker compose`
ok       buildx      0.29.1
ok       dockerfile  `api/Dockerfile` needs BuildKit (`RUN --mount`, line 3)
ok       context     `api`: 3 files, 155 B, without what `api/.dockerignore` leaves out

1 error, 0 warnings
",
        "",
    );
}

#[test]
fn values_of_env_files_are_never_printed() {
    let sandbox = healthy();
    sandbox.file("tasks.toml", format!("[env]\nPASSWORD = 'x'\n{TASKS}"));
    sandbox.file(".env", "PASSWORD=geheim\nTOKEN=geheim\n");
    let said = "time=\"2026-11-24T16:38:07Z\" level=warning msg=\"The \\\"FOO\\\" variable is not set. Defaulting to a blank string.\"\n";
    sandbox.on("docker compose --profile * config --format json").out(OF_28.config).err(said);
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done:?}");
    assert!(!done.stdout.contains("geheim"), "{done:?}");
    assert!(done.stdout.contains("`PASSWORD` in `.env` has no effect: the tasks set it"), "{done:?}");
    assert!(done.stdout.contains("the compose file uses `FOO`, which is not set"), "{done:?}");
}

#[test]
fn a_failed_step_is_followed_by_the_one_cause_that_is_seen() {
    let sandbox = healthy();
    sandbox.set("DOCKER_BUILDKIT", "yes");
    sandbox.on("docker compose build").err("docker says no\n").exit(5);
    OF_28.script(&sandbox, "docker compose");
    let mut done = sandbox.run("build");
    done.stderr = without_port(&done.stderr);
    done.is(
        5,
        "",
        "$ docker compose build
docker says no
hint: DOCKER_BUILDKIT=yes (in your environment) is not a boolean: unset DOCKER_BUILDKIT
",
    );
}

#[test]
fn no_cause_no_hint() {
    let sandbox = healthy();
    sandbox.on("docker compose build").err("docker says no\n").exit(5);
    OF_28.script(&sandbox, "docker compose");
    sandbox.run("build").is(5, "", "$ docker compose build\ndocker says no\n");
    // Nor after a success, when nobody is asked anything.
    sandbox.forget_calls();
    sandbox.on("docker compose up").exit(0);
    sandbox.run("up").is(0, "", "$ docker compose up\n");
    assert_eq!(sandbox.called(), ["docker compose up"]);
}

/// The example of this repository gives no warning: it is what people copy.
#[test]
fn the_example_is_as_it_should_be() {
    if shipped_tasks().is_none() {
        return;
    }
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.plugin_named("docker-buildx");
    let example = repository().join("example").display().to_string().replace('\\', "/");
    let config = format!(
        r#"{{"name": "x", "services": {{"api": {{"build": {{"context": "{example}", "dockerfile": "Dockerfile", "target": "development"}}}}}}}}"#
    );
    sandbox.on("docker compose --profile * config --format json").out(&config);
    OF_28.script(&sandbox, "docker compose");
    let done = sandbox.run("doctor");
    assert!(done.stdout.ends_with("\nno problems found\n"), "{done:?}");
}

#[test]
fn what_tasks_need_beside_docker_is_told() {
    let sandbox = Sandbox::with(
        "env-files = ['.env', 'more.env']\n[tasks.setup]\nunless = '.env'\nsteps = ['x']\n[tasks.lint]\nsteps = [{ sh = 'x' }]\n\
         [tasks.doctor]\nbuiltin = 'doctor'\n[tasks.cache]\nsteps = ['x']\n",
    );
    let done = sandbox.run("doctor");
    let of_tasks = "\
warning  tasks   there is no env file `.env`
                 a task fails at its first step that gets these variables
                 fix: xtask setup
warning  tasks   there is no env file `more.env`
                 a task fails at its first step that gets these variables
                 fix: write it; if it need not be there: required = false
warning  tasks   there is no `sh` for 1 step
                 it is the shell that their scripts need
                 fix: ";
    let of_names = "\nok       tasks   in place of built-in commands: `lint` and `cache`\n";
    assert!(done.stdout.contains(of_names), "{}", done.stdout);
    assert!(done.stdout.contains(of_tasks), "{}", done.stdout);
    let list = sandbox.run("help").stdout;
    assert!(list.contains("  cache        x [in place of the built-in command]\n"), "{list}");
}
