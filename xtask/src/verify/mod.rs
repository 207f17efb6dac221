//! `verify`: whether each cache mount is mounted, fills, and is used again; and if not, why.

pub mod causes;
pub mod command;
pub mod emptied;
pub mod index;
pub mod look;
pub mod not_reached;
pub mod not_writable;
pub mod questions;
pub mod report;
pub mod two_builds;
pub mod verdict;
