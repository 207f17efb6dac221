//! (being written)

use anyhow::Result;
use clap::{ArgMatches, Command};

use super::Row;
use crate::context::Context;
use crate::exit::Exit;

pub const ROW: Row = Row {
    name: "buildkit",
    about: "Turn BuildKit on in the engine itself, for good",
    needs_tasks: false,
    accepts,
    task: None,
    run: buildkit,
};

fn accepts(command: Command) -> Command {
    command
}

fn buildkit(_context: &Context, _matches: &ArgMatches) -> Result<Exit> {
    Ok(Exit::DONE)
}
