//! `build-fresh`: runs every step of every build again and keeps the cache mounts.

pub mod build;
pub mod command;
pub mod mounts_at_stake;
pub mod overlay;
pub mod overlay_file;
pub mod reran;
pub mod values;
