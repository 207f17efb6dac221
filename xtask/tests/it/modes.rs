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

#[test]
fn an_empty_name_chooses_no_mode_and_a_script_passes_that_on() {
    let sandbox = sandbox();
    let dry = |words: &[&str]| sandbox.run_words(&[&["-n", "--os", "linux"], words].concat()).stdout;
    let plain = lines("", "task", "-f compose.yaml", "one");
    sandbox.set("CI", "1");
    sandbox.set("XTASK_MODE", "");
    assert_eq!(dry(&["up"]), plain);
    sandbox.set("XTASK_MODE", "e2e");
    assert_eq!(dry(&["--mode", "", "up"]), plain);
    sandbox.unset("XTASK_MODE");
    assert!(dry(&["up"]).starts_with("# mode `ci`: CI is set\n"));
}

#[cfg(unix)]
#[test]
fn a_script_runs_tasks_in_its_own_mode_or_in_none() {
    let sandbox = Sandbox::with(
        "[modes.ci]\nwhen = { env = 'CI' }\nenv.XTASK_MODE = 'other'\n[modes.m]\n[tasks.t]\nsteps = [{ sh = '\"$XTASK\" -n u' }]\n\
         [tasks.in-m]\nmode = 'm'\nsteps = ['task t']\n[tasks.u]\nsteps = ['one']\n",
    );
    sandbox.set("PATH", format!("{}:/usr/bin:/bin", sandbox.bin().display()));
    sandbox.set("CI", "1");
    let first = |words: &[&str]| {
        let done = sandbox.run_words(words);
        assert_eq!(done.code, 0, "{done:?}");
        done.stdout.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(first(&["t"]), "# mode `ci`: XTASK_MODE");
    assert_eq!(first(&["in-m"]), "# mode `m`: XTASK_MODE");
    assert_eq!(first(&["--mode", "", "t"]), "one");
}

#[test]
fn a_variable_with_a_mode_that_is_not_there_does_not_keep_from_looking() {
    let sandbox = Sandbox::with(TASKS);
    sandbox.set("XTASK_MODE", "x");
    let warning = "warning: no mode is called `x` (XTASK_MODE)\nhint: there are `e2e`, `ci` and `nightly`\n";
    for words in ["help", "help up", "doctor"] {
        let done = sandbox.run(words);
        assert!(done.stderr.starts_with(warning) && !done.stdout.is_empty(), "{words}: {done:?}");
    }
    assert_eq!(sandbox.run("--mode x help").code, 2);
}

#[test]
fn a_dry_run_says_each_change_of_the_mode() {
    let sandbox = Sandbox::with(
        "[modes.m]\n[tasks.t]\nsteps = ['one', 'task u', 'one', 'task u']\n[tasks.u]\nmode = 'm'\nsteps = ['two']\n",
    );
    let line = |program: &str| format!("DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 {program}\n");
    let u = format!("# mode `m`: task `u`\n{}", line("two"));
    let dry = [line("one"), u.clone(), "# no mode\n".to_owned(), line("one"), u].concat();
    sandbox.run("-n --os linux t").is(0, &dry, "");
}

#[test]
fn a_call_is_checked_in_every_mode() {
    let sandbox = Sandbox::with(
        "[words]\nw = ''\n[modes.a]\nwords.w = '--no'\n[tasks.t]\nsteps = ['task u {w}']\n[tasks.u]\nsteps = ['x']\n",
    );
    let done = sandbox.run("help");
    let message = "error: task `u` can't be called like this: unexpected argument `--no` in mode `a`\n";
    assert!(done.code == 2 && done.stderr.starts_with(message), "{done:?}");
}
