//! Rules about Dockerfiles and build contexts.

pub mod builds;
pub mod changing;
pub mod installs;
pub mod reruns;
