//! What another system would run is shown on every system, and what is Windows' own.

use crate::harness::{Sandbox, shipped_tasks};

const TASKS: &str = "[tasks.t]
steps = [\"tool 'a b' x\"]
env = { X = 'a b' }
[tasks.t.windows]
steps = [\"'my tool' 'it$' a.b -x:y\", 'task only']
[tasks.t.macos]
env = { X = 'mac' }
[tasks.only]
windows.steps = ['win']
";

#[test]
fn a_dry_run_for_another_system() {
    let sandbox = Sandbox::with(TASKS);
    let ours = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1";
    // PowerShell's variables stay behind a line, unless it sets them back.
    let powershells = |own: &[(&str, &str)], line: &str| {
        let (mut before, mut after) = (String::new(), String::new());
        let both = [("DOCKER_BUILDKIT", "1"), ("COMPOSE_DOCKER_CLI_BUILD", "1")];
        for (at, (name, value)) in own.iter().chain(&both).enumerate() {
            before.push_str(&format!("$was{at} = ${{env:{name}}}; ${{env:{name}}} = '{value}'; "));
            after.push_str(&format!("${{env:{name}}} = $was{at}; "));
        }
        format!("{before}try {{ {line} }} finally {{ {after}}}\n")
    };
    sandbox.run("-n --os linux t").is(0, &format!("X='a b' {ours} tool 'a b' x\n"), "");
    sandbox.run("-n --os macos t").is(0, &format!("X=mac {ours} tool 'a b' x\n"), "");
    let lines = powershells(&[("X", "a b")], "& 'my tool' 'it$' a.b '-x:y'") + &powershells(&[], "win");
    sandbox.run("-n --os windows t").is(0, &lines, "");
    sandbox.run("-n --os linux only").is(
        2,
        "",
        "error: task `only` has nothing to do on linux
 --> tasks.toml:8:8
  |
8 | [tasks.only]
  |        ^^^^ it has steps for `windows` only
",
    );
}

#[test]
fn help_for_another_system() {
    let sandbox = Sandbox::with(TASKS);
    let commands = |os: &str| {
        let done = sandbox.run(&format!("help t --os {os}"));
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
        done.stdout.split("Commands:\n").nth(1).expect("the commands").to_owned()
    };
    assert_eq!(commands("linux"), "  $ tool 'a b' x\n");
    assert_eq!(commands("windows"), "  $ & 'my tool' 'it$' a.b '-x:y'\n  $ win\n");
    let json = |os: &str| -> serde_json::Value {
        serde_json::from_str(&sandbox.run(&format!("help --json --os {os}")).stdout).expect("JSON")
    };
    assert_eq!(json("windows")["tasks"][0]["steps"][1], "task only");
    assert_eq!(json("macos")["tasks"][0]["steps"][0], "tool 'a b' x");
}

#[test]
fn another_system_can_only_be_shown() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool']\n");
    let other = if cfg!(windows) { "linux" } else { "windows" };
    sandbox.run(&format!("--os {other} t")).is(
        2,
        "",
        &format!("error: `--os {other}` shows what another system would run, and runs nothing\nhint: add --dry-run, or leave it out\n"),
    );
    sandbox.run("--os solaris t").is(
        2,
        "",
        "error: `solaris` is not a value for `--os <SYSTEM>`\nhint: use `windows`, `linux` or `macos`\n",
    );
}

#[test]
fn the_shipped_tasks_are_the_same_on_every_system() {
    let Some(tasks) = shipped_tasks() else { return };
    let sandbox = Sandbox::with(&tasks);
    for task in ["dev", "build", "down", "logs", "ps", "restart", "shell"] {
        let shown = ["windows", "linux", "macos"].map(|os| sandbox.run(&format!("help {task} --os {os}")).stdout);
        assert!(shown[0] == shown[1] && shown[1] == shown[2], "{shown:?}");
    }
}

/// What a fresh build asks besides: compose for its services, docker for its records.
fn answers_to_a_fresh_build(sandbox: &Sandbox, compose: &str) {
    sandbox.on(&format!("{compose} --profile *")).out(r#"{"name": "p", "services": {}}"#);
    sandbox.on_words(&["docker", "system", "*"]).out("[]\n");
    sandbox.on(&format!("{compose} *"));
}

fn without_questions(sandbox: &Sandbox) -> Vec<String> {
    let mut calls = sandbox.called();
    calls.retain(|call| !call.contains(" config ") && !call.contains(" system df "));
    // The file of `build-fresh` has another name each time.
    let plain = |call: &String| match call.split_once(" -f ").and_then(|(_, rest)| rest.split_once(" -f ")) {
        Some((file, rest)) => format!(
            "docker compose -f {file} -f OWN {}",
            rest.split_once(".yaml").expect("ours").1.trim_matches(['"', ' '])
        ),
        None => call.clone(),
    };
    calls.iter().map(plain).collect()
}

/// Built-in commands are steps like others.
#[test]
fn a_built_in_command_can_be_a_step() {
    let sandbox = Sandbox::with_docker(
        "[tasks.t]\nneeds = ['fresh']\nsteps = ['tool', 'task fresh --pull -- api', 'tool']\n[tasks.fresh]\nbuiltin = 'build-fresh'\n",
    );
    sandbox.program("tool");
    sandbox.on("tool");
    answers_to_a_fresh_build(&sandbox, "docker compose -f compose.yaml");
    sandbox.run("-q t").is(0, "", "");
    let fresh = "docker compose -f compose.yaml -f OWN build";
    let expected = [fresh, "tool", &format!("{fresh} --pull api"), "tool"];
    assert_eq!(without_questions(&sandbox), expected);
}

/// A built-in command's commands are planned with the rest, so nothing runs before a mistake or a missing file is told.
#[test]
fn a_built_in_step_is_part_of_the_plan() {
    let sandbox = Sandbox::with_docker(
        "[compose]
files = ['compose.yaml']
[tasks.t]
steps = ['tool', 'task fresh {pull} -- {args}', 'compose up', 'task build-fresh']
flags.pull = { words = ['--pull'] }
[tasks.fresh]
builtin = 'build-fresh'
[tasks.build-fresh]
builtin = 'build-fresh'
",
    );
    sandbox.program("tool");
    sandbox.on("tool");
    answers_to_a_fresh_build(&sandbox, "docker compose -f compose.yaml");
    let help = sandbox.run("help t").stdout;
    let shown = help.split("Commands:\n").nth(1).expect("the commands").to_owned();
    let compose = "docker compose -f compose.yaml";
    let expected = format!(
        "  $ tool\n  $ {fresh} [--pull] [ARGS]...\n  $ {compose} up\n  $ {fresh}\n",
        fresh = "docker compose -f compose.yaml build",
    );
    assert_eq!(shown, expected);
    // Each warning once, and no menu below an `up` that has such a step behind it.
    sandbox.set("COMPOSE_FILE", "x");
    let done = sandbox.run("-q t --pull -- api");
    let warning = "warning: COMPOSE_FILE is set and has no effect: `[compose] files` in tasks.toml names the files\n";
    done.is(0, "", warning);
    let calls = without_questions(&sandbox);
    let expected = ["tool", "docker compose -f compose.yaml -f OWN build --pull api"];
    assert_eq!(calls[..2], expected);
    let up = sandbox.calls().into_iter().find(|call| call.words.last().is_some_and(|word| word == "up"));
    assert_eq!(up.expect("an up").env("COMPOSE_MENU"), Some("false"));
    // The file that is missing is told before the first step.
    sandbox.forget_calls();
    std::fs::remove_file(sandbox.project().join("compose.yaml")).expect("removed");
    assert_eq!(sandbox.run("-q t").code, 2);
    assert_eq!(sandbox.called(), [""; 0]);
}

/// Windows' names of variables are the same in any case: the narrower key wins.
#[test]
fn a_variable_for_windows_replaces_one_of_another_case() {
    let sandbox = Sandbox::with(
        "[tasks.t]\nsteps = ['tool']\nenv = { Some_Path = 'wide' }\nwindows.env = { SOME_PATH = 'narrow' }\nlinux.env = { SOME_PATH = 'narrow' }\n",
    );
    let windows = sandbox.run("-n --os windows t").stdout;
    assert!(windows.contains("${env:SOME_PATH} = 'narrow'; ") && !windows.contains("Some_Path"), "{windows}");
    let linux = sandbox.run("-n --os linux t").stdout;
    assert!(linux.contains("Some_Path=wide ") && linux.contains("SOME_PATH=narrow "), "{linux}");
}

/// The menu of compose 2.40 would take Ctrl-C for a key and end with 0: the next step would begin.
#[test]
fn an_up_that_is_followed_by_a_step_has_no_menu() {
    let sandbox = Sandbox::with_docker("[tasks.t]\nsteps = ['compose up', 'compose up']\n");
    sandbox.on("docker compose up");
    let menus = || -> Vec<Option<String>> {
        sandbox.forget_calls();
        sandbox.run("-q t").is(0, "", "");
        sandbox.calls().iter().map(|call| call.env("COMPOSE_MENU").map(str::to_owned)).collect()
    };
    assert_eq!(menus(), [Some("false".to_owned()), None]);
    sandbox.set("COMPOSE_MENU", "true");
    assert_eq!(menus(), [Some("true".to_owned()), Some("true".to_owned())], "the person's value wins");
}

/// Windows alone: other systems have no batch files and no PATHEXT.
#[cfg(windows)]
mod windows {
    use std::fs;

    use super::*;

    /// A batch file that calls the fake beside it.
    fn shim(sandbox: &Sandbox, name: &str) {
        let folder = sandbox.root().join("real");
        fs::create_dir_all(&folder).expect("a folder");
        sandbox.program_at(&folder.join("real"));
        fs::write(folder.join("script.txt"), "call real *\n").expect("a script");
        let text = format!("@echo off\r\n\"{}\" %*\r\n", folder.join("real.exe").display());
        fs::write(sandbox.bin().join(name), text).expect("a batch file");
    }

    fn log(sandbox: &Sandbox) -> String {
        let text = fs::read_to_string(sandbox.root().join("real").join("calls.txt")).unwrap_or_default();
        text.lines().map(|line| line.split('\t').nth(2).unwrap_or_default().to_owned() + "\n").collect()
    }

    #[test]
    fn a_batch_file_is_found_by_its_bare_name() {
        let sandbox = Sandbox::with("[tasks.t]\nsteps = [\"tool 'a b' c\"]\n");
        for name in ["tool.cmd", "tool.bat"] {
            shim(&sandbox, name);
            sandbox.run("-q t").is(0, "", "");
            fs::remove_file(sandbox.bin().join(name)).expect("removed");
        }
        assert_eq!(log(&sandbox), "real a%20b c\nreal a%20b c\n");
    }

    #[test]
    fn pathext_decides_which_endings_count() {
        let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool']\n");
        shim(&sandbox, "tool.cmd");
        sandbox.set("PATHEXT", ".EXE");
        assert_eq!(sandbox.run("-q t").code, 2);
        sandbox.set("PATHEXT", ".EXE;.CMD");
        sandbox.run("-q t").is(0, "", "");
    }

    #[test]
    fn a_word_that_no_batch_file_can_take_is_our_own_error() {
        let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool {args}']\n");
        shim(&sandbox, "tool.cmd");
        sandbox.run_words(&["-q", "t", "--", "a\r\nb"]).is(
            2,
            "",
            "error: `tool` is a batch file, which can't take a word with a line break
 --> tasks.toml:2:10
  |
2 | steps = ['tool {args}']
  |          ^^^^^^^^^^^^^
  |
  = hint: call the program behind it (`.exe`)
",
        );
        assert_eq!(log(&sandbox), "");
    }

    #[test]
    fn docker_compose_can_be_a_batch_file() {
        let sandbox = Sandbox::with_docker("[compose]\ncli = 'docker-compose'\n[tasks.t]\nsteps = ['compose up']\n");
        shim(&sandbox, "docker-compose.cmd");
        sandbox.run("-q t").is(0, "", "");
        assert_eq!(log(&sandbox), "real up\n");
    }
}

/// A step past `[compose]` runs, and says what it leaves out.
#[test]
fn a_step_that_calls_compose_by_its_own_name_warns() {
    let sandbox =
        Sandbox::with_docker("[tasks.t]\nsteps = ['docker compose ps']\n[tasks.u]\nsteps = ['docker-compose ps']\n");
    for (task, words) in [("t", "docker compose ps"), ("u", "docker-compose ps")] {
        let warning = format!(
            "warning: a step of task `{task}` ignores `[compose]` and does not wait for the services\n\
             hint: write `compose …`, without `docker` or a dash: it stands for the compose found on this machine\n"
        );
        let line = format!("DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 {words}\n");
        sandbox.run(&format!("-n --os linux {task}")).is(0, &line, &warning);
    }
}
