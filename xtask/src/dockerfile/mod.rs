//! Dockerfiles, .dockerignore files and build contexts, read.

// Effects: these touch the outside.
#[allow(clippy::disallowed_methods)]
pub mod context;

pub mod builds;
pub mod dockerignore;
pub mod edit;
pub mod here_documents;
pub mod model;
#[allow(dead_code)] // Its users come with the next changes.
pub mod shell;
pub mod stage_names;
