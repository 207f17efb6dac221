//! Judging facts: each check is a small pure function from what was found out to findings.

pub mod buildkit;

pub mod cache;
pub mod engine;
pub mod podman;
pub mod stack;
