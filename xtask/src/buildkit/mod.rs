//! `buildkit`: the daemon.json of the engine, read and edited.

pub mod command;
pub mod daemon_json;
pub mod which_daemon_json;
pub mod write;
