//! xtask on real Docker engines and on Podman: those that `.ci/engines up` starts.
//!
//! `XTASK_TEST_ENGINES="20 26 28 podman" cargo test --test engines` runs them, and an engine that is missing then is a
//! failure. Without the variable each test is shown as ignored.
#![allow(clippy::disallowed_methods, reason = "a test may touch what only the effects of the program may")]

#[cfg(target_os = "linux")]
#[path = "."]
mod on_linux {
    pub mod changes;
    #[macro_use]
    pub mod harness;
    pub mod own_engine;
    pub mod project;
    pub mod pty;
    #[allow(dead_code, reason = "the unit tests use all of it")]
    #[path = "../../src/system/random.rs"]
    pub mod random;
    pub mod seen;
    pub mod suite;
    pub mod traps;
    pub mod world;

    pub mod advice;
    pub mod bench;
    pub mod beyond;
    pub mod build_keys;
    pub mod buildkit;
    pub mod cache;
    pub mod codes;
    pub mod compose_files;
    pub mod contexts;
    pub mod dependencies;
    pub mod dockerfiles;
    pub mod doctor;
    pub mod example;
    pub mod faults;
    pub mod finding;
    pub mod frozen;
    pub mod guide;
    pub mod index;
    pub mod killed;
    pub mod lint;
    pub mod lint_family;
    pub mod live;
    pub mod looks;
    pub mod planted;
    pub mod podman;
    pub mod secrets;
    pub mod signals;
    pub mod verdicts;
    pub mod verify;
}
#[cfg(target_os = "linux")]
use on_linux::*;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    suite::main(&[
        advice::CHECKS,
        bench::CHECKS,
        beyond::CHECKS,
        build_keys::CHECKS,
        buildkit::CHECKS,
        cache::CHECKS,
        codes::CHECKS,
        compose_files::CHECKS,
        contexts::CHECKS,
        dependencies::CHECKS,
        dockerfiles::CHECKS,
        doctor::CHECKS,
        example::CHECKS,
        faults::CHECKS,
        finding::CHECKS,
        frozen::CHECKS,
        guide::CHECKS,
        index::CHECKS,
        killed::CHECKS,
        lint::CHECKS,
        lint_family::CHECKS,
        live::CHECKS,
        looks::CHECKS,
        planted::CHECKS,
        podman::CHECKS,
        secrets::CHECKS,
        signals::CHECKS,
        verdicts::CHECKS,
        verify::CHECKS,
    ])
}

/// `.ci/engines` needs Linux.
#[cfg(not(target_os = "linux"))]
fn main() {
    println!("\nrunning 0 tests: the engines need Linux");
}
