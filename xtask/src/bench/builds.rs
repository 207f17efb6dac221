//! The builds that are measured: each case without the cache mounts and as it is, on a copy of the build context.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::bench::changes::{self, Change};
use crate::bench::figures::{Case, Cell, Line, Measure};
use crate::compose::services::Build;
use crate::docker::builds::{self, Built};
use crate::docker::output::progress::State;
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::Commands;
use crate::dockerfile::context as build_context;
use crate::dockerfile::edit;
use crate::dockerfile::model::{Dockerfile, Instruction};
use crate::installers::installer::Installer;
use crate::installers::table;
use crate::project::context::Context;
use crate::system::files;
use crate::trial::marks::Marked;
use crate::trial::project;
use crate::trial::session::Session;
use crate::ui::problem::Problem;

/// What was measured, and of what.
pub struct Measured {
    pub service: String,
    pub file: String,
    pub installer: Option<&'static Installer>,
    /// The lines of the steps that are "the packages".
    pub package_lines: Vec<usize>,
    pub runs: u32,
    pub lines: Vec<Line>,
    /// What was changed for the two rows that change something.
    pub requirement: Option<Change>,
    pub code: Option<Change>,
}

/// A Dockerfile to build, and its steps that have cache mounts.
struct Variant {
    file: Dockerfile,
    /// The lines of the steps that have cache mounts, or had them, each with its installer.
    installs: Vec<(usize, Option<&'static Installer>)>,
}

impl Variant {
    fn is_all_marked(&self) -> bool {
        self.installs.iter().all(|(line, _)| self.run(*line).is_some_and(Instruction::takes_words))
    }

    fn run(&self, line: usize) -> Option<&Instruction> {
        self.file.runs().map(|(_, run, _)| run).find(|run| run.line == line)
    }
}

/// The steps of these stages that have cache mounts, by their lines, each with its installer.
fn installs(file: &Dockerfile, stages: &[usize]) -> Vec<(usize, Option<&'static Installer>)> {
    let with_mounts =
        stages.iter().flat_map(|at| file.stages[*at].runs()).filter(|(_, run)| run.cache_mounts().next().is_some());
    with_mounts
        .map(|(step, run)| {
            let called = Commands::read(&run.command).installer();
            // The first that an installer is known for: a folder of build output may come before it.
            (step.line, run.cache_mounts().find_map(|mount| table::of_mount(&mount.target, called)))
        })
        .collect()
}

/// All builds of one service, planned.
pub struct Builds<'a> {
    facts: &'a BuildFacts,
    build: &'a Build,
    as_it_is: Variant,
    without: Variant,
    /// The copy of the context.
    folder: PathBuf,
    requirement: Option<Change>,
    code: Option<Change>,
    installer: Option<&'static Installer>,
}

impl<'a> Builds<'a> {
    /// Reads the Dockerfile, takes the mounts out of a second one, and copies the context.
    pub fn plan(session: &Session<'_>, facts: &'a BuildFacts, build: &'a Build) -> Result<Builds<'a>> {
        let file: &Dockerfile = match &facts.dockerfile {
            Ok(file) => file,
            Err(error) => return Err(Problem::new(format!("`{}` can't be read: {error}", facts.shown)).into()),
        };
        let stages = file.needed_by(project::target_of(facts, file)?, &facts.args);
        let installs = installs(file, &stages);
        let as_it_is = Variant { file: file.clone(), installs: installs.clone() };
        let without = Dockerfile::parse(&edit::apply(&file.text, &file.without_cache_mounts()));
        let without = without.map_err(|mistake| Problem::new(mistake.to_string()))?;
        let without = Variant { file: without, installs: installs.clone() };
        let folder = session.scratch.path.join("context");
        let files = build_context::copy(build, &session.project.root, &folder)
            .with_context(|| format!("can't copy the build context of `{}`", facts.services[0]))?;
        let read = |path: &str| files::text_of(&folder.join(path));
        let requirement = changes::requirement(file, &stages, &files, read);
        let code = changes::code(file, &stages, &files, read);
        // The last one that is known: what comes before is most often a tool's own installation.
        let installer = installs.iter().rev().find_map(|(_, installer)| *installer);
        Ok(Builds { facts, build, as_it_is, without, folder, requirement, code, installer })
    }

    /// Whether each step with a mount can be given our mark.
    pub fn are_all_marked(&self) -> bool {
        self.as_it_is.is_all_marked() && self.without.is_all_marked()
    }

    /// Makes all builds, in turn without the mounts and with them, so that a busy moment hits both.
    pub fn measure(&self, context: &Context, session: &Session<'_>, runs: u32) -> Result<Measured> {
        let empty = |case: &Case| Line { case: *case, without: Cell::default(), with: Cell::default() };
        let mut lines: Vec<Line> = Case::ALL.iter().map(empty).collect();
        for run in 0..runs {
            for line in &mut lines {
                let mut cells = [(&self.without, &mut line.without, "a"), (&self.as_it_is, &mut line.with, "b")];
                if run % 2 == 1 {
                    cells.reverse();
                }
                for (variant, cell, letter) in cells {
                    let namespace = format!("{}-{letter}{run}", session.namespace);
                    let number = if runs > 1 { format!(", run {} of {runs}", run + 1) } else { String::new() };
                    let column = if letter == "a" { "without cache mounts" } else { "as it is" };
                    let label = format!("{}, {column}{number}", line.case.name().replace('`', ""));
                    cell.0.extend(self.cell(session, line.case, variant, &namespace, &label)?);
                }
            }
            context.ui.detail(format_args!("run {} of {runs} is done", run + 1));
        }
        Ok(self.measured(runs, lines))
    }

    fn measured(&self, runs: u32, lines: Vec<Line>) -> Measured {
        Measured {
            service: self.facts.services[0].clone(),
            file: self.facts.shown.clone(),
            installer: self.installer,
            package_lines: self.package_lines(),
            runs,
            lines,
            requirement: self.requirement.clone(),
            code: self.code.clone(),
        }
    }

    /// One build; none where there is nothing to change for this row.
    fn cell(
        &self,
        session: &Session<'_>,
        case: Case,
        variant: &Variant,
        namespace: &str,
        label: &str,
    ) -> Result<Option<Measure>> {
        let _changed = match case {
            Case::Code | Case::Requirement => {
                let change = if case == Case::Code { &self.code } else { &self.requirement };
                let Some(change) = change else { return Ok(None) };
                Some(Changed::new(&self.folder, change)?)
            }
            Case::First | Case::Unchanged | Case::Scratch => None,
        };
        // Another name runs every step again and keeps the mounts: what `build-fresh` does.
        let host = if case == Case::Scratch { "fresh" } else { "first" };
        let marked = Marked { file: &variant.file, namespace };
        let marks = variant.file.with_words(|step, _| Some(format!(": {};", marked.mark(step.line))));
        let text = edit::apply(&variant.file.text, &marks);
        let dockerfile = session.dockerfile("Dockerfile", &text, self.build)?;
        let flags = session.flags(self.build, namespace, host, self.facts.target.as_deref());
        let asked = builds::Build { dockerfile, context: self.folder.clone(), flags };
        let built = session.build(&asked, label, marked)?;
        if !built.status.success() {
            return Err(self.failure(case, &built, marked));
        }
        Ok(Some(self.measure_of(variant, &built, marked)))
    }

    fn measure_of(&self, variant: &Variant, built: &Built, marked: Marked<'_>) -> Measure {
        let mut measure = Measure { seconds: built.took.as_secs_f64(), ..Measure::default() };
        for step in built.progress.steps.iter().filter(|step| step.is_of_dockerfile()) {
            // The base image is not a step that runs.
            if step.command().starts_with("FROM ") {
                continue;
            }
            match step.state {
                State::Cached => measure.cached += 1,
                _ => measure.ran += 1,
            }
        }
        for (line, installer) in &variant.installs {
            let step = variant.run(*line).and_then(|run| marked.step_of(run, &built.progress));
            let Some((step, seconds)) = step.and_then(|step| Some((step, step.seconds()?))) else { continue };
            // Another installer's step, such as pip installing uv, counts for the whole and for what was fetched.
            if *installer == self.installer {
                measure.packages += seconds;
            }
            let said = installer.map(|installer| installer.said(&step.lines)).unwrap_or_default();
            measure.said = if measure.installed { measure.said.and(said) } else { said };
            measure.installed = true;
        }
        measure
    }

    fn package_lines(&self) -> Vec<usize> {
        let of_tool = self.as_it_is.installs.iter().filter(|(_, installer)| *installer == self.installer);
        of_tool.map(|(line, _)| *line).collect()
    }

    fn failure(&self, case: Case, built: &Built, marked: Marked<'_>) -> anyhow::Error {
        let failed = built.progress.steps.iter().find(|step| matches!(step.state, State::Failed(_)));
        let last = failed.and_then(|step| step.lines.iter().rev().find(|line| !line.trim().is_empty()));
        let own = failed.and_then(|step| marked.run_of(step));
        let place = own.map(|own| format!(" at line {}", own.line)).unwrap_or_default();
        let why = last.cloned().or_else(|| built.progress.error.clone()).unwrap_or_else(|| built.status.to_string());
        Problem::new(format!("the {} fails{place}: {}", case.name().replace('`', ""), why.trim()))
            .hint(format!("see the whole output: docker build -f {} …", self.facts.shown))
            .into()
    }
}

/// A file of the copy with its change. Dropping it puts the old text back.
struct Changed {
    path: PathBuf,
    old: String,
}

impl Changed {
    fn new(folder: &Path, change: &Change) -> Result<Changed> {
        let path = folder.join(&change.path);
        let old = files::text_of(&path).with_context(|| format!("can't read the copy of `{}`", change.path))?;
        files::overwrite(&path, &change.text).context("can't change a copy")?;
        Ok(Changed { path, old })
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        let _ = files::overwrite(&self.path, &self.old);
    }
}
