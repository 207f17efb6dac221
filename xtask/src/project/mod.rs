//! The project: its folder, its tasks.toml, what is kept of it between runs, and the global flags.

// Effects: these touch the outside.
#[allow(clippy::disallowed_methods)]
pub mod context;
#[allow(clippy::disallowed_methods)]
pub mod root;
#[allow(clippy::disallowed_methods)]
pub mod state;

pub mod built_in;
pub mod globals;
pub mod looking;
pub mod program;
