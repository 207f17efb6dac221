//! `build-fresh`: runs every step of every build again and keeps the cache mounts.
//!
//! `--no-cache` would empty them. What changes the key of every `RUN` without that is a host name that was not there
//! before: docs/cache.md says how that was found. It is a task of one step; `build` is what is special about it.

use clap::Command;

use crate::fresh::kept_values as values;
use crate::project::built_in::{BuiltIn, Does};
use crate::tasks::config::{Body, Flag};
use crate::tasks::typed;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: values::COMMAND,
    about: "Run every build step again and keep the download caches",
    needs_tasks: true,
    accepts,
    does: Does::IsTask(body),
};

/// The same as in tasks.toml.
fn body() -> Body {
    let drop_caches = Flag::of("drop-caches", "Empty the cache mounts too, as `--no-cache` does", "--no-cache");
    let pull = Flag::of("pull", "Look for newer base images", "--pull");
    let service = Flag::with_value("service", "SERVICE", "Only this service; put more of them after `--`", "{value}");
    Body::built_in("compose build {drop-caches} {pull} {service} {args}", vec![drop_caches, pull, service])
}

fn accepts(command: Command) -> Command {
    typed::arguments(command, &body()).mut_arg("args", |arg| arg.help("Passed on to the build, such as services"))
}
