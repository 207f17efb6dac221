//! The commands of a `RUN` as words for the table of installers.

use std::collections::BTreeMap;

use crate::dockerfile::shell::{self, Script, Value};
use crate::installers::command;
use crate::installers::installer::Installer;

/// What a `RUN` runs.
#[derive(Debug)]
pub struct Commands {
    script: Script,
}

/// One simple command.
#[derive(Debug)]
pub struct Command<'a> {
    /// `None` where only the build knows a word.
    pub words: Vec<Option<&'a str>>,
    /// As it was read: with its variables, user and folder.
    pub read: &'a shell::Command,
}

impl Command<'_> {
    /// Whether one of its words contains this text, or may contain it.
    pub fn may_name(&self, text: &str) -> bool {
        self.words.iter().any(|word| word.is_none_or(|word| word.contains(text)))
    }
}

impl Commands {
    /// Reads the command of a `RUN`: a script for the shell, or the words of the exec form.
    pub fn read(text: &str) -> Commands {
        Commands { script: shell::read(text, &BTreeMap::new()) }
    }

    /// The same with the variables that the step starts with, and the texts of script files that it runs.
    pub fn in_step(text: &str, given: &BTreeMap<String, Value>, files: &BTreeMap<String, String>) -> Commands {
        Commands { script: shell::read_with_files(text, given, files) }
    }

    /// The files that it runs and that may be scripts, from the step's WORKDIR.
    pub fn files(&self) -> &[String] {
        &self.script.files
    }

    /// In the order in which they start.
    pub fn iter(&self) -> impl Iterator<Item = Command<'_>> {
        let commands = self.script.commands.iter();
        commands.map(|read| Command { words: read.words.iter().map(shell::Word::text).collect(), read })
    }

    /// Why something in it could not be read.
    pub fn unread(&self) -> Option<&str> {
        self.script.unread.first().map(|unread| unread.why.as_str())
    }

    /// The installer that the first install command calls.
    pub fn installer(&self) -> Option<&'static Installer> {
        self.iter().find_map(|command| command::install(&command.words).map(|install| install.installer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::shell::Seen;

    #[test]
    fn the_installer_is_found_behind_what_stands_before_it() {
        for (script, expected) in [
            ("cd web && npm ci", Some("npm")),
            ("A=b pip install x", Some("pip")),
            ("sudo -E apt-get install -y x", Some("apt")),
            ("sh -c 'yarn --frozen-lockfile'", Some("yarn")),
            ("if true; then uv sync; fi", Some("uv")),
            ("echo \"pip install\"", None),
            ("make", None),
        ] {
            let found = Commands::read(script).installer().map(|installer| installer.name);
            assert_eq!(found, expected, "{script}");
        }
        let commands = Commands::read("export UV_CACHE_DIR=/c && uv sync");
        let seen: Vec<_> = commands.iter().map(|command| command.read.variable("UV_CACHE_DIR")).collect();
        assert_eq!(seen[1], Seen::Value("/c"));
    }
}
