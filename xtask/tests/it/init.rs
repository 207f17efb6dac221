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
    sandbox.file(".env.example", "A=b\n");
    sandbox.file("pyproject.toml", "[project]\nname = \"x\"\n");
    sandbox.run("init").is(
        0,
        "wrote `tasks.toml`\nwrote `ONBOARDING.md`\n",
        "9 tasks for the services of compose's files\n\
         to decide:\n\
         \x20 `shell` opens in the service `web`: name another one in its step\n\
         \x20 `.env.example` is there: a task with `unless = \".env\"` and the step `cp .env.example .env` makes the file, and `dev` can need it\n\
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
steps = ["compose up -d"]

[tasks.test]
steps = ["pytest {args}"]
"#,
        "it would write `ONBOARDING.md`, too\n\
         3 tasks: 2 translated, 1 still calls what ran it before\n\
         \x20 build: it is a script\n\
         once the team agrees:\n\
         \x20 `build.sh` can go when `build` no longer calls it\n\
         \x20 `run.sh` can go\n\
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

/// The text of a file of the project.
fn text(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(sandbox.project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn a_makefile_becomes_tasks_and_what_can_not_stays_with_make() {
    let sandbox = repository();
    sandbox.file(
        "Makefile",
        "## Start\nup: ## Start the stack\n\tdocker compose up -d\nclean:\n\trm -rf build\nodd:\n\t$(foreach x,$(shell ls),echo $(x);)\n",
    );
    let done = sandbox.run("init");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let written = text(&sandbox, "tasks.toml");
    assert!(written.contains("[tasks.up]\nabout = \"Start the stack\"\nsteps = [\"compose up -d\"]\n"), "{written}");
    assert!(written.contains("# make still runs this: "), "{written}");
    assert!(
        done.stderr.contains("3 tasks: 2 translated, 1 still calls what ran it before\n  odd: "),
        "{}",
        done.stderr
    );
    assert!(done.stderr.contains("`clean` removes data (`rm -rf build`): should it ask? confirm = \"…\"\n"));
    assert!(done.stderr.contains("`Makefile` can go when `odd` no longer calls it\n"), "{}", done.stderr);
    let page = text(&sandbox, "ONBOARDING.md");
    assert!(page.contains("xtask up      # Start the stack\n"), "{page}");
}

#[test]
fn a_makefile_comes_before_a_justfile() {
    let sandbox = repository();
    sandbox.file("Makefile", "up:\n\tdocker compose up\n");
    sandbox.file("justfile", "up:\n  docker compose up -d\ntest: up\n  pytest\n");
    sandbox.run("init -n -q").is(
        0,
        r#"xtask = "0.1"

[tasks.up]
steps = ["compose up"]

[tasks.just-up]
# just still runs this: its file has names that are taken here
steps = ["just up {args}"]

[tasks.test]
# just still runs this: its file has names that are taken here
steps = ["just test {args}"]
"#,
        "",
    );
}

#[test]
fn a_page_for_a_new_colleague_is_written_once_and_theirs_stays() {
    let sandbox = repository();
    sandbox.file("build.sh", "echo\n");
    sandbox.file("docs/onboarding.md", "# Ours\n");
    sandbox.file("uv.lock", "");
    sandbox.run("init -q").is(0, "wrote `tasks.toml`\n", "");
    assert_eq!(text(&sandbox, "docs/onboarding.md"), "# Ours\n");
    fs::remove_file(sandbox.project().join("docs/onboarding.md")).expect("the page");
    sandbox.run("init").is(0, "nothing to do: `tasks.toml` is what would be written\n", "");
    fs::remove_file(sandbox.project().join("tasks.toml")).expect("the tasks");
    sandbox.run("init -q").is(0, "wrote `tasks.toml`\nwrote `docs/onboarding.md`\n", "");
    let page = text(&sandbox, "docs/onboarding.md");
    assert!(page.contains("uv run xtask build"), "{page}");
    sandbox.file("docs/onboarding.md", format!("# Ours\n\n{}", page.replace("uv run xtask build", "make")));
    let done = sandbox.run("init");
    assert!(done.stdout.starts_with("--- docs/onboarding.md\n+++ docs/onboarding.md\n@@ "), "{}", done.stdout);
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (1, "`docs/onboarding.md` is there and differs: nothing was written\n")
    );
    assert!(!done.stdout.contains("Ours"), "{}", done.stdout);
}

#[test]
fn a_thin_xtask_is_put_into_what_cargo_has() {
    let sandbox = repository();
    sandbox.file("compose.yaml", COMPOSE);
    sandbox.file("Cargo.toml", "[workspace]\nmembers = [\n  \"api\", # ours\n]\n");
    sandbox.file(".cargo/config.toml", "# ours\n[alias]\nb = \"build\"\n");
    sandbox.run("init --rust").is(
        0,
        "wrote `tasks.toml`\nwrote `ONBOARDING.md`\nwrote `xtask/Cargo.toml`\nwrote `xtask/src/main.rs`\nchanged `Cargo.toml`\n\
         changed `.cargo/config.toml`\n",
        "9 tasks for the services of compose's files\n\
         to decide:\n\
         \x20 `shell` opens in the service `web`: name another one in its step\n\
         lines for other files:\n\
         \x20 .gitignore: `/target/`, where cargo builds\n\
         next: cargo xtask help\n",
    );
    assert_eq!(text(&sandbox, "Cargo.toml"), "[workspace]\nmembers = [\n  \"api\", # ours\n  \"xtask\",\n]\n");
    assert_eq!(
        text(&sandbox, ".cargo/config.toml"),
        "# ours\n[alias]\nxtask = \"run --package xtask --\"\nb = \"build\"\n"
    );
    assert!(text(&sandbox, "xtask/Cargo.toml").ends_with("[dependencies]\ncompose-xtask = \"0.1\"\n"));
    assert!(text(&sandbox, "ONBOARDING.md").contains("cargo xtask doctor"));
    sandbox.run("init --rust").is(0, "nothing to do: the thin xtask is there\n", "");
    sandbox.run("init").is(0, "nothing to do: `tasks.toml` is what would be written\n", "");
    // Where the tasks are there already, only the package is added.
    fs::remove_dir_all(sandbox.project().join("xtask")).expect("the package");
    sandbox.run("init --rust -n").is(
        0,
        "--- /dev/null\n+++ xtask/Cargo.toml\n@@ -0,0 +1,8 @@\n+[package]\n+name = \"xtask\"\n+version = \"0.1.0\"\n\
         +edition = \"2024\"\n+publish = false\n+\n+[dependencies]\n+compose-xtask = \"0.1\"\n\
         --- /dev/null\n+++ xtask/src/main.rs\n@@ -0,0 +1,3 @@\n+fn main() -> std::process::ExitCode {\n\
         +    compose_xtask::runner!().main()\n+}\n",
        "",
    );
    sandbox.run("init --rust").is(
        0,
        "wrote `xtask/Cargo.toml`\nwrote `xtask/src/main.rs`\n",
        "next: cargo xtask help\n",
    );
}

#[test]
fn another_xtask_stays_and_a_copy_of_this_program_is_told_apart() {
    let sandbox = repository();
    sandbox.file("build.sh", "echo\n");
    sandbox.file("xtask/Cargo.toml", "[package]\nname = \"xtask\"\n");
    let before = sandbox.listing();
    sandbox.run("init --rust").is(
        2,
        "",
        "error: there is an `xtask` already\n\
         hint: add `compose-xtask` to its dependencies, and `compose_xtask::runner!().main()` to its main\n",
    );
    assert_eq!(sandbox.listing(), before);
    sandbox.file("xtask/Cargo.toml", "[package]\nname = \"compose-xtask\"\n");
    let instead = "depend on it instead: commands of your own are functions now (README, \"Commands in Rust\"). \
                   Move them out, remove the folder, and type: init --rust";
    sandbox.run("init --rust").is(2, "", &format!("error: `xtask` is a copy of this program\nhint: {instead}\n"));
    let done = sandbox.run("init -q");
    assert_eq!(done.stderr, format!("warning: `xtask` is a copy of this program\nhint: {instead}\n"));
    fs::remove_dir_all(sandbox.project().join("xtask")).expect("the package");
    sandbox.file("Cargo.toml", "[workspace]\nexclude = [\"xtask\"]\n");
    sandbox.run("init --rust").is(
        2,
        "",
        "error: can't change `Cargo.toml`: its workspace excludes `xtask`\n\
         hint: README has its lines, under \"Use it in your own repository\"\n",
    );
}
