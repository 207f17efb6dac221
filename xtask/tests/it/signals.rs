//! Signals, with a child that counts what it gets. The engines' own tests show the same with compose itself.
//!
//! Unix alone: Windows has no signals, and its Ctrl-C goes to the whole console.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::Sandbox;

const TASKS: &str = "[tasks.one]\nsteps = ['tool']\n[tasks.two]\nsteps = ['tool', 'never']\n";

fn with_tool() -> Sandbox {
    let sandbox = Sandbox::with(TASKS);
    sandbox.program("tool");
    sandbox.program("never");
    sandbox
}

impl Sandbox {
    fn mark(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }
}

fn until_there(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "nobody wrote {}", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn kill(child: &Child, number: i32) {
    // SAFETY: kill has no preconditions; the child is not waited for yet.
    assert_eq!(unsafe { libc::kill(child.id() as i32, number) }, 0);
}

fn start(sandbox: &Sandbox, line: &str) -> Child {
    let mut command = sandbox.command();
    command.args(line.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("xtask")
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_signal_of_a_process_is_passed_on_once_and_the_childs_code_is_ours() {
    for (name, number, other, other_number) in [
        ("INT", libc::SIGINT, "HUP", libc::SIGHUP),
        ("TERM", libc::SIGTERM, "HUP", libc::SIGHUP),
        ("HUP", libc::SIGHUP, "TERM", libc::SIGTERM),
    ] {
        let sandbox = with_tool();
        let (ready, got, counts) = (sandbox.mark("ready"), sandbox.mark("got"), sandbox.mark("counts"));
        // What comes second shows that the first came once: they are passed on in order.
        sandbox
            .on("tool")
            .act("catch", "")
            .act("file", path(&ready))
            .act("await", name)
            .act("file", path(&got))
            .act("await", other)
            .act("signals", path(&counts))
            .exit(5);
        let child = start(&sandbox, "two");
        until_there(&ready);
        kill(&child, number);
        until_there(&got);
        kill(&child, other_number);
        let output = child.wait_with_output().unwrap();
        sandbox.done(&output).is(5, "", "$ tool\n");
        let mut expected = ["INT=0", "TERM=0", "HUP=0"].map(str::to_owned);
        for one in [name, other] {
            let at = ["INT", "TERM", "HUP"].iter().position(|known| *known == one).unwrap();
            expected[at] = format!("{one}=1");
        }
        assert_eq!(text(&counts), expected.join(" "));
        assert_eq!(sandbox.called(), ["tool"], "no later step begins");
    }
}

#[test]
fn where_the_child_says_0_and_work_remains_the_code_is_the_signals() {
    for (name, number) in [("INT", libc::SIGINT), ("TERM", libc::SIGTERM)] {
        for (task, code) in [("one", 0), ("two", 128 + number)] {
            let sandbox = with_tool();
            let ready = sandbox.mark("ready");
            sandbox.on("tool").act("catch", "").act("file", path(&ready)).act("await", name).exit(0);
            let child = start(&sandbox, task);
            until_there(&ready);
            kill(&child, number);
            sandbox.done(&child.wait_with_output().unwrap()).is(code, "", "$ tool\n");
            assert_eq!(sandbox.called(), ["tool"]);
        }
    }
}

#[test]
fn a_child_without_a_handler_ends_by_the_signal_and_so_do_we() {
    let sandbox = with_tool();
    let ready = sandbox.mark("ready");
    sandbox.on("tool").act("file", path(&ready)).act("until", path(&sandbox.mark("never")));
    let child = start(&sandbox, "two");
    until_there(&ready);
    kill(&child, libc::SIGTERM);
    sandbox.done(&child.wait_with_output().unwrap()).is(143, "", "$ tool\n");
}

#[test]
fn a_signal_ends_what_may_fail_too_and_nothing_begins_after_it() {
    let tasks = "[tasks.alone]\nsteps = [{ run = 'tool', may-fail = true }, 'never']\n\
         [tasks.called]\nsteps = [{ run = 'task both', may-fail = true }, 'never']\n[tasks.both]\nsteps = ['tool', 'never']\n";
    for (name, number) in [("INT", libc::SIGINT), ("TERM", libc::SIGTERM), ("HUP", libc::SIGHUP)] {
        for task in ["alone", "called"] {
            for (catches, childs, ours) in [(true, 0, 128 + number), (true, 3, 3), (false, 0, 128 + number)] {
                let sandbox = Sandbox::with(tasks);
                sandbox.program("tool");
                sandbox.program("never");
                let ready = sandbox.mark("ready");
                if catches {
                    sandbox.on("tool").act("catch", "").act("file", path(&ready)).act("await", name).exit(childs);
                } else {
                    sandbox.on("tool").act("file", path(&ready)).act("until", path(&sandbox.mark("never-there")));
                }
                let child = start(&sandbox, task);
                until_there(&ready);
                kill(&child, number);
                sandbox.done(&child.wait_with_output().unwrap()).is(ours, "", "$ tool\n");
                assert_eq!(sandbox.called(), ["tool"]);
            }
        }
    }
}

#[test]
fn a_signal_reaches_what_a_script_runs() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = [{ sh = 'tool; never' }, 'never']\n");
    sandbox.program("tool");
    sandbox.program("never");
    sandbox.set("PATH", format!("{}:/usr/bin:/bin", sandbox.bin().display()));
    let ready = sandbox.mark("ready");
    sandbox.on("tool").act("file", path(&ready)).act("until", path(&sandbox.mark("never-there")));
    let child = start_group(&sandbox, &["t"]);
    until_there(&ready);
    // As the terminal does it: to all of them.
    kill_group(&child, libc::SIGINT);
    let done = sandbox.done(&child.wait_with_output().unwrap());
    assert_eq!((done.code, sandbox.called()), (130, vec!["tool".to_owned()]), "{done:?}");
}

#[test]
fn a_signal_ends_what_is_asked_for_a_variable() {
    for number in [libc::SIGINT, libc::SIGTERM] {
        let sandbox = Sandbox::with("[env]\nV = { output = 'tool' }\n[tasks.t]\nsteps = ['never']\n");
        sandbox.program("tool");
        sandbox.program("never");
        let (ready, got) = (sandbox.mark("ready"), sandbox.mark("got"));
        sandbox.on("tool").act("catch", "").act("file", path(&ready)).act("await", "TERM").act("file", path(&got));
        let child = start(&sandbox, "t");
        until_there(&ready);
        kill(&child, number);
        sandbox.done(&child.wait_with_output().unwrap()).is(128 + number, "", "");
        assert!(got.exists(), "it was ended");
        assert_eq!(sandbox.called(), ["tool"]);
    }
    // The same when it is asked late: an earlier step made its step due.
    let sandbox = Sandbox::with(
        "[tasks.t]\nsteps = ['rm mark', 'task late']\n[tasks.late]\nunless = 'mark'\nenv.V = { output = 'tool' }\nsteps = ['never']\n",
    );
    sandbox.program("tool");
    sandbox.program("never");
    sandbox.file("mark", "");
    let ready = sandbox.mark("ready");
    sandbox.on("tool").act("file", path(&ready)).act("until", path(&sandbox.mark("never-there")));
    let child = start(&sandbox, "t");
    until_there(&ready);
    kill(&child, libc::SIGTERM);
    sandbox.done(&child.wait_with_output().unwrap()).is(143, "", "$ rm mark\n");
    assert_eq!(sandbox.called(), ["tool"]);
}

mod in_rust {
    use super::*;

    /// `hang` of `tests/own_commands.rs`, in a process group of its own, and the file that it makes when it has begun.
    fn hang(then: &str, sandbox: &Sandbox) -> (Child, PathBuf) {
        let begun = sandbox.mark("begun");
        let mut command = sandbox.command_of(&crate::rust::own());
        command.args(["hang", "--", then]).arg(&begun).process_group(0);
        (command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("own-commands"), begun)
    }

    fn with_after() -> Sandbox {
        let sandbox = Sandbox::with("[tasks.after]\nsteps = ['tool']\n");
        sandbox.program("tool");
        sandbox
    }

    #[test]
    fn a_signal_ends_what_a_command_in_rust_does_itself() {
        for number in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            for to_group in [false, true] {
                let sandbox = with_after();
                sandbox.on("tool");
                let (child, begun) = hang("work", &sandbox);
                until_there(&begun);
                if to_group {
                    kill_group(&child, number)
                } else {
                    kill(&child, number)
                }
                sandbox.done(&child.wait_with_output().unwrap()).is(128 + number, "", "$ tool\n");
            }
        }
    }

    #[test]
    fn what_a_command_in_rust_started_itself_gets_the_signal() {
        let sandbox = with_after();
        let ready = sandbox.mark("ready");
        sandbox.on("tool");
        sandbox.on("tool by-xshell").act("catch", "").act("file", path(&ready)).act("await", "TERM");
        let (child, _) = hang("shell", &sandbox);
        until_there(&ready);
        kill(&child, libc::SIGTERM);
        // It succeeded, and the command went on. The stop stays one.
        sandbox.done(&child.wait_with_output().unwrap()).is(143, "went on\n", "$ tool\n");
    }

    #[test]
    fn the_next_signal_ends_it_whatever_it_started_does() {
        let sandbox = with_after();
        let (ready, got, released) = (sandbox.mark("ready"), sandbox.mark("got"), sandbox.mark("released"));
        sandbox.on("tool");
        let tool = sandbox.on("tool by-xshell").act("catch", "").act("file", path(&ready)).act("await", "TERM");
        tool.act("file", path(&got)).act("until", path(&released));
        let (mut child, _) = hang("shell", &sandbox);
        until_there(&ready);
        kill(&child, libc::SIGTERM);
        until_there(&got);
        kill(&child, libc::SIGINT);
        child.wait().unwrap();
        // What it started has survived, and holds the pipes open.
        std::fs::write(&released, "").unwrap();
        sandbox.done(&child.wait_with_output().unwrap()).is(130, "", "$ tool\n");
    }

    #[test]
    fn after_a_stop_a_task_that_succeeded_is_an_error_for_the_command() {
        let sandbox = with_after();
        let ready = sandbox.mark("ready");
        sandbox.on("tool").act("catch", "").act("file", path(&ready)).act("await", "INT");
        let (child, _) = hang("nothing", &sandbox);
        until_there(&ready);
        kill(&child, libc::SIGINT);
        sandbox.done(&child.wait_with_output().unwrap()).is(130, "", "$ tool\n");
    }
}

/// Sends a signal to everybody in the child's process group, as a terminal does.
fn kill_group(child: &Child, number: i32) {
    // SAFETY: kill has no preconditions; the child leads a group of its own and is not waited for yet.
    assert_eq!(unsafe { libc::kill(-(child.id() as i32), number) }, 0);
}

/// Runs a line in a process group of its own.
fn start_group(sandbox: &Sandbox, words: &[&str]) -> Child {
    let mut command = sandbox.command();
    command.args(words).process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("xtask")
}

mod ignored {
    use super::*;

    /// The program under test, started by somebody who ignores these signals: `nohup`, or a script's `&`.
    fn ignoring(sandbox: &Sandbox, signals: &str, line: &str) -> Command {
        let script = format!("trap '' {signals}; exec \"$0\" {line}");
        let mut command = sandbox.command_of(Path::new("/bin/sh"));
        command.arg("-c").arg(script).arg(crate::harness::xtask());
        command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[test]
    fn what_was_ignored_before_us_stops_neither_us_nor_a_child() {
        for (signals, numbers) in [("HUP", vec![libc::SIGHUP]), ("HUP INT", vec![libc::SIGHUP, libc::SIGINT])] {
            let sandbox = with_tool();
            let (ready, go) = (sandbox.mark("ready"), sandbox.mark("go"));
            sandbox.on("tool").act("file", path(&ready)).act("until", path(&go)).exit(0);
            sandbox.on("never").exit(5);
            let child = ignoring(&sandbox, signals, "two").spawn().expect("sh");
            until_there(&ready);
            numbers.iter().for_each(|number| kill_group(&child, *number));
            std::fs::write(&go, "").expect("a file");
            let end = "$ tool\n$ never\nerror: step 2 of 2 (task `two`) ended with exit code 5\n";
            sandbox.done(&child.wait_with_output().unwrap()).is(5, "", end);
        }
    }

    #[test]
    fn what_was_not_ignored_still_ends_the_child() {
        let sandbox = with_tool();
        let ready = sandbox.mark("ready");
        sandbox.on("tool").act("file", path(&ready)).act("until", path(&sandbox.mark("never")));
        let child = ignoring(&sandbox, "HUP", "two").spawn().expect("sh");
        until_there(&ready);
        kill_group(&child, libc::SIGTERM);
        sandbox.done(&child.wait_with_output().unwrap()).is(143, "", "$ tool\n");
    }

    /// Linux alone shows what a process ignores.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_child_ignores_what_we_were_told_to_ignore_and_no_more() {
        let sandbox = Sandbox::with("[tasks.t]\nsteps = ['/bin/cat /proc/self/status']\n");
        for (signals, expected) in [("HUP", 1), ("INT", 1 << 1), ("HUP INT TERM", 1 | 1 << 1 | 1 << 14)] {
            assert_eq!(ours(&sandbox.finish(&mut ignoring(&sandbox, signals, "-q t"))), expected, "{signals}");
        }
        assert_eq!(ours(&sandbox.run("-q t")), 0);
    }

    /// Which of our three signals a process ignores, by its own `status`.
    #[cfg(target_os = "linux")]
    fn ours(done: &crate::harness::Done) -> u64 {
        let line = done.stdout.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("a line");
        u64::from_str_radix(line.trim(), 16).expect("a mask") & (1 | 1 << 1 | 1 << 14)
    }
}

/// A program on a terminal of its own; what it prints there, and the terminal's other end to type on.
pub struct OnTerminal {
    child: Child,
    pub keyboard: File,
    screen: std::thread::JoinHandle<()>,
    printed: Arc<Mutex<Vec<u8>>>,
}

impl OnTerminal {
    pub fn start(command: &mut Command) -> OnTerminal {
        let (mut master, mut slave) = (0, 0);
        // SAFETY: the two numbers are ours to write to; null means defaults.
        let opened = unsafe {
            libc::openpty(&mut master, &mut slave, std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut())
        };
        assert_eq!(opened, 0);
        // SAFETY: both descriptors were just opened, and nobody else has them.
        let (master, slave) = unsafe { (OwnedFd::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) };
        for fd in [&master, &slave] {
            // SAFETY: the descriptor is open.
            unsafe { libc::fcntl(std::os::fd::AsRawFd::as_raw_fd(fd), libc::F_SETFD, libc::FD_CLOEXEC) };
        }
        let clone = || Stdio::from(slave.try_clone().expect("a terminal"));
        command.stdin(clone()).stdout(clone()).stderr(clone());
        // SAFETY: setsid and ioctl may be called between fork and exec.
        unsafe {
            command.pre_exec(|| {
                if libc::setsid() < 0 || libc::ioctl(0, libc::TIOCSCTTY as _, 0) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let child = command.spawn().expect("a program");
        // The command keeps its copies of the terminal until it is dropped or given others.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        drop(slave);
        let keyboard = File::from(master);
        let mut reader = keyboard.try_clone().expect("a terminal");
        let printed = Arc::new(Mutex::new(Vec::new()));
        let into = printed.clone();
        let screen = std::thread::spawn(move || {
            let mut part = [0; 4096];
            // Linux ends a terminal that nobody holds with an error.
            while let Ok(length @ 1..) = reader.read(&mut part) {
                into.lock().expect("a screen").extend(&part[..length]);
            }
        });
        OnTerminal { child, keyboard, screen, printed }
    }

    pub fn until_printed(&self, text: &str) {
        let start = Instant::now();
        while !self.screen().contains(text) {
            assert!(start.elapsed() < Duration::from_secs(60), "nobody printed {text}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What was printed so far.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.printed.lock().expect("a screen")).into_owned()
    }

    /// The code, and what was printed.
    pub fn end(mut self, sandbox: &Sandbox) -> (Option<i32>, String) {
        let status = self.child.wait().expect("an end");
        self.screen.join().expect("a terminal");
        let printed = self.printed.lock().expect("a screen");
        (status.code(), sandbox.normal(&printed).replace("\r\n", "\n"))
    }
}

#[test]
fn the_terminals_ctrl_c_reaches_the_child_once() {
    let sandbox = with_tool();
    let (ready, got, counts) = (sandbox.mark("ready"), sandbox.mark("got"), sandbox.mark("counts"));
    sandbox
        .on("tool")
        .act("streams", "")
        .act("catch", "")
        .act("file", path(&ready))
        .act("await", "INT")
        .act("file", path(&got))
        .act("await", "TERM")
        .act("signals", path(&counts))
        .exit(0);
    let mut run = OnTerminal::start(sandbox.command().args(["--color=never", "two"]));
    until_there(&ready);
    run.keyboard.write_all(b"\x03").unwrap();
    until_there(&got);
    // Passed on in order: had there been a second SIGINT, it would be there before this.
    kill(&run.child, libc::SIGTERM);
    let (code, printed) = run.end(&sandbox);
    assert_eq!(printed, "$ tool\nstdin=terminal stdout=terminal stderr=terminal\n^C");
    assert_eq!(code, Some(130));
    assert_eq!(text(&counts), "INT=1 TERM=1 HUP=0");
    assert_eq!(sandbox.called(), ["tool"]);
}

#[test]
fn a_second_ctrl_c_is_the_childs_to_understand() {
    let sandbox = with_tool();
    let (ready, got) = (sandbox.mark("ready"), sandbox.mark("got"));
    sandbox
        .on("tool")
        .act("catch", "")
        .act("file", path(&ready))
        .act("await", "INT")
        .act("file", path(&got))
        .act("die-at-next", "");
    drop(sandbox.on("never"));
    let mut run = OnTerminal::start(sandbox.command().args(["--color=never", "two"]));
    until_there(&ready);
    run.keyboard.write_all(b"\x03").unwrap();
    until_there(&got);
    run.keyboard.write_all(b"\x03").unwrap();
    let (code, printed) = run.end(&sandbox);
    assert_eq!((code, printed.as_str()), (Some(130), "$ tool\n^C^C"));
}

#[test]
fn a_question_is_answered_on_the_terminal() {
    for (answer, code, calls) in
        [("y\n", 0, vec!["tool"]), ("Yes\n", 0, vec!["tool"]), ("\n", 2, vec![]), ("n\n", 2, vec![])]
    {
        let sandbox = Sandbox::with("[tasks.t]\nconfirm = 'Really?'\nsteps = ['tool']\n");
        sandbox.program("tool");
        sandbox.on("tool").exit(0);
        let mut run = OnTerminal::start(sandbox.command().args(["--color=never", "t"]));
        run.until_printed("[y/N] ");
        run.keyboard.write_all(answer.as_bytes()).unwrap();
        let (found, printed) = run.end(&sandbox);
        assert!(printed.contains("Really? [y/N] "), "{printed}");
        let refused = printed.contains("error: task `t` was not confirmed: nothing has run\n");
        assert_eq!((found, refused), (Some(code), code == 2), "{printed}");
        assert_eq!(sandbox.called(), calls);
    }
}

#[test]
fn a_terminal_gets_colours() {
    let sandbox = with_tool();
    sandbox.on("tool").exit(0);
    let coloured = |variables: &[(&str, &str)], words: &[&str]| {
        let mut command = sandbox.command();
        command.args(words).arg("one").envs(variables.iter().copied());
        let (code, printed) = OnTerminal::start(&mut command).end(&sandbox);
        assert_eq!(code, Some(0));
        printed.contains('\x1b')
    };
    assert!(coloured(&[("TERM", "xterm")], &[]));
    assert!(!coloured(&[("TERM", "dumb")], &[]));
    assert!(!coloured(&[("TERM", "xterm"), ("NO_COLOR", "1")], &[]));
    assert!(!coloured(&[("TERM", "xterm")], &["--color", "never"]));
    assert!(coloured(&[("TERM", "xterm"), ("NO_COLOR", "1")], &["--color", "always"]));
}

mod waiting {
    use super::*;

    /// Which of the looks takes its time, and how its docker takes Ctrl-C: it dies, or says why it failed.
    fn ctrl_c_in(look: &str, dies: bool) {
        let sandbox = Sandbox::with_docker("[tasks.t]\nsteps = ['compose up --detach', 'tool']\n");
        sandbox.program("tool");
        let seen = sandbox.mark("seen");
        sandbox.on("docker compose up --detach").exit(0);
        let unhealthy = crate::wait::look("running", 0, "unhealthy", "");
        for (name, call, out) in [
            ("ps", "docker compose ps -a -q", "a1\n"),
            ("inspect", "docker inspect *", unhealthy.as_str()),
            ("config", "docker compose config --services", "api\n"),
            ("logs", "docker logs *", ""),
        ] {
            let answer = sandbox.on(call);
            if name != look {
                drop(if out.is_empty() { answer } else { answer.out(out) });
            } else if dies {
                answer.act("file", path(&seen)).act("until", path(&sandbox.mark("never"))).exit(0);
            } else {
                answer.act("catch", "").act("file", path(&seen)).act("await", "INT").err("context canceled\n").exit(1);
            }
        }
        let child = start_group(&sandbox, &["t"]);
        until_there(&seen);
        kill_group(&child, libc::SIGINT);
        let end = "$ docker compose up --detach\nnot waiting any longer; the stack stays up\n";
        sandbox.done(&child.wait_with_output().unwrap()).is(130, "", end);
        let calls = sandbox.called();
        assert!(calls.last().is_some_and(|call| call.contains(look)), "nothing runs after it: {calls:?}");
    }

    #[test]
    fn ctrl_c_while_the_containers_are_listed_leaves_the_stack_up() {
        ctrl_c_in("ps", true);
        ctrl_c_in("ps", false);
    }

    #[test]
    fn ctrl_c_while_the_containers_are_looked_at_leaves_the_stack_up() {
        ctrl_c_in("inspect", true);
        ctrl_c_in("inspect", false);
    }

    #[test]
    fn ctrl_c_while_the_services_are_listed_leaves_the_stack_up() {
        ctrl_c_in("config", true);
        ctrl_c_in("config", false);
    }

    #[test]
    fn ctrl_c_while_the_ports_are_asked_leaves_the_stack_up() {
        for (number, code) in [(libc::SIGINT, 130), (libc::SIGTERM, 143)] {
            let sandbox = Sandbox::with_docker("[tasks.t]\nsteps = ['compose up --detach']\n");
            let (listeners, ports) = crate::wait::silent_ports(3);
            sandbox.on("docker compose up --detach").exit(0);
            sandbox.on("docker compose ps -a -q").out("a1\n");
            sandbox.on("docker compose config --services").out("api\n");
            sandbox.on("docker inspect *").out(&crate::wait::look("running", 0, "healthy", &ports));
            let child = start(&sandbox, "-q t");
            // Somebody asks; nobody answers.
            let asked = listeners.iter().map(|listener| listener.accept().expect("a question")).collect::<Vec<_>>();
            kill(&child, number);
            sandbox.done(&child.wait_with_output().unwrap()).is(code, "", "");
            drop(asked);
        }
    }

    #[test]
    fn ctrl_c_while_the_last_lines_are_fetched_leaves_the_stack_up() {
        ctrl_c_in("logs", true);
        ctrl_c_in("logs", false);
    }

    #[test]
    fn ctrl_c_in_the_wait_leaves_the_stack_up() {
        let sandbox = Sandbox::with_docker("[tasks.t]\nsteps = ['compose up --detach', 'tool']\n");
        sandbox.program("tool");
        let seen = sandbox.mark("seen");
        sandbox.on("docker compose up --detach").exit(0);
        sandbox.on("docker compose ps -a -q").out("a1\n");
        sandbox.on("docker compose config --services").out("api\n");
        sandbox.on("docker inspect *").act("file", path(&seen)).out(&crate::wait::look("running", 0, "starting", ""));
        for (number, code) in [(libc::SIGINT, 130), (libc::SIGTERM, 143)] {
            let _ = std::fs::remove_file(&seen);
            let child = start(&sandbox, "-q t");
            until_there(&seen);
            kill(&child, number);
            sandbox.done(&child.wait_with_output().unwrap()).is(code, "", "");
        }
        let child = start(&sandbox, "t");
        let _ = std::fs::remove_file(&seen);
        until_there(&seen);
        kill(&child, libc::SIGINT);
        let done = sandbox.done(&child.wait_with_output().unwrap());
        assert!(done.stderr.ends_with("not waiting any longer; the stack stays up\n"), "{done:?}");
        assert!(sandbox.called().iter().all(|call| !call.contains("down") && !call.contains("stop") && call != "tool"));
    }
}
