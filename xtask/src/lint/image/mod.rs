//! What holds at a step of a Dockerfile: what the image brings that it is based on.

pub mod bases;
