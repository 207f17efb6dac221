//! `build-fresh`: every step of every build again, and the cache mounts stay.

pub mod build;
pub mod command;
pub mod mounts_at_stake;
pub mod overlay;
pub mod overlay_file;
pub mod reran;
pub mod values;
