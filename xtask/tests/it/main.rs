//! The real binary with a strict fake `docker` as the only thing on PATH: all of stdout, all of stderr and the exit
//! code are compared.

// The floors are the program's own: a test looks into files as it likes.
#![allow(clippy::disallowed_methods)]

mod fakes;
mod given_flags;
mod groups;
mod harness;
#[cfg(target_os = "linux")]
#[path = "../../src/system/random.rs"]
mod random;

mod answers;
mod bad_input;
mod build_fresh;
mod buildkit;
mod cache;
mod cargo;
mod colour;
mod completions;
mod compose;
mod compose_files;
mod dev;
mod doctor;
mod doctor_engine;
mod doctor_files;
mod doctor_machine;
mod env;
mod env_values;
mod environment;
mod escapes;
mod everywhere;
mod explain;
mod file_commands;
#[cfg(target_os = "linux")]
mod file_commands_random;
mod help;
mod hints;
mod hostile_files;
mod init;
#[cfg(unix)]
mod init_check;
mod init_makefile;
#[cfg(unix)]
mod init_random;
mod init_table;
mod keys;
#[cfg(target_os = "linux")]
mod killed;
mod layout;
mod lint;
mod lint_fix;
mod lint_output;
mod looking;
mod modes;
mod parts;
mod pictures;
mod podman;
mod quoting;
mod root;
mod running;
mod rust;
mod schema;
mod secret_flags;
mod secrets;
mod shared_words;
#[cfg(unix)]
mod shells;
#[cfg(unix)]
mod signals;
mod step_tables;
mod systems;
mod verify;
mod wait;
#[cfg(windows)]
mod windows;
