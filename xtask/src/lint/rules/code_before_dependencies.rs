//! Code is copied before an install step, which then runs again at every change of the code, even with the same
//! requirements.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::{Command, Commands};
use crate::dockerfile::context::facts::is_whole_context;
use crate::dockerfile::edit::Edit;
use crate::dockerfile::model::{Instruction, Kind, Run};
use crate::installers::command::{self, Install};
use crate::installers::installer::Installer;
use crate::lint::before::{follow, installs};
use crate::lint::first_copied::{self, Between};
use crate::lint::fix::{Fix, Safety};
use crate::lint::moved;
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
    fix: "Unsafe: an install may read more than the files that list the packages. There is a fix where these are in the \
          context, the step does nothing but install, and nothing but metadata stands between the two.",
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
    look: Look::Build(|build| look(build.facts)),
};

pub fn look(build: &BuildFacts) -> Vec<Found> {
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
            before.note_copy(build, sources, step);
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
struct Code<'a> {
    step: &'a Instruction,
    /// As written.
    source: String,
    line: usize,
    /// In a stage that this one is based on.
    is_above: bool,
}

/// What comes before an install step.
#[derive(Clone, Default)]
struct Before<'a> {
    code: Option<Code<'a>>,
    /// What stands between the code and the step.
    between: Between,
    /// What installed before any code was copied, and whether that was by a file of requirements.
    installed: Vec<(&'static Installer, bool)>,
}

impl<'a> Before<'a> {
    /// What was copied so far lies in a stage above.
    fn enter_stage(&mut self) {
        self.code.iter_mut().for_each(|code| code.is_above = true);
    }

    fn note_copy(&mut self, build: &BuildFacts, sources: &[String], step: &'a Instruction) {
        let whole = sources.iter().find(|source| is_whole_context(source));
        // The whole context outweighs a part that was copied earlier.
        let found = match &self.code {
            None => whole.or_else(|| sources.iter().find(|source| build.code.contains(source))),
            Some(code) => whole.filter(|_| !is_whole_context(&code.source)),
        };
        if let Some(source) = found {
            self.code = Some(Code { step, source: source.clone(), line: step.line, is_above: false });
            self.between = Between::Nothing;
        }
    }

    fn look(&mut self, step: &Step<'_>) -> Vec<Found> {
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

    fn finding(&self, step: &Step<'_>, command: &Command<'_>, install: &Install<'_>) -> Option<Found> {
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
        let edits = code.filter(|_| !is_mounted).and_then(|code| self.edits(step, command, install, code));
        let finding = Finding::warning(NAME, message).at(step.step.span.clone()).why(why).fix(fix);
        Some(Found { finding, fix: edits.map(|edits| Fix::new(Safety::Unsafe, edits)) })
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

    /// The edits that copy what it reads, install, and then copy the code; or that move an install that reads nothing. `None`
    /// where more than that has to move, or where it is not known what it reads.
    fn edits(
        &self,
        step: &Step<'_>,
        command: &Command<'_>,
        install: &Install<'_>,
        code: &Code<'_>,
    ) -> Option<Vec<Edit>> {
        let file = step.build.dockerfile.as_ref().ok()?;
        let stage = file.stages.iter().rfind(|stage| stage.span.start < step.step.span.start)?;
        let is_alone = first_copied::only_installs(step.commands, !install.reads_nothing());
        if code.is_above || !is_alone || !moved::is_next(stage, code.step, step.step) {
            return None;
        }
        if install.reads_nothing() {
            return Some(moved::above(&file.text, step.step, code.step));
        }
        let installs = step.commands.iter().filter_map(|command| command::install(&command.words));
        // Each of them would have files of its own.
        if installs.count() > 1 || !is_whole_context(&code.source) {
            return None;
        }
        let has_option = install.installer.requirements.is.without_project;
        let is_whole_project = !has_option.is_empty() && !install.is_by_file();
        if is_whole_project && !has_option.split_whitespace().all(|word| install.arguments.contains(&Some(word))) {
            return None;
        }
        let files = first_copied::all_files(step.build, install, command, &code.source)?;
        let instead = first_copied::copy_of(&file.text[code.step.span.clone()], &code.source, &files)?;
        Some(moved::below(&file.text, code.step, step.step, Some(&instead)))
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
