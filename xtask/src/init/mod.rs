//! `init`: moves a repository in. What it has is read, and nothing of it is run.

// Effects: these touch the outside.
#[allow(clippy::disallowed_methods)]
pub mod found;

pub mod cargo_files;
pub mod check;
pub mod command;
pub mod draft;
pub mod gather;
pub mod justfile;
pub mod line;
pub mod makefile;
pub mod onboarding;
pub mod page;
pub mod place;
pub mod report;
pub mod rust;
pub mod script;
pub mod services;
pub mod settle;
pub mod shared;
pub mod simple;
pub mod toml_text;
pub mod translate;
pub mod write;
