//! `verify`: two builds of the steps that have cache mounts, and for each mount whether it is mounted, fills, and is used
//! again.

use crate::verify::report;
use std::time::Instant;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::docker::builds;
use crate::docker::facts::Record;
use crate::docker::output::progress::{Progress, State, Step};
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::edit;
use crate::dockerfile::model::{Dockerfile, Instruction, Run};
use crate::project::built_in::{Does, Row};
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::process;
use crate::ui::problem::Problem;
use crate::verify::look;
use crate::verify::probe::{self, LONGEST, Session, is_marked, on_one_line};
use crate::verify::verdict::{self as verify, Mount, Verdict};

pub const ROW: Row = Row {
    name: "verify",
    about: "Prove that each cache mount is filled and used again",
    needs_tasks: false,
    accepts,
    does: Does::Runs(verify),
};

fn accepts(command: Command) -> Command {
    command
        .arg(Arg::new("service").value_name("SERVICE").num_args(0..).help("Only the builds of these services"))
        .arg(Arg::new("json").long("json").help("Print the verdicts as JSON").action(ArgAction::SetTrue))
}

/// The mounts of one build, with the services that it is for.
pub struct Probed {
    pub services: Vec<String>,
    pub mounts: Vec<Mount>,
    /// What the builds took, in seconds.
    pub took: f64,
}

fn verify(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let start = Instant::now();
    if context.globals.dry_run {
        context.ui.note("nothing is built in a dry run: verify builds each Dockerfile with cache mounts twice");
        return Ok(Exit::DONE);
    }
    let wanted: Vec<String> = matches.get_many("service").into_iter().flatten().cloned().collect();
    let project = probe::open(context, &wanted)?;
    let mut builds = Vec::new();
    for facts in &project.builds {
        match &facts.dockerfile {
            Ok(file) => builds.extend(Plan::new(context, facts, file)?),
            Err(error) => return Err(Problem::new(format!("`{}` can't be read: {error}", facts.shown)).into()),
        }
    }
    let mut probed = Vec::new();
    if let Some(value) = project.classic_builder() {
        probed.extend(builds.iter().map(|plan| plan.of_classic_builder(&value)));
        return Ok(report::print(context, matches.get_flag("json"), &probed, None, start));
    }
    if builds.is_empty() {
        return Ok(report::nothing(context, matches.get_flag("json")));
    }
    let mut session = Session::start(context, &project, "verify")?;
    session.all_marked = builds.iter().all(Plan::is_all_marked);
    // Whatever goes wrong, what was built is taken away before it is told.
    let mut failed = None;
    for (number, plan) in builds.iter().enumerate() {
        // None finds in its mounts what another has left there.
        match plan.probe(context, &session, &format!("{}-{number}", session.namespace)) {
            Ok(Some(found)) => probed.push(found),
            Ok(None) => break,
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    let left = session.end();
    if let Some(stop) = process::stopped() {
        left.sentences().iter().for_each(|sentence| context.ui.note(sentence));
        return Ok(stop.exit());
    }
    match failed {
        Some(error) => {
            left.sentences().iter().for_each(|sentence| context.ui.note(sentence));
            Err(error)
        }
        None => Ok(report::print(context, matches.get_flag("json"), &probed, Some(&left), start)),
    }
}

/// What to build of one Dockerfile.
pub struct Plan<'a> {
    pub facts: &'a BuildFacts,
    file: &'a Dockerfile,
    /// The stages that are built.
    stages: Vec<usize>,
    /// How much of the file: nothing behind the last step that has a mount is of use.
    end: usize,
    target: Option<String>,
}

impl<'a> Plan<'a> {
    /// None when no step of the build has a cache mount.
    fn new(context: &Context, facts: &'a BuildFacts, file: &'a Dockerfile) -> Result<Option<Plan<'a>>> {
        let needed = file.needed_by(probe::target_of(facts, file)?, &facts.args);
        let with_mounts = |stage: usize| file.stages[stage].runs().filter(|(_, run)| has_cache_mount(run));
        let has_mounts = |stage: &usize| with_mounts(*stage).next().is_some();
        for at in &needed {
            let stage = &file.stages[*at];
            let is_open = stage.base.contains('$') && file.resolve(&stage.base, &facts.args).is_none();
            let start = stage.base.split('$').next().unwrap_or_default().to_ascii_lowercase();
            let may_be = |other: usize| {
                let name = file.stages[other].name.as_deref();
                has_mounts(&other) && !needed.contains(&other) && name.is_some_and(|name| name.starts_with(&start))
            };
            if is_open && (0..*at).any(may_be) {
                let place = format!("`FROM {}` ({}:{})", stage.base.text, facts.shown, stage.line());
                let why = "only the builder knows the stage that it means, whose cache mounts are not looked at";
                context.ui.warning(format_args!("{place}: {why}"), "");
            }
        }
        let all: Vec<usize> = needed.iter().copied().filter(has_mounts).collect();
        // One that all the others are built for, if there is one, is enough.
        let covers = |stage: &usize| {
            let built = file.needed_by(*stage, &facts.args);
            all.iter().all(|other| built.contains(other))
        };
        let whole = file.text.len();
        let (stages, end, target) = match all.iter().copied().find(covers) {
            Some(stage) => {
                let end = with_mounts(stage).last().map_or(whole, |(step, _)| step.span.end);
                (file.needed_by(stage, &facts.args), end, None)
            }
            None if all.is_empty() => return Ok(None),
            None => (needed, whole, facts.target.clone()),
        };
        Ok(Some(Plan { facts, file, stages, end, target }))
    }

    /// The mounts as they stand in the file, with the steps that have them, not run yet.
    fn mounts(&self) -> Vec<Mount> {
        let mut mounts: Vec<Mount> = Vec::new();
        for (step, run) in self.built() {
            for mount in run.cache_mounts() {
                let found = mounts.iter().position(|other| other.id == mount.id && other.target == mount.target);
                let at = found.unwrap_or_else(|| {
                    let (id, target) = (mount.id.clone(), mount.target.clone());
                    mounts.push(Mount { id, target, file: self.facts.shown.clone(), ..Mount::default() });
                    mounts.len() - 1
                });
                let command = on_one_line(&run.command);
                mounts[at].steps.push(verify::Step { line: step.line, command, ..verify::Step::default() });
            }
        }
        mounts
    }

    /// The steps that are built.
    fn built(&self) -> impl Iterator<Item = (&'a Instruction, &'a Run)> {
        let runs = self.file.runs().filter(|(stage, step, _)| self.stages.contains(stage) && step.span.end <= self.end);
        runs.map(|(_, step, run)| (step, run))
    }

    fn of_classic_builder(&self, value: &str) -> Probed {
        let mut mounts = self.mounts();
        for mount in &mut mounts {
            mount.classic_builder = Some(value.to_owned());
        }
        Probed { services: self.facts.services.clone(), mounts, took: 0.0 }
    }

    /// Builds twice. None: the person wants to stop.
    fn probe(&self, context: &Context, session: &Session<'_>, namespace: &str) -> Result<Option<Probed>> {
        let Some(build) = session.project.build_of(self.facts) else { return Ok(None) };
        for key in &build.left_out {
            context.ui.warning(format_args!("`{key}` of the build is left out: docker build has no flag for it"), "");
        }
        let words = |step: &Instruction, run: &Run| {
            let (mark, targets) = (format!("{namespace}:{}", step.line), targets(run));
            let installers = look::installers(&targets, &run.command);
            let words = match targets.as_slice() {
                [] => format!(": {mark};"),
                targets => look::words(&mark, targets, &installers),
            };
            (step.span.end <= self.end).then_some(words)
        };
        let text = edit::apply(&self.file.text[..self.end], &self.file.with_words(words));
        let dockerfile = session.dockerfile("Dockerfile", &text, build)?;
        let (mut mounts, mut took) = (self.mounts(), 0.0);
        for (at, name) in ["first", "second"].into_iter().enumerate() {
            let mut flags = session.flags(build, namespace, name);
            flags.extend(self.target.iter().flat_map(|target| ["--target".to_owned(), target.clone()]));
            let asked = builds::Build { dockerfile: dockerfile.clone(), context: session.context_of(build), flags };
            let label = format!("{}, {name} build", self.facts.shown);
            let built = session.build(&asked, &label, |step| self.shown(step, namespace))?;
            let Some(built) = built else { return Ok(None) };
            took += built.took.as_secs_f64();
            let starts: Vec<String> = mounts.iter().map(start_of_record).collect();
            let records =
                session.records(|record| starts.iter().any(|start| record.description.starts_with(start.as_str())));
            for mount in &mut mounts {
                self.fill(mount, at, &built.progress, namespace);
                mount.sizes[at] = records.as_ref().and_then(|records| self.size_of(mount, records, namespace));
            }
            if !built.status.success() {
                break;
            }
        }
        Ok(Some(Probed { services: self.facts.services.clone(), mounts, took }))
    }

    /// Writes down what a build did of a mount's steps.
    fn fill(&self, mount: &mut Mount, build: usize, progress: &Progress, namespace: &str) {
        let failed = progress.steps.iter().find_map(|step| match &step.state {
            State::Failed(why) => Some(format!("`{}`: {}", self.shown(step, namespace), reason(why))),
            _ => None,
        });
        mount.stopped_by = failed.or_else(|| progress.error.clone());
        let (installer, target) = (mount.installer(), mount.target.clone());
        for step in &mut mount.steps {
            let mark = format!("{namespace}:{}", step.line);
            let Some((of_file, run)) = self.built().find(|(of_file, _)| of_file.line == step.line) else { continue };
            let Some(found) = probe::step_of(progress, of_file, &mark) else { continue };
            let (look, lines) = look::read(&mark, &found.lines);
            let place = targets(run).iter().position(|other| *other == target);
            let seen = look.as_ref().and_then(|look| look.mounts.get(place?).cloned());
            let said = installer.map(|installer| installer.said(&lines)).unwrap_or_default();
            let state = match &found.state {
                State::Running => None,
                State::Failed(why) => Some(State::Failed(reason(why))),
                other => Some(other.clone()),
            };
            step.runs[build] = verify::Run { state, said, look, mount: seen, lines };
        }
    }

    /// The size of a mount by its record: its id has our namespace (from engine 25 on), else its command has our mark. Of
    /// a step that has none, the record that came meanwhile with its own command is taken.
    fn size_of(&self, mount: &Mount, records: &[Record], namespace: &str) -> Option<u64> {
        let mounts = || records.iter().filter(|record| record.kind == "exec.cachemount");
        let sum = |records: Vec<&Record>| (!records.is_empty()).then(|| Record::total_size(records));
        let id = format!(" with id \"{namespace}/{}\"", mount.id);
        let start = start_of_record(mount);
        let by_id = sum(mounts().filter(|record| record.description.ends_with(&id)).collect());
        let of_target = || mounts().filter(|record| record.description.starts_with(&start));
        let by_mark = || sum(of_target().filter(|record| record.description.contains(namespace)).collect());
        let by_command = || {
            let commands: Vec<&str> = mount.steps.iter().map(|step| step.command.as_str()).collect();
            let is_own =
                |record: &&Record| commands.iter().any(|command| on_one_line(&record.description).contains(command));
            sum(of_target().filter(is_own).collect())
        };
        by_id.or_else(by_mark).or_else(by_command)
    }

    /// Whether each of its steps with a mount can be given our mark.
    fn is_all_marked(&self) -> bool {
        self.built().filter(|(_, run)| has_cache_mount(run)).all(|(step, _)| step.takes_words())
    }

    /// A step of the log as it stands in the Dockerfile, without our words.
    fn shown(&self, step: &Step, namespace: &str) -> String {
        let is_meant = |own: &&Instruction| is_marked(&step.name, &format!("{namespace}:{}", own.line));
        let own = self.file.runs().map(|(_, own, _)| own).find(is_meant);
        probe::short(&own.map_or_else(|| step.command().to_owned(), |own| format!("RUN {}", own.arguments.text)))
    }
}

fn has_cache_mount(run: &Run) -> bool {
    run.cache_mounts().next().is_some()
}

/// Where the cache mounts of a step are.
fn targets(run: &Run) -> Vec<&str> {
    run.cache_mounts().map(|mount| mount.target.as_str()).collect()
}

/// Why a step failed, without its command: `process "/bin/sh -c …" did not complete successfully: exit code: 3`.
fn reason(why: &str) -> String {
    match why.rsplit_once("exit code: ") {
        Some((_, code)) => format!("exit code {code}"),
        None => why.chars().take(LONGEST).collect(),
    }
}

/// What the record of a mount begins with, whoever made it.
fn start_of_record(mount: &Mount) -> String {
    format!("cached mount {} from exec ", mount.target)
}

/// None of them was seen not to work.
pub fn is_fine(probed: &[Probed]) -> bool {
    let verdicts = probed.iter().flat_map(|of| &of.mounts).map(|mount| verify::judge(mount).verdict);
    verdicts.into_iter().all(|verdict| matches!(verdict, Verdict::Works | Verdict::Kept))
}
