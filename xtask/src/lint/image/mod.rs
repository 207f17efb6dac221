//! What holds at a step of a Dockerfile: its variables, user, home and folder, and the files that decide whether downloads
//! are kept. What only the base image could tell is unknown, unless the table of bases knows the image.

pub mod bases;
pub mod state;
pub mod steps;

pub mod accounts;
