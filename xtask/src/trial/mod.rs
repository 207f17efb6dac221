//! Builds of the project's services that `verify` and `bench` start themselves: with cache mounts of their own, and cleaned
//! up afterwards, however they end.

pub mod leftovers;
pub mod marks;
pub mod project;
pub mod session;
