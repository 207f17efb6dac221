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
        let mut done = run(&sandbox, "doctor");
        done.stdout = crate::doctor::without_port(&done.stdout);
        done.is(1, &NOT_ASKED.replace("SAID", said), "");
        assert!(!asks_compose(&sandbox));
    };
    let doubled: String = (0..60).map(|n| format!("A{}=$A{n}$A{n}\n", n + 1)).collect();
    sandbox.file(".env", format!("A0=xxxxxxxx\n{doubled}"));
    refused("`.env`, line 20: its values become more than 4 MB");
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

const NOT_ASKED: &str = "\
ok       tasks         `tasks.toml`
ok       docker        28.5.2, `<T>/bin/docker`
ok       engine        28.5.2+dfsg4 at `tcp://ENGINE`: BuildKit is on by default
ok       compose       2.40.3, `docker compose`
ok       buildx        0.29.1
ok       buildkit      on by default; can't tell whether a Dockerfile needs it
ok       builder       `default`, the engine's own
error    compose-file  SAID
                       compose has no such limit and may take all memory for it, so it is not asked
                       fix: nest fewer aliases (`*name`), or write smaller files

1 error, 0 warnings
";

/// Docker takes neither for a plugin; it is asked itself whether it has compose.
#[test]
fn a_plugin_that_is_no_file() {
    let folder = |path: &Path| std::fs::create_dir(path).expect("a folder");
    for make in [fifo, folder] {
        let sandbox = Sandbox::with_docker(BUILD);
        let plugin = sandbox.home().join(".docker/cli-plugins/docker-compose");
        std::fs::remove_file(&plugin).expect("a file");
        make(&plugin);
        sandbox.on("docker compose version").err("docker: 'compose' is not a docker command.\n").exit(1);
        let hint =
            "hint: install docker's plugin `docker-compose-plugin`: https://docs.docker.com/compose/install/linux/\n";
        run(&sandbox, "build").is(2, "", &format!("error: docker is installed, but compose is not\n{hint}"));
    }
}

#[test]
fn an_address_that_is_no_socket() {
    let sandbox = Sandbox::with_docker(BUILD);
    let file = sandbox.file("engine.sock", "");
    let folder = sandbox.folder("folder");
    for path in [file, folder] {
        sandbox.set("DOCKER_HOST", format!("unix://{}", path.display()));
        let path = sandbox.normal(path.display().to_string().as_bytes());
        let said = format!(
            "error: docker's engine is not running: nothing is listening at `unix://{path}`\n\
             hint: DOCKER_HOST points to it: start that engine, or use another: unset DOCKER_HOST\n"
        );
        run(&sandbox, "build").is(2, "", &said);
    }
}

#[test]
fn a_context_of_a_gigabyte() {
    let sandbox = crate::doctor::healthy();
    let meta = sandbox.home().join(".docker/contexts/meta/x/meta.json");
    std::fs::create_dir_all(meta.parent().expect("a folder")).expect("a folder");
    sparse(&meta);
    sandbox.unset("DOCKER_HOST");
    sandbox.set("DOCKER_CONTEXT", "x");
    crate::doctor::OF_28.script(&sandbox, "docker compose");
    let expected = "\
ok       tasks          `tasks.toml`
ok       docker         28.5.2, `<T>/bin/docker`
warning  docker-config  docker's `<T>/home/.docker/contexts/meta/x/meta.json` can't be read: it is larger than 4 MB
                        the contexts, logins and plugin folders that it names have no effect
                        fix: correct it, or move it away
ok       engine         28.5.2+dfsg4: BuildKit is on by default
ok       compose        2.40.3, `docker compose`
ok       buildx         0.29.1
ok       buildkit       on by default; RUN --mount in `api/Dockerfile` (line 3) needs it
ok       builder        `default`, the engine's own
ok       dockerfile     `api/Dockerfile` needs BuildKit (`RUN --mount`, line 3)
ok       context        `api`: 3 files, 155 B, without what `api/.dockerignore` leaves out
ok       cache-mounts   `/root/.cache/pip` (33.5 MB)

0 errors, 1 warning
";
    run(&sandbox, "doctor").is(0, expected, "");
}

#[test]
fn files_that_include_or_extend_one_another_in_a_circle() {
    let sandbox = Sandbox::with_docker("[tasks.build-fresh]\nbuiltin = \"build-fresh\"\n");
    let refused = |why: &str| {
        run(&sandbox, "-n build-fresh").is(2, "", &format!("error: can't tell what is built: {why}\n"));
    };
    sandbox.file("compose.yaml", "include: [a.yaml]\nservices: {}\n");
    sandbox.file("a.yaml", "include: [compose.yaml]\nservices: {}\n");
    let asks = "\nhint: see what compose says: docker compose config";
    refused(&format!("`a.yaml`: it includes itself{asks}"));
    sandbox.file("compose.yaml", "services:\n  a: { extends: { file: b.yaml, service: b } }\n");
    sandbox.file("b.yaml", "services:\n  b: { extends: { file: compose.yaml, service: a } }\n");
    refused(&format!("`compose.yaml`: `a` extends itself{asks}"));
    let deep: String = (0..3000).map(|n| format!("  s{n}: {{ extends: {{ service: s{} }} }}\n", n + 1)).collect();
    sandbox.file("compose.yaml", format!("services:\n{deep}  s3000: {{ image: x }}\n"));
    refused("`compose.yaml`: services extend one another too deeply");
    // Each is read twice, and so are those below it.
    for n in 0..40 {
        sandbox.file(&format!("g{n}.yaml"), format!("include: [g{0}.yaml, g{0}.yaml]\n", n + 1));
    }
    sandbox.file("g40.yaml", "services: {}\n");
    sandbox.file("compose.yaml", "include: [g0.yaml]\n");
    refused("`g39.yaml`: more than 500 files are included and extended");
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
    let hint = |file: &str| {
        let file = format!("docker's `<T>/home/.docker/{file}` can't be read: it is not a regular file");
        format!("$ docker compose build\nhint: {file}: correct it, or move it away\n")
    };
    run(&sandbox, "build").is(1, "", &hint("config.json"));
    std::fs::remove_file(folder.join("config.json")).expect("a pipe");
    run(&sandbox, "build").is(1, "", &hint("contexts/meta/x/meta.json"));
}

/// What doctor says of docker's `file`, which `make` makes.
fn of_docker(file: &str, make: impl Fn(&Path), code: i32, said: &str) {
    let sandbox = crate::doctor::healthy();
    crate::doctor::OF_28.script(&sandbox, "docker compose");
    let path = sandbox.home().join(".docker").join(file);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    make(&path);
    let mut done = run(&sandbox, "doctor");
    done.stdout = crate::doctor::without_port(&done.stdout);
    // The name of the check is one letter longer than the others.
    let wide =
        |line: &str| line.split_at_checked(23).map_or(line.to_owned(), |(start, rest)| format!("{start} {rest}"));
    let mut expected: Vec<String> = crate::doctor::HEALTHY.lines().map(wide).collect();
    expected.insert(2, said.trim_end().to_owned());
    let sums = if code == 1 { "1 error, 0 warnings" } else { "0 errors, 1 warning" };
    let expected = expected.join("\n").replace("no problems found", sums);
    done.is(code, &format!("{expected}\n"), "");
}

#[test]
fn a_docker_configuration_that_can_not_be_read_is_said() {
    let warning = |why: &str| {
        format!(
            "\
warning  docker-config  docker's `<T>/home/.docker/config.json` can't be read: {why}
                        the contexts, logins and plugin folders that it names have no effect
                        fix: correct it, or move it away
"
        )
    };
    let error = "\
error    docker-config  docker's `<T>/home/.docker/config.json` can't be read: it is not a regular file
                        docker waits for it before it does anything
                        fix: correct it, or move it away
";
    of_docker("config.json", fifo, 1, error);
    let folder = |path: &Path| std::fs::create_dir(path).expect("a folder");
    of_docker("config.json", folder, 0, &warning("it is a folder"));
    let written = |text: &'static str| move |path: &Path| std::fs::write(path, text).expect("a file");
    of_docker(
        "config.json",
        written("{\"auths\""),
        0,
        &warning("it is not JSON: EOF while parsing an object at line 1 column 8"),
    );
    of_docker("config.json", written("[1]"), 0, &warning("it is not a JSON object"));
    let byte_order_mark = written("\u{feff}{}");
    of_docker("config.json", byte_order_mark, 0, &warning("it is not JSON: expected value at line 1 column 1"));
    of_docker("config.json", sparse, 0, &warning("it is larger than 4 MB"));
}

/// Recorded from docker 20.10.24 and 28.5.2, which warn of none of these.
#[test]
fn a_docker_configuration_that_docker_takes_is_not_warned_of() {
    let texts: [&[u8]; 8] = [b"", b"\n", b" \t\r\n", b"null", b" null\n", b"{} x", b"{}\n{]", b"{\"a\": \"\xff\"}"];
    for text in texts {
        let sandbox = crate::doctor::healthy();
        crate::doctor::OF_28.script(&sandbox, "docker compose");
        std::fs::write(sandbox.home().join(".docker/config.json"), text).expect("a file");
        let mut done = run(&sandbox, "doctor");
        done.stdout = crate::doctor::without_port(&done.stdout);
        done.is(0, crate::doctor::HEALTHY, "");
    }
}

/// A gigabyte that takes no space.
fn sparse(path: &Path) {
    std::fs::File::create(path).and_then(|file| file.set_len(1 << 30)).expect("a file");
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
