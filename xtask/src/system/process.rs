//! Children: started with the person's own terminal, waited for, and their end taken as it is.

pub mod programs;
pub mod signals;

use std::ffi::OsStr;
use std::io::{self, BufRead as _, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use anyhow::Result;
use xshell::Shell;

use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::exit::Exit;
use crate::ui::problem::Problem;
use crate::ui::text;

pub use crate::system::process::signals::{Stop, stopped, watch};

/// The file that a program's name means from `dir`, if there is one.
pub fn find(program: &OsStr, dir: &Path, environment: &Environment) -> Option<PathBuf> {
    programs::find(program, dir, environment)
}

/// Every file of that name on PATH, in its order.
pub fn find_all(program: &OsStr, dir: &Path, environment: &Environment) -> Vec<PathBuf> {
    programs::find_all(program, dir, environment)
}

/// Runs a command on the person's terminal and waits for it, whatever signals come.
///
/// Its code is given unchanged; 128 + n when signal n ended it. Errors: there is no such program, or it can't be
/// started.
pub fn run(invocation: &Invocation, environment: &Environment) -> Result<Exit> {
    let mut command = command(invocation, environment)?;
    let status = signals::run(&mut command, |_| ()).map_err(|error| start_problem(invocation, &error))?;
    // Without a status it was not started: the person had said stop by then.
    Ok(status.map_or_else(|| stopped().map_or(Exit::DONE, Stop::exit), Exit::of_child))
}

/// Runs a command of ours whose stderr is read while it runs, line by line: nobody else sees it. Its stdout is thrown
/// away. Signals end it as they end what runs on the terminal. None: the person had said stop before it could start.
pub fn lines(
    invocation: &Invocation,
    environment: &Environment,
    mut line: impl FnMut(&str),
) -> Result<Option<ExitStatus>> {
    let mut command = command(invocation, environment)?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let read = |child: &mut Child| {
        let Some(stderr) = child.stderr.take() else { return };
        let mut reader = io::BufReader::new(stderr);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            line(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']));
            bytes.clear();
        }
    };
    signals::run(&mut command, read).map_err(|error| start_problem(invocation, &error).into())
}

/// Runs a command of ours without a terminal and gives what it printed.
pub fn output(invocation: &Invocation, environment: &Environment) -> Result<Output> {
    let mut command = command(invocation, environment)?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().map_err(|error| start_problem(invocation, &error).into())
}

/// The same, until `deadline`: then the command is ended, and there is no answer.
pub fn output_until(invocation: &Invocation, environment: &Environment, deadline: Instant) -> Result<Option<Output>> {
    until(command(invocation, environment)?, invocation, deadline)
}

/// The same for what clears up behind us: a Ctrl-C on the terminal does not reach it.
pub fn tidy_until(invocation: &Invocation, environment: &Environment, deadline: Instant) -> Result<Option<Output>> {
    let mut command = command(invocation, environment)?;
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    // CREATE_NEW_PROCESS_GROUP: Ctrl-C is off in it.
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(&mut command, 0x200);
    until(command, invocation, deadline)
}

fn until(mut command: Command, invocation: &Invocation, deadline: Instant) -> Result<Option<Output>> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| start_problem(invocation, &error))?;
    // Nobody joins these threads: what the command leaves behind could hold its pipes open.
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let left = || deadline.saturating_duration_since(Instant::now());
    let texts = stdout.recv_timeout(left()).and_then(|stdout| Ok((stdout, stderr.recv_timeout(left())?)));
    let Ok((stdout, stderr)) = texts else {
        end(&mut child);
        return Ok(None);
    };
    // Both pipes are closed: it is ending, or has gone into the background.
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(Output { status, stdout, stderr })),
            None if left().is_zero() => {
                end(&mut child);
                return Ok(None);
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}

/// Ends a child that had its time. First by SIGTERM, so that docker ends its plugins.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        // SAFETY: kill has no preconditions, and the child is not reaped yet.
        unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGTERM) };
        let until = Instant::now() + Duration::from_millis(200);
        while Instant::now() < until {
            if child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The file of this program, for a line that somebody else can type.
pub fn own_program() -> Option<PathBuf> {
    std::env::current_exe().ok().map(crate::system::paths::without_verbatim)
}

/// The names of the programs that started us, the nearest first, as far as the system tells without another process.
#[cfg(target_os = "linux")]
pub fn ancestors() -> Vec<String> {
    let mut names = Vec::new();
    let mut pid = std::os::unix::process::parent_id();
    // More than anybody has between a shell and us.
    while pid > 1 && names.len() < 8 {
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { break };
        // `pid (name) state ppid …`; the name may hold anything, a parenthesis too.
        let Some((before, after)) = stat.rsplit_once(')') else { break };
        names.push(before.split_once('(').map_or("", |(_, name)| name).to_owned());
        pid = after.split_whitespace().nth(1).and_then(|parent| parent.parse().ok()).unwrap_or(0);
    }
    names
}

#[cfg(not(target_os = "linux"))]
pub fn ancestors() -> Vec<String> {
    Vec::new()
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
    let own = environment.with(&invocation.env);
    let program = find(invocation.program(), &invocation.dir, &own).ok_or_else(|| missing(invocation, &own))?;
    let shell = Shell::new()?;
    shell.change_dir(&invocation.dir);
    let command = shell.cmd(program).args(&invocation.words[1..]);
    let command = environment.removed.iter().fold(command, |command, name| command.env_remove(name));
    let command = command.envs(environment.changed.iter().map(|(name, value)| (name, value)));
    Ok(command.envs(invocation.env.iter().map(|(name, value)| (name, value))).into())
}

fn missing(invocation: &Invocation, environment: &Environment) -> Problem {
    let name = invocation.program().to_string_lossy();
    if Path::new(name.as_ref()).components().count() > 1 {
        if crate::system::paths::absolute(&invocation.dir, Path::new(name.as_ref())).is_file() && cfg!(unix) {
            return Problem::new(format!("`{name}` is not executable")).hint(format!("chmod +x {name}"));
        }
        return Problem::new(format!("there is no program `{name}` in `{}`", invocation.dir.display()))
            .hint("a program with `/` in its name is a file in the task's folder (`dir`)");
    }
    let names = programs::names(environment);
    let near = text::nearest(&name, names.iter().map(String::as_str).filter(|near| *near != name));
    Problem::new(format!("there is no program `{name}` on PATH")).hint(near.map_or_else(
        || format!("install `{name}`, or add its folder to PATH"),
        |near| format!("did you mean `{near}`?"),
    ))
}

fn start_problem(invocation: &Invocation, error: &io::Error) -> Problem {
    let name = invocation.program().to_string_lossy();
    if error.kind() == io::ErrorKind::InvalidInput && cfg!(windows) {
        return Problem::new(format!("`{name}` is a batch file, and none can take a word with a line break"))
            .hint("call the program behind it (`.exe`)");
    }
    let problem = Problem::new(format!("can't start `{name}`: {error}"));
    match error.raw_os_error() {
        // ENOEXEC
        Some(8) if cfg!(unix) => problem.hint("a script says in its first line what runs it: #!/bin/sh"),
        _ => problem,
    }
}
