//! `cache`: the build cache in words for people, and pruning exactly what was meant.

pub mod choose;
pub mod command;
pub mod listing;
pub mod look;
pub mod prune;
pub mod request;
pub mod screen;
