//! What is known of the programs that install packages: their cache mounts, and what they print.

pub mod mounts;
pub mod output;
