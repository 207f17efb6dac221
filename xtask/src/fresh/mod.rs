//! `build-fresh`: runs every step of every build again and keeps the cache mounts.

pub mod build;
pub mod command;
pub mod kept_values;
pub mod mounts_at_stake;
pub mod overlay;
pub mod overlay_text;
pub mod reran;
