//! The tasks of this repository: argv and tasks.toml in, a plan of commands, an exit code out.

#![deny(clippy::disallowed_methods)]

// In reading order. A module uses what stands below its floor, never what stands above; `tests/it/layout.rs` holds it.

// floor 5: argv in, exit code out
mod cli;
mod commands;
#[cfg(test)]
mod schema;

// floor 3: effects, the only files that touch the outside
#[allow(clippy::disallowed_methods)]
mod build_context;
#[allow(clippy::disallowed_methods)]
mod compose_files;
#[allow(clippy::disallowed_methods)]
mod context;
#[allow(clippy::disallowed_methods)]
mod docker;
#[allow(clippy::disallowed_methods)]
mod environment;
#[allow(clippy::disallowed_methods)]
mod files;
#[allow(clippy::disallowed_methods)]
mod http;
#[allow(clippy::disallowed_methods)]
mod listeners;
#[allow(clippy::disallowed_methods)]
mod process;
#[allow(clippy::disallowed_methods)]
mod state;
#[allow(clippy::disallowed_methods)]
mod ui;
#[allow(clippy::disallowed_methods)]
mod workspace;

// floor 2: policy, pure decisions
mod bench;
mod cache;
mod doctor;
mod explain;
mod plan;
mod rebuilt;
mod stack;
mod task;
mod verify;

// floor 1: model, parsed things
mod buildkit;
mod compose;
mod config;
mod daemon_json;
mod docker_output;
mod dockerfile;
mod env_file;
mod facts;
mod fresh;
mod ignore;
mod install;
mod invocation;
mod mounts;
mod overlay;
mod secrets;
mod services;
mod shell;

// floor 0: vocabulary
mod args;
mod diagnostic;
mod exit;
mod finding;
mod globals;
mod os;
mod style;
mod text;
mod version;

/// Runs the program with the words it was started with, and gives its exit code.
pub fn main() -> std::process::ExitCode {
    // A debug build does not unwind: by itself it would end by a signal.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::exit(exit::Exit::BUG.0)
    }));
    let code = cli::main().0;
    // Windows has codes of 32 bits, and `ExitCode` takes eight.
    u8::try_from(code).map_or_else(|_| std::process::exit(code), std::process::ExitCode::from)
}
