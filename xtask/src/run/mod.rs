//! Running a plan: resolve its steps, check what they need, run them one after the other, wait for the services.

pub mod hooks;
pub mod preflight;
pub mod readiness;
pub mod resolve;
pub mod step;
pub mod steps;
pub mod wait;
pub mod warnings;
