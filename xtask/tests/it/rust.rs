//! Commands in Rust, as another repository adds them: `tests/own_commands.rs` is its program.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Once;

use crate::doctor::OF_28;
use crate::harness::{Done, EXE, Sandbox, under_wine, xtask};

/// The program with commands of its own. `cargo test` builds it; `cargo test --test it` does not.
pub fn own() -> PathBuf {
    static BUILD: Once = Once::new();
    let path = xtask().with_file_name("examples").join(format!("own-commands{EXE}"));
    let target = xtask().ancestors().nth(2).map(PathBuf::from).expect("the target folder");
    // Under Wine the cargo that runs the tests is Linux's.
    if let Some(cargo) = std::env::var_os("CARGO").filter(|_| !under_wine()) {
        BUILD.call_once(|| {
            let mut build = Command::new(cargo);
            build.args(["build", "--quiet", "--offline", "--example", "own-commands"]);
            let status = build.current_dir(env!("CARGO_MANIFEST_DIR")).env("CARGO_TARGET_DIR", target).status();
            assert!(status.expect("cargo starts").success());
        });
    }
    path
}

fn run(sandbox: &Sandbox, line: &str) -> Done {
    sandbox.finish(sandbox.command_of(&own()).args(line.split_whitespace()))
}

const TASKS: &str = "[env]
A = '1'
[tasks.seed]
rust = true
[tasks.after]
steps = ['tool {args}']
[tasks.all]
steps = ['tool before', 'task hello -- {args}', 'tool after']
[tasks.hello]
rust = true
about = 'Say it'
aliases = ['hi']
confirm = 'Really?'
env = { B = '2' }
";

fn with_tools(tasks: &str) -> Sandbox {
    let sandbox = Sandbox::with_docker(tasks);
    sandbox.program("tool");
    sandbox.on("tool *");
    sandbox
}

#[test]
fn a_command_in_rust_gets_its_words_and_gives_the_code() {
    let sandbox = with_tools(TASKS);
    for line in ["--yes hello -- a --b", "hi --yes -- a --b"] {
        run(&sandbox, line).is(3, "hello [\"a\", \"--b\"] in project\n", "");
    }
    let below = sandbox.folder("a/b");
    let mut command = sandbox.command_of(&own());
    sandbox.finish(command.current_dir(below).args(["hello", "--yes"])).is(3, "hello [] in project\n", "");
    run(&sandbox, "hello a").is(
        2,
        "",
        "error: unexpected argument `a`\nhint: to pass it on, put `--` before it: own-commands hello -- a\n",
    );
    run(&sandbox, "broken").is(2, "", "error: the disk is full\n");
}

#[test]
fn a_command_in_rust_runs_in_the_projects_folder() {
    let sandbox = with_tools(TASKS);
    sandbox.file("a.txt", "of the project");
    let mut command = sandbox.command_of(&own());
    let below = sandbox.folder("a/b");
    sandbox.finish(command.current_dir(below).args(["read", "--", "a.txt"])).is(0, "of the project\n", "");
}

#[test]
fn a_code_that_the_system_does_not_have_is_no_success() {
    let sandbox = with_tools("[tasks.two]\nsteps = ['task code -- {args}', 'tool']\n[tasks.code]\nrust = true\n");
    for code in ["256", "-1", "300"] {
        let shown = if cfg!(windows) { code } else { "255" };
        let said =
            format!("$ own-commands code -- {code}\nerror: step 1 of 2 (task `code`) ended with exit code {shown}\n");
        let done = run(&sandbox, &format!("two -- {code}"));
        assert_eq!((&done.stderr, done.code != 0), (&said, true), "{done:?}");
    }
    run(&sandbox, "code -- 200").is(200, "", "");
}

#[test]
fn a_command_in_rust_that_calls_itself_without_end_is_ended() {
    let sandbox = with_tools("[tasks.again]\nrust = true\n");
    run(&sandbox, "again").is(2, "", "error: `again` calls itself without end\n");
}

#[test]
fn commands_in_rust_are_enough() {
    let sandbox = with_tools("[compose]\nfiles = ['compose.yaml']\n");
    run(&sandbox, "hello -- a").is(3, "hello [\"a\"] in project\n", "");
    // The general program has nothing to run.
    let done = sandbox.run("hello");
    assert!(done.code == 2 && done.stderr.contains("there is no task in this file"), "{done:?}");
}

#[test]
fn a_command_in_rust_is_a_step_like_any_other() {
    let sandbox = with_tools(TASKS);
    run(&sandbox, "--yes all -- a").is(
        3,
        "hello [\"a\"] in project\n",
        "$ tool before\n$ own-commands hello -- a\nerror: step 2 of 3 (task `hello`) ended with exit code 3\n",
    );
    run(&sandbox, "-n --os linux all -- 'x").is(0, "A=1 DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 tool before\nown-commands hello -- \"'x\"\nA=1 DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 tool after\n", "");
    run(&sandbox, "-n hello").is(0, "own-commands hello\n", "");
}

#[test]
fn compose_and_tasks_are_called_from_rust() {
    let sandbox = with_tools(TASKS);
    sandbox.on("docker compose exec -T db psql");
    run(&sandbox, "seed -- x").is(0, "", "$ docker compose exec -T db psql\n$ tool x\n");
    let calls = sandbox.calls();
    assert!(calls.iter().all(|call| call.env.iter().any(|(name, value)| name == "A" && value == "1")), "{calls:?}");
    // A failure has said so: its code, and nothing more.
    let sandbox = with_tools(TASKS);
    sandbox.on("docker compose exec -T db psql").exit(4);
    OF_28.script(&sandbox, "docker compose");
    run(&sandbox, "seed").is(4, "", "$ docker compose exec -T db psql\n");
    let sandbox = Sandbox::with_docker(TASKS);
    sandbox.on("docker compose exec -T db psql");
    sandbox.program("tool");
    sandbox.on("tool").exit(5);
    run(&sandbox, "seed").is(
        5,
        "",
        "$ docker compose exec -T db psql\n$ tool\nerror: the seed is there, and unchecked\n",
    );
}

#[test]
fn the_shell_has_the_tasks_variables_and_none_of_cargos() {
    let sandbox = with_tools(TASKS);
    sandbox.set("CARGO_PKG_NAME", "compose-xtask");
    sandbox.set("CARGO_MANIFEST_DIR", sandbox.project().join("xtask"));
    sandbox.set("CARGO", "cargo");
    sandbox.set("DOCKER_BUILDKIT", "0");
    let below = sandbox.folder("a");
    let mut command = sandbox.command_of(&own());
    sandbox.finish(command.current_dir(below).args(["shell", "--", "a b"])).is(0, "", "");
    let call = &sandbox.calls()[0];
    assert_eq!((&call.dir[..], &call.words[1..]), ("<T>/home/project", &["a b".to_owned()][..]));
    let value = |name: &str| call.env.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    assert_eq!(
        (value("A"), value("DOCKER_BUILDKIT"), value("COMPOSE_DOCKER_CLI_BUILD")),
        (Some("1"), Some("0"), Some("1"))
    );
    assert_eq!((value("CARGO"), value("CARGO_PKG_NAME"), value("CARGO_MANIFEST_DIR")), (None, None, None));
}

#[test]
fn commands_in_rust_stand_beside_the_tasks() {
    let sandbox = with_tools(TASKS);
    let list = run(&sandbox, "help").stdout;
    let about = |name: &str| {
        let line = list.lines().find(|line| line.split_whitespace().next() == Some(name));
        line.map(|line| line.trim_start()[name.len()..].trim().to_owned())
    };
    assert_eq!(about("seed").as_deref(), Some("Fill the database"), "{list}");
    assert_eq!(about("hello").as_deref(), Some("Say it [also: hi]"), "{list}");
    assert_eq!(
        about("doctor").as_deref(),
        Some("Ours, and no built-in one [in place of the built-in command]"),
        "{list}"
    );
    assert_eq!(
        (list.matches("  doctor ").count(), about("broken").as_deref()),
        (1, Some("A command in Rust")),
        "{list}"
    );
    run(&sandbox, "help seed").is_snapshot("rust_seed");
    run(&sandbox, "sede").is(2, "", "error: no task is called `sede`\nhint: did you mean `seed`?\n");
    let json: serde_json::Value = serde_json::from_str(&run(&sandbox, "help --json").stdout).expect("JSON");
    let task = |name: &str| json["tasks"].as_array().expect("tasks").iter().find(|task| task["name"] == name).cloned();
    let (seed, shell) = (task("seed").expect("declared"), task("shell").expect("not declared"));
    assert_eq!((&seed["rust"], &seed["line"], &seed["about"]), (&true.into(), &3.into(), &"Fill the database".into()));
    assert_eq!((&shell["rust"], shell["file"].is_null(), shell["line"].is_null()), (&true.into(), true, true));
    // It goes before the built-in command of its name, as a task would.
    run(&sandbox, "doctor --yes").is(3, "hello [] in project\n", "");
    for (name, value) in [("XTASK_COMPLETE", "fish"), ("_CLAP_COMPLETE_INDEX", "1")] {
        sandbox.set(name, value);
    }
    let names = run(&sandbox, "-- own-commands s").stdout;
    assert_eq!(
        names,
        "seed\tFill the database\nshell\tRun tool by xshell\nschema\tWrite the JSON schema of tasks.toml, for your editor\n"
    );
}

#[test]
fn the_general_program_lists_them_and_names_the_way() {
    let sandbox = with_tools(TASKS);
    let list = sandbox.run("help").stdout;
    assert!(list.contains("\n  seed         A command in Rust\n"), "{list}");
    sandbox.run("seed").is(2, "", "error: seed is written in Rust: cargo xtask seed\n");
    sandbox.run_words(&["seed", "--", "a b"]).is(2, "", "error: seed is written in Rust: cargo xtask seed -- 'a b'\n");
    // Before anything runs, and before any question.
    sandbox.run("all").is(2, "", "error: hello is written in Rust: cargo xtask hello\n");
    sandbox.run("-n seed -- a").is(0, "cargo xtask seed -- a\n", "");
    assert_eq!(sandbox.called(), [""; 0]);
    // By cargo it is the repository's own program that has no such command.
    sandbox.set("CARGO_PKG_NAME", "compose-xtask");
    sandbox.set("CARGO_MANIFEST_DIR", sandbox.project().join("xtask"));
    sandbox.run("seed").is(
        2,
        "",
        "error: `seed` is written in Rust, and this program has no such command\nhint: add it in main: .command(\"seed\", …), or remove [tasks.seed]\n",
    );
}

#[test]
fn mistakes_about_commands_in_rust_have_their_place() {
    let sandbox = Sandbox::with(
        "[tasks.hello]
steps = ['tool']
[tasks.t]
aliases = ['seed']
steps = ['task shell']
needs = ['broken']
[tasks.u]
rust = true
steps = ['tool']
dir = 'a'
[tasks.u.flags]
f = { words = ['f'] }
[tasks.v]
rust = true
builtin = 'help'
[tasks.w]
rust = 1
[tasks.x]
windows.rust = true
",
    );
    run(&sandbox, "help").is_snapshot("rust_mistakes");
    // Another program knows nothing of the first ones.
    sandbox.file("tasks.toml", "[tasks.hello]\nsteps = ['tool']\n");
    sandbox.run("-n --os linux hello").is(0, "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 tool\n", "");
}

#[test]
fn the_program_is_named_as_it_was_started() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool']\n");
    let names = |list: String| list.lines().next().unwrap_or_default().to_owned();
    assert_eq!(names(run(&sandbox, "help").stdout), "Usage: own-commands <TASK> [OPTIONS] [-- ARGS]");
    run(&sandbox, "x").is(2, "", "error: no task is called `x`\nhint: list the tasks: own-commands help\n");
    let copy = sandbox.root().join(format!("my.tool{EXE}"));
    std::fs::hard_link(own(), &copy).expect("a link");
    let done = sandbox.finish(sandbox.command_of(&copy).arg("x"));
    done.is(2, "", "error: no task is called `x`\nhint: list the tasks: my.tool help\n");
    let done = sandbox.finish(sandbox.command_of(&copy).args(["completions", "bash"]));
    assert!(done.stdout.contains(" -F _xtask_complete my.tool\n"), "{done:?}");
    sandbox.set("CARGO_PKG_NAME", "compose-xtask");
    sandbox.set("CARGO_MANIFEST_DIR", sandbox.project().join("xtask"));
    run(&sandbox, "x").is(2, "", "error: no task is called `x`\nhint: list the tasks: cargo own-commands help\n");
}
