//! Code is copied before an install step, which then runs again at every change of the code, even with the same
//! requirements.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::{Command, Commands};
use crate::dockerfile::context::facts::is_whole_context;
use crate::dockerfile::model::{Instruction, Kind, Run};
use crate::installers::command::{self, Install};
use crate::installers::installer::Installer;
use crate::lint::before::{follow, installs};
use crate::lint::first_copied::{self, Between};
use crate::lint::rule::{Example, Found, Look, Rule};
use crate::ui::finding::Finding;

const NAME: &str = "code-before-dependencies";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "Code that is copied before dependencies are installed",
    why: "A step runs again when anything that was copied before it has changed. With the code copied first, \
          every edit of a source file installs all packages again, although their list is the same.",
    instead: "Copy the files that list the packages, install, and then copy the rest. The install step then runs \
          again only when one of these files changes.",
    fix: "",
    examples: &[Example {
        bad: "\
FROM python:3.13
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
",
        good: "\
FROM python:3.13
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
",
    }],
    look: Look::Build(|build| look(build.facts).into_iter().map(Found::from).collect()),
};

pub fn look(build: &BuildFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    follow(build, Before::enter_stage, |before, step| {
        let script = Commands::read(step.run().map_or("", |run| &run.script));
        let commands: Vec<Command<'_>> = script.iter().collect();
        if let Some(run) = step.run() {
            findings.extend(before.look(&Step { build, step, run, commands: &commands }));
        }
        if before.code.is_some() {
            before.between = before.between.max(Between::of(step, step.run().map(|run| (run, commands.as_slice()))));
        }
        if let Kind::Copy { sources, from: None } = &step.kind {
            before.note_copy(build, sources, step.line);
        }
    });
    findings
}

/// A `RUN`, and what is known of it.
struct Step<'a> {
    build: &'a BuildFacts,
    step: &'a Instruction,
    run: &'a Run,
    commands: &'a [Command<'a>],
}

/// The code that was copied.
#[derive(Clone)]
struct Code {
    /// As written.
    source: String,
    line: usize,
    /// In a stage that this one is based on.
    is_above: bool,
}

/// What comes before an install step.
#[derive(Clone, Default)]
struct Before {
    code: Option<Code>,
    /// What stands between the code and the step.
    between: Between,
    /// What installed before any code was copied, and whether that was by a file of requirements.
    installed: Vec<(&'static Installer, bool)>,
}

impl Before {
    /// What was copied so far lies in a stage above.
    fn enter_stage(&mut self) {
        self.code.iter_mut().for_each(|code| code.is_above = true);
    }

    fn note_copy(&mut self, build: &BuildFacts, sources: &[String], line: usize) {
        let whole = sources.iter().find(|source| is_whole_context(source));
        // The whole context outweighs a part that was copied earlier.
        let found = match &self.code {
            None => whole.or_else(|| sources.iter().find(|source| build.code.contains(source))),
            Some(code) => whole.filter(|_| !is_whole_context(&code.source)),
        };
        if let Some(source) = found {
            self.code = Some(Code { source: source.clone(), line, is_above: false });
            self.between = Between::Nothing;
        }
    }

    fn look(&mut self, step: &Step<'_>) -> Vec<Finding> {
        let found = installs(step.commands);
        let findings = found.iter().filter_map(|(command, install)| self.finding(step, command, install)).collect();
        if self.code.is_none() {
            for (_, install) in found.iter().filter(|(_, install)| !install.is_of_installer()) {
                let installed = (install.installer, install.is_by_file());
                if !self.installed.contains(&installed) {
                    self.installed.push(installed);
                }
            }
        }
        findings
    }

    fn finding(&self, step: &Step<'_>, command: &Command<'_>, install: &Install<'_>) -> Option<Finding> {
        let code = self.code.as_ref().filter(|code| self.is_too_early(&code.source, step.commands, install));
        let is_mounted = step.run.context_mounts().any(is_whole_context);
        let why = match code {
            _ if is_mounted => "the whole context is mounted into it".to_owned(),
            Some(Code { source, line, .. }) if is_whole_context(source) => {
                format!("the whole context is copied before it (line {line})")
            }
            Some(Code { source, line, .. }) => format!("`{source}` is copied before it (line {line})"),
            None => return None,
        };
        let fix = match code.filter(|_| !is_mounted) {
            Some(code) => self.fix(step, command, install, code)?,
            None if install.reads_nothing() => {
                format!("run `{}` in a step of its own, without that mount", install.what())
            }
            None => format!("mount only {} into it", first_copied::files(step.build, install, command, ".")?),
        };
        let message = format!("`{}` runs again at every change of the code", install.what());
        Some(Finding::warning(NAME, message).at(step.step.span.clone()).why(why).fix(fix))
    }

    /// `None` if what it reads is not in the context.
    fn fix(&self, step: &Step<'_>, command: &Command<'_>, install: &Install<'_>, code: &Code) -> Option<String> {
        let (line, what) = (step.step.line, install.what());
        let is_alone = first_copied::only_installs(step.commands, !install.reads_nothing());
        let settings =
            if self.between > Between::Nothing { ", with what it needs from the lines in between" } else { "" };
        let (at, of_stage) = (code.line, if code.is_above { " of the stage it is based on" } else { "" });
        let place = format!("above line {at}{of_stage}");
        if install.reads_nothing() {
            // What comes before it may say where packages of the system are found.
            if !is_alone && command::is_of_system(&command.words) {
                return None;
            }
            return Some(match is_alone {
                true => format!("move line {line} {place}{settings}"),
                false => format!("run `{what}` in a step of its own {place}{settings}"),
            });
        }
        let files = first_copied::files(step.build, install, command, &code.source)?;
        // `uv pip install -r` reads no uv.lock.
        let option = match install.installer.requirements.is.without_project {
            options if !install.is_by_file() && !options.is_empty() => format!(" ({what} {options})"),
            _ => String::new(),
        };
        Some(match is_alone && self.between < Between::Step && !code.is_above {
            true => format!("copy {files} alone before line {line}{option}, and the rest after it"),
            false => format!("copy {files} alone and run `{what}` in a step of its own {place}{option}{settings}"),
        })
    }

    /// False if the same tool already installed before the code was copied, or if the step needs the code: it installs the
    /// project itself, or runs what was copied.
    fn is_too_early(&self, code: &str, commands: &[Command<'_>], install: &Install<'_>) -> bool {
        let is_same =
            |(other, by_file): &(&Installer, bool)| *other == install.installer && (*by_file || !install.is_by_file());
        let name = code.trim_end_matches('/').rsplit('/').next().unwrap_or(code);
        let is_named = || !is_whole_context(code) && commands.iter().any(|command| command.may_name(name));
        let is_needed = install.is_of_project() || is_named();
        !is_needed && !self.installed.iter().any(is_same)
    }
}
