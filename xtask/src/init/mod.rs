//! `init`: moves a repository in. What it has is read, and nothing of it is run.

#![allow(dead_code, reason = "the command follows")]

pub mod check;
pub mod command;
pub mod draft;
pub mod line;
pub mod settle;
pub mod shared;
pub mod toml_text;
pub mod write;
