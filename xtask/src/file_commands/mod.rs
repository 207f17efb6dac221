//! `cp`, `mv`, `rm`, `mkdir` and `touch` as a step's first word: commands of our own, the same on every system.
//!
//! They do what coreutils' do, with the common flags, and never ask. Deliberately absent: `-i`, `-n`, `-u`, `-t`, `-a`, `-L`,
//! backups, sparse files, extended attributes, and modes for `mkdir` and times for `touch` to set.

// Effects: these touch the outside.
#[allow(clippy::disallowed_methods)]
mod copy;
#[allow(clippy::disallowed_methods)]
mod mkdir;
#[allow(clippy::disallowed_methods)]
mod move_files;
#[allow(clippy::disallowed_methods)]
mod native;
#[allow(clippy::disallowed_methods)]
mod remove;
#[allow(clippy::disallowed_methods)]
mod touch;

pub mod line;
pub mod powershell;

mod place;
mod protected;
mod same_file;
mod targets;

use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::file_commands::line::{Flags, Line};
use crate::file_commands::place::Place;
use crate::system::exit::Exit;
use crate::system::process::{self, Stop};
use crate::ui::Ui;

/// One of the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileCommand {
    Cp,
    Mv,
    Rm,
    Mkdir,
    Touch,
}

impl FileCommand {
    pub const ALL: [FileCommand; 5] =
        [FileCommand::Cp, FileCommand::Mv, FileCommand::Rm, FileCommand::Mkdir, FileCommand::Touch];

    pub fn name(self) -> &'static str {
        match self {
            FileCommand::Cp => "cp",
            FileCommand::Mv => "mv",
            FileCommand::Rm => "rm",
            FileCommand::Mkdir => "mkdir",
            FileCommand::Touch => "touch",
        }
    }

    /// The command that a step's first word names.
    pub fn from_name(name: &str) -> Option<FileCommand> {
        FileCommand::ALL.into_iter().find(|command| command.name() == name)
    }
}

/// Where a command runs, and what it must not remove.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    /// Relative paths are from it; absolute.
    pub dir: &'a Path,
    /// The project's folder.
    pub root: &'a Path,
    /// The person's home folder.
    pub home: Option<&'a Path>,
}

/// Runs one. `shown` are the line's operands as they may be printed.
///
/// An operand that fails is told, and the others are done: then the code is 1, or the signal's when one cut it short.
pub fn run(line: &Line, shown: &[OsString], here: Here<'_>, ui: &Ui) -> Exit {
    process::watch();
    let places: Vec<Place> =
        line.operands.iter().zip(shown).map(|(operand, shown)| Place::new(here.dir, operand, shown)).collect();
    let mut job = Job { command: line.command, flags: line.flags, here, ui, failures: 0 };
    let done = match line.command {
        FileCommand::Cp => copy::copy(&mut job, &places),
        FileCommand::Mv => move_files::move_all(&mut job, &places),
        FileCommand::Rm => remove::remove(&mut job, &places),
        FileCommand::Mkdir => mkdir::mkdir(&mut job, &places),
        FileCommand::Touch => touch::touch(&mut job, &places),
    };
    match done {
        Err(stop) => stop.exit(),
        Ok(()) if job.failures > 0 => Exit::FINDINGS,
        Ok(()) => Exit::DONE,
    }
}

/// A command that runs.
struct Job<'a> {
    command: FileCommand,
    flags: Flags,
    here: Here<'a>,
    ui: &'a Ui,
    failures: usize,
}

impl Job<'_> {
    /// Tells what could not be done.
    fn fail(&mut self, message: impl std::fmt::Display) {
        self.failures += 1;
        self.ui.problem(format_args!("{}: {message}", self.command.name()));
    }

    /// Tells why something could not be done to a file: "can't read `x`".
    fn fail_with(&mut self, what: &str, place: &Place, error: &io::Error) {
        self.fail(format_args!("can't {what} {place}: {}", why(error)));
    }

    /// Tells that a file to work on is not there, or can't be looked at.
    fn fail_to_find(&mut self, place: &Place, error: &io::Error) {
        match is_missing(error) {
            true => self.fail(format_args!("there is no {place}")),
            false => self.fail_with("look at", place, error),
        }
    }

    /// What was done, with `-v`.
    fn done(&self, text: impl std::fmt::Display) {
        if self.flags.verbose {
            self.ui.result(text);
        }
    }
}

/// Ends the work when the person wants it to stop.
fn go_on() -> Result<(), Stop> {
    process::stopped().map_or(Ok(()), Err)
}

/// Whether nothing can be at the path.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The system's reason in words that are the same on every system.
fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is not a folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::AlreadyExists => "it is there already".to_owned(),
        io::ErrorKind::DirectoryNotEmpty => "it is not empty".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => error.to_string(),
    }
}
