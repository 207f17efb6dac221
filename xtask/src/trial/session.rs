//! A session of builds: starts them, shows their progress, and removes everything they leave.

use std::cell::Cell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::compose::services::Build;
use crate::docker::build_cache::{BuildCache, LISTING};
use crate::docker::builds::{self, Builder, Built};
use crate::docker::facts::Record;
use crate::docker::how_to_get;
use crate::docker::output::progress::Progress;
use crate::docker::runs;
use crate::dockerfile::context as build_context;
use crate::dockerfile::edit;
use crate::dockerfile::model::{Instruction, Run};
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::files;
use crate::system::os::Os;
use crate::system::{paths, permission, process};
use crate::trial::leftovers::Left;
use crate::trial::marks::Marked;
use crate::trial::project::Project;
use crate::ui::problem::Problem;

/// How long the engine may take to release a mount after its build.
const RELEASE: Duration = Duration::from_secs(15);
/// The build arg that gives a build its own cache mounts.
const NAMESPACE: &str = "BUILDKIT_CACHE_MOUNT_NS";

/// How a session ended.
pub enum Ended<T> {
    /// With its result, and what it could not remove.
    Done(T, Left),
    /// Interrupted by a signal, with its exit code.
    Stopped(Exit),
}

/// One build of a Dockerfile.
pub struct Trial<'a> {
    /// What compose says of it.
    pub build: &'a Build,
    /// Its named contexts: each name with its place.
    pub contexts: &'a [(String, String)],
    /// The Dockerfile, and the namespace of its mounts and marks.
    pub marked: Marked<'a>,
    /// How much of its text is built.
    pub end: usize,
    pub target: Option<&'a str>,
    /// The folder that is sent.
    pub folder: &'a Path,
    /// Part of a host name: with a new one, every step runs again. The mounts stay the same.
    pub host: &'a str,
    /// For the screen.
    pub label: &'a str,
}

impl Trial<'_> {
    /// What compose says, our namespace, and our host name.
    fn flags(&self, project: &Project) -> Vec<String> {
        let namespace = self.marked.namespace;
        let mut flags = self.build.flags.clone();
        let of_person = self.build.args.iter().filter(|(name, _)| name != NAMESPACE);
        // A value may be a secret, and everybody can read argv.
        let args = of_person.map(|(name, value)| match project.goes_by_variable(name, value) {
            true => name.clone(),
            false => format!("{name}={value}"),
        });
        for arg in args.chain([format!("{NAMESPACE}={namespace}")]) {
            flags.extend(["--build-arg".to_owned(), arg]);
        }
        for (name, place) in self.contexts {
            flags.extend(["--build-context".to_owned(), format!("{name}={place}")]);
        }
        flags.extend(["--add-host".to_owned(), format!("{namespace}-{}:127.0.0.1", self.host)]);
        flags.extend(self.target.into_iter().flat_map(|target| ["--target".to_owned(), target.to_owned()]));
        flags
    }

    /// The variables by which docker gets the values of build arguments.
    fn variables(&self, project: &Project) -> Vec<(String, OsString)> {
        let args = self.build.args.iter().filter(|(name, value)| project.goes_by_variable(name, value));
        args.map(|(name, value)| (name.clone(), value.into())).collect()
    }
}

/// A series of builds. What they leave is removed at its end.
pub struct Session<'a> {
    context: &'a Context,
    pub project: &'a Project,
    /// What it is called on the engine, and its folder.
    pub run: runs::Run,
    builder: Builder<'a>,
    pub cache: BuildCache<'a>,
    /// Whether each step with a mount has our namespace in its command.
    pub(super) all_marked: Cell<bool>,
}

impl<'a> Session<'a> {
    pub fn start(context: &'a Context, project: &'a Project, word: &str) -> Result<Session<'a>> {
        process::watch();
        let run = runs::Run::start(&project.environment, &project.engine, word)?;
        let builder = Builder::new(project.docker.clone(), &context.environment);
        let cache = BuildCache::new(&project.environment, &project.root, project.engine.clone()).tidying();
        Ok(Session { context, project, run, builder, cache, all_marked: Cell::new(true) })
    }

    /// The folder that a build sends; an empty one if it has no context.
    pub fn context_of(&self, build: &Build) -> PathBuf {
        match &build.context {
            Some(context) => paths::absolute(&self.project.root, context),
            None => self.run.scratch.path.clone(),
        }
    }

    /// Builds a Dockerfile with `words` inserted before its commands, and shows the progress. `words` returns `None` for a
    /// step that isn't built, and otherwise words that contain the step's mark. Fails if interrupted.
    pub fn build(&self, trial: &Trial<'_>, words: impl Fn(&Instruction, &Run) -> Option<String>) -> Result<Built> {
        let Trial { build, marked, .. } = *trial;
        let is_unmarked = |(step, run): (&Instruction, &Run)| {
            run.slot.is_none() && run.has_cache_mounts() && words(step, run).is_some()
        };
        if marked.file.runs().any(is_unmarked) {
            self.all_marked.set(false);
        }
        let text = edit::apply(&marked.file.text[..trial.end], &marked.file.with_words(&words));
        let write = |name: &str, text: &str| {
            let written = self.run.scratch.write(name, text.as_bytes());
            written.map_err(|error| permission::problem("write", &self.run.scratch.path.join(name), &error))
        };
        let ignore = build_context::own_ignore_file(build, &self.project.root);
        if let Some(ignore) = ignore.and_then(|file| files::text_of(&file)) {
            write("Dockerfile.dockerignore", &ignore)?;
        }
        let asked = builds::Build {
            dockerfile: write("Dockerfile", &text)?,
            context: trial.folder.to_owned(),
            flags: trial.flags(self.project),
            variables: trial.variables(self.project),
        };
        let (ui, label) = (&self.context.ui, trial.label);
        let (is_live, start) = (ui.is_live(), Instant::now());
        let mut shown = 0;
        let see = |progress: &Progress, _: &str| {
            let Some(step) = progress.steps.last().filter(|step| step.is_of_dockerfile()) else { return };
            if is_live {
                ui.live(&format!("{label}, {:.0} s: {}", start.elapsed().as_secs_f64(), marked.shown(step)));
            } else if shown < step.number && step.command().starts_with("RUN ") {
                shown = step.number;
                ui.note(format_args!("{label}: {}", marked.shown(step)));
            }
        };
        if is_live {
            ui.live(label);
        }
        let built = self.builder.build(&asked, see);
        if is_live {
            ui.live("");
        }
        let Some(built) = built?.filter(|_| process::stopped().is_none()) else { bail!("interrupted") };
        if built.progress.is_cut {
            let message = format!("{label} printed more than is kept of it: what the rest says is not known");
            ui.warning(message, "");
        }
        // Docker did not even start to build: that says nothing about the project.
        if built.progress.error.as_ref().is_some_and(|said| said.contains("buildx component is missing or broken")) {
            return Err(Problem::new("docker has no buildx, and builds with it")
                .hint(how_to_get::buildx(Os::HERE))
                .into());
        }
        Ok(built)
    }

    /// The records since the start, once neither ours nor those of `is_wanted` are in use: right after a build its mounts
    /// are still held, and have no size.
    pub fn records(&self, is_wanted: impl Fn(&Record) -> bool) -> Option<Vec<Record>> {
        let until = Instant::now() + RELEASE;
        let is_held = |record: &Record| record.in_use && (self.is_marked(record) || is_wanted(record));
        let mut records = self.new_records();
        while Instant::now() < until && records.iter().flatten().any(is_held) {
            std::thread::sleep(Duration::from_millis(100));
            records = self.new_records();
        }
        // Without a list from before, only a mark shows what is new.
        let mut records = records?;
        records.retain(|record| self.project.before.is_some() || self.is_marked(record));
        Some(records)
    }

    pub fn new_records(&self) -> Option<Vec<Record>> {
        let records = self.cache.records(Instant::now() + LISTING).ok()?;
        let is_old = |record: &Record| self.project.before.as_ref().is_some_and(|before| before.contains(&record.id));
        Some(records.into_iter().filter(|record| !is_old(record)).collect())
    }

    /// Ends the session. Whatever its result, everything is cleaned up before anything is reported.
    pub fn end<T>(self, worked: Result<T>) -> Result<Ended<T>> {
        let context = self.context;
        let left = self.clean_up();
        let ended = match (worked, process::stopped()) {
            (Ok(value), None) => return Ok(Ended::Done(value, left)),
            (Err(error), None) => Err(error),
            (_, Some(stop)) => Ok(Ended::Stopped(stop.exit())),
        };
        left.sentences().iter().for_each(|sentence| context.ui.note(sentence));
        ended
    }
}
