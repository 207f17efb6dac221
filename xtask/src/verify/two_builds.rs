//! Two builds of one Dockerfile, up to its last cache mount, and what is seen of each mount in them.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use crate::compose::services::Build;
use crate::docker::facts::Record;
use crate::docker::output::progress::{Progress, State};
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::model::{Dockerfile, Instruction, Run, Stage};
use crate::installers::mounts;
use crate::project::context::Context;
use crate::trial::marks::{LONGEST, Marked};
use crate::trial::project::{self, Project};
use crate::trial::session::{Session, Trial};
use crate::ui::text::on_one_line;
use crate::verify::index::{self, Answer, Question};
use crate::verify::look;
use crate::verify::questions::Questions;
use crate::verify::verdict::{self, Mount, Stop};

/// How often the two builds are tried.
const ATTEMPTS: usize = 3;

/// What to build of one Dockerfile.
pub struct TwoBuilds<'a> {
    facts: &'a BuildFacts,
    file: &'a Dockerfile,
    is_inline: bool,
    /// The stages that are built.
    stages: Vec<&'a Stage>,
    /// How much of the file is built: nothing after the last step with a mount matters.
    end: usize,
    target: Option<&'a str>,
}

impl<'a> TwoBuilds<'a> {
    /// `None` if no step of the build has a cache mount.
    pub fn plan(context: &Context, project: &Project, facts: &'a BuildFacts) -> Result<Option<TwoBuilds<'a>>> {
        let (file, target) = project::file_of(facts)?;
        // In place of a stage, BuildKit takes the named context of that name.
        let build = project.build_of(facts)?;
        let (contexts, is_inline) = (&build.contexts, build.inline.is_some());
        let is_built = |stage: &&Stage| {
            let name = stage.name.as_deref().unwrap_or_default();
            !contexts.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        let needed_by = |stage| file.needed_by(stage, &facts.args).into_iter().filter(is_built).collect::<Vec<_>>();
        let needed = needed_by(target);
        warn_of_open_stages(context, facts, file, &needed);
        let with_mounts: Vec<&Stage> = needed.iter().copied().filter(|stage| last_mount(stage).is_some()).collect();
        if with_mounts.is_empty() {
            return Ok(None);
        }
        // A stage that needs all the others is enough, if there is one.
        for stage in &with_mounts {
            let stages = needed_by(stage);
            if let Some(last) = last_mount(stage).filter(|_| with_mounts.iter().all(|other| stages.contains(other))) {
                return Ok(Some(TwoBuilds { facts, file, is_inline, stages, end: last.span.end, target: None }));
            }
        }
        let (end, target) = (file.text.len(), facts.target.as_deref());
        Ok(Some(TwoBuilds { facts, file, is_inline, stages: needed, end, target }))
    }

    /// The mounts in the file with their steps, before any build.
    pub fn mounts(&self) -> Vec<Mount> {
        let mut mounts: Vec<Mount> = Vec::new();
        for (step, run) in self.built() {
            for mount in run.cache_mounts() {
                let found = mounts.iter().position(|other| other.id == mount.id && other.target == mount.target);
                let at = found.unwrap_or_else(|| {
                    let (id, target, file) = (mount.id.clone(), mount.target.clone(), self.facts.shown.clone());
                    let services = self.facts.services.clone();
                    mounts.push(Mount { id, target, file, services, is_inline: self.is_inline, ..Mount::default() });
                    mounts.len() - 1
                });
                let (line, command) = (step.line, run.script.clone());
                let options = self.file.text[mount.span.clone()].trim().trim_start_matches("--mount=").to_owned();
                mounts[at].steps.push(verdict::Step { line, command, options, ..verdict::Step::default() });
            }
        }
        mounts
    }

    /// The steps that are built.
    fn built(&self) -> impl Iterator<Item = (&'a Instruction, &'a Run)> {
        self.stages.iter().flat_map(|stage| stage.runs()).filter(|(step, _)| step.span.end <= self.end)
    }

    /// Builds twice, and adds what was seen of each mount to `all`. Returns the seconds that the builds took.
    ///
    /// While something lists the build cache, the engine may give a step a second, empty mount in place of the one that
    /// is being measured (seen on 20.10, 26.1 and 28.5). What is seen then says nothing about the project, so it is done again.
    pub fn build(
        &self,
        context: &Context,
        session: &Session<'_>,
        namespace: &str,
        all: &mut Vec<Mount>,
    ) -> Result<f64> {
        let mut took = 0.0;
        for attempt in 1.. {
            let mut mounts = Vec::new();
            took += self.attempt(context, session, &format!("{namespace}-{attempt}"), &mut mounts)?;
            if attempt == ATTEMPTS || !mounts.iter().any(|mount| mount.is_doubled) {
                all.append(&mut mounts);
                break;
            }
            let why = "the engine gave a step a second mount while something else listed the build cache";
            context.ui.note(format_args!("{}: {why}: once more", self.facts.shown));
        }
        Ok(took)
    }

    fn attempt(&self, context: &Context, session: &Session<'_>, namespace: &str, all: &mut Vec<Mount>) -> Result<f64> {
        let build = session.project.build_of(self.facts)?;
        session.project.name_what_is_left_out(context, build, &self.facts.shown);
        let contexts = match session.project.contexts_of(context, build) {
            Ok(contexts) => contexts,
            Err(problem) => {
                let stop = Stop { why: problem.message, fix: problem.hint, ..Stop::default() };
                all.extend(self.mounts().into_iter().map(|mount| Mount { stopped_by: Some(stop.clone()), ..mount }));
                return Ok(0.0);
            }
        };
        let marked = Marked { file: self.file, namespace };
        let folder = session.context_of(build);
        let (mut mounts, mut took) = (self.mounts(), 0.0);
        for (at, host) in ["first", "second"].into_iter().enumerate() {
            let label = &format!("{}, {host} build", self.facts.shown);
            let folder: &Path = &folder;
            let contexts = contexts.as_slice();
            let trial = Trial { build, contexts, marked, end: self.end, target: self.target, folder, host, label };
            let built = session.build(&trial, |step, run| self.words(step, run, marked))?;
            took += built.took.as_secs_f64();
            mounts.iter_mut().for_each(|mount| self.note_steps(mount, at, &built.progress, marked));
            let starts: Vec<String> = mounts.iter().map(start_of_record).collect();
            let records =
                session.records(|record| starts.iter().any(|start| record.description.starts_with(start.as_str())));
            for mount in &mut mounts {
                mount.is_doubled |= records.as_ref().is_some_and(|records| self.is_doubled(mount, records, namespace));
                mount.sizes[at] = records.as_ref().and_then(|records| self.size_of(mount, records, namespace));
            }
            if !built.status.success() {
                break;
            }
        }
        for mount in &mut mounts {
            if let Some((at, question)) = index::question(mount) {
                let line = mount.steps[at].line;
                mount.steps[at].answer = Some(self.ask(session, build, &contexts, marked, line, &question)?);
            }
        }
        all.append(&mut mounts);
        Ok(took)
    }

    /// Asks the index from inside a step: the build ends with it, and what was built before it comes from the cache.
    fn ask(
        &self,
        session: &Session<'_>,
        build: &Build,
        contexts: &[(String, String)],
        marked: Marked<'_>,
        line: usize,
        question: &Question,
    ) -> Result<Answer> {
        let Some((own, _)) = self.built().find(|(own, _)| own.line == line) else { return Ok(Answer::default()) };
        let label = &format!("{}, asking the index", self.facts.shown);
        let folder: &Path = &session.context_of(build);
        let trial = Trial { build, contexts, marked, end: own.span.end, target: None, folder, host: "second", label };
        let built = session.build(&trial, |step, run| {
            let words = self.words(step, run, marked)?;
            Some(if step.line == line { question.words(&marked.mark(line)) } else { words })
        })?;
        let lines = marked.step_of(own, &built.progress).map(|step| step.lines.as_slice()).unwrap_or_default();
        Ok(Answer::read(&marked.mark(line), lines))
    }

    /// The words before a command of the part that is built: they print what the step sees.
    fn words(&self, step: &Instruction, run: &Run, marked: Marked<'_>) -> Option<String> {
        let mark = marked.mark(step.line);
        let words = if run.has_cache_mounts() { Questions::of(run).words(&mark) } else { format!(": {mark};") };
        self.built().any(|(built, _)| built.line == step.line).then_some(words)
    }

    /// Notes what a build did of a mount's steps.
    fn note_steps(&self, mount: &mut Mount, build: usize, progress: &Progress, marked: Marked<'_>) {
        let failed = progress.steps.iter().find_map(|step| match &step.state {
            State::Failed(why) => {
                let line = marked.run_of(step).map(|run| run.line);
                let mark = line.map_or_else(|| marked.namespace.to_owned(), |line| marked.mark(line));
                let (_, lines) = look::read(&mark, &step.lines);
                let why = format!("`{}`: {}", marked.shown(step), reason(why));
                Some(Stop { why, line, lines, fix: None })
            }
            _ => None,
        });
        let whole = |why: &String| Stop { why: why.clone(), ..Stop::default() };
        mount.stopped_by = failed.or_else(|| progress.error.as_ref().map(whole));
        let target = mount.target.clone();
        for step in &mut mount.steps {
            let Some((own, run)) = self.built().find(|(own, _)| own.line == step.line) else { continue };
            let Some(found) = marked.step_of(own, progress) else { continue };
            let (look, lines) = look::read(&marked.mark(step.line), &found.lines);
            let place = targets(run).iter().position(|other| *other == target);
            let seen = look.as_ref().and_then(|look| look.mounts.get(place?).cloned());
            let state = match &found.state {
                State::Running => None,
                State::Failed(why) => Some(State::Failed(reason(why))),
                other => Some(other.clone()),
            };
            step.runs[build] = verdict::Run { state, look, mount: seen, lines, ..verdict::Run::default() };
        }
        // Which installer it is can depend on what the step saw.
        let Some(installer) = mount.installer() else { return };
        mount.steps.iter_mut().map(|step| &mut step.runs[build]).for_each(|run| run.said = installer.said(&run.lines));
    }

    /// Whether a mount has more records than its steps can have made. One with `sharing=private` may have several.
    fn is_doubled(&self, mount: &Mount, records: &[Record], namespace: &str) -> bool {
        let all = self.built().flat_map(|(_, run)| run.cache_mounts());
        // Where the engine shows no ids, records go by their target.
        let all = all.filter(|other| other.id == mount.id || other.target == mount.target);
        let options: BTreeSet<&str> = all.map(|mount| &self.file.text[mount.span.clone()]).collect();
        // Without our namespace it may be another build's.
        let found = self.records_of(mount, records, namespace);
        let found = found.iter().filter(|record| record.description.contains(namespace)).count();
        found > options.len().max(1) && !options.iter().any(|options| options.contains("private"))
    }

    /// The size of a mount.
    fn size_of(&self, mount: &Mount, records: &[Record], namespace: &str) -> Option<u64> {
        let found = self.records_of(mount, records, namespace);
        (!found.is_empty()).then(|| Record::total_size(found))
    }

    /// The records of a mount: the one whose id has our namespace (engine 25 and later), else the one whose command has our
    /// mark. For a step without a mark it is the new record with the step's command.
    fn records_of<'r>(&self, mount: &Mount, records: &'r [Record], namespace: &str) -> Vec<&'r Record> {
        let (id, start) = (format!(" with id \"{namespace}/{}\"", mount.id), start_of_record(mount));
        let steps = self.built().filter(|(own, _)| mount.steps.iter().any(|step| step.line == own.line));
        let commands: Vec<String> = steps.map(|(_, run)| on_one_line(&run.command)).collect();
        let is_own = |said: &str| commands.iter().any(|command| on_one_line(said).contains(command));
        let found = |is_it: &dyn Fn(&str) -> bool| {
            let is_it = |record: &&Record| record.kind == mounts::KIND && is_it(&record.description);
            let found: Vec<&Record> = records.iter().filter(is_it).collect();
            (!found.is_empty()).then_some(found)
        };
        found(&|said| said.ends_with(&id))
            .or_else(|| found(&|said| said.starts_with(&start) && said.contains(namespace)))
            .or_else(|| found(&|said| said.starts_with(&start) && is_own(said)))
            .unwrap_or_default()
    }
}

/// Warns where a `FROM` may mean another stage with cache mounts, which only the builder can tell.
fn warn_of_open_stages(context: &Context, facts: &BuildFacts, file: &Dockerfile, needed: &[&Stage]) {
    for stage in needed {
        let is_open = stage.base.contains('$') && file.resolve(&stage.base, &facts.args).is_none();
        let start = stage.base.split('$').next().unwrap_or_default().to_ascii_lowercase();
        let may_be = |other: &Stage| {
            let is_candidate = last_mount(other).is_some() && !needed.contains(&other);
            is_candidate && other.name.as_ref().is_some_and(|name| name.to_ascii_lowercase().starts_with(&start))
        };
        if is_open && file.stages[..stage.at].iter().any(may_be) {
            let place = format!("`FROM {}` ({}:{})", stage.base, facts.shown, stage.line);
            let why = "only the builder knows which stage that is, so its cache mounts are not checked";
            context.ui.warning(format_args!("{place}: {why}"), "");
        }
    }
}

/// The last step of a stage that has a cache mount.
fn last_mount(stage: &Stage) -> Option<&Instruction> {
    stage.runs().filter(|(_, run)| run.has_cache_mounts()).map(|(step, _)| step).last()
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

/// How the record of a mount begins, whichever build made it.
fn start_of_record(mount: &Mount) -> String {
    format!("cached mount {} from exec ", mount.path())
}
