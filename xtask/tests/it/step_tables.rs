//! Steps that are tables: their folder and variables, scripts, texts, and what may fail.

use crate::harness::Sandbox;

#[test]
fn a_step_has_a_folder_and_variables_of_its_own() {
    let sandbox = Sandbox::with(
        "[tasks.t]\ndir = 'a'\nenv = { A = 'task', B = 'task' }\nsteps = ['one', { run = 'one', dir = 'b', env = { A = 'step' } }, 'one']\n",
    );
    sandbox.folder("a");
    sandbox.folder("b");
    sandbox.program("one");
    sandbox.on("one").exit(0);
    sandbox.set("A", "own");
    sandbox.run("t").is(0, "", "$ one\n$ one\n$ one\n");
    let calls = sandbox.calls();
    let seen: Vec<_> = calls.iter().map(|call| (call.env("A"), call.env("B"))).collect();
    assert_eq!(seen, [(Some("own"), Some("task")), (Some("step"), Some("task")), (Some("own"), Some("task"))]);
    let folders: Vec<_> = calls.iter().map(|call| call.dir.rsplit(['/', '\\']).next()).collect();
    assert_eq!(folders, [Some("a"), Some("b"), Some("a")]);
}

#[test]
fn a_step_says_a_text() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = [{ say = 'Open http://localhost:8000' }, { say = \"a\\nb\" }]\n");
    sandbox.run("t").is(0, "Open http://localhost:8000\na\nb\n", "");
    sandbox.run("-q t").is(0, "Open http://localhost:8000\na\nb\n", "");
    let dry = "echo 'Open http://localhost:8000'\nprintf \"%s\\\\n\" a b\n";
    sandbox.run("-n --os linux t").is(0, dry, "");
}

#[test]
fn a_step_that_may_fail_says_so_and_the_task_goes_on() {
    let sandbox = Sandbox::with(
        "[tasks.t]\nsteps = [{ run = 'one', may-fail = true }, 'two']\n\
         [tasks.call]\nsteps = [{ run = 'task both', may-fail = true }, 'two']\n[tasks.both]\nsteps = ['one', 'never']\n\
         [tasks.missing]\nsteps = [{ run = 'nothing-here', may-fail = true }, 'two']\n",
    );
    sandbox.program("one");
    sandbox.program("two");
    sandbox.on("two").exit(0);
    sandbox.on("one").exit(3);
    let went_on = "step 1 of 2 (task `t`) ended with exit code 3, as it may: going on\n";
    sandbox.run("t").is(0, "", &format!("$ one\n{went_on}$ two\n"));
    // What a task that is called still had to do is left out with it.
    let went_on = "step 1 of 3 (task `both`) ended with exit code 3, as it may: going on\n";
    sandbox.on("one").exit(3);
    sandbox.run("call").is(0, "", &format!("$ one\n{went_on}$ two\n"));
    let done = sandbox.run("missing");
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stderr.contains("error: there is no program `nothing-here` on PATH\n"), "{done:?}");
    assert!(
        done.stderr.ends_with("step 1 of 2 (task `missing`) ended with exit code 2, as it may: going on\n$ two\n"),
        "{done:?}"
    );
    // The last step's code is not the task's.
    sandbox.file("tasks.toml", "[tasks.t]\nsteps = ['two', { run = 'one', may-fail = true }]\n");
    sandbox.on("one").exit(3);
    assert_eq!(sandbox.run("t").code, 0);
}

#[test]
fn mistakes_in_tables_have_their_place() {
    let sandbox = Sandbox::with(
        r#"
[tasks.t]
steps = [
  { dir = "a" },
  { run = "x", sh = "y" },
  { run = "x | y" },
  { sh = " # nothing" },
  { say = "x", may-fail = true },
  { say = "\u001b[1mbold" },
  { run = "task u", dir = "x", may-fail = true },
  { run = "x", dirs = "y" },
]
[tasks.u]
steps = ["x"]
"#,
    );
    sandbox.run("help").is_snapshot("step_table_mistakes");
}

#[cfg(unix)]
mod scripts {
    use super::*;

    const SCRIPT: &str = r#"
[tasks.t]
steps = [{ sh = """
    one a | while read word; do
      echo "<$word>"
    done
    echo "$LINES: $@"
  """ }]
flags.lines = { value = "N", env = "LINES" }
[tasks.fails]
steps = [{ sh = "false\necho never" }, "one"]
[tasks.calls]
steps = [{ sh = '"$XTASK" -q t -- from a script' }]
"#;

    fn sandbox() -> Sandbox {
        let sandbox = Sandbox::with(SCRIPT);
        sandbox.program("one");
        sandbox.set("PATH", format!("{}:/usr/bin:/bin", sandbox.bin().display()));
        sandbox.on("one *").out("x\ny\n");
        sandbox
    }

    #[test]
    fn a_script_gets_what_was_typed_and_ends_at_the_first_command_that_fails() {
        let sandbox = sandbox();
        let script = "one a | while read word; do\n  echo \"<$word>\"\ndone\necho \"$LINES: $@\"";
        let echo = format!("$ LINES=3 sh -e -c '{script}' sh 'b c'\n");
        let done = sandbox.run_words(&["t", "--lines", "3", "--", "b c"]);
        done.is(0, "<x>\n<y>\n3: b c\n", &echo);
        let done = sandbox.run("fails");
        assert_eq!((done.code, done.stdout.as_str()), (1, ""), "{done:?}");
        assert!(done.stderr.ends_with("error: step 1 of 2 (task `fails`) ended with exit code 1\n"), "{done:?}");
    }

    #[test]
    fn a_dry_run_of_a_script_can_be_pasted() {
        let sandbox = sandbox();
        let dry = sandbox.run_words(&["-n", "t", "--", "b'c"]);
        assert_eq!(dry.code, 0, "{dry:?}");
        let pasted = std::process::Command::new("sh")
            .args(["-c", &dry.stdout])
            .env("PATH", format!("{}:/usr/bin:/bin", sandbox.bin().display()))
            .output()
            .expect("sh");
        assert_eq!(String::from_utf8_lossy(&pasted.stdout), "<x>\n<y>\n: b'c\n");
    }

    #[test]
    fn a_script_runs_tasks_of_the_same_file() {
        let sandbox = sandbox();
        // Another file than the one that would be found.
        std::fs::rename(sandbox.project().join("tasks.toml"), sandbox.project().join("other.toml")).expect("moved");
        let done = sandbox.run("--file other.toml calls");
        assert_eq!((done.code, done.stdout.as_str()), (0, "<x>\n<y>\n: from a script\n"), "{done:?}");
    }

    #[test]
    fn without_sh_the_step_says_so_when_its_turn_comes() {
        let sandbox = Sandbox::with("[tasks.t]\nsteps = ['one', { sh = 'x' }]\n");
        sandbox.program("one");
        sandbox.on("one").exit(0);
        let error =
            "error: there is no `sh`, and this step is a script for it\nhint: install it, or add its folder to PATH\n";
        sandbox.run("t").is(2, "", &format!("$ one\n$ sh -e -c x\n{error}"));
    }
}

#[test]
fn braces_that_nothing_is_put_in_for_are_a_mistake() {
    let sandbox = Sandbox::with(
        r#"
[words]
app = "run"
[tasks.t]
dir = "{app}"
env = { A = "{mine}" }
steps = [
  "x {mine}",
  { say = "hello {args}" },
  { sh = "awk '{args}'" },
  { sh = "docker compose {app} ps" },
  { sh = "echo ${app} {{app}} { app } {print}" },
  { run = "x", dir = "{mine}", env = { A = "{app}" } },
  { say = "{print} and {{mine}}" },
]
flags.mine = { words = ["x"] }
"#,
    );
    sandbox.run("help").is_snapshot("braces_mistakes");
}

#[test]
fn help_shows_typed_words_where_a_script_reads_them() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = [{ sh = 'echo hi' }, { sh = 'echo \"$@\"' }]\n");
    let help = sandbox.run("--os linux help t").stdout;
    assert!(help.ends_with("  $ sh -e -c 'echo hi'\n  $ sh -e -c 'echo \"$@\"' sh [ARGS]...\n"), "{help}");
}
