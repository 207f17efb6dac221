//! Dockerfiles, .dockerignore files and build contexts, read.

// Effects: these touch the outside.
#[allow(clippy::disallowed_methods)]
pub mod context;

// The model of a Dockerfile, and what changes its text.
pub mod edit;
pub mod model;
pub mod variables;

mod read;

pub mod builds;
pub mod commands;
pub mod dockerignore;
pub mod removal;
pub mod secret_values;

// The shell words of a `RUN`.
pub mod shell;
