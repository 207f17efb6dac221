//! `[words]`.

use crate::harness::Sandbox;

const TASKS: &str = r#"
[words]
manage = "{app} python 'manage 2.py'"
app = "tool run {rm} app"
rm = "--rm"
run = ""
[tasks.migrate]
steps = ["{manage} migrate {args}", "{run} one {run}", "{run} {app}"]
[tasks.other]
steps = ["task inner {values}"]
[tasks.inner]
steps = ["two {x}"]
flags.x = { value = "X", words = ["{value}"] }
"#;

fn with(extra: &str) -> Sandbox {
    Sandbox::with(&TASKS.replace("[words]\n", &format!("[words]\n{extra}\n")))
}

#[test]
fn shared_words_stand_for_others_and_empty_ones_vanish() {
    let sandbox = with("values = '--x 1'");
    for name in ["tool", "one", "two"] {
        sandbox.program(name);
        sandbox.on(&format!("{name} *")).exit(0);
    }
    let echo = "$ tool run --rm app python 'manage 2.py' migrate a\n$ one\n$ tool run --rm app\n";
    sandbox.run("migrate -- a").is(0, "", echo);
    sandbox.run("other").is(0, "", "$ two 1\n");
    let help = sandbox.run("help migrate").stdout;
    assert!(help.ends_with("  $ one\n  $ tool run --rm app\n"), "{help}");
}

#[test]
fn a_call_with_shared_words_is_checked_when_the_file_is_read() {
    let sandbox = with("values = '--y 1'");
    let done = sandbox.run("migrate");
    assert_eq!(done.code, 2, "{done:?}");
    assert!(
        done.stderr.starts_with("error: task `inner` can't be called like this: unexpected argument `--y`\n"),
        "{done:?}"
    );
}

#[test]
fn every_mistake_in_shared_words_is_told_in_one_go() {
    let sandbox = Sandbox::with(
        r#"
[words]
a = "{b} x"
b = "{c}"
c = "{a}"
self = "{self}"
"n n" = "x"
args = "x"
call = "task t"
rest = "x {args}"
unknown = "{ap}"
shell = "a | b"
empty = ""
app = "x"
[tasks.t]
steps = ["{empty}", "{empty} {f}", "{aps} x", "{empty} task t", "export x"]
flags.f = { words = ["-f"] }
flags.app = { words = ["-a"] }
"#,
    );
    sandbox.run("help").is_snapshot("shared_words_mistakes");
}

#[test]
fn words_that_double_each_other_end() {
    let mut text = "[words]\nw0 = 'x x x x'\n".to_owned();
    for n in 1..40 {
        text.push_str(&format!("w{n} = '{{w{0}}} {{w{0}}}'\n", n - 1));
    }
    let sandbox = Sandbox::with(&(text + "[tasks.t]\nsteps = ['{w39}']\n"));
    let done = sandbox.run("t");
    assert_eq!(done.code, 2);
    assert!(done.stderr.starts_with("error: shared words become more than 100000 here\n"), "{}", done.stderr);
}

#[test]
fn words_that_cannot_be_known_are_one_mistake() {
    let sandbox = Sandbox::with(
        "[words]\na = 'x | y'\nb = '{a} z'\n[tasks.t]\nsteps = ['{a}', '{b} c', 'task u {b}']\n[tasks.u]\nsteps = ['x']\n",
    );
    let done = sandbox.run("help");
    assert_eq!((done.code, done.stderr.matches("error: ").count()), (2, 1), "{done:?}");
    let doubling: String = (0..20).map(|at| format!("w{} = '{{w{at}}} {{w{at}}}'\n", at + 1)).collect();
    let sandbox =
        Sandbox::with(&format!("[words]\nw0 = 'x y'\n{doubling}[tasks.t]\nsteps = ['{{w20}}', 'x {{w1}} {{w19}}']\n"));
    let done = sandbox.run("help");
    assert_eq!((done.code, done.stderr.matches("error: ").count()), (2, 1), "{done:?}");
    assert!(done.stderr.starts_with("error: shared words become more than 100000 here\n"), "{done:?}");
}

#[test]
fn words_behind_a_program_may_look_like_a_variable() {
    let sandbox =
        Sandbox::with("[words]\nfast = 'FAST=1 {more}'\nmore = 'MORE=2'\n[tasks.t]\nsteps = ['one {fast}']\n");
    sandbox.program("one");
    sandbox.on("one *").exit(0);
    let dry = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 one 'FAST=1' 'MORE=2'\n";
    sandbox.run("-n --os linux t").is(0, dry, "");
    assert_eq!(sandbox.run("t").code, 0);
    assert_eq!(sandbox.calls()[0].words, ["one", "FAST=1", "MORE=2"]);
    sandbox.file("tasks.toml", "[words]\nfast = 'FAST=1'\n[tasks.t]\nsteps = ['{fast} one']\n");
    let done = sandbox.run("t");
    let message = "error: `FAST=…` before a program is shell syntax, and there is no shell\n --> tasks.toml:4:11\n";
    assert!(done.code == 2 && done.stderr.starts_with(message), "{done:?}");
}
