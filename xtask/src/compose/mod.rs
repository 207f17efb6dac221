//! Compose: its command line, its files, and what it says about them.

// Effects: these touch the outside.
#[allow(clippy::disallowed_methods)]
pub mod config;
#[allow(clippy::disallowed_methods)]
pub mod files;
#[allow(clippy::disallowed_methods)]
pub mod which;

pub mod call;
pub mod env_file;
pub mod line;
pub mod redact;
pub mod services;
pub mod stack;
pub mod started;
