//! Running commands: their code, their streams, the echo, and the dry run.

use crate::harness::Sandbox;

const THREE: &str = "[tasks.t]\nsteps = ['one', 'two', 'three']\n[tasks.u]\nsteps = ['one']\n[tasks.v]\nneeds = ['u']\nsteps = ['task u', 'two']\n";

fn with_tools() -> Sandbox {
    let sandbox = Sandbox::with(THREE);
    for name in ["one", "two", "three"] {
        sandbox.program(name);
    }
    sandbox
}

#[test]
fn a_childs_code_is_ours() {
    let mut codes = vec![0, 1, 2, 17, 101, 130, 255];
    // Wider than a byte only there.
    if cfg!(windows) {
        codes.extend([259, 0xC000_0005_u32 as i32, -1]);
    }
    let sandbox = with_tools();
    for code in &codes {
        sandbox.on("one").exit(*code);
    }
    for code in codes {
        sandbox.run("u").is(code, "", "$ one\n");
    }
}

/// Unix alone: elsewhere a program can't be ended by a signal.
#[cfg(unix)]
#[test]
fn a_child_that_a_signal_ended_is_128_and_the_signal() {
    let sandbox = with_tools();
    sandbox.on("one").act("die", "9");
    sandbox.run("u").is(137, "", "$ one\nerror: task `u` was ended by signal 9\n");
    sandbox.run("t").is(137, "", "$ one\nerror: step 1 of 3 (task `t`) was ended by signal 9\n");
}

#[test]
fn a_failure_in_the_middle_says_which_step_and_ends_the_task() {
    let sandbox = with_tools();
    sandbox.on("one").out("out of one\n");
    sandbox.on("two").err("two failed\n").exit(17);
    let echo = "$ one\n$ two\ntwo failed\nerror: step 2 of 3 (task `t`) ended with exit code 17\n";
    sandbox.run("t").is(17, "out of one\n", echo);
    assert_eq!(sandbox.called(), ["one", "two"]);
    // A step of another task is counted among all that run, and named after its own task.
    sandbox.forget_calls();
    sandbox.run("-q v").is(
        17,
        "out of one\nout of one\n",
        "two failed\nerror: step 3 of 3 (task `v`) ended with exit code 17\n",
    );
}

#[test]
fn a_failure_of_the_only_step_says_nothing_more() {
    let sandbox = with_tools();
    sandbox.on("one").err("no\n").exit(3);
    sandbox.run("u").is(3, "", "$ one\nno\n");
    sandbox.run("-q u").is(3, "", "no\n");
    sandbox.run("u -q").is(3, "", "no\n");
}

#[test]
fn a_needed_task_that_fails_ends_everything() {
    let sandbox = with_tools();
    sandbox.on("one").exit(1);
    sandbox.run("v").is(1, "", "$ one\nerror: step 1 of 3 (task `u`) ended with exit code 1\n");
}

#[test]
fn stdin_reaches_the_child() {
    let sandbox = with_tools();
    sandbox.on("one").act("stdin", "");
    sandbox.run_with_input("-q u", b"a\nb").is(0, "a\nb", "");
}

#[test]
fn the_streams_are_the_childs_own() {
    let sandbox = with_tools();
    sandbox.on("one").act("streams", "");
    sandbox.run("-q u").is(0, "stdin=other stdout=other stderr=other\n", "");
}

#[test]
fn a_program_that_is_not_there_is_shown_in_the_file() {
    let sandbox =
        Sandbox::with("[tasks.t]\nsteps = ['toll a']\n[tasks.u]\nsteps = ['zzzzzzzz']\n[tasks.v]\nsteps = ['./x']\n");
    sandbox.program("tool");
    let message = |text: &str, line: usize, step: &str, hint: &str| {
        let carets = "^".repeat(step.len());
        format!(
            "error: {text}
 --> tasks.toml:{line}:10
  |
{line} | steps = [{step}]
  |          {carets}
  |
  = hint: {hint}
"
        )
    };
    let toll = message("there is no program `toll` on PATH", 2, "'toll a'", "did you mean `tool`?");
    sandbox.run("-q t").is(2, "", &toll);
    let hint = "install `zzzzzzzz`, or add its folder to PATH";
    sandbox.run("-q u").is(2, "", &message("there is no program `zzzzzzzz` on PATH", 4, "'zzzzzzzz'", hint));
    let hint = "a program with `/` in its name is looked for in the task's folder (`dir`)";
    sandbox.run("-q v").is(2, "", &message("there is no program `./x` in `<T>/home/project`", 6, "'./x'", hint));
}

/// Unix alone: elsewhere the ending of a file's name says whether it is a program.
#[cfg(unix)]
#[test]
fn a_file_that_can_not_be_run_says_why() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['./script.sh a']\n");
    let file = sandbox.file("script.sh", "#!/bin/sh\necho ran\n");
    let message = |text: &str, hint: &str| {
        format!(
            "error: {text}
 --> tasks.toml:2:10
  |
2 | steps = ['./script.sh a']
  |          ^^^^^^^^^^^^^^^
  |
  = hint: {hint}
"
        )
    };
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    sandbox.run("-q t").is(2, "", &message("`./script.sh` is not executable", "chmod +x ./script.sh"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.run("-q t").is(0, "ran\n", "");
    // macOS gives such a file to its shell.
    if cfg!(target_os = "linux") {
        std::fs::write(&file, "echo ran\n").unwrap();
        sandbox.run("-q t").is(
            2,
            "",
            &message(
                "can't start `./script.sh`: Exec format error (os error 8)",
                "begin the script with the program that runs it: #!/bin/sh",
            ),
        );
    }
}

#[test]
fn no_program_of_the_current_folder_is_taken_by_its_bare_name() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool']\n");
    sandbox.program_at(&sandbox.project().join("tool"));
    assert_eq!(sandbox.run("-q t").code, 2);
}

#[test]
fn a_dry_run_needs_no_docker_and_changes_nothing() {
    let sandbox = Sandbox::with(
        "[tasks.t]\nneeds = ['n']\nsteps = ['compose ps {args}', 'docker ps']\n[tasks.n]\nconfirm = 'x'\ndir = 'missing'\nsteps = ['nowhere']\n",
    );
    let before = sandbox.listing();
    let done = sandbox.run("-n t -- 'a'");
    assert_eq!(sandbox.listing(), before);
    let variables = "DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1";
    if cfg!(windows) {
        let set = "$was0 = ${env:DOCKER_BUILDKIT}; ${env:DOCKER_BUILDKIT} = '1'; \
$was1 = ${env:COMPOSE_DOCKER_CLI_BUILD}; ${env:COMPOSE_DOCKER_CLI_BUILD} = '1';";
        let back = "${env:DOCKER_BUILDKIT} = $was0; ${env:COMPOSE_DOCKER_CLI_BUILD} = $was1;";
        let lines = format!(
            "{set} Push-Location -LiteralPath <T>/home/project/missing; try {{ nowhere }} finally {{ {back} Pop-Location; }}
{set} try {{ docker compose ps '''a''' }} finally {{ {back} }}
{set} try {{ docker ps }} finally {{ {back} }}
"
        );
        return done.is(0, &lines, "");
    }
    let lines = format!(
        "(cd <T>/home/project/missing && {variables} nowhere)\n{variables} docker compose ps \"'a'\"\n{variables} docker ps\n"
    );
    done.is(0, &lines, "");
}

/// Unix alone: there is no POSIX shell on Windows.
#[cfg(unix)]
#[test]
fn a_dry_runs_lines_do_the_same_in_a_shell() {
    let sandbox = Sandbox::with_docker(
        "[compose]
        files = ['compose.yaml']
        [env]
        SPACED = 'a b'
        QUOTED = 'it''s \"$HOME\" `x` \\'
        EMPTY = ''
        \"odd.name\" = '1'
        [tasks.t]
        steps = ['tool {args}', 'compose up', 'task below']
        [tasks.below]
        dir = 'a folder'
        steps = ['tool \"x y\" %']
        [tasks.plain]
        env = { X = '1' }
        dir = 'a folder'
        steps = ['tool']
        "
        .replace("'it''s \"$HOME\" `x` \\'", "\"it's \\\"$HOME\\\" `x` \\\\\"")
        .as_str(),
    );
    sandbox.folder("a folder");
    sandbox.program("tool");
    sandbox.program("env");
    std::fs::remove_file(sandbox.bin().join("env")).unwrap();
    std::os::unix::fs::symlink("/usr/bin/env", sandbox.bin().join("env")).unwrap();
    sandbox.on("tool *");
    sandbox.on("docker *");
    sandbox.set("PERSON", "own");
    let odd = ["", "a b", "it's", "\"", "$HOME", "`x`", "!", "*", "~", "#", "\\", "a\nb", "ü", "-n", "a=b", "&&"];
    for typed in [vec!["t", "--"].into_iter().chain(odd).collect::<Vec<_>>(), vec!["plain"]] {
        sandbox.forget_calls();
        let quiet: Vec<&str> = ["-q"].into_iter().chain(typed.iter().copied()).collect();
        sandbox.run_words(&quiet).is(0, "", "");
        let direct = without_the_shells_own(&sandbox);
        sandbox.forget_calls();
        let dry: Vec<&str> = ["-n"].into_iter().chain(typed.iter().copied()).collect();
        let output = sandbox.command().args(&dry).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        let mut shell = sandbox.command_of(std::path::Path::new("/bin/sh"));
        sandbox.finish(shell.arg("-c").arg(&script)).is(0, "", "");
        assert_eq!(without_the_shells_own(&sandbox), direct, "{script}");
        assert!(!direct.is_empty());
    }
}

#[cfg(unix)]
fn without_the_shells_own(sandbox: &Sandbox) -> Vec<crate::harness::Call> {
    let mut calls = sandbox.calls();
    for call in &mut calls {
        call.env.retain(|(name, _)| !["PWD", "OLDPWD", "SHLVL", "_"].contains(&name.as_str()));
        call.env.sort();
    }
    calls
}

/// Bytes that are no text, at a word's beginning, among quotes, and alone.
#[cfg(unix)]
#[test]
fn words_that_are_no_text_can_be_pasted_too() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::with("[tasks.t]\nsteps = [\"printf '[%s]' {args}\"]\n");
    sandbox.set("PATH", "/usr/bin:/bin");
    let words = [&b"\xff"[..], b"-a\xfe'b\"c %s \\ $x", b"ok"].map(std::ffi::OsStr::from_bytes);
    let run = |flag: &str| sandbox.command().args([flag, "t", "--"]).args(words).output().expect("xtask").stdout;
    let script = String::from_utf8(run("-n")).expect("text");
    let pasted = sandbox.command_of(std::path::Path::new("/bin/sh")).arg("-c").arg(&script).output().expect("sh");
    assert_eq!((pasted.stdout, pasted.stderr), (run("-q"), Vec::new()), "{script}");
}

#[test]
fn the_echo_can_be_pasted_too() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = [\"tool 'a b' '' x\"]\n");
    sandbox.program("tool");
    sandbox.on("tool *");
    sandbox.run("t").is(0, "", "$ tool 'a b' '' x\n");
}
