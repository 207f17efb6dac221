//! `bench`: what the cache mounts save on this machine, measured.

pub mod builds;
pub mod changes;
pub mod command;
pub mod figures;
pub mod report;
