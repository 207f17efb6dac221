//! Code is copied before an install step, which then runs again at every change of the code, even with the same
//! requirements.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::{Command, Commands};
use crate::dockerfile::context::facts::is_whole_context;
use crate::dockerfile::model::{Instruction, Kind, Run};
use crate::installers::command::Install;
use crate::installers::installer::Installer;
use crate::lint::before::{chains, installs};
use crate::ui::finding::Finding;

const NAME: &str = "code-before-dependencies";

pub fn look(build: &BuildFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (below, chain) in chains(build) {
        let mut before = Before::default();
        for (at, step) in chain.into_iter().enumerate() {
            match &step.kind {
                Kind::Copy { sources, from: None } => before.note_copy(build, sources, step.line),
                Kind::Run(run) => {
                    let script = Commands::read(&run.script);
                    let commands: Vec<Command<'_>> = script.iter().collect();
                    let found = installs(&commands);
                    if at >= below {
                        findings
                            .extend(found.iter().filter_map(|install| before.finding(step, run, &commands, install)));
                    }
                    if before.code.is_none() {
                        let own = found.iter().filter(|install| !install.is_of_installer());
                        before.installed.extend(own.map(|install| (install.installer, install.is_by_file())));
                    }
                }
                _ => {}
            }
        }
    }
    findings
}

/// What comes before an install step.
#[derive(Default)]
struct Before {
    /// The source of the code that is copied, as written, and the line.
    code: Option<(String, usize)>,
    /// What installed before any code was copied, and whether that was by a file of requirements.
    installed: Vec<(&'static Installer, bool)>,
}

impl Before {
    fn note_copy(&mut self, build: &BuildFacts, sources: &[String], line: usize) {
        let whole = sources.iter().find(|source| is_whole_context(source));
        // The whole context outweighs a part that was copied earlier.
        let found = match &self.code {
            None => whole.or_else(|| sources.iter().find(|source| build.code.contains(source))),
            Some((source, _)) => whole.filter(|_| !is_whole_context(source)),
        };
        if let Some(source) = found {
            self.code = Some((source.clone(), line));
        }
    }

    fn finding(
        &self,
        step: &Instruction,
        run: &Run,
        commands: &[Command<'_>],
        install: &Install<'_>,
    ) -> Option<Finding> {
        let line = step.line;
        let why = match self.code.as_ref().filter(|(code, _)| self.is_too_early(code, commands, install)) {
            _ if run.context_mounts().any(is_whole_context) => "the whole context is mounted into it".to_owned(),
            Some((source, at)) if is_whole_context(source) => {
                format!("the whole context is copied before it (line {at})")
            }
            Some((source, at)) => format!("`{source}` is copied before it (line {at})"),
            None => return None,
        };
        let requirements = install.installer.requirements.is;
        // `uv pip install -r` reads no uv.lock.
        let (files, option) = match requirements.without_project {
            _ if install.is_by_file() => ("the requirements file", String::new()),
            "" => (requirements.shown, String::new()),
            words => (requirements.shown, format!(" ({words})")),
        };
        Some(
            Finding::warning(NAME, format!("`{}` runs again at every change of the code", install.what()))
                .at(step.span.clone())
                .why(why)
                .fix(format!("copy {files} alone before line {line}{option}, and the rest after it")),
        )
    }

    /// False if the same tool already installed before the code was copied, or if the step needs the code: it installs the
    /// project itself, or runs what was copied.
    fn is_too_early(&self, code: &str, commands: &[Command<'_>], install: &Install<'_>) -> bool {
        let is_same =
            |(other, by_file): &(&Installer, bool)| *other == install.installer && (*by_file || !install.is_by_file());
        let name = code.trim_end_matches('/').rsplit('/').next().unwrap_or(code);
        let is_needed = || install.is_of_project() || commands.iter().any(|command| command.may_name(name));
        let is_needed = !is_whole_context(code) && is_needed();
        !is_needed && !self.installed.iter().any(is_same)
    }
}
