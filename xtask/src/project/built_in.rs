//! A built-in command as a value: what it accepts, what it does. `cli/commands.rs` has the table of them.

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::tasks::config::Body;

/// A built-in command.
pub struct BuiltIn {
    pub name: &'static str,
    pub about: &'static str,
    /// Whether it can do nothing without a valid tasks.toml.
    pub needs_tasks: bool,
    /// Its flags and words, added to a clap command of its name.
    pub accepts: fn(Command) -> Command,
    pub does: Does,
}

/// What a built-in command does.
#[derive(Clone, Copy)]
pub enum Does {
    /// Runs a function, which gives the exit code.
    Runs(fn(&Context, &ArgMatches) -> Result<Exit>),
    /// Is a task, with keys that could stand in tasks.toml. It can be a step of others.
    IsTask(fn() -> Body),
}

impl BuiltIn {
    /// The keys of one that is a task.
    pub fn task(&self) -> Option<Body> {
        match self.does {
            Does::Runs(_) => None,
            Does::IsTask(body) => Some(body()),
        }
    }
}
