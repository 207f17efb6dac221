//! What is known of the programs that install packages: one file each, listed in `table.rs`. Everyone who wants to know
//! something of an installer asks here; no other folder names one, and a test holds that.
//!
//! `installer.rs` says what a row can state, `fact.rs` how each statement is known.

pub mod command;
pub mod fact;
pub mod folder;
pub mod installer;
pub mod mounts;
pub mod pins;
pub mod said;
pub mod table;

mod apk;
mod apt;
mod bun;
mod bundler;
mod cargo;
mod composer;
mod conda;
mod dnf;
mod dotnet;
mod go;
mod gradle;
mod maven;
mod npm;
mod pdm;
mod pip;
mod pipenv;
mod pipx;
mod pnpm;
mod poetry;
mod uv;
mod yarn;
