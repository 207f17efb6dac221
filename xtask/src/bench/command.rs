//! `bench`: what the cache mounts of this project save on this machine. The same builds with them and without, on a copy
//! of the build context.

use crate::bench::report;
use crate::system::files;
use anyhow::{Context as _, Result};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::bench::changes::{self, Change};
use crate::bench::figures::{Case, Cell, Line, Measure};
use crate::compose::services::Build;
use crate::docker::builds::{self, Built};
use crate::docker::install;
use crate::docker::output::progress::State;
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context as build_context;
use crate::dockerfile::edit;
use crate::dockerfile::model::{Dockerfile, Instruction};
use crate::installers::command;
use crate::installers::installer::Installer;
use crate::installers::table;
use crate::project::built_in::{Does, Row};
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::system::process;
use crate::ui::problem::Problem;
use crate::ui::text;
use crate::verify::probe::{self, Session};

pub const ROW: Row = Row {
    name: "bench",
    about: "Measure what the cache mounts save on this machine",
    needs_tasks: false,
    accepts,
    does: Does::Runs(bench),
};

fn accepts(command: Command) -> Command {
    command
        .arg(
            Arg::new("service")
                .value_name("SERVICE")
                .help("The service to build; without it, the first with cache mounts"),
        )
        .arg(
            Arg::new("runs")
                .long("runs")
                .value_name("N")
                .value_parser(value_parser!(u32).range(1..=100))
                .help("How often to measure everything; the median counts"),
        )
        .arg(Arg::new("json").long("json").help("Print all figures as JSON").action(ArgAction::SetTrue))
        .arg(
            Arg::new("markdown")
                .long("markdown")
                .help("Print a table in Markdown, to be pasted")
                .conflicts_with("json")
                .action(ArgAction::SetTrue),
        )
}

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

fn bench(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    if context.globals.dry_run {
        context
            .ui
            .note("nothing is built in a dry run: bench builds ten times, five with cache mounts and five without");
        return Ok(Exit::DONE);
    }
    let wanted: Vec<String> = matches.get_one::<String>("service").into_iter().cloned().collect();
    let runs = matches.get_one::<u32>("runs").copied().unwrap_or(1);
    let project = probe::open(context, &wanted)?;
    if let Some(value) = project.classic_builder() {
        return Err(Problem::new(format!("DOCKER_BUILDKIT={value}: the classic builder has no cache mounts"))
            .hint(install::unset("DOCKER_BUILDKIT", Os::HERE))
            .into());
    }
    for facts in &project.builds {
        if let Ok(file) = &facts.dockerfile {
            probe::target_of(facts, file)?;
        }
    }
    let has_mounts = |facts: &&BuildFacts| facts.cache_mounts().next().is_some();
    let all: Vec<&BuildFacts> = project.builds.iter().filter(has_mounts).collect();
    let Some(facts) = all.first().copied() else {
        return Err(Problem::new("no build has a step with a cache mount: there is nothing to compare")
            .hint("docs/guide.md says where one belongs: RUN --mount=type=cache,target=FOLDER …")
            .into());
    };
    if all.len() > 1 {
        let others: Vec<String> = all[1..].iter().map(|other| format!("`{}`", other.services[0])).collect();
        let others = text::and_list(&others, "and");
        context.ui.note(format_args!("measured is `{}`; others have cache mounts too: {others}", facts.services[0]));
    }
    let mut session = Session::start(context, &project, "bench")?;
    let build = project.build_of(facts).context("the build is one of the project's")?;
    let plan = Plan::new(&session, facts, build)?;
    session.all_marked = plan.as_it_is.is_all_marked() && plan.without.is_all_marked();
    // Whatever goes wrong, what was built is taken away before it is told.
    let measured = plan.measure(context, &session, runs);
    let left = session.end();
    let tell = || left.sentences().iter().for_each(|sentence| context.ui.note(sentence));
    match measured {
        Ok(None) => {
            tell();
            Ok(process::stopped().map_or(Exit::DONE, process::Stop::exit))
        }
        Err(error) => {
            tell();
            Err(error)
        }
        Ok(Some(measured)) => {
            report::print(context, matches, &measured, &left);
            if !matches.get_flag("json") {
                tell();
            }
            Ok(Exit::DONE)
        }
    }
}

/// A Dockerfile to build, and its steps that have cache mounts.
struct Variant {
    file: Dockerfile,
    /// The lines of the steps that have cache mounts, or had them, each with its installer.
    installs: Vec<(usize, Option<&'static Installer>)>,
}

impl Variant {
    fn is_all_marked(&self) -> bool {
        self.installs.iter().all(|(line, _)| self.step(|step| step.line == *line).is_some_and(Instruction::takes_words))
    }

    fn step(&self, is_meant: impl Fn(&Instruction) -> bool) -> Option<&Instruction> {
        self.file.runs().map(|(_, step, _)| step).find(|step| is_meant(step))
    }

    /// The step that a mark of ours names.
    fn marked(&self, name: &str, namespace: &str) -> Option<&Instruction> {
        self.step(|step| probe::is_marked(name, &format!("{namespace}:{}", step.line)))
    }
}

struct Plan<'a> {
    facts: &'a BuildFacts,
    build: &'a Build,
    as_it_is: Variant,
    without: Variant,
    /// The copy of the context.
    folder: std::path::PathBuf,
    requirement: Option<Change>,
    code: Option<Change>,
    installer: Option<&'static Installer>,
}

impl<'a> Plan<'a> {
    fn new(session: &Session<'_>, facts: &'a BuildFacts, build: &'a Build) -> Result<Plan<'a>> {
        let file: &Dockerfile = match &facts.dockerfile {
            Ok(file) => file,
            Err(error) => return Err(Problem::new(format!("`{}` can't be read: {error}", facts.shown)).into()),
        };
        let stages = file.needed_by(probe::target_of(facts, file)?, &facts.args);
        let mut installs = Vec::new();
        for (step, run) in stages.iter().flat_map(|at| file.stages[*at].runs()) {
            // Of several the first that an installer is known for: a folder of build output may come before it.
            let called = command::called_by(&run.command);
            let of: Vec<_> = run.cache_mounts().map(|mount| table::of_mount(&mount.target, called)).collect();
            let known = of.iter().copied().flatten().next();
            installs.extend((!of.is_empty()).then_some((step.line, known)));
        }
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
        Ok(Plan { facts, build, as_it_is, without, folder, requirement, code, installer })
    }

    /// All builds, in turn without the mounts and with them, so that a busy moment hits both. None: the person wants to
    /// stop.
    fn measure(&self, context: &Context, session: &Session<'_>, runs: u32) -> Result<Option<Measured>> {
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
                    match self.cell(session, line.case, variant, &namespace, &label)? {
                        Some(measure) => cell.0.extend(measure),
                        None => return Ok(None),
                    }
                }
            }
            context.ui.detail(format_args!("run {} of {runs} is done", run + 1));
        }
        Ok(Some(self.measured(runs, lines)))
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

    /// One build. None: the person wants to stop. An empty answer: there is nothing to change for this row.
    fn cell(
        &self,
        session: &Session<'_>,
        case: Case,
        variant: &Variant,
        namespace: &str,
        label: &str,
    ) -> Result<Option<Option<Measure>>> {
        let change = match case {
            Case::Code => Some(&self.code),
            Case::Requirement => Some(&self.requirement),
            _ => None,
        };
        let change = match change {
            Some(None) => return Ok(Some(None)),
            Some(Some(change)) => Some(Changed::new(&self.folder, change)?),
            None => None,
        };
        // Another name runs every step again and keeps the mounts: what `build-fresh` does.
        let host = if case == Case::Scratch { "fresh" } else { "first" };
        let marks = variant.file.with_words(|step, _| Some(format!(": {namespace}:{};", step.line)));
        let text = edit::apply(&variant.file.text, &marks);
        let dockerfile = session.dockerfile("Dockerfile", &text, self.build)?;
        let mut flags = session.flags(self.build, namespace, host);
        flags.extend(self.facts.target.iter().flat_map(|target| ["--target".to_owned(), target.clone()]));
        let asked = builds::Build { dockerfile, context: self.folder.clone(), flags };
        let shown = |step: &crate::docker::output::progress::Step| {
            let own = variant.marked(&step.name, namespace);
            probe::short(&own.map_or_else(|| step.command().to_owned(), |own| format!("RUN {}", own.arguments.text)))
        };
        let built = session.build(&asked, label, shown)?;
        drop(change);
        let Some(built) = built else { return Ok(None) };
        if !built.status.success() {
            return Err(self.failure(case, &built, namespace));
        }
        Ok(Some(Some(self.measure_of(variant, &built, namespace))))
    }

    fn measure_of(&self, variant: &Variant, built: &Built, namespace: &str) -> Measure {
        let mut measure = Measure { seconds: built.took.as_secs_f64(), ..Measure::default() };
        for step in built.progress.steps.iter().filter(|step| step.is_of_dockerfile()) {
            // The base image is no step that runs.
            if step.command().starts_with("FROM ") {
                continue;
            }
            match step.state {
                State::Cached => measure.cached += 1,
                _ => measure.ran += 1,
            }
        }
        for (line, installer) in &variant.installs {
            let own = variant.step(|step| step.line == *line);
            let Some(step) = own.and_then(|own| probe::step_of(&built.progress, own, &format!("{namespace}:{line}")))
            else {
                continue;
            };
            let Some(seconds) = step.seconds() else { continue };
            // Another tool's step, such as pip's that installs uv, counts for the whole and for what was fetched.
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

    fn failure(&self, case: Case, built: &Built, namespace: &str) -> anyhow::Error {
        let failed = built.progress.steps.iter().find(|step| matches!(step.state, State::Failed(_)));
        let last = failed.and_then(|step| step.lines.iter().rev().find(|line| !line.trim().is_empty()));
        let own = failed.and_then(|step| self.as_it_is.marked(&step.name, namespace));
        let place = own.map(|own| format!(" at line {}", own.line)).unwrap_or_default();
        let why = last.cloned().or_else(|| built.progress.error.clone()).unwrap_or_else(|| built.status.to_string());
        Problem::new(format!("the {} fails{place}: {}", case.name().replace('`', ""), why.trim()))
            .hint(format!("see the whole output: docker build -f {} …", self.facts.shown))
            .into()
    }
}

/// A file of the copy with its change; dropped, the old one is back.
struct Changed {
    path: std::path::PathBuf,
    old: String,
}

impl Changed {
    fn new(folder: &std::path::Path, change: &Change) -> Result<Changed> {
        let path = folder.join(&change.path);
        let old = files::text_of(&path).with_context(|| format!("can't read the copy of `{}`", change.path))?;
        crate::system::files::overwrite(&path, &change.text).context("can't change a copy")?;
        Ok(Changed { path, old })
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        let _ = crate::system::files::overwrite(&self.path, &self.old);
    }
}
