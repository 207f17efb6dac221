//! The tasks of a repository: argv and tasks.toml in, a plan of commands, an exit code out.

#![deny(clippy::disallowed_methods)]

// From the top down: a folder uses those below it, never those above. `tests/it/layout.rs` reads this list and holds it.
// argv in, exit code out
mod cli;

// one subject each: its command, its decisions, its effects
mod bench;

mod verify;

mod trial;

mod cache;

mod fresh;

mod buildkit;

mod doctor;

// a plan as it runs here
mod run;

// what others wrote, read and judged
mod lint;

mod dockerfile;

mod installers;

mod compose;

mod docker;

// the person's own: tasks.toml and what was typed
mod project;

mod tasks;

// what everything stands on
mod system;

mod ui;

/// Runs the program with the words it was started with, and gives its exit code.
pub fn main() -> std::process::ExitCode {
    // A debug build does not unwind: by itself it would end by a signal.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::exit(system::exit::Exit::BUG.0)
    }));
    let code = cli::main().0;
    // Windows has codes of 32 bits, and `ExitCode` takes eight.
    u8::try_from(code).map_or_else(|_| std::process::exit(code), std::process::ExitCode::from)
}
