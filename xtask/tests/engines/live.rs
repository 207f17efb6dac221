//! What a person sees and types: live progress, and a shell in the container.

use crate::harness::Engine;
use crate::project::{Project, SLOW_TO_STOP};
use crate::pty::Terminal;

on_each_engine!(progress_is_live, a_shell_in_the_container, a_shell_without_a_terminal);

/// The cursor goes one line up: something is written again.
const UP: &str = "\x1b[1A";

fn progress_is_live(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit("Dockerfile", "CMD", &format!("RUN sleep 1; echo {}\nCMD", engine.name));
    let terminal = Terminal::start(&project.xtask(&["build"]));
    terminal.expect(0);
    let of_terminal = terminal.output();
    assert!(of_terminal.contains("[+] Building") && of_terminal.matches(UP).count() > 5, "{of_terminal:?}");

    project.edit("Dockerfile", "RUN sleep 1;", "RUN");
    let ended = project.run(&["build"]).expect(0);
    assert!(!ended.all().contains('\x1b'), "{:?}", ended.all());
}

fn a_shell_in_the_container(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.run(&["dev", "-d"]).expect(0);
    let mut terminal = Terminal::start(&project.xtask(&["shell"]));
    terminal.wait_for("root@");
    terminal.types(b"tty; echo sum=$((40+2))\n");
    terminal.wait_for("sum=42");
    assert!(terminal.output().contains("/dev/pts/"), "{}", terminal.output());
    // Ctrl-C is for what runs in there.
    terminal.types(b"sleep 77\n");
    let sleeps = || project.compose(&["exec", "-T", "api", "sh", "-c", "cat /proc/*/cmdline"]).all().contains("77");
    assert!(crate::harness::wait_until(crate::harness::LONG, || sleeps().then_some(())).is_some());
    terminal.ctrl_c();
    terminal.types(b"echo code=$?\n");
    terminal.wait_for("code=130");
    terminal.types(b"exit 3\n");
    terminal.expect(3);
}

fn a_shell_without_a_terminal(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.run(&["dev", "-d"]).expect(0);
    let ended = project.run(&["shell", "--", "-c", "echo hi"]).expect(engine.pick(1, 0, 0));
    // Compose v1 wants a terminal, or `exec -T`; what it says and its code get through.
    let (stdout, stderr) = engine.pick(("", "the input device is not a TTY\n"), ("hi\n", ""), ("hi\n", ""));
    assert!(ended.stdout == stdout && ended.stderr.ends_with(stderr), "{}", ended.all());
    let ended = project.run(&["shell", "-T", "--", "-c", "echo hi"]).expect(0);
    assert_eq!(ended.stdout, "hi\n");
}
