//! `init`: moves a repository in. What it has is read, and nothing of it is run.

#[allow(dead_code, reason = "the command follows")]
pub mod draft;
