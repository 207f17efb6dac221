//! `init`: a tasks.toml for what a repository has, and nothing else is touched.

use std::fs;

use crate::harness::Sandbox;

/// A repository with nothing in it.
fn repository() -> Sandbox {
    let sandbox = Sandbox::bare();
    sandbox.folder(".git");
    sandbox
}

const COMPOSE: &str = "services:\n  web:\n    build: .\n  db:\n    image: postgres\n";

#[test]
fn a_stack_gets_the_tasks_that_every_stack_has() {
    let sandbox = repository();
    sandbox.file("compose.yaml", COMPOSE);
    sandbox.file("Dockerfile", "FROM scratch\n");
    sandbox.file("pyproject.toml", "[project]\nname = \"x\"\n");
    sandbox.run("init").is(
        0,
        "wrote `tasks.toml`\n",
        "9 tasks for the services of compose's files\n\
         to decide:\n\
         \x20 `shell` opens in the service `web`: name another one in its step\n\
         lines for other files:\n\
         \x20 .dockerignore: `tasks.toml`, which no image needs\n\
         \x20 pyproject.toml: `dev = [\"compose-xtask>=0.1.0\"]` under [dependency-groups], and everyone has it\n\
         next: xtask help\n",
    );
    let written = fs::read_to_string(sandbox.project().join("tasks.toml")).expect("tasks.toml");
    let expected = r#"xtask = "0.1"

[tasks.dev]
about = "Build what changed and start the stack"
steps = [
  "task build {pull}",
  "compose up {detached} {args}",
]

[tasks.dev.flags]
detached = { short = "d", about = "Return when the stack is up", words = ["--detach"] }
pull = { about = "Look for newer base images", words = ["--pull"] }

[tasks.build]
about = "Build what changed"
steps = ["compose build {no-cache} {pull} {args}"]

[tasks.build.flags]
no-cache = { about = "Build every step again; empties the cache mounts too", words = ["--no-cache"] }
pull = { about = "Look for newer base images", words = ["--pull"] }

[tasks.build-fresh]
builtin = "build-fresh"

[tasks.down]
about = "Stop the stack and remove its containers"
steps = ["compose down {volumes} {args}"]
flags.volumes = { about = "Remove its volumes too", words = ["--volumes"] }

[tasks.logs]
about = "Show what the services print"
steps = ["compose logs {follow} {tail} {args}"]

[tasks.logs.flags]
follow = { short = "f", about = "Go on until Ctrl-C", words = ["--follow"] }
tail = { about = "Only the last lines", value = "LINES", words = ["--tail", "{value}"] }

[tasks.ps]
about = "List the containers"
steps = ["compose ps {args}"]

[tasks.restart]
about = "Restart the services"
steps = ["compose restart {args}"]

[tasks.shell]
about = "Open a shell in the running service"
steps = ["compose exec {no-tty} web sh {args}"]
flags.no-tty = { short = "T", about = "Without a terminal: in a pipe, in CI", words = ["-T"] }

[tasks.help]
builtin = "help"
"#;
    assert_eq!(written, expected);
    sandbox.run("init").is(0, "nothing to do: `tasks.toml` is what would be written\n", "");
    for name in ["DOCKER_BUILDKIT", "COMPOSE_DOCKER_CLI_BUILD"] {
        sandbox.set(name, "1");
    }
    sandbox.run("--dry-run dev --detached").is(0, "docker compose build\ndocker compose up --detach\n", "");
}

#[test]
fn without_a_build_there_is_none_and_other_names_are_written_down() {
    let sandbox = repository();
    sandbox.file("docker-compose.local.yml", "services:\n  db:\n    image: postgres\n");
    sandbox.run("--dry-run --quiet init").is(
        0,
        r#"xtask = "0.1"

[compose]
files = ["docker-compose.local.yml"]

[tasks.dev]
about = "Start the stack"
steps = ["compose up {detached} {args}"]
flags.detached = { short = "d", about = "Return when the stack is up", words = ["--detach"] }

[tasks.down]
about = "Stop the stack and remove its containers"
steps = ["compose down {volumes} {args}"]
flags.volumes = { about = "Remove its volumes too", words = ["--volumes"] }

[tasks.logs]
about = "Show what the services print"
steps = ["compose logs {follow} {tail} {args}"]

[tasks.logs.flags]
follow = { short = "f", about = "Go on until Ctrl-C", words = ["--follow"] }
tail = { about = "Only the last lines", value = "LINES", words = ["--tail", "{value}"] }

[tasks.ps]
about = "List the containers"
steps = ["compose ps {args}"]

[tasks.restart]
about = "Restart the services"
steps = ["compose restart {args}"]

[tasks.shell]
about = "Open a shell in the running service"
steps = ["compose exec {no-tty} db sh {args}"]
flags.no-tty = { short = "T", about = "Without a terminal: in a pipe, in CI", words = ["-T"] }

[tasks.help]
builtin = "help"
"#,
        "",
    );
    assert!(!sandbox.project().join("tasks.toml").exists());
}

#[test]
fn a_tasks_toml_that_is_there_stays_and_is_compared() {
    let sandbox = repository();
    sandbox.file("build.sh", "#!/bin/sh\necho built\n");
    let own = "xtask = \"0.1\"\n\n[tasks.build]\nsteps = [\"make\"]\n";
    sandbox.file("tasks.toml", own);
    let before = sandbox.listing();
    sandbox.run("init").is(
        1,
        "--- tasks.toml\n\
         +++ tasks.toml\n\
         @@ -1,4 +1,5 @@\n\
         \x20xtask = \"0.1\"\n\
         \x20\n\
         \x20[tasks.build]\n\
         -steps = [\"make\"]\n\
         +# ./build.sh still runs this: it is a script\n\
         +steps = [\"sh ./build.sh {args}\"]\n",
        "`tasks.toml` is there and differs: nothing was written\n",
    );
    // Also where it has mistakes.
    sandbox.file("tasks.toml", "[tasks.build]\n");
    assert_eq!(sandbox.run("init").code, 1);
    sandbox.file("tasks.toml", own);
    assert_eq!(sandbox.listing(), before);
}

#[test]
fn a_script_that_chooses_by_its_first_word_is_a_task_for_each() {
    let sandbox = repository();
    sandbox.file(
        "run.sh",
        "#!/bin/sh\ncase \"$1\" in\n  # Start the stack\n  up|start) docker compose up -d;;\n  test) shift; pytest \"$@\";;\n  *) exit 1;;\nesac\n",
    );
    sandbox.file("build.sh", "docker build .\n");
    sandbox.file("build.ps1", "docker build .\n");
    // What a container starts is none, and neither is a script without branches.
    sandbox.file("entrypoint.sh", "case \"$1\" in\n a) b;;\nesac\n");
    sandbox.file("other.sh", "echo\n");
    sandbox.run("init -n").is(
        0,
        r#"xtask = "0.1"

[tasks.build]
# ./build.sh still runs this: it is a script
steps = ["sh ./build.sh {args}"]
windows.steps = ["powershell -File build.ps1 {args}"]

[tasks.up]
about = "Start the stack"
aliases = ["start"]
# ./run.sh still runs this: it is a branch of a script
steps = ["sh ./run.sh up {args}"]

[tasks.test]
# ./run.sh still runs this: it is a branch of a script
steps = ["sh ./run.sh test {args}"]
"#,
        "3 tasks: 0 translated, 3 still call what ran it before\n\
         \x20 build: it is a script\n\
         \x20 up: it is a branch of a script\n\
         \x20 test: it is a branch of a script\n\
         once the team agrees:\n\
         \x20 `build.sh` can go when `build` no longer calls it\n\
         \x20 `run.sh` can go when `up` and `test` no longer call it\n\
         \x20 `build.ps1` can go when `build` no longer calls it\n\
         next: xtask help\n",
    );
    sandbox.run("init --from other.sh --quiet -n").is(
        0,
        "xtask = \"0.1\"\n\n[tasks.other]\n# ./other.sh still runs this: it is a script\nsteps = [\"sh ./other.sh {args}\"]\n",
        "",
    );
}

#[test]
fn each_thing_that_stands_in_the_way_is_one_error() {
    let sandbox = Sandbox::bare();
    let fails = |line: &str, message: &str, hint: &str| {
        sandbox.run(line).is(2, "", &format!("error: {message}\nhint: {hint}\n"));
    };
    sandbox.file("compose.yaml", COMPOSE);
    fails(
        "init",
        "`<T>/home/project` is in no repository: no `.git` is there or above",
        "go to the repository, or make it one: git init",
    );
    sandbox.folder(".git");
    fails("init nowhere", "there is no folder `nowhere`", "name the folder of the repository: xtask init DIR");
    fails(
        "init compose.yaml",
        "`compose.yaml` is a file, not a folder",
        "to read this file: xtask init --from compose.yaml",
    );
    fails("init --from x", "there is no file `x`", "--from takes a path from the current folder");
    sandbox.file("sub/x.toml", "");
    fails(
        "init --from sub/x.toml",
        "`sub/x.toml` is not in the folder `.`",
        "tasks.toml belongs beside it: xtask init sub --from sub/x.toml",
    );
    fails(
        "init sub --from sub/x.toml",
        "can't tell what `sub/x.toml` is",
        "--from takes a Makefile, a justfile, a script or a compose file",
    );
    fails(
        "init sub",
        "there is nothing to move in `sub`",
        "`init` reads a Makefile, a justfile, `build.sh` and compose files; to start from nothing: tasks.hello.steps = [\"cargo test\"]",
    );
    sandbox.file("compose.yaml", "services: [\n");
    let done = sandbox.run("init");
    assert!(done.stderr.starts_with("error: can't read compose's files: `"), "{}", done.stderr);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
    assert!(!sandbox.project().join("tasks.toml").exists());
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_out_of_the_repository_or_to_another_folder() {
    use std::os::unix::fs::symlink;
    let sandbox = repository();
    sandbox.file("compose.yaml", COMPOSE);
    symlink(sandbox.project(), sandbox.project().join("here")).expect("a link");
    sandbox.run("init here").is(2, "", "error: `here` is a link to `.`\nhint: name the folder itself: xtask init .\n");
    fs::write(sandbox.home().join("secret"), "a:\n\techo secret\n").expect("a file");
    symlink(sandbox.home().join("secret"), sandbox.project().join("Makefile")).expect("a link");
    sandbox.run("init").is(
        2,
        "",
        "error: `Makefile` is a link out of the repository\nhint: put the file itself there, or name another: --from FILE\n",
    );
    fs::remove_file(sandbox.project().join("Makefile")).expect("the link");
    symlink("elsewhere.toml", sandbox.project().join("tasks.toml")).expect("a link");
    sandbox.run("init").is(
        2,
        "",
        "error: `tasks.toml` is a link to `elsewhere.toml`\nhint: put a file in its place, or remove it\n",
    );
    assert!(!sandbox.project().join("elsewhere.toml").exists());
}

/// Root may write anywhere: there it shows nothing.
#[cfg(unix)]
#[test]
fn a_folder_that_can_not_be_written_to_is_an_error() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = repository();
    sandbox.file("compose.yaml", COMPOSE);
    let with_mode = |mode| fs::set_permissions(sandbox.project(), fs::Permissions::from_mode(mode)).expect("a mode");
    with_mode(0o555);
    let is_root = fs::write(sandbox.project().join("probe"), "").is_ok();
    let done = sandbox.run("init");
    with_mode(0o755);
    if !is_root {
        done.is(
            2,
            "",
            "error: can't write `tasks.toml`: Permission denied (os error 13)\n\
             hint: you need the right to write to that folder; to see what it would be: add --dry-run\n",
        );
    }
}
