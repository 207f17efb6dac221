//! Builds of the project's services that we start ourselves, to see what they do: in a namespace of cache mounts of
//! their own, and cleaned up afterwards, however they end. `verify` and `bench` stand on it.

pub mod leftovers;
pub mod marks;
pub mod project;
pub mod session;
