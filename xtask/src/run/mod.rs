//! Running a plan: resolve its steps, check what they need, run them one after the other, wait for the services.

pub mod dry_run;
pub mod file_step;
pub mod hooks;
pub mod parts;
pub mod preflight;
pub mod readiness;
pub mod resolve;
pub mod shell;
pub mod step;
pub mod steps;
pub mod variables;
pub mod wait;
pub mod warnings;
