//! `cache`: shows the build cache in plain words, and prunes exactly what was named.

pub mod choose;
pub mod command;
pub mod listing;
pub mod look;
pub mod prune;
pub mod request;
pub mod screen;
