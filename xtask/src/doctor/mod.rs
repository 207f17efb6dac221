//! `doctor`, its hint below a failed step, and `doctor --explain`: facts are gathered once, then judged.

pub mod asked;
pub mod checks;
pub mod command;
pub mod explain;
pub mod gather;
pub mod hints;
pub mod stack_facts;
mod tasks;
