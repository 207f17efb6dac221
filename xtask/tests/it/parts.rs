//! `unless`: a task that is left out where a path is there.

use crate::harness::Sandbox;

const TASKS: &str = "
[tasks.setup]
unless = '.env'
needs = ['tool']
confirm = 'Write .env?'
steps = ['one']
[tasks.tool]
steps = ['two']
[tasks.up]
needs = ['setup']
steps = ['three']
[tasks.both]
steps = ['task setup', 'task setup', 'task needing']
[tasks.needing]
needs = ['tool']
steps = ['three']
[tasks.inside]
dir = 'sub'
unless = 'made'
steps = ['one']
";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with(TASKS);
    for name in ["one", "two", "three"] {
        sandbox.program(name);
    }
    sandbox.on("two").exit(0);
    sandbox.on("three").exit(0);
    sandbox
}

#[test]
fn where_the_path_is_there_the_task_its_needs_and_its_question_are_left_out() {
    let sandbox = sandbox();
    sandbox.on("one").exit(0);
    let asked = "error: no terminal to ask on: \"Write .env?\"\nhint: answer with --yes\n";
    sandbox.run("up").is(2, "", asked);
    sandbox.run("--yes up").is(0, "", "$ two\n$ one\n$ three\n");
    sandbox.file(".env", "");
    sandbox.run("up").is(0, "", "$ three\n");
    let verbose = sandbox.run("-v up").stderr;
    assert!(verbose.starts_with("task `setup` is left out: `.env` is there\n"), "{verbose}");
    sandbox.run("setup").is(0, "", "nothing to do for task `setup`: `.env` is there\n");
    let dry = "# task `setup` is left out: `.env` is there\nDOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 three\n";
    sandbox.run("-n --os linux up").is(0, dry, "");
    let help = sandbox.run("help setup").stdout;
    assert!(help.contains("\nLeft out when this is there: .env\n"), "{help}");
}

#[test]
fn an_earlier_step_may_make_the_path() {
    let sandbox = sandbox();
    sandbox.on("one").act("file", ".env");
    // The need that was left out with it runs where another task needs it.
    sandbox.run("--yes both").is(0, "", "$ two\n$ one\n$ three\n");
    sandbox.forget_calls();
    sandbox.run("both").is(0, "", "$ two\n$ three\n");
}

#[test]
fn the_path_is_looked_for_from_the_tasks_folder() {
    let sandbox = sandbox();
    sandbox.folder("sub");
    sandbox.on("one").exit(0);
    sandbox.file("made", "");
    sandbox.run("inside").is(0, "", "$ one\n");
    sandbox.file("sub/made", "");
    sandbox.run("inside").is(0, "", "nothing to do for task `inside`: `sub/made` is there\n");
}

#[test]
fn a_path_outside_of_the_project_is_a_mistake() {
    for path in ["/etc/passwd", "../x", "a/../../x", "c:/x", ".", "a/..", ""] {
        let sandbox = Sandbox::with(&format!("[tasks.t]\nunless = '{path}'\nsteps = ['x']\n"));
        let error = format!(
            "error: `unless` has no path in the project\n --> tasks.toml:2:10\n  |\n2 | unless = '{path}'\n  |          {}\n  \
             |\n  = hint: it is a path from `dir`, or from the folder of tasks.toml\n",
            "^".repeat(path.len() + 2)
        );
        sandbox.run("t").is(2, "", &error);
    }
}

#[test]
fn a_question_is_asked_when_an_earlier_step_removes_the_path() {
    let sandbox = Sandbox::with(
        "[tasks.a]\nsteps = ['rm -f mark', 'task b']\n[tasks.b]\nunless = 'mark'\nconfirm = 'Drop it?'\nsteps = [{ say = 'dropped' }]\n",
    );
    sandbox.file("mark", "");
    sandbox.run("a").is(2, "", "$ rm -f mark\nerror: no terminal to ask on: \"Drop it?\"\nhint: answer with --yes\n");
    sandbox.file("mark", "");
    sandbox.run("--yes a").is(0, "dropped\n", "$ rm -f mark\n");
}

#[test]
fn a_command_asked_for_a_variable_is_asked_when_an_earlier_step_makes_it_due() {
    let sandbox = Sandbox::with(
        "[env]\nV = { output = 'asked' }\n[tasks.a]\nsteps = ['rm -f mark', 'task b', 'two']\n[tasks.b]\nunless = 'mark'\nsteps = ['one']\n",
    );
    for name in ["asked", "one", "two"] {
        sandbox.program(name);
    }
    sandbox.on("asked").out("answer\n");
    sandbox.on("one").exit(0);
    sandbox.on("two").exit(0);
    sandbox.file("mark", "");
    sandbox.run("a").is(0, "", "$ rm -f mark\n$ one\n$ two\n");
    let values: Vec<_> = sandbox.calls().iter().filter_map(|call| call.env("V").map(str::to_owned)).collect();
    assert_eq!(
        (sandbox.called(), values),
        (vec!["asked".into(), "one".into(), "two".into()], vec!["answer".into(); 2])
    );
}

#[test]
fn a_dry_run_says_what_may_fail_and_where_that_ends() {
    let sandbox = Sandbox::with(
        "[tasks.t]\nsteps = [{ run = 'task inner', may-fail = true }, 'two']\n\
         [tasks.inner]\nsteps = ['one', { run = 'two', may-fail = true }, 'one']\n",
    );
    let line = |program: &str| format!("DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 {program}\n");
    let (outer, inner) = ("# may fail, of task `t`:\n", "# may fail, of task `inner`:\n");
    let end = "# from here on, a failure ends it\n";
    let dry = [outer, &line("one"), inner, &line("two"), outer, &line("one"), end, &line("two")].concat();
    sandbox.run("-n --os linux t").is(0, &dry, "");
    let help = sandbox.run("help t").stdout;
    assert!(help.ends_with("  $ one  (may fail)\n  $ two  (may fail)\n  $ one  (may fail)\n  $ two\n"), "{help}");
}

#[test]
fn a_dry_run_says_what_an_earlier_step_decides() {
    let sandbox = Sandbox::with(
        "[tasks.make]\nunless = 'made'\nsteps = ['touch made']\n[tasks.b]\nneeds = ['make']\nsteps = ['touch b']\n\
         [tasks.all]\nsteps = ['task make', 'task b']\n[tasks.again]\nsteps = ['rm -f made', 'task make']\n",
    );
    let all = "touch made\n# task `make`, unless `made` is there by then:\ntouch made\ntouch b\n";
    sandbox.run("-n --os linux all").is(0, all, "");
    sandbox.run("all").is(0, "", "$ touch made\n$ touch b\n");
    let again = "rm -f made\n# task `make` is left out: `made` is there now\n";
    sandbox.run("-n --os linux again").is(0, again, "");
    sandbox.run("again").is(0, "", "$ rm -f made\n$ touch made\n");
}
