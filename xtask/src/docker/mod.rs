//! Docker: its programs, its engine, its build cache, and what it prints.

// Effects: these touch the outside.
#[allow(clippy::disallowed_methods)]
pub mod build_cache;
#[allow(clippy::disallowed_methods)]
pub mod builds;
#[allow(clippy::disallowed_methods)]
pub mod endpoint;
#[allow(clippy::disallowed_methods)]
pub mod listeners;
#[allow(clippy::disallowed_methods)]
pub mod machine;
#[allow(clippy::disallowed_methods)]
pub mod podman;
#[allow(clippy::disallowed_methods)]
pub mod programs;
#[allow(clippy::disallowed_methods)]
pub mod runs;

pub mod answer;
pub mod facts;
pub mod how_to_get;
pub mod output;
pub mod reach;
pub mod version;
