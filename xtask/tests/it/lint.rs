//! `lint`: which Dockerfiles are looked at, what is told of them, and the codes.

use crate::harness::Sandbox;

/// An install behind the code.
const LATE: &str =
    "FROM python:3.12\nCOPY . .\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n";

/// What is told of it.
fn late(file: &str) -> String {
    format!(
        "warning[code-before-dependencies]: `pip install` runs again at every change of the code\n --> {file}:3:1\n  |\n\
         3 | RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n  | {}\n  |\n  \
         = note: the whole context is copied before it (line 2)\n",
        "^".repeat(78),
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
    sandbox.file("api/requirements.txt", "x==1\n");
    // Another stage than the one that is built does not count.
    sandbox.file("files/Web", "FROM node:22.1 AS run\nFROM python:3 AS other\n");
    sandbox.folder("web");
    // And so doesn't what no service is built from.
    sandbox.file("other/Dockerfile", WIDE);
    let found = format!(
        "{}{IN_CONTEXT}{}1 warning, 1 advice; 1 can be fixed with --unsafe-fixes",
        late("api/Dockerfile"),
        wide("dockerfile_inline of inline"),
    );
    sandbox.run("lint").is(1, &format!("{found}\n"), "");
    // From a folder below, paths are those that can be typed there.
    let below = format!("{}{IN_CONTEXT}1 warning; 1 can be fixed with --unsafe-fixes\n", late("Dockerfile"));
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
    // What lies beside it may be what it copies.
    sandbox.file("Dockerfile", LATE.replace("COPY . .", "COPY src /src"));
    sandbox.run("lint Dockerfile").is(0, "no problems found in 1 Dockerfile\n", "");
    sandbox.file("src/a.py", "");
    let of_part = late("Dockerfile").replace("the whole context is", "`src` is");
    sandbox.run("lint Dockerfile").is(1, &format!("{of_part}{OF_FILES}1 warning\n"), "");
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

#[test]
fn a_comment_tasks_toml_and_a_flag_switch_rules_off() {
    let sandbox = composed("services:\n  api:\n    build: .\n");
    let allowed = "# xtask: allow unpinned-base-image we follow it\nFROM python:3\n";
    sandbox.file("Dockerfile", allowed);
    sandbox.run("lint").is(0, "no problems found in 1 Dockerfile\n", "");
    let told = sandbox.run("doctor").stdout;
    assert!(!told.contains("unpinned-base-image"), "{told}");
    sandbox.file("Dockerfile", WIDE);
    sandbox.run("lint --ignore unpinned-base-image").is(0, "no problems found in 1 Dockerfile\n", "");
    sandbox.run("lint --select dockerfile,line-endings").is(0, "no problems found in 1 Dockerfile\n", "");
    sandbox.file("tasks.toml", "[lint]\nallow = ['unpinned-base-image']\n[tasks.up]\nsteps = ['compose up']\n");
    sandbox.run("lint").is(0, "no problems found in 1 Dockerfile\n", "");
    let told = sandbox.run("doctor").stdout;
    assert!(!told.contains("unpinned-base-image"), "{told}");
    // What is asked for is shown.
    sandbox.run("lint --select unpinned-base-image").is(0, &format!("{}1 advice\n", wide("Dockerfile")), "");
    sandbox.file("tasks.toml", "[lint]\nallow = ['unpined-base-image', 'x']\n[tasks.up]\nsteps = ['compose up']\n");
    let done = sandbox.run("up");
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
    let first = "error: there is no rule `unpined-base-image`\n --> tasks.toml:2:10\n  |\n2 | allow = ['unpined-base-image', 'x']\n  \
                 |          ^^^^^^^^^^^^^^^^^^^^ did you mean `unpinned-base-image`?\n\nerror: there is no rule `x`\n";
    assert!(done.stderr.starts_with(first), "{}", done.stderr);
}

#[test]
fn a_comment_that_allows_nothing_or_is_wrong_is_told() {
    let sandbox = Sandbox::bare();
    sandbox.file(
        "Dockerfile",
        "# xtask: allow unpinned-base-image\nFROM python\n# xtask: allow line-endings they are fine\nRUN x\n# xtask: allow linendings y\n",
    );
    sandbox.run("lint").is(
        1,
        "warning[invalid-allow]: there is no reason for `unpinned-base-image`\n --> Dockerfile:1:1\n  |\n\
         1 | # xtask: allow unpinned-base-image\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  |\n  \
         = hint: say why behind the rule: # xtask: allow unpinned-base-image REASON\n\n\
         warning[unused-allow]: `line-endings` finds nothing here\n --> Dockerfile:3:1\n  |\n\
         3 | # xtask: allow line-endings they are fine\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  |\n  \
         = note: the comment would hide what comes later\n  \
         = hint: remove the comment, or put it on the line before the instruction that it is for\n\n\
         warning[invalid-allow]: there is no rule `linendings`\n --> Dockerfile:5:1\n  |\n\
         5 | # xtask: allow linendings y\n  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n  |\n  = hint: did you mean `line-endings`?\n\n\
         3 warnings; 1 can be fixed with --fix\n",
        "",
    );
}

#[test]
fn the_page_of_a_rule_is_printed() {
    let sandbox = Sandbox::bare();
    let done = sandbox.run("lint --explain unused-allow");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    let begin = "unused-allow\n\nA comment that allows what is not there.\n\nWhy\n\n";
    let example =
        "\n\n    # xtask: allow unpinned-base-image we want the newest one\n    FROM python:3.12-slim\n\nInstead\n\n";
    assert!(done.stdout.starts_with(begin) && done.stdout.contains(example), "{}", done.stdout);
    assert!(done.stdout.contains("\n\nFix\n\n`--fix` removes the comment."), "{}", done.stdout);
    sandbox.run("lint --explain unusedallow").is(
        2,
        "",
        "error: `unusedallow` is not a value for `--explain <RULE>`\nhint: did you mean `unused-allow`?\n",
    );
    sandbox.run("lint --select line-ending").is(
        2,
        "",
        "error: `line-ending` is not a value for `--select <RULE>`\nhint: did you mean `line-endings`?\n",
    );
}

#[test]
fn names_of_rules_are_completed() {
    let sandbox = Sandbox::bare();
    sandbox.set("XTASK_COMPLETE", "fish");
    let done = sandbox.run_words(&["--", "xtask", "lint", "--select", "missing-c"]);
    done.is(0, "missing-cache-mount\n", "");
}
