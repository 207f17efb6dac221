//! `build-fresh`: every step of every build again, and the cache mounts stay.
//!
//! `--no-cache` would empty them. What changes the key of every `RUN` without that is a host name that was not there
//! before: docs/cache.md says how that was found. It is a task of one command; `fresh_build` is what is special about it.

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::fresh::values as fresh;
use crate::project::built_in::Row;
use crate::project::context::Context;
use crate::run::steps as run;
use crate::system::exit::Exit;
use crate::tasks::config::{Body, Flag, Task};
use crate::tasks::typed as task;

pub const ROW: Row = Row {
    name: fresh::COMMAND,
    about: "Run every build step again and keep the download caches",
    needs_tasks: true,
    accepts,
    task: Some(body),
    run: build_fresh,
};

/// The same as in tasks.toml.
fn body() -> Body {
    let drop_caches = Flag::of("drop-caches", "Empty the cache mounts too, as `--no-cache` does", "--no-cache");
    let pull = Flag::of("pull", "Look for newer base images", "--pull");
    let service = Flag::with_value("service", "SERVICE", "Only this service; more of them behind `--`", "{value}");
    Body::built_in("compose build {drop-caches} {pull} {service} {args}", vec![drop_caches, pull, service])
}

fn accepts(command: Command) -> Command {
    task::arguments(command, &body()).mut_arg("args", |arg| arg.help("Passed on to the build: services, say"))
}

fn build_fresh(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    run::task(context, &Task::built_in(ROW.name), &task::typed(matches, &body()))
}
