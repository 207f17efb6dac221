//! Code is copied before an install step, which then runs again at every change of the code, even with the same
//! requirements.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::Commands;
use crate::dockerfile::context::facts::is_whole_context;
use crate::dockerfile::model::{Instruction, Kind, Run};
use crate::lint::before::chains;
use crate::lint::installs::{Install, installs};
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
                    let commands = Commands::read(&run.script);
                    let found = installs(&commands);
                    if at >= below {
                        findings
                            .extend(found.iter().filter_map(|install| before.finding(step, run, &commands, install)));
                    }
                    if before.code.is_none() {
                        before.installed.extend(found.into_iter().filter(|install| !install.of_installer));
                    }
                }
                _ => {}
            }
        }
    }
    findings
}

/// The code that is copied.
enum Code {
    Whole,
    /// A part of the context, as written.
    Part(String),
}

/// What comes before an install step.
#[derive(Default)]
struct Before {
    /// The code that is copied, and the line.
    code: Option<(Code, usize)>,
    /// What was installed before any code was copied.
    installed: Vec<Install>,
}

impl Before {
    fn note_copy(&mut self, build: &BuildFacts, sources: &[String], line: usize) {
        let part = || sources.iter().find(|source| build.code.contains(source)).cloned();
        let found = match sources.iter().any(|source| is_whole_context(source)) {
            true => Some(Code::Whole),
            false => part().map(Code::Part),
        };
        // The whole context outweighs a part that was copied earlier.
        match (&self.code, found) {
            (None, Some(found)) => self.code = Some((found, line)),
            (Some((Code::Part(_), _)), Some(Code::Whole)) => self.code = Some((Code::Whole, line)),
            _ => {}
        }
    }

    fn finding(&self, step: &Instruction, run: &Run, commands: &Commands, install: &Install) -> Option<Finding> {
        let line = step.line;
        let why = match self.code.as_ref().filter(|(code, _)| self.is_too_early(code, commands, install)) {
            _ if run.context_mounts().any(is_whole_context) => "the whole context is mounted into it".to_owned(),
            Some((Code::Whole, at)) => format!("the whole context is copied before it (line {at})"),
            Some((Code::Part(source), at)) => format!("`{source}` is copied before it (line {at})"),
            None => return None,
        };
        let requirements = install.installer.requirements.is;
        let option = match requirements.without_project {
            "" => String::new(),
            words => format!(" ({words})"),
        };
        let files = requirements.shown;
        Some(
            Finding::warning(NAME, format!("`{}` runs again at every change of the code", install.what))
                .at(step.span.clone())
                .why(why)
                .fix(format!("copy {files} alone before line {line}{option}, and the rest after it")),
        )
    }

    /// False if the same tool already installed before the code was copied, or if the step needs the code: it installs the
    /// project itself, or runs what was copied.
    fn is_too_early(&self, code: &Code, commands: &Commands, install: &Install) -> bool {
        let is_same = |other: &Install| other.installer == install.installer && (other.by_file || !install.by_file);
        let is_needed = match code {
            Code::Whole => false,
            Code::Part(source) => {
                let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
                install.of_project || commands.iter().any(|command| command.may_name(name))
            }
        };
        !is_needed && !self.installed.iter().any(is_same)
    }
}
