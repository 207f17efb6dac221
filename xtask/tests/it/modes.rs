//! `[modes.NAME]`.

use crate::harness::Sandbox;

const TASKS: &str = r#"
[compose]
files = ["compose.yaml"]
project = "demo"
[env]
STAGE = "dev"
[words]
run = ""
[modes.e2e]
compose.files = ["compose.yaml", "e2e.yaml"]
env = { STAGE = "e2e" }
words.run = "wrapped"
[modes.ci]
when = { env = "CI" }
env = { STAGE = "ci" }
[modes.nightly]
when = { env = "KIND", is = "nightly" }
env = { STAGE = "nightly" }
[tasks.up]
env = { STAGE = "task" }
steps = ["compose up", "{run} one"]
[tasks.e2e]
mode = "e2e"
steps = ["{run} two", "task up", "task always"]
[tasks.always]
mode = "ci"
steps = ["two"]
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.file("e2e.yaml", "services: {}\n");
    sandbox
}

fn lines(mode: &str, stage: &str, files: &str, one: &str) -> String {
    let variables = format!("STAGE={stage} DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1");
    format!("{mode}{variables} COMPOSE_MENU=false docker compose {files} -p demo up\n{variables} {one}\n")
}

#[test]
fn a_mode_changes_files_variables_and_words() {
    let sandbox = sandbox();
    let dry = |words: &str| {
        let done = sandbox.run(&format!("-n --os linux {words}"));
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done:?}");
        done.stdout
    };
    assert_eq!(dry("up"), lines("", "task", "-f compose.yaml", "one"));
    let e2e = |why: &str| lines(&format!("# mode `e2e`: {why}\n"), "e2e", "-f compose.yaml -f e2e.yaml", "wrapped one");
    assert_eq!(dry("--mode e2e up"), e2e("--mode"));
    sandbox.set("XTASK_MODE", "e2e");
    assert_eq!(dry("up"), e2e("XTASK_MODE"));
    let ci = |why: &str| lines(&format!("# mode `ci`: {why}\n"), "ci", "-f compose.yaml", "one");
    assert_eq!(dry("--mode ci up"), ci("--mode"));
    sandbox.unset("XTASK_MODE");
    sandbox.set("CI", "");
    assert_eq!(dry("up"), lines("", "task", "-f compose.yaml", "one"));
    sandbox.set("CI", "1");
    assert_eq!(dry("up"), ci("CI is set"));
    sandbox.set("CI", "");
    sandbox.set("KIND", "nightly");
    assert_eq!(dry("up"), lines("# mode `nightly`: KIND is `nightly`\n", "nightly", "-f compose.yaml", "one"));
}

#[test]
fn a_task_has_its_own_mode_and_gives_it_to_those_it_calls() {
    let sandbox = sandbox();
    for name in ["wrapped", "two", "one"] {
        sandbox.program(name);
        sandbox.on(&format!("{name} *")).exit(0);
    }
    sandbox.on("docker compose *").exit(0);
    let done = sandbox.run("--mode ci e2e");
    let echo = "mode `e2e`: task `e2e`\n$ wrapped two\n$ docker compose -f compose.yaml -f e2e.yaml -p demo up\n$ wrapped one\n\
                mode `ci`: task `always`\n$ two\n";
    assert_eq!((done.code, done.stderr.as_str()), (0, echo), "{done:?}");
    let stages: Vec<_> = sandbox.calls().iter().map(|call| call.env("STAGE").map(str::to_owned)).collect();
    assert_eq!(stages.last(), Some(&Some("ci".to_owned())));
    assert!(stages[..stages.len() - 1].iter().all(|stage| stage.as_deref() == Some("e2e")), "{stages:?}");
}

#[test]
fn a_mode_that_is_not_there_is_told_with_those_that_are() {
    let sandbox = sandbox();
    sandbox.run("--mode e3e up").is(2, "", "error: no mode is called `e3e` (--mode)\nhint: did you mean `e2e`?\n");
    sandbox.set("XTASK_MODE", "production");
    let error = "error: no mode is called `production` (XTASK_MODE)\nhint: there are `e2e`, `ci` and `nightly`\n";
    sandbox.run("up").is(2, "", error);
    let plain = Sandbox::with("[tasks.t]\nsteps = ['x']\n");
    let error = "error: no mode is called `x` (--mode)\nhint: tasks.toml has no modes: [modes.NAME]\n";
    plain.run("--mode x t").is(2, "", error);
}

#[test]
fn mistakes_in_modes_are_told_when_the_file_is_read_and_name_their_modes() {
    let sandbox = Sandbox::with(
        r#"
[words]
a = "{b}"
b = ""
[modes.one]
words = { only = "x", b = "{a}" }
steps = ["x"]
[modes."t wo"]
when = { is = "1" }
words = { b = "x" }
[tasks.t]
steps = ["{only} y", "{b}"]
[tasks.own]
mode = "one"
steps = ["{only} y"]
[tasks.wrong]
mode = "on"
steps = ["x"]
[tasks.built]
builtin = "build-fresh"
mode = "one"
"#,
    );
    sandbox.run("help").is_snapshot("mode_mistakes");
}
