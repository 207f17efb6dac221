//! tasks.toml: read, checked, and made into a plan. Nothing here knows docker.

pub mod clap_errors;
pub mod config;
pub mod fill;
pub mod mistake;
pub mod plan;
pub mod typed;
pub mod variables;
