//! What other subjects add to a run. `cli` hands them in, so that `run` knows none of them.

use std::path::PathBuf;

use anyhow::Result;

use crate::project::context::Context;
use crate::run::step::Step;
use crate::system::command_line::Invocation;
use crate::system::exit::Exit;

/// The places where a run asks others.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Runs a step of compose that builds, or may, by calling [`Run`] once with the command to show and run. An error: what
    /// is needed before or after the build can't be done.
    pub build: fn(&Context, &Step, Run<'_>) -> Result<Outcome>,
    /// For a dry run: the command as it would run, after the earlier steps of the plan. Starts no process.
    pub preview: fn(&Context, &[Step], &Step) -> Result<Preview>,
    /// After a step that failed with a code of its own: says why, if that can be seen.
    pub after_failure: fn(&Context, &Step),
    /// Runs a command in Rust.
    pub rust: fn(&Context, &Step) -> Result<Exit>,
}

/// Shows a command, runs it, and gives its code.
pub type Run<'a> = &'a mut dyn FnMut(&Invocation) -> Result<Exit>;

/// What became of a step that builds.
pub enum Outcome {
    /// The code of the step itself.
    Step(Exit),
    /// The step succeeded, but not with what was asked for. It has been said.
    Findings,
}

/// A step in a dry run.
pub struct Preview {
    pub invocation: Invocation,
    /// A file that the command names and that would be written before it.
    pub file: Option<(PathBuf, String)>,
}
