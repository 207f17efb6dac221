//! Running a plan: its steps are resolved, checked, run one after the other, and waited for.

pub mod hooks;
pub mod preflight;
pub mod readiness;
pub mod resolve;
pub mod step;
pub mod steps;
pub mod wait;
pub mod warnings;
