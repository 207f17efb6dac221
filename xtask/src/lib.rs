//! The task runner of a dockerised project, as a library: the tasks of tasks.toml, and beside them commands in Rust.
//!
//! A repository with commands of its own has a package `xtask`, which depends on this one, and in `.cargo/config.toml`
//! the line `alias.xtask = "run --package xtask --"`. This is the whole program:
//!
//! ```no_run
//! use std::ffi::OsString;
//!
//! use compose_xtask::xshell::cmd;
//! use compose_xtask::{Cx, Exit, Result};
//!
//! fn main() -> std::process::ExitCode {
//!     compose_xtask::runner!()
//!         .command("seed", "Fill the database", seed)
//!         .main()
//! }
//!
//! fn seed(cx: &Cx, words: &[OsString]) -> Result<Exit> {
//!     cx.compose(["exec", "-T", "db", "psql", "-f", "/seed.sql"])?.run()?;
//!     let sh = cx.shell()?;
//!     cmd!(sh, "python tools/report.py {words...}").run()?;
//!     cx.task("build", [])?;
//!     Ok(Exit::DONE)
//! }
//! ```
//!
//! `cargo xtask seed -- --all` calls it. For a step or a need of a task, tasks.toml names it: `[tasks.seed] rust = true`.
//! Then the general program (`xtask`, installed) lists it too.

#![deny(clippy::disallowed_methods, missing_docs)]

// From the top down: a folder uses those below it, never those above. `tests/it/layout.rs` reads this list and holds it.
// every reader of foreign text, fuzzed
#[cfg(test)]
mod fuzz;

// argv in, exit code out
mod cli;

// one subject each: its command, its decisions, its effects
mod bench;

mod verify;

mod trial;

mod cache;

mod fresh;

mod init;

mod buildkit;

mod doctor;

// what others wrote, judged
mod lint;

// a plan as it runs here
mod run;

// what others wrote, read
mod dockerfile;

mod installers;

mod compose;

mod instructions;

mod docker;

// the person's own: tasks.toml and what was typed
mod project;

mod tasks;

// cp, mv, rm, mkdir and touch of steps
mod file_commands;

// what everything stands on
mod system;

mod ui;

pub use crate::cli::cx::{Compose, Cx, Words};
pub use crate::cli::runner::Runner;
pub use crate::system::exit::Exit;
/// The crates whose types stand in this API, so that a caller uses the same versions: `anyhow::bail!`, `xshell::cmd!`.
pub use {anyhow, xshell};

/// What a command in Rust returns. The error is anyhow's: `?` takes those of xshell, of the standard library, and of
/// helpers of your own that return `anyhow::Result` (a type of ours could take only the first two).
pub type Result<T, E = anyhow::Error> = std::result::Result<T, E>;
