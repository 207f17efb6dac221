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
pub mod interpolate;
pub mod line;
pub mod model;
pub mod redact;
pub mod said;
pub mod services;
pub mod stack;
pub mod started;
pub mod yaml;

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod asked;
