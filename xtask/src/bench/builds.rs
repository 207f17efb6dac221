//! The builds that are measured: each case with and without the cache mounts, on a copy of the build context.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::bench::changes::{self, Change};
use crate::bench::figures::{COLUMNS, Case, Cell, Line, Measure};
use crate::compose::services::Build;
use crate::docker::builds::Built;
use crate::docker::output::progress::{State, Step};
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::Commands;
use crate::dockerfile::context as build_context;
use crate::dockerfile::edit;
use crate::dockerfile::model::{Dockerfile, Stage};
use crate::installers::installer::Installer;
use crate::installers::table;
use crate::project::context::Context;
use crate::system::files;
use crate::trial::marks::{self, Marked};
use crate::trial::project;
use crate::trial::session::{Session, Trial};
use crate::ui::problem::Problem;

/// All builds of one service, planned.
pub struct Builds<'a> {
    pub facts: &'a BuildFacts,
    build: &'a Build,
    /// Its named contexts: each name with its place.
    contexts: Vec<(String, String)>,
    /// The Dockerfile without its cache mounts, and as it is.
    files: [Dockerfile; 2],
    /// The lines of the steps that have cache mounts, each with its installer.
    installs: Vec<(usize, Option<&'static Installer>)>,
    /// The copy of the context.
    folder: PathBuf,
    /// The one that installs "the packages".
    pub installer: Option<&'static Installer>,
    pub runs: u32,
}

impl<'a> Builds<'a> {
    /// Reads the Dockerfile, makes a second one without cache mounts, and copies the context. Also returns the empty rows.
    pub fn plan(
        context: &Context,
        session: &Session<'a>,
        facts: &'a BuildFacts,
        runs: u32,
    ) -> Result<(Builds<'a>, Vec<Line>)> {
        let build = session.project.build_of(facts)?;
        session.project.name_what_is_left_out(context, build, &facts.shown);
        let contexts = session.project.contexts_of(context, build)?;
        let (file, target) = project::file_of(facts)?;
        let stages = file.needed_by(target, &facts.args);
        let without =
            Dockerfile::parse(&edit::apply(&file.text, &file.without_cache_mounts())).map_err(Problem::new)?;
        let folder = session.run.scratch.path.join("context");
        let files = build_context::copy(build, &session.project.root, &folder)
            .with_context(|| format!("can't copy the build context of `{}`", facts.services[0]))?;
        let read = |path: &str| files::text_of(&folder.join(path));
        let line = |case| {
            let change = match case {
                Case::Requirement => changes::requirement(&stages, &files, read),
                Case::Code => changes::code(&stages, &files, read),
                Case::First | Case::Unchanged | Case::Scratch => None,
            };
            Line { case, change, cells: [Cell::default(), Cell::default()] }
        };
        let lines = Case::ALL.map(line).into();
        let installs = installs(&stages);
        // The last known one: what comes before it usually installs a tool.
        let installer = installs.iter().rev().find_map(|(_, installer)| *installer);
        Ok((
            Builds { facts, build, contexts, files: [without, file.clone()], installs, folder, installer, runs },
            lines,
        ))
    }

    /// Runs all builds, alternating between the two columns, so that a busy moment affects both.
    pub fn measure(&self, context: &Context, session: &Session<'_>, lines: &mut [Line]) -> Result<()> {
        for run in 0..self.runs {
            let number = if self.runs > 1 { format!(", run {} of {}", run + 1, self.runs) } else { String::new() };
            for line in lines.iter_mut() {
                let order = if run % 2 == 0 { [0, 1] } else { [1, 0] };
                for column in order {
                    let namespace = format!("{}-{}{run}", session.run.name, ["a", "b"][column]);
                    let label = format!("{}, {}{number}", line.case.name().replace('`', ""), COLUMNS[column]);
                    let measure = self.cell(session, line, &self.files[column], &namespace, &label)?;
                    line.cells[column].0.extend(measure);
                }
            }
            context.ui.detail(format_args!("run {} of {} is done", run + 1, self.runs));
        }
        Ok(())
    }

    /// One build; `None` if there is nothing to change for this row.
    fn cell(
        &self,
        session: &Session<'_>,
        line: &Line,
        file: &Dockerfile,
        namespace: &str,
        label: &str,
    ) -> Result<Option<Measure>> {
        if line.change.is_none() && matches!(line.case, Case::Code | Case::Requirement) {
            return Ok(None);
        }
        let before = line.change.as_ref().map(|change| self.write(change)).transpose()?;
        let marked = Marked { file, namespace };
        let trial = Trial {
            build: self.build,
            contexts: &self.contexts,
            marked,
            end: file.text.len(),
            target: self.facts.target.as_deref(),
            folder: &self.folder,
            // Another name runs every step again and keeps the mounts: what `build-fresh` does.
            host: if line.case == Case::Scratch { "fresh" } else { "first" },
            label,
        };
        let built = session.build(&trial, |step, _| Some(format!(": {};", marked.mark(step.line))))?;
        if !built.status.success() {
            return Err(self.failure(session, line.case, &built, marked));
        }
        before.map(|before| self.write(&before)).transpose()?;
        Ok(Some(self.measure_of(&built, marked)))
    }

    /// Changes a file of the copy. Returns the change that undoes it.
    fn write(&self, change: &Change) -> Result<Change> {
        let path = self.folder.join(&change.path);
        let text = files::text_of(&path).with_context(|| format!("can't read the copy of `{}`", change.path))?;
        files::overwrite(&path, &change.text).context("can't change a copy")?;
        Ok(Change { text, ..change.clone() })
    }

    fn measure_of(&self, built: &Built, marked: Marked<'_>) -> Measure {
        // A `FROM` is no step that runs.
        let is_step = |step: &&Step| step.is_of_dockerfile() && !step.command().starts_with("FROM ");
        let (cached, ran): (Vec<&Step>, Vec<&Step>) =
            built.progress.steps.iter().filter(is_step).partition(|step| step.state == State::Cached);
        let seconds = built.took.as_secs_f64();
        let mut measure = Measure { seconds, ran: ran.len(), cached: cached.len(), ..Measure::default() };
        for (run, _) in marked.file.runs() {
            let Some((_, installer)) = self.installs.iter().find(|(line, _)| *line == run.line) else { continue };
            let step = marked.step_of(run, &built.progress);
            let Some((step, seconds)) = step.and_then(|step| Some((step, step.seconds()?))) else { continue };
            // A step of another installer, such as pip installing uv, counts only for the whole and for the bytes.
            if *installer == self.installer {
                measure.packages += seconds;
            }
            let said = installer.map(|installer| installer.said(&step.lines)).unwrap_or_default();
            measure.said = if measure.installed { measure.said.and(said) } else { said };
            measure.installed = true;
        }
        measure
    }

    /// The lines of the steps that are "the packages".
    pub fn package_lines(&self) -> Vec<usize> {
        let of_tool = self.installs.iter().filter(|(_, installer)| *installer == self.installer);
        of_tool.map(|(line, _)| *line).collect()
    }

    fn failure(&self, session: &Session<'_>, case: Case, built: &Built, marked: Marked<'_>) -> anyhow::Error {
        let failed = built.progress.steps.iter().find(|step| matches!(step.state, State::Failed(_)));
        let last = failed.and_then(|step| marks::reason(&step.lines));
        let own = failed.and_then(|step| marked.run_of(step));
        let place = own.map(|own| format!(" at line {}", own.line)).unwrap_or_default();
        let why = last
            .map(str::to_owned)
            .or_else(|| built.progress.error.clone())
            .unwrap_or_else(|| built.status.to_string());
        Problem::new(format!(
            "the {} fails{place}: {}",
            case.name().replace('`', ""),
            session.project.secrets.redact(why.trim())
        ))
        .hint(format!("see the whole output: docker build -f {} …", self.facts.shown))
        .into()
    }
}

/// The steps of these stages that have cache mounts, by their lines, each with its installer.
fn installs(stages: &[&Stage]) -> Vec<(usize, Option<&'static Installer>)> {
    let with_mounts = stages.iter().flat_map(|stage| stage.runs()).filter(|(_, run)| run.has_cache_mounts());
    with_mounts
        .map(|(step, run)| {
            let called = Commands::read(&run.script).installer();
            // The first with a known installer: a folder of build output may come before it.
            (step.line, run.cache_mounts().find_map(|mount| table::of_mount(&mount.target, called)))
        })
        .collect()
}
