//! Flags that have to be given, and flags that a variable gives.

use crate::harness::Sandbox;

const TASKS: &str = r#"
[tasks.commit]
steps = ["git commit {message}"]
flags.message = { value = "TEXT", words = ["-m", "{value}"], required = true }
[tasks.logs]
steps = ["tail {lines} x"]
flags.lines = { value = "LINES", from-env = "LINES", words = ["-n", "{value}"], choices = ["1", "2"], env = "TAIL" }
[tasks.push]
steps = ["x {tag}"]
flags.tag = { value = "TAG", from-env = "TAG", words = ["{value}"], required = true }
[tasks.both]
needs = ["push"]
steps = ["task logs", "task push --tag t"]
"#;

#[test]
fn a_required_flag_is_asked_for_before_anything_runs() {
    let sandbox = Sandbox::with(TASKS);
    sandbox.program("git");
    sandbox.on("git *").exit(0);
    let missing = "error: `--message <TEXT>` is missing\nhint: see its flags: xtask commit --help\n";
    sandbox.run("commit").is(2, "", missing);
    sandbox.run("-n commit").is(2, "", missing);
    sandbox.run("commit --message x").is(0, "", "$ git commit -m x\n");
    let help = sandbox.run("help commit");
    assert_eq!(help.code, 0, "{help:?}");
    assert!(help.stdout.contains("--message <TEXT>  [required]\n"), "{help:?}");
}

#[test]
fn a_variable_gives_a_flag_that_was_not_typed() {
    let sandbox = Sandbox::with(TASKS);
    let line =
        |variables: &str, words: &str| format!("{variables}DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 {words}\n");
    sandbox.run("-n --os linux logs").is(0, &line("", "tail x"), "");
    sandbox.set("LINES", "2");
    sandbox.run("-n --os linux logs").is(0, &line("TAIL=2 ", "tail -n 2 x"), "");
    sandbox.run("-n --os linux logs --lines 1").is(0, &line("TAIL=1 ", "tail -n 1 x"), "");
    // The person's own variable is stronger than what another one gives, and weaker than what was typed.
    sandbox.set("TAIL", "own");
    sandbox.run("-n --os linux logs").is(0, &line("", "tail -n 2 x"), "");
    sandbox.run("-n --os linux logs --lines 1").is(0, &line("TAIL=1 ", "tail -n 1 x"), "");
    // Nothing is no value.
    sandbox.set("LINES", "");
    sandbox.run("-n --os linux logs").is(0, &line("", "tail x"), "");
    sandbox.set("LINES", "3");
    sandbox.run("-n --os linux logs").is(
        2,
        "",
        "error: `3` in LINES is not a value for `--lines <LINES>`\nhint: use `1` or `2`\n",
    );
    let help = sandbox.run("help logs").stdout;
    assert!(help.contains("[sets TAIL] [from LINES] [one of: 1, 2]\n"), "{help}");
}

#[test]
fn a_required_flag_may_come_from_its_variable() {
    let sandbox = Sandbox::with(TASKS);
    sandbox.run("-n push").is(2, "", "error: `--tag <TAG>` is missing\nhint: type it, or set TAG\n");
    let needed = "error: task `push` needs `--tag <TAG>`\n  --> tasks.toml:12:10\n   |\n12 | needs = [\"push\"]\n   |          ^^^^^^\n   |\n   = hint: type it, or set TAG\n";
    sandbox.run("-n both").is(2, "", needed);
    sandbox.set("TAG", "v1");
    let lines = sandbox.run("-n --os linux both").stdout;
    assert_eq!(lines.matches(" x v1\n").count(), 1, "{lines}");
    assert_eq!(lines.matches(" x t\n").count(), 1, "{lines}");
}

#[test]
fn mistakes_about_given_flags_are_told_when_the_file_is_read() {
    let sandbox = Sandbox::with(
        r#"
[tasks.a]
needs = ["b"]
steps = ["task b", "task b --x 1"]
[tasks.b]
steps = ["t {x} {y} {z} {s}"]
flags.x = { value = "X", words = ["{value}"], required = true }
flags.y = { words = ["-y"], required = true }
flags.z = { value = "Z", words = ["{value}"], required = true, default = "1" }
flags.s = { value = "S", words = ["{value}"], from-env = "API_TOKEN" }
[tasks.c]
needs = ["d"]
steps = ["task d", "task d --x 1"]
[tasks.d]
steps = ["t {x}"]
flags.x = { value = "X", words = ["{value}"], required = true }
"#,
    );
    sandbox.run("help").is_snapshot("given_flags_mistakes");
}

#[test]
fn a_value_from_a_secret_variable_is_not_printed() {
    let sandbox = Sandbox::with(
        "[tasks.t]\nsteps = ['one']\nflags.v = { value = 'V', env = 'V', from-env = 'MY_TOKEN', choices = ['geheim-1'] }\n",
    );
    sandbox.set("MY_TOKEN", "geheim-2");
    let error = "error: `…` in MY_TOKEN is not a value for `--v <V>`\nhint: use `geheim-1`\n";
    sandbox.run("t").is(2, "", error);
    sandbox.set("MY_TOKEN", "geheim-1");
    let line = "V='…' DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 one\n";
    sandbox.run("-n --os linux t").is(0, line, "`…` stands for a secret value, which is not printed\n");
}

#[test]
fn a_value_that_looks_like_a_flag_is_typed_behind_an_equals_sign() {
    let sandbox =
        Sandbox::with("[tasks.t]\nsteps = ['one {o} {args}']\nflags.o = { value = 'OPTS', words = ['{value}'] }\n");
    sandbox.program("one");
    sandbox.on("one *").exit(0);
    let refused = "error: unexpected argument `-e`\nhint: a value that begins with `-` is typed as `--o=…`\n";
    sandbox.run_words(&["t", "--o", "-e A"]).is(2, "", refused);
    sandbox.run_words(&["t", "--o=-e A"]).is(0, "", "$ one '-e A'\n");
    let elsewhere = "error: unexpected argument `-e`\nhint: to pass it on, put `--` before it: xtask t -- -e\n";
    sandbox.run("t -e").is(2, "", elsewhere);
}
