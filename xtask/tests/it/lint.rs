//! `lint`: which Dockerfiles are looked at, what is told of them, and the codes.

use crate::harness::Sandbox;

/// An install behind the code.
const LATE: &str = "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\n";

/// What is told of it.
fn late(file: &str) -> String {
    format!(
        "warning[code-before-dependencies]: `pip install` runs again at every change of the code\n --> {file}:3:1\n  |\n\
         3 | RUN pip install -r requirements.txt\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  |\n  \
         = note: the whole context is copied before it (line 2)\n"
    )
}

const OF_FILES: &str = "  = hint: copy the requirements file alone before line 3, and the rest after it\n\n";
const IN_CONTEXT: &str = "  = hint: copy requirements.txt alone before line 3, and the rest after it\n\n";
const WIDE: &str = "FROM python:3\n";

fn wide(file: &str) -> String {
    format!(
        "advice[unpinned-base-image]: `python:3` is any version of that major release\n --> {file}:1:1\n  |\n1 | FROM python:3\n  \
         | ^^^^^^^^^^^^^\n  |\n  = note: every newer image that is pulled runs all steps again, on some machines and not on others\n  \
         = hint: pin more of it: FROM python:3.N\n\n"
    )
}

/// A project with a compose file, and no docker.
fn composed(compose: &str) -> Sandbox {
    let sandbox = Sandbox::with("[tasks.up]\nsteps = ['compose up']\n");
    sandbox.file("compose.yaml", compose);
    sandbox
}

#[test]
fn the_dockerfiles_that_compose_builds_are_looked_at_without_docker() {
    let sandbox = composed(
        "services:\n  api:\n    build: api\n  web:\n    build:\n      context: web\n      dockerfile: ../files/Web\n      target: run\n  \
         inline:\n    build:\n      context: api\n      dockerfile_inline: |\n        FROM python:3\n  db:\n    image: postgres\n",
    );
    sandbox.file("api/Dockerfile", LATE);
    sandbox.file("api/requirements.txt", "x\n");
    // Another stage than the one that is built does not count.
    sandbox.file("files/Web", "FROM node:22.1 AS run\nFROM python:3 AS other\n");
    sandbox.folder("web");
    // And so doesn't what no service is built from.
    sandbox.file("other/Dockerfile", WIDE);
    let found =
        format!("{}{IN_CONTEXT}{}1 warning, 1 advice", late("api/Dockerfile"), wide("dockerfile_inline of inline"),);
    sandbox.run("lint").is(1, &format!("{found}\n"), "");
    // From a folder below, paths are those that can be typed there.
    let below = format!("{}{IN_CONTEXT}1 warning\n", late("Dockerfile"));
    sandbox.run_in(&sandbox.project().join("api"), "lint Dockerfile").is(1, &below, "");
}

#[test]
fn advice_is_no_failure_and_nothing_found_is_said() {
    let sandbox = composed("services:\n  api:\n    build: .\n");
    sandbox.file("Dockerfile", WIDE);
    sandbox.run("lint").is(0, &format!("{}1 advice\n", wide("Dockerfile")), "");
    sandbox.file("Dockerfile", "FROM python:3.12\n");
    sandbox.run("lint").is(0, "no problems found in 1 Dockerfile\n", "");
    sandbox.file("api.Dockerfile", "FROM python:3.13\n");
    sandbox.run("lint Dockerfile api.Dockerfile").is(0, "no problems found in 2 Dockerfiles\n", "");
    sandbox.folder("empty");
    sandbox.run("lint empty").is(0, "no Dockerfiles found\n", "");
}

#[test]
fn a_dockerfile_that_is_named_is_looked_at_whole() {
    let sandbox = Sandbox::bare();
    sandbox.file("Dockerfile", "FROM python:3 AS first\nFROM python:3.12\n");
    sandbox.run("lint Dockerfile").is(
        0,
        &format!(
            "{}1 advice\n",
            wide("Dockerfile").replace("python:3\n  |", "python:3 AS first\n  |").replace("^^\n", "^^^^^^^^^^^\n")
        ),
        "",
    );
    sandbox.file("Dockerfile", LATE);
    sandbox.run("lint Dockerfile").is(1, &format!("{}{OF_FILES}1 warning\n", late("Dockerfile")), "");
}

#[test]
fn without_compose_files_those_that_git_tracks_are_looked_at() {
    let sandbox = Sandbox::bare();
    sandbox.file("api/Dockerfile", WIDE);
    sandbox.file("node_modules/x/Dockerfile", "FROM x:latest\n");
    sandbox.file(".hidden/Dockerfile", "FROM x:latest\n");
    sandbox.file("venv/pyvenv.cfg", "");
    sandbox.file("venv/Dockerfile", "FROM x:latest\n");
    sandbox.file("web.Dockerfile", "FROM python:3.12\n");
    // Without git: all that lie there.
    sandbox.run("lint").is(0, &format!("{}1 advice\n", wide("api/Dockerfile")), "");
    sandbox.run("lint .").is(0, &format!("{}1 advice\n", wide("api/Dockerfile")), "");
    sandbox.program("git");
    sandbox
        .on("git -c core.fsmonitor=false ls-files -z --cached")
        .act("out", "web.Dockerfile\0gone/Dockerfile\0x.py\0");
    sandbox.run("lint").is(0, "no problems found in 1 Dockerfile\n", "");
    sandbox.on("git -c core.fsmonitor=false ls-files -z --cached --others --exclude-standard").out("Dockerfile\0");
    sandbox.run("lint api").is(0, &format!("{}1 advice\n", wide("api/Dockerfile")), "");
    let dirs: Vec<String> = sandbox.calls().into_iter().map(|call| call.dir).collect();
    assert_eq!(dirs, ["<T>/home/project", "<T>/home/project/api"]);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_looked_at() {
    let sandbox = composed("services:\n  api:\n    build: api\n  web:\n    build: web\n  gone:\n    build: gone\n");
    sandbox.file("api/Dockerfile", "FROM\n");
    sandbox.file("web/Dockerfile", WIDE);
    let found = format!(
        "error[dockerfile]: there is no folder `gone`\n --> gone/Dockerfile\n  = note: `gone` can't be built\n  \
         = hint: create it, or name another folder under `build:` in the compose file\n\n{}1 error, 1 advice\n",
        wide("web/Dockerfile"),
    );
    let unread = "error: can't read `api/Dockerfile`: line 1: `FROM` needs one word, or three: IMAGE AS NAME\n";
    sandbox.run("lint").is(2, &found, unread);
    sandbox.run("lint api/Dockerfile").is(2, "", unread);
    sandbox.run("lint nothing").is(2, "", "error: can't read `nothing`: there is no such file\n");
    sandbox.file("compose.yaml", "services: [\n");
    let done = sandbox.run("lint");
    assert_eq!((done.code, done.stdout), (2, format!("{}1 advice\n", wide("web/Dockerfile"))));
    assert!(done.stderr.starts_with("error: can't read `compose.yaml`: line "), "{}", done.stderr);
}

#[test]
fn without_a_valid_tasks_toml_it_works_and_says_so() {
    let sandbox = Sandbox::with("[tasks.up]\nstep = ['x']\n");
    sandbox.file("Dockerfile", WIDE);
    let done = sandbox.run("lint");
    assert_eq!((done.code, done.stdout), (2, format!("{}1 advice\n", wide("Dockerfile"))));
    assert!(done.stderr.starts_with("error: unknown key `step`"), "{}", done.stderr);
}

#[test]
fn a_task_of_that_name_wins_and_the_command_can_have_another() {
    let sandbox = Sandbox::with("[tasks.lint]\nsteps = ['x']\n[tasks.dockerfiles]\nbuiltin = 'lint'\n");
    sandbox.file("Dockerfile", WIDE);
    sandbox.program("x");
    sandbox.on("x").exit(0);
    sandbox.run("lint").is(0, "", "$ x\n");
    sandbox.run("dockerfiles").is(0, &format!("{}1 advice\n", wide("Dockerfile")), "");
}
