//! `build-fresh`: every step of every build again.

use anyhow::Result;
use clap::{ArgMatches, Command};

use super::{Row, run};
use crate::config::{Body, Flag, Task};
use crate::context::Context;
use crate::exit::Exit;
use crate::task;

pub const ROW: Row = Row {
    name: "build-fresh",
    about: "Run every build step again; empties the cache mounts too",
    needs_tasks: true,
    accepts,
    task: Some(body),
    run: build_fresh,
};

/// The same as in tasks.toml.
fn body() -> Body {
    let pull = Flag::of("pull", "Look for newer base images", "--pull");
    Body::built_in("compose build --no-cache {pull} {args}", vec![pull])
}

fn accepts(command: Command) -> Command {
    task::arguments(command, &body()).mut_arg("args", |arg| arg.help("Passed on to the build: services, say"))
}

fn build_fresh(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    run::task(context, &Task::built_in(ROW.name), &task::typed(matches, &body()))
}
