//! The commands of a step that install packages.

use crate::dockerfile::commands::Commands;
use crate::installers::command;
use crate::installers::installer::Installer;

/// One command that fetches packages and does not need the project's code for that.
#[derive(Clone, Debug, PartialEq)]
pub struct Install {
    /// The words, for a message: `pip install`.
    pub what: String,
    pub installer: &'static Installer,
    /// It only brings an installer up to date.
    pub of_installer: bool,
    /// It reads a file of requirements: `-r`.
    pub by_file: bool,
    /// It installs the project itself, whose code it needs: `pip install .`.
    pub of_project: bool,
}

/// The commands of a step that fetch packages, each once.
pub fn installs(commands: &Commands) -> Vec<Install> {
    let mut found: Vec<Install> = Vec::new();
    for command in commands.iter() {
        let Some(install) = command::install(&command.words).filter(|install| !install.builds) else { continue };
        let install = Install {
            what: install.what(),
            installer: install.installer,
            of_installer: install.is_of_installer(),
            by_file: install.is_by_file(),
            of_project: install.is_of_project(),
        };
        if !found.contains(&install) {
            found.push(install);
        }
    }
    found
}
