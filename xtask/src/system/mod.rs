//! The system: processes, signals, files, variables, exit codes.

// Effects: these touch the outside.
#[allow(clippy::disallowed_methods)]
pub mod drafts;
#[allow(clippy::disallowed_methods)]
pub mod environment;
#[allow(clippy::disallowed_methods)]
pub mod files;
#[allow(clippy::disallowed_methods)]
pub mod http;
#[allow(clippy::disallowed_methods)]
pub mod lock;
#[allow(clippy::disallowed_methods)]
pub mod paths;
#[allow(clippy::disallowed_methods)]
pub mod permission;
#[allow(clippy::disallowed_methods)]
pub mod process;

pub mod change;
pub mod command_line;
pub mod difference;
pub mod exit;
pub mod os;
#[cfg(test)]
pub mod random;
pub mod user;
