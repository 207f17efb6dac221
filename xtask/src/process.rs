//! Children: started with the person's own terminal, waited for, and their end taken as it is.

mod programs;
mod signals;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::Result;
use xshell::Shell;

use crate::diagnostic::Problem;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::text;

pub use signals::{Stop, stopped, watch};

/// The file that a program's name means from `dir`, if there is one.
pub fn find(program: &OsStr, dir: &Path, environment: &Environment) -> Option<PathBuf> {
    programs::find(program, dir, environment)
}

/// Runs a command on the person's terminal and waits for it, whatever signals come.
///
/// Its code is given unchanged; 128 + n when signal n ended it. Errors: there is no such program, or it can't be
/// started.
pub fn run(invocation: &Invocation, environment: &Environment) -> Result<Exit> {
    let mut command = command(invocation, environment)?;
    let status = signals::run(&mut command).map_err(|error| start_problem(invocation, &error))?;
    // Without a status it was not started: the person had said stop by then.
    Ok(status.map_or_else(|| stopped().map_or(Exit::DONE, Stop::exit), Exit::of_child))
}

/// Runs a command of ours without a terminal and gives what it printed.
pub fn output(invocation: &Invocation, environment: &Environment) -> Result<Output> {
    let mut command = command(invocation, environment)?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().map_err(|error| start_problem(invocation, &error).into())
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
        if crate::workspace::absolute(&invocation.dir, Path::new(name.as_ref())).is_file() && cfg!(unix) {
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
