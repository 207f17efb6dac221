//! Running a plan: its steps are resolved, checked, run one after the other, and waited for.

pub mod preflight;
pub mod readiness;
pub mod resolve;
pub mod steps;
pub mod wait;
