//! A built-in command as a value: what it accepts, what it does. `cli` has the table of them.

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::tasks::config::Body;

/// A built-in command.
pub struct Row {
    pub name: &'static str,
    pub about: &'static str,
    /// Whether it can do nothing without a valid tasks.toml.
    pub needs_tasks: bool,
    /// Its flags and words, added to a clap command of its name.
    pub accepts: fn(Command) -> Command,
    /// For one that is a task: what could stand in tasks.toml. It can be a step of others.
    pub task: Option<fn() -> Body>,
    /// Does it, and gives the exit code.
    pub run: fn(&Context, &ArgMatches) -> Result<Exit>,
}
