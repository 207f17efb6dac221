//! A Makefile: read, and evaluated without running anything of it.

pub mod assign;
mod comments;
mod condition;
pub mod evaluate;
pub mod expand;
mod functions;
mod include;
pub mod lines;
pub mod piece;
pub mod read;
pub mod recipe;
mod rule;
mod target;
#[cfg(test)]
mod tests;
