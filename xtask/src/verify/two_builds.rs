//! Two builds of one Dockerfile, up to its last cache mount, and what is seen of each mount in them.

use anyhow::{Context as _, Result};

use crate::docker::builds;
use crate::docker::facts::Record;
use crate::docker::output::progress::{Progress, State};
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::edit;
use crate::dockerfile::model::{Dockerfile, Instruction, Run};
use crate::installers::mounts;
use crate::project::context::Context;
use crate::trial::marks::{LONGEST, Marked, on_one_line};
use crate::trial::project;
use crate::trial::session::Session;
use crate::verify::look;
use crate::verify::verdict::{self, Mount};

/// The mounts of one build, with the services that it is for.
pub struct Probed {
    pub services: Vec<String>,
    pub mounts: Vec<Mount>,
    /// What the builds took, in seconds.
    pub took: f64,
}

/// What to build of one Dockerfile.
pub struct TwoBuilds<'a> {
    facts: &'a BuildFacts,
    file: &'a Dockerfile,
    /// The stages that are built.
    stages: Vec<usize>,
    /// How much of the file is built: nothing after the last step with a mount matters.
    end: usize,
    target: Option<String>,
}

impl<'a> TwoBuilds<'a> {
    /// None when no step of the build has a cache mount.
    pub fn plan(context: &Context, facts: &'a BuildFacts, file: &'a Dockerfile) -> Result<Option<TwoBuilds<'a>>> {
        let needed = file.needed_by(project::target_of(facts, file)?, &facts.args);
        warn_of_open_stages(context, facts, file, &needed);
        let all: Vec<usize> = needed.iter().copied().filter(|stage| last_mount(file, *stage).is_some()).collect();
        // A stage that needs all the others is enough, if there is one.
        let covers = |stage: &usize| {
            let built = file.needed_by(*stage, &facts.args);
            all.iter().all(|other| built.contains(other))
        };
        let whole = file.text.len();
        let (stages, end, target) = match all.iter().copied().find(covers) {
            Some(stage) => {
                let end = last_mount(file, stage).map_or(whole, |step| step.span.end);
                (file.needed_by(stage, &facts.args), end, None)
            }
            None if all.is_empty() => return Ok(None),
            None => (needed, whole, facts.target.clone()),
        };
        Ok(Some(TwoBuilds { facts, file, stages, end, target }))
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
                let command = run.command.clone();
                mounts[at].steps.push(verdict::Step { line: step.line, command, ..verdict::Step::default() });
            }
        }
        mounts
    }

    /// The steps that are built.
    fn built(&self) -> impl Iterator<Item = (&'a Instruction, &'a Run)> {
        let runs = self.file.runs().filter(|(stage, step, _)| self.stages.contains(stage) && step.span.end <= self.end);
        runs.map(|(_, step, run)| (step, run))
    }

    pub fn of_classic_builder(&self, value: &str) -> Probed {
        let mut mounts = self.mounts();
        for mount in &mut mounts {
            mount.classic_builder = Some(value.to_owned());
        }
        Probed { services: self.facts.services.clone(), mounts, took: 0.0 }
    }

    /// Builds twice, and gives what was seen of each mount.
    pub fn build(&self, context: &Context, session: &Session<'_>, namespace: &str) -> Result<Probed> {
        let build = session.project.build_of(self.facts).context("the build is one of the project's")?;
        for key in &build.left_out {
            context.ui.warning(format_args!("`{key}` of the build is left out: docker build has no flag for it"), "");
        }
        let marked = Marked { file: self.file, namespace };
        let dockerfile = session.dockerfile("Dockerfile", &self.text(marked), build)?;
        let mut probed = Probed { services: self.facts.services.clone(), mounts: self.mounts(), took: 0.0 };
        for (at, name) in ["first", "second"].into_iter().enumerate() {
            let flags = session.flags(build, namespace, name, self.target.as_deref());
            let asked = builds::Build { dockerfile: dockerfile.clone(), context: session.context_of(build), flags };
            let built = session.build(&asked, &format!("{}, {name} build", self.facts.shown), marked)?;
            probed.took += built.took.as_secs_f64();
            let starts: Vec<String> = probed.mounts.iter().map(start_of_record).collect();
            let records =
                session.records(|record| starts.iter().any(|start| record.description.starts_with(start.as_str())));
            for mount in &mut probed.mounts {
                self.note_steps(mount, at, &built.progress, marked);
                mount.sizes[at] = records.as_ref().and_then(|records| size_of(mount, records, namespace));
            }
            if !built.status.success() {
                break;
            }
        }
        Ok(probed)
    }

    /// The part of the Dockerfile that is built, with words before its commands that print what the step sees.
    fn text(&self, marked: Marked<'_>) -> String {
        let words = |step: &Instruction, run: &Run| {
            let (mark, targets) = (marked.mark(step.line), targets(run));
            let words = match targets.as_slice() {
                [] => format!(": {mark};"),
                targets => look::words(&mark, targets, &look::installers(targets, &run.command)),
            };
            (step.span.end <= self.end).then_some(words)
        };
        edit::apply(&self.file.text[..self.end], &self.file.with_words(words))
    }

    /// Notes what a build did of a mount's steps.
    fn note_steps(&self, mount: &mut Mount, build: usize, progress: &Progress, marked: Marked<'_>) {
        let failed = progress.steps.iter().find_map(|step| match &step.state {
            State::Failed(why) => Some(format!("`{}`: {}", marked.shown(step), reason(why))),
            _ => None,
        });
        mount.stopped_by = failed.or_else(|| progress.error.clone());
        let (installer, target) = (mount.installer(), mount.target.clone());
        for step in &mut mount.steps {
            let Some((own, run)) = self.built().find(|(own, _)| own.line == step.line) else { continue };
            let Some(found) = marked.step_of(own, progress) else { continue };
            let (look, lines) = look::read(&marked.mark(step.line), &found.lines);
            let place = targets(run).iter().position(|other| *other == target);
            let seen = look.as_ref().and_then(|look| look.mounts.get(place?).cloned());
            let said = installer.map(|installer| installer.said(&lines)).unwrap_or_default();
            let state = match &found.state {
                State::Running => None,
                State::Failed(why) => Some(State::Failed(reason(why))),
                other => Some(other.clone()),
            };
            step.runs[build] = verdict::Run { state, said, look, mount: seen, lines };
        }
    }

    /// Whether each of its steps with a mount can be given our mark.
    pub fn is_all_marked(&self) -> bool {
        self.built().filter(|(_, run)| has_cache_mount(run)).all(|(step, _)| step.takes_words())
    }
}

/// Says so where a `FROM` may mean another stage with cache mounts, which only the builder knows.
fn warn_of_open_stages(context: &Context, facts: &BuildFacts, file: &Dockerfile, needed: &[usize]) {
    for at in needed {
        let stage = &file.stages[*at];
        let is_open = stage.base.contains('$') && file.resolve(&stage.base, &facts.args).is_none();
        let start = stage.base.split('$').next().unwrap_or_default().to_ascii_lowercase();
        let may_be = |other: usize| {
            let name = file.stages[other].name.as_deref();
            let is_candidate = last_mount(file, other).is_some() && !needed.contains(&other);
            is_candidate && name.is_some_and(|name| name.starts_with(&start))
        };
        if is_open && (0..*at).any(may_be) {
            let place = format!("`FROM {}` ({}:{})", stage.base.text, facts.shown, stage.line());
            let why = "only the builder knows which stage that is, so its cache mounts are not checked";
            context.ui.warning(format_args!("{place}: {why}"), "");
        }
    }
}

/// The last step of a stage that has a cache mount.
fn last_mount(file: &Dockerfile, stage: usize) -> Option<&Instruction> {
    file.stages[stage].runs().filter(|(_, run)| has_cache_mount(run)).map(|(step, _)| step).last()
}

/// The size of a mount by its record: its id has our namespace (from engine 25 on), else its command has our mark. Of
/// a step that has none, the record that came meanwhile with its own command is taken.
fn size_of(mount: &Mount, records: &[Record], namespace: &str) -> Option<u64> {
    let mounts = || records.iter().filter(|record| record.kind == mounts::KIND);
    let sum = |records: Vec<&Record>| (!records.is_empty()).then(|| Record::total_size(records));
    let id = format!(" with id \"{namespace}/{}\"", mount.id);
    let start = start_of_record(mount);
    let by_id = sum(mounts().filter(|record| record.description.ends_with(&id)).collect());
    let of_target = || mounts().filter(|record| record.description.starts_with(&start));
    let by_mark = || sum(of_target().filter(|record| record.description.contains(namespace)).collect());
    let by_command = || {
        let commands: Vec<String> = mount.steps.iter().map(|step| on_one_line(&step.command)).collect();
        let is_own =
            |record: &&Record| commands.iter().any(|command| on_one_line(&record.description).contains(command));
        sum(of_target().filter(is_own).collect())
    };
    by_id.or_else(by_mark).or_else(by_command)
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
