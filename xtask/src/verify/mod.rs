//! `verify`: whether each cache mount is mounted, fills, and is used again; and if not, why.

pub mod causes;
pub mod command;
pub mod index;
pub mod leftovers;
pub mod look;
pub mod probe;
pub mod report;
pub mod verdict;
