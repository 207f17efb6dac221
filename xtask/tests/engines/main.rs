//! xtask on real Docker engines: the three that `.ci/engines up` starts.
//!
//! `XTASK_TEST_ENGINES="20 26 28" cargo test --test engines` runs them, and an engine that is missing then is a
//! failure. Without the variable each test steps aside, and one line says so.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test may touch what only floor 3 of the program may")]

#[macro_use]
mod harness;
mod own_engine;
mod project;
mod pty;

mod bench;
mod beyond;
mod buildkit;
mod cache;
mod codes;
mod doctor;
mod example;
mod finding;
mod guide;
mod index;
mod live;
mod signals;
mod verify;
