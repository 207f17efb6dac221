//! The text of a Dockerfile as BuildKit splits it: into instructions and their words. What they mean says `dockerfile/`.

pub mod lines;
pub mod variables;
pub mod words;
