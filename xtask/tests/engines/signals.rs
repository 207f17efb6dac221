//! Ctrl-C, SIGTERM, SIGINT by `kill` and SIGHUP, on a terminal and without one.
//!
//! Most start a service that takes two seconds to stop: who comes back earlier has not waited for it.

use std::time::{Duration, Instant};

use crate::harness::{Engine, KILLED, LONG, Running, group, wait_until};
use crate::project::{Project, SLOW_TO_STOP};
use crate::pty::Terminal;

on_each_engine!(
    ctrl_c_once,
    ctrl_c_twice,
    ctrl_c_in_the_build,
    ctrl_c_in_the_wait,
    no_step_after_ctrl_c,
    sigterm_on_a_terminal,
    sigterm_without_a_terminal,
    sigint_by_kill_on_a_terminal,
    sigint_by_kill_without_a_terminal,
    sighup_on_a_terminal,
    sighup_without_a_terminal,
    the_window_is_closed,
    sigterm_in_the_wait,
    ctrl_c_while_ports_are_asked,
    sigterm_in_the_build_on_a_terminal,
    sigterm_in_the_build_without_a_terminal,
    sigterm_with_streams_elsewhere,
);

/// What the service is known by.
const READY: &str = "the service is here";

/// For what is over within a moment, and would go on for a minute when it was forgotten.
const SOON: Duration = Duration::from_secs(10);

/// Takes too long to stop for a test to wait for it.
const SLOWER_TO_STOP: &str = "trap 'echo got SIGTERM; sleep 50; exit 0' TERM\n\
echo the service is here\nwhile :; do sleep 60 & wait; done\n";

#[track_caller]
fn on_terminal(project: &Project, words: &[&str], until: &str) -> Terminal {
    let terminal = Terminal::start(&project.xtask(words));
    terminal.wait_for(until);
    terminal
}

#[track_caller]
fn without_terminal(project: &Project, words: &[&str], until: &str) -> Running {
    let mut running = project.start(project.xtask(words));
    running.wait_for(until);
    running
}

/// The service was asked to stop, once, and had the time it needs.
#[track_caller]
fn stopped_by_itself(project: &Project) {
    let (states, log) = (project.states(), project.log());
    assert!(states != ["exited 137"], "{KILLED}, after {log:?}");
    assert_eq!(states, ["exited 0"], "{log}");
    assert_eq!(log.matches("got SIGTERM").count(), 1, "{log}");
    assert!(log.contains("stopped"), "{log}");
}

/// The service runs on and was asked nothing.
#[track_caller]
fn stays_up(project: &Project) {
    assert_eq!(project.states(), ["running 0"]);
    assert!(!project.log().contains("got SIGTERM"), "{}", project.log());
}

/// Of the processes that ran below xtask, too.
#[track_caller]
fn nothing_is_left(of_group: u32) {
    let nothing = || group(of_group).is_empty().then_some(());
    assert!(wait_until(SOON, nothing).is_some(), "{:?}", group(of_group));
}

/// The shell and the bystander are the only ones left: nothing could stop the stack later.
#[track_caller]
fn only_shells_are_left(terminal: &Terminal) {
    let shells = || terminal.left().iter().all(|name| name.contains("(sh") || name.contains("(sleep")).then_some(());
    assert!(wait_until(SOON, shells).is_some(), "{:?}", terminal.left());
}

fn ctrl_c_once(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let mut terminal = on_terminal(&project, &["dev"], READY);
    let start = Instant::now();
    terminal.ctrl_c();
    // Compose's own code: none of ours is left to do.
    let panicked = terminal.code() == 2 && terminal.output().contains(COMPOSE_PANIC);
    terminal.expect(if panicked { engine.pick(0, 2, 0) } else { engine.pick(0, 130, 0) });
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
    stopped_by_itself(&project);
}

fn ctrl_c_twice(engine: &Engine) {
    let project = Project::small(engine, SLOWER_TO_STOP);
    // Compose 2.40 now and then waits for the container's own time, ten seconds, without us too: the signal gets lost
    // between its two ways of hearing Ctrl-C. The others have no such time to be saved by.
    if engine.tier < 28 {
        project.edit("compose.yaml", "    build: .\n", "    build: .\n    stop_grace_period: 100s\n");
    }
    let mut terminal = on_terminal(&project, &["dev"], READY);
    terminal.ctrl_c();
    // Not on the terminal: compose 2.26 shows no more lines when it is stopping.
    assert!(wait_until(LONG, || project.log().contains("got SIGTERM").then_some(())).is_some());
    terminal.ctrl_c();
    terminal.expect(engine.pick(2, 130, 130));
    // Who waited for the service would see it end by itself, with 0.
    assert_eq!(project.states(), ["exited 137"]);
}

fn ctrl_c_in_the_build(engine: &Engine) {
    let project = slow_to_build(engine);
    let mut terminal = on_terminal(&project, &["dev"], "sleep 55");
    let start = Instant::now();
    terminal.ctrl_c();
    terminal.expect(engine.pick(1, 130, 130));
    assert!(start.elapsed() < Duration::from_secs(45), "{:?}", start.elapsed());
    assert!(!terminal.output().contains(" up"), "{}", terminal.output());
    assert!(project.containers().is_empty());
}

fn slow_to_build(engine: &Engine) -> Project<'_> {
    let project = Project::small(engine, SLOW_TO_STOP);
    project.edit("Dockerfile", "CMD", &format!("RUN echo {} && sleep 55\nCMD", engine.name));
    project
}

fn sigterm_in_the_build_on_a_terminal(engine: &Engine) {
    let project = slow_to_build(engine);
    let terminal = on_terminal(&project, &["dev"], "sleep 55");
    let start = Instant::now();
    terminal.signal(libc::SIGTERM);
    // Compose v1 dies of it: 128 + 15.
    terminal.expect(engine.pick(143, 130, 130));
    assert!(start.elapsed() < Duration::from_secs(45), "{:?}", start.elapsed());
    assert!(!terminal.output().contains(" up"), "{}", terminal.output());
    only_shells_are_left(&terminal);
}

fn sigterm_in_the_build_without_a_terminal(engine: &Engine) {
    let project = slow_to_build(engine);
    let running = without_terminal(&project, &["dev"], "sleep 55");
    let start = Instant::now();
    running.signal(libc::SIGTERM);
    let group = running.child.id();
    let ended = running.end().expect(engine.pick(143, 130, 130));
    nothing_is_left(group);
    assert!(start.elapsed() < Duration::from_secs(45), "{:?}", start.elapsed());
    assert!(!ended.stderr.contains(" up"), "{}", ended.all());
}

/// Which stream is a terminal decides whether docker passes a signal on.
fn sigterm_with_streams_elsewhere(engine: &Engine) {
    for streams in ["</dev/null", ">out", "2>err"] {
        let project = Project::small(engine, SLOW_TO_STOP);
        let xtask = project.xtask(&["dev"]);
        let mut shell = project.command("sh");
        shell.arg("-c").arg(format!("exec \"$0\" dev {streams}")).arg(xtask.get_program());
        let terminal = Terminal::start(&shell);
        let is_there = || project.containers().len() == 1 && project.log().contains(READY);
        assert!(wait_until(LONG, || is_there().then_some(())).is_some(), "{streams}: {}", terminal.output());
        terminal.signal(libc::SIGTERM);
        expect_stop(engine, &terminal, &std::fs::read_to_string(project.dir.join("err")).unwrap_or_default());
        stopped_by_itself(&project);
        assert!(!terminal.output().contains("[bystander"), "{}", terminal.output());
    }
}

/// Compose 2.26 now and then panics when its containers have stopped already: a race of its own, in `up.go:87`. Its
/// code is then Go's for a panic, 2.
const COMPOSE_PANIC: &str = "panic: close of closed channel";

/// Compose's own code after it was asked to stop once.
#[track_caller]
fn expect_stop(engine: &Engine, terminal: &Terminal, elsewhere: &str) {
    let code = terminal.code();
    let panicked = (terminal.output() + elsewhere).contains(COMPOSE_PANIC) && code == 2;
    terminal.expect(if panicked { engine.pick(0, 2, 130) } else { engine.pick(0, 130, 130) });
}

/// A service that is never healthy, so that the wait goes on.
fn never_healthy(engine: &Engine) -> Project<'_> {
    let project = Project::small(engine, SLOW_TO_STOP);
    let check = "    build: .\n    healthcheck: { test: [CMD, \"false\"], interval: 1s, retries: 200 }\n";
    project.edit("compose.yaml", "    build: .\n", check);
    project
}

fn ctrl_c_in_the_wait(engine: &Engine) {
    let project = never_healthy(engine);
    let mut terminal = on_terminal(&project, &["dev", "--detached"], "waiting for `api` (starting)");
    terminal.ctrl_c();
    terminal.expect(130);
    stays_up(&project);
}

/// Takes a connection, says so in its log, and never speaks.
const SILENT: &str = "python3 -c 'import socket, time\nasked = socket.create_server((\"\", 1)).accept()\n\
print(\"asked\", flush=True)\ntime.sleep(600)'\n";

fn ctrl_c_while_ports_are_asked(engine: &Engine) {
    let project = Project::small(engine, SILENT);
    let published = format!("    build: .\n    ports: [\"127.0.0.1:{}:1\"]\n", project.port);
    project.edit("compose.yaml", "    build: .\n", &published);
    let mut terminal = on_terminal(&project, &["dev", "--detached"], "up --detach");
    let is_asked = || project.states().len() == 1 && project.log().contains("asked");
    assert!(wait_until(LONG, || is_asked().then_some(())).is_some(), "{}", terminal.output());
    terminal.ctrl_c();
    terminal.expect(130);
    assert!(terminal.output().contains("the stack stays up"), "{}", terminal.output());
    stays_up(&project);
}

fn sigterm_in_the_wait(engine: &Engine) {
    let project = never_healthy(engine);
    let running = without_terminal(&project, &["dev", "--detached"], "waiting for `api` (starting)");
    running.signal(libc::SIGTERM);
    running.end().expect(143).says("the stack stays up");
    stays_up(&project);
}

fn no_step_after_ctrl_c(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let mut terminal = on_terminal(&project, &["up-then"], READY);
    terminal.ctrl_c();
    // 20 and 28 say 0, and a step is left: 130.
    terminal.expect(130);
    stopped_by_itself(&project);
    assert!(!terminal.output().contains("touch"), "{}", terminal.output());
    assert!(!project.dir.join("later").exists());
}

/// To xtask alone: the stack stops, and no other process of the group gets the signal.
fn on_a_terminal_stops(engine: &Engine, number: i32) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let terminal = on_terminal(&project, &["dev"], READY);
    terminal.signal(number);
    expect_stop(engine, &terminal, "");
    stopped_by_itself(&project);
    assert!(!terminal.output().contains("[bystander"), "{}", terminal.output());
}

fn without_a_terminal_stops(engine: &Engine, number: i32) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let running = without_terminal(&project, &["dev"], READY);
    let mut bystander = running.bystander();
    running.signal(number);
    let ended = running.end();
    let panicked = ended.all().contains(COMPOSE_PANIC) && ended.code() == 2;
    ended.expect(if panicked { engine.pick(0, 2, 130) } else { engine.pick(0, 130, 130) });
    stopped_by_itself(&project);
    assert_eq!(bystander.try_wait().expect("asks"), None, "the bystander lives");
    bystander.kill().expect("ends the bystander");
    let _ = bystander.wait();
}

fn sigterm_on_a_terminal(engine: &Engine) {
    on_a_terminal_stops(engine, libc::SIGTERM);
}

fn sigterm_without_a_terminal(engine: &Engine) {
    without_a_terminal_stops(engine, libc::SIGTERM);
}

fn sigint_by_kill_on_a_terminal(engine: &Engine) {
    on_a_terminal_stops(engine, libc::SIGINT);
}

fn sigint_by_kill_without_a_terminal(engine: &Engine) {
    without_a_terminal_stops(engine, libc::SIGINT);
}

fn sighup_on_a_terminal(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let terminal = on_terminal(&project, &["dev"], READY);
    let start = Instant::now();
    terminal.signal(libc::SIGHUP);
    terminal.expect(129);
    assert!(start.elapsed() < Duration::from_secs(45), "{:?}", start.elapsed());
    only_shells_are_left(&terminal);
    assert!(!terminal.output().contains("[bystander"), "{}", terminal.output());
    stays_up(&project);
}

fn sighup_without_a_terminal(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let running = without_terminal(&project, &["dev"], READY);
    let group = running.child.id();
    let start = Instant::now();
    running.signal(libc::SIGHUP);
    running.end().expect(129);
    assert!(start.elapsed() < Duration::from_secs(45), "{:?}", start.elapsed());
    nothing_is_left(group);
    stays_up(&project);
}

fn the_window_is_closed(engine: &Engine) {
    let project = Project::small(engine, SLOW_TO_STOP);
    let mut terminal = on_terminal(&project, &["dev"], READY);
    terminal.hang_up();
    only_shells_are_left(&terminal);
    stays_up(&project);
}
