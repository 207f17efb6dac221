//! Help, for people and as JSON. The snapshots hold all of it.

use crate::harness::{Sandbox, shipped_tasks};

fn shipped() -> Option<Sandbox> {
    Some(Sandbox::with(&shipped_tasks()?))
}

/// Every key that a help shows.
const RICH: &str = "[tasks.check]
about = 'Format and test'
aliases = ['c']
needs = ['prepare']
dir = 'services/api'
steps = ['cargo fmt --check', 'cargo test {level} {jobs} {args}', 'task prepare', \"tool 'a b' {fast}\"]
[tasks.check.flags]
level = { short = 'l', about = 'How much', value = 'LEVEL', default = 'low', choices = ['low', 'high'], words = ['--level', '{value}'] }
jobs = { value = 'N', words = ['-j', '{value}'] }
fast = { about = 'Leave the slow ones out', words = ['--fast'] }
stage = { about = 'The stage', value = 'STAGE', env = 'STAGE' }
[tasks.prepare]
steps = ['prepare']
[tasks.secret]
hidden = true
about = 'Not in the list, and has a help'
steps = ['secret']
";

#[test]
fn the_list_of_tasks() {
    let Some(sandbox) = shipped() else { return };
    let list = sandbox.run("help");
    list.is_snapshot("help_list");
    // With nothing typed it is the same, under cargo too.
    let nothing = sandbox.run("");
    assert_eq!((nothing.code, &nothing.stdout, &nothing.stderr), (0, &list.stdout, &list.stderr));
    sandbox.set("CARGO_PKG_NAME", "compose-xtask");
    sandbox.set("CARGO_MANIFEST_DIR", sandbox.root());
    sandbox.run("").is(0, &list.stdout.replace("xtask", "cargo xtask"), "");
    sandbox.run("help --help").is_snapshot("help_help");
}

#[test]
fn the_help_of_every_shipped_task() {
    let Some(sandbox) = shipped() else { return };
    for task in ["dev", "build", "build-fresh", "down", "logs", "ps", "restart", "shell", "help"] {
        let help = sandbox.run(&format!("help {task}"));
        help.is_snapshot(&format!("help_{task}").replace("help_help", "help_of_help"));
        if task != "help" {
            for same in [format!("{task} --help"), format!("{task} -h"), format!("-h {task}")] {
                sandbox.run(&same).is(help.code, &help.stdout, &help.stderr);
            }
        }
    }
    assert_eq!(sandbox.called(), [""; 0]);
}

#[test]
fn the_help_of_every_built_in_command() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['x']\n");
    for command in ["build-fresh", "cache", "completions"] {
        sandbox.run(&format!("{command} --help")).is_snapshot(&format!("builtin_{command}"));
    }
}

#[test]
fn a_tasks_help_shows_flags_and_exact_commands() {
    let sandbox = Sandbox::with(RICH);
    sandbox.run("help check").is_snapshot("rich_check");
    sandbox.run("help c").is_snapshot("rich_c");
    sandbox.run("help secret").is_snapshot("rich_secret");
    sandbox.run("help").is_snapshot("rich_list");
}

#[test]
fn help_as_json_has_file_and_line() {
    let sandbox = Sandbox::with(RICH);
    let done = sandbox.run("help --json");
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    let value: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    let tasks = value["tasks"].as_array().expect("tasks");
    let names: Vec<&str> = tasks.iter().filter_map(|task| task["name"].as_str()).collect();
    assert_eq!(names, ["check", "prepare", "secret"]);
    let lines: Vec<u64> = tasks.iter().filter_map(|task| task["line"].as_u64()).collect();
    assert_eq!(lines, [1, 12, 14]);
    // A path in JSON has its backslashes twice.
    for place in [&value["file"], &tasks[0]["file"]] {
        let path = place.as_str().expect("a path");
        assert_eq!(sandbox.normal(path.as_bytes()), "<T>/home/project/tasks.toml");
    }
    let check = &tasks[0];
    assert_eq!(check["about"], "Format and test");
    assert_eq!(check["aliases"], serde_json::json!(["c"]));
    assert_eq!(check["needs"], serde_json::json!(["prepare"]));
    assert_eq!(check["dir"], "services/api");
    assert_eq!(check["hidden"], false);
    assert_eq!(tasks[2]["hidden"], true);
    assert_eq!(check["takes_args"], true);
    let level = &check["flags"][0];
    assert_eq!(level["name"], "level");
    assert_eq!(level["short"], "l");
    assert_eq!(level["value"], "LEVEL");
    assert_eq!(level["default"], "low");
    assert_eq!(level["choices"], serde_json::json!(["low", "high"]));
    assert_eq!(check["steps"][3], "tool 'a b' {fast}");
}

#[test]
fn the_version() {
    let sandbox = Sandbox::bare();
    let version = concat!("xtask ", env!("CARGO_PKG_VERSION"), "\n");
    for line in ["--version", "-V"] {
        sandbox.run(line).is(0, version, "");
    }
    Sandbox::with(RICH).run("check --version").is(0, version, "");
}

#[test]
fn without_a_file_help_says_where_it_looked() {
    let sandbox = Sandbox::bare();
    sandbox.run("").is(
        2,
        "",
        "error: there is no tasks.toml in `<T>/home/project` or above
hint: go to the project's folder, or name the file: --file path/to/tasks.toml
",
    );
}

#[test]
fn the_list_is_readable_when_the_reader_goes_away() {
    use std::process::Stdio;
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['x']\n");
    let mut child = sandbox.command().arg("help").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("xtask");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

/// A full disk is one.
#[cfg(target_os = "linux")]
#[test]
fn a_list_that_can_not_be_written_is_an_error() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['x']\n");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let said = "error: can't write to standard output: No space left on device (os error 28)\n";
    // Doctor finds that there is no docker.
    let lines: [&[&str]; 13] = [
        &["help"],
        &["help", "t"],
        &["help", "--json"],
        &["-n", "t"],
        &["env"],
        &["env", "--json"],
        &["completions", "bash"],
        &["schema", "-"],
        &["doctor"],
        &["doctor", "--json"],
        &["doctor", "--explain", "the --mount option requires BuildKit"],
        &["--version"],
        &["--help"],
    ];
    for words in lines {
        let full = full.try_clone().expect("/dev/full");
        let output = sandbox.command().args(words).stdout(full).output().expect("xtask");
        sandbox.done(&output).is(2, "", said);
    }
}

#[test]
fn every_task_has_a_line_that_says_something() {
    let other = if cfg!(windows) { "linux" } else { "windows" };
    let sandbox = Sandbox::with(&format!(
        "[tasks.all]\nneeds = ['a', 'b']\n[tasks.a]\nsteps = ['x']\n[tasks.b]\nsteps = ['y']\n[tasks.c.{other}]\nsteps = ['z']\n"
    ));
    let list = sandbox.run("help").stdout;
    assert!(list.contains("\n  all          Run a and b\n"), "{list}");
    assert!(list.contains(&format!("\n  c            [only {other}]\n")), "{list}");
}

/// Its steps are run by its name alone, and not by asking what it does.
#[test]
fn a_task_called_help_is_not_run_by_asking_for_help() {
    let sandbox = Sandbox::with("[tasks.help]\nabout = 'Mine'\nsteps = ['tool']\n[tasks.t]\nsteps = ['tool']\n");
    sandbox.program("tool");
    sandbox.on("tool");
    for line in ["help --help", "help -h", "-h help"] {
        let done = sandbox.run(line);
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{line}");
        assert!(done.stdout.starts_with("Mine\n\nUsage: xtask help [OPTIONS]\n"), "{line}: {}", done.stdout);
        assert!(done.stdout.ends_with("Commands:\n  $ tool\n"), "{line}: {}", done.stdout);
    }
    // Without a name it is the list and the options, as without such a task.
    for line in ["--help", "-h"] {
        let done = sandbox.run(line);
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{line}");
        assert!(done.stdout.contains("\n  t            tool\n"), "{line}: {}", done.stdout);
        assert!(done.stdout.contains("\nGlobal options:\n"), "{line}: {}", done.stdout);
    }
    assert_eq!(sandbox.called(), [""; 0], "nothing is run");
    sandbox.run("help").is(0, "", "$ tool\n");
}

#[test]
fn the_options_are_shown_without_a_file_and_with_a_broken_one() {
    let sandbox = Sandbox::bare();
    sandbox.run("--help").is_snapshot("options_without_a_file");
    let options = sandbox.run("-h");
    assert_eq!((options.code, options.stderr.as_str()), (0, ""));
    sandbox.file("tasks.toml", "[tasks.t]\nstep = ['x']\n");
    let done = sandbox.run("--help");
    assert_eq!((done.code, &done.stdout), (2, &options.stdout));
    assert!(done.stderr.starts_with("error: unknown key `step`"), "{done:?}");
}

#[test]
fn one_task_as_json_is_one_object() {
    let sandbox = Sandbox::with(
        "[env]
ALL = 'x'
[tasks.dev]
aliases = ['d']
env = { ONE = 'two' }
steps = ['tool {detached}']
flags.detached = { words = ['--detach', 'x y'] }
[tasks.other]
steps = ['tool']
",
    );
    for line in ["help dev --json", "help --json d", "--json help dev"] {
        let done = sandbox.run(line);
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{line}");
        let task: serde_json::Value = serde_json::from_str(&done.stdout).expect("one JSON value");
        assert_eq!((&task["name"], &task["line"]), (&"dev".into(), &3.into()), "{task}");
        assert_eq!(task["env"], serde_json::json!({ "ONE": "two" }));
        assert_eq!(task["flags"][0]["words"], serde_json::json!(["--detach", "x y"]));
        assert!(task.get("tasks").is_none(), "{task}");
    }
    let done = sandbox.run("help completions --json");
    let row: serde_json::Value = serde_json::from_str(&done.stdout).expect("one JSON value");
    assert_eq!((&row["name"], &row["builtin"]), (&"completions".into(), &"completions".into()));
    sandbox.run("help dve --json").is(2, "", "error: no task is called `dve`\nhint: did you mean `dev`?\n");
}

#[test]
fn a_tasks_question_and_its_first_step_are_shown() {
    let sandbox = Sandbox::with("[tasks.t]\nconfirm = 'Really?'\nsteps = ['tool a', 'tool b']\n");
    let help = sandbox.run("help t").stdout;
    assert!(help.contains("\nAsks first: Really?\n"), "{help}");
    let list = sandbox.run("help").stdout;
    assert!(list.contains("\n  t            tool a\n"), "{list}");
}
