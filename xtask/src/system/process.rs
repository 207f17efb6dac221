//! Child processes: started on the person's terminal, waited for, their exit code kept.

pub mod limited;
pub mod proc;
pub mod programs;
pub mod signals;

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Result;
use xshell::Shell;

use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::exit::Exit;
use crate::ui::problem::Problem;

pub use crate::system::process::limited::{Ended, LARGEST, START, answer_until, output_until, tidy_until};
pub use crate::system::process::programs::{find, find_all};
pub use crate::system::process::signals::{Stop, ended_by_signals, stopped, watch};

/// Runs a command on the person's terminal and waits for it, whatever signals come.
///
/// Returns its exit code unchanged; 128 + n when signal n ended it. Errors: the program is missing, or can't be started.
pub fn run(invocation: &Invocation, environment: &Environment) -> Result<Exit> {
    let mut command = command(invocation, environment)?;
    let status = signals::run(&mut command, |_| ()).map_err(|error| start_problem(invocation, &error))?;
    // Without a status it was interrupted before it started.
    Ok(status.map_or_else(|| stopped().map_or(Exit::DONE, Stop::exit), Exit::of_child))
}

/// Runs a command of our own and hands each line of its stderr to `line`; its stdout is discarded. Signals end it as they
/// end what runs on the terminal. `None` if interrupted before it started.
pub fn lines(
    invocation: &Invocation,
    environment: &Environment,
    mut line: impl FnMut(&str),
) -> Result<Option<ExitStatus>> {
    let mut command = command(invocation, environment)?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    end_with_us(&mut command);
    let read = |child: &mut Child| {
        let Some(stderr) = child.stderr.take() else { return };
        let mut reader = io::BufReader::new(stderr);
        let mut bytes = Vec::new();
        while read_line(&mut reader, &mut bytes) {
            line(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']));
        }
    };
    signals::run(&mut command, read).map_err(|error| start_problem(invocation, &error).into())
}

/// A build that only we wait for ends when we are killed. Other systems don't have that: there it goes on.
#[cfg(target_os = "linux")]
fn end_with_us(command: &mut Command) {
    let ask = || {
        // SAFETY: this prctl takes a number.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) };
        Ok(())
    };
    // SAFETY: the closure makes one system call, which is allowed between fork and exec.
    unsafe { std::os::unix::process::CommandExt::pre_exec(command, ask) };
}

#[cfg(not(target_os = "linux"))]
fn end_with_us(_command: &mut Command) {}

/// How much of one line is kept.
const LONGEST_LINE: usize = 64 << 10;

/// The start of the next line; the rest of a longer one is dropped. Whether there was one.
fn read_line(reader: &mut impl io::BufRead, bytes: &mut Vec<u8>) -> bool {
    bytes.clear();
    let mut is_there = false;
    loop {
        let (length, is_end) = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return is_there,
            Ok([]) => return is_there,
            Ok(buffer) => {
                let newline = buffer.iter().position(|byte| *byte == b'\n');
                let length = newline.map_or(buffer.len(), |at| at + 1);
                let kept = length.min(LONGEST_LINE.saturating_sub(bytes.len()));
                bytes.extend_from_slice(&buffer[..kept]);
                (length, newline.is_some())
            }
        };
        reader.consume(length);
        is_there = true;
        if is_end {
            return true;
        }
    }
}

/// How a command of our own ended, and what it printed.
pub struct Output {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    fn new(status: ExitStatus, streams: [Vec<u8>; 2]) -> Output {
        let text = |bytes| {
            String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
        };
        let [stdout, stderr] = streams.map(text);
        Output { status, stdout, stderr }
    }
}

/// The path of this program, for a command to type.
pub fn own_program() -> Option<PathBuf> {
    std::env::current_exe().ok().map(crate::system::paths::without_verbatim)
}

/// Waits for `time`, or until the person wants to stop.
pub fn pause(time: Duration) {
    let end = Instant::now() + time;
    while stopped().is_none() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50).min(time));
    }
}

/// xshell keeps the words; the standard library's command is what lets a child have our terminal and gives its code.
fn command(invocation: &Invocation, environment: &Environment) -> Result<Command> {
    if !invocation.dir.is_dir() {
        let message = format!("the folder `{}` does not exist", invocation.dir.display());
        return Err(Problem::new(message).into());
    }
    let own = environment.in_folder(&invocation.dir, &invocation.env);
    let program =
        find(invocation.program(), &invocation.dir, &own).ok_or_else(|| programs::missing(invocation, &own))?;
    let shell = Shell::new()?;
    shell.change_dir(&invocation.dir);
    let command = own.removed().iter().fold(shell.cmd(program), |command, name| command.env_remove(name));
    let command = command.args(&invocation.words[1..]);
    Ok(command.envs(own.added().iter().map(|(name, value)| (name, value))).into())
}

fn start_problem(invocation: &Invocation, error: &io::Error) -> Problem {
    let name = invocation.program().to_string_lossy();
    if error.kind() == io::ErrorKind::InvalidInput && cfg!(windows) {
        return Problem::new(format!("`{name}` is a batch file, which can't take a word with a line break"))
            .hint("call the program behind it (`.exe`)");
    }
    let problem = Problem::new(format!("can't start `{name}`: {error}"));
    match error.raw_os_error() {
        // ENOEXEC
        Some(8) if cfg!(unix) => problem.hint("begin the script with the program that runs it: #!/bin/sh"),
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_end_is_cut() {
        let text = format!("one\n{}\n\nlast", "x".repeat(3 * LONGEST_LINE));
        let mut reader = io::BufReader::with_capacity(1000, text.as_bytes());
        let (mut bytes, mut lengths) = (Vec::new(), Vec::new());
        while read_line(&mut reader, &mut bytes) {
            lengths.push(bytes.len());
        }
        assert_eq!(lengths, [4, LONGEST_LINE, 1, 4]);
    }
}
