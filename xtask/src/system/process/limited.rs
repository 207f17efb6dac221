//! Commands that are asked something: each has a deadline, and what it prints a limit.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Output, command, start_problem, stopped, watch};
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;

/// How a command of our own ended.
pub enum Ended {
    Itself(Output),
    /// By us, since it had not ended in its time, or the person wants to stop.
    TooLate,
    /// By us, since it printed too much: the beginning of that.
    TooMuch(String),
}

/// Runs a command of our own without a terminal, and collects what it prints, until `deadline`.
pub fn output_until(invocation: &Invocation, environment: &Environment, deadline: Instant) -> Result<Ended> {
    until(command(invocation, environment)?, invocation, deadline, || false)
}

/// The same for a command of the person's: it is ended, too, when the person wants to stop.
pub fn answer_until(invocation: &Invocation, environment: &Environment, deadline: Instant) -> Result<Ended> {
    watch();
    until(command(invocation, environment)?, invocation, deadline, || stopped().is_some())
}

/// The same for cleaning up: a Ctrl-C on the terminal does not reach the command.
pub fn tidy_until(invocation: &Invocation, environment: &Environment, deadline: Instant) -> Result<Ended> {
    let mut command = command(invocation, environment)?;
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    // CREATE_NEW_PROCESS_GROUP: Ctrl-C is off in it.
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(&mut command, 0x200);
    until(command, invocation, deadline, || false)
}

/// The most that one answer may have on a stream. The longest real ones list a build cache.
pub const LARGEST: usize = 32 << 20;
/// How much of one that has more is kept: more than any secret that could be cut off in it.
pub const START: usize = 64 << 10;

fn until(
    mut command: Command,
    invocation: &Invocation,
    deadline: Instant,
    is_stopped: impl Fn() -> bool,
) -> Result<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| start_problem(invocation, &error))?;
    // Detached on purpose: what the command leaves behind could hold its pipes open.
    let (sender, answers) = mpsc::channel();
    collect(0, child.stdout.take(), sender.clone());
    collect(1, child.stderr.take(), sender);
    let left = || if is_stopped() { Duration::ZERO } else { deadline.saturating_duration_since(Instant::now()) };
    let next = || loop {
        let turn = left().min(Duration::from_millis(50));
        match answers.recv_timeout(turn) {
            Err(RecvTimeoutError::Timeout) if !turn.is_zero() => {}
            answer => return answer,
        }
    };
    let mut texts = [Vec::new(), Vec::new()];
    for _ in 0..texts.len() {
        match next() {
            Ok((_, bytes)) if bytes.len() > LARGEST => {
                end(&mut child);
                return Ok(Ended::TooMuch(String::from_utf8_lossy(&bytes[..START]).into_owned()));
            }
            Ok((stream, bytes)) => texts[stream] = bytes,
            Err(_) => {
                end(&mut child);
                return Ok(Ended::TooLate);
            }
        }
    }
    // Both pipes are closed: it is ending, or went into the background.
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Ended::Itself(Output::new(status, texts))),
            None if left().is_zero() => {
                end(&mut child);
                return Ok(Ended::TooLate);
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Reads a stream to its end, or until it has too much.
fn collect(at: usize, stream: Option<impl Read + Send + 'static>, sender: Sender<(usize, Vec<u8>)>) {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            let _ = stream.take(LARGEST as u64 + 1).read_to_end(&mut bytes);
        }
        let _ = sender.send((at, bytes));
    });
}

/// Ends a child whose time is up, and what it started. SIGTERM comes first, so that docker ends its plugins. Compose does
/// not heed it while it reads a file, and is in no group of ours (docker gives its plugins one of their own).
fn end(child: &mut Child) {
    #[cfg(unix)]
    let below = crate::system::process::proc::descendants(child.id() as libc::pid_t);
    #[cfg(unix)]
    {
        // SAFETY: kill has no preconditions, and the child is not reaped yet.
        unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGTERM) };
        let until = Instant::now() + Duration::from_millis(200);
        while Instant::now() < until {
            // SAFETY: kill has no preconditions, and 0 sends nothing.
            let is_there = |pid: &libc::pid_t| unsafe { libc::kill(*pid, 0) } == 0;
            let has_ended = child.try_wait().is_ok_and(|status| status.is_some());
            if has_ended && !below.iter().any(is_there) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        for pid in below {
            // SAFETY: kill has no preconditions. No other process gets one of these numbers that soon.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::system::files::Scratch;

    /// As compose's plugin does below docker: another process, in a group of its own, that heeds no SIGTERM.
    #[test]
    fn what_does_not_answer_is_ended_with_all_that_it_started() {
        let scratch = Scratch::new(&format!("xtask-limited-{}", std::process::id())).expect("a folder");
        let inner = "trap '' TERM; echo $$ > pid.new; mv pid.new pid; while :; do sleep 60; done";
        scratch.write("inner", inner.as_bytes()).expect("a script");
        let script = "trap '' TERM; setsid sh inner & wait";
        let words = ["sh", "-c", script].map(Into::into).to_vec();
        let invocation = Invocation::new(words, Vec::new(), scratch.path.clone());
        let environment = Environment::read("none");
        // On a busy machine it may not have started what it starts.
        let mut patience = Duration::from_millis(300);
        while !scratch.path.join("pid").exists() {
            let answer = output_until(&invocation, &environment, Instant::now() + patience).expect("it starts");
            assert!(matches!(answer, Ended::TooLate));
            patience *= 2;
        }
        let pid = std::fs::read_to_string(scratch.path.join("pid")).expect("a number");
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        let is_running = || !state().is_empty() && !state().contains(") Z ");
        while is_running() {
            // It has its SIGKILL, or the test never ends.
            std::thread::yield_now();
        }
    }
}
