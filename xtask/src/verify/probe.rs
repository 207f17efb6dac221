//! Builds of the project's services that we start ourselves, to see what they do: in a namespace of cache mounts of
//! their own, and cleared up behind, however they end.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

use crate::compose::config::{self, NoServices};
use crate::compose::find;
use crate::compose::services::{Build, Services};
use crate::docker::builds::{self, Builder, Built};
use crate::docker::facts::Record;
use crate::docker::install;
use crate::docker::output::progress::{Progress, Step};
use crate::docker::programs::{self as docker, BuildCache};
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context as build_context;
use crate::dockerfile::model::{Dockerfile, Instruction};
use crate::doctor::command as doctor;
use crate::project::context::Context;
use crate::run::preflight;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::files::Scratch;
use crate::system::os::Os;
use crate::system::{paths, process};
use crate::tasks::buildkit_variables as buildkit;
use crate::ui::problem::Problem;
use crate::ui::text;
pub use crate::verify::leftovers::Left;

/// How long compose may take to read its files.
const LIMIT: Duration = Duration::from_secs(30);
/// How long docker may take to list its records.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the engine may take to let go of a mount when its build has ended.
const RELEASE: Duration = Duration::from_secs(15);

/// What the project builds, by compose's own reading of its files.
pub struct Project {
    pub root: PathBuf,
    services: Services,
    pub builds: Vec<BuildFacts>,
    /// Docker with the options that name an engine, and the variables that commands get.
    docker: Invocation,
    environment: Environment,
    /// The options of docker that name an engine.
    engine: Vec<OsString>,
    /// The records of the build cache that were there before; none when docker could not list them.
    before: Option<BTreeSet<String>>,
}

/// Reads the project. `wanted`: the services that were typed; none for all.
pub fn open(context: &Context, wanted: &[String]) -> Result<Project> {
    let asked = doctor::asked(context, Instant::now() + LIMIT);
    let environment = context.environment.with(&asked.added);
    docker::find_docker(&environment, &asked.root)?;
    if asked.compose.is_none() {
        find::find_compose(&environment, &asked.root, true)?;
    }
    let Some(compose) = &asked.compose_like else {
        return Err(Problem::new(format!("there is no compose file in `{}` or above", asked.root.display()))
            .hint("go to the project's folder, or name tasks.toml: --file path/to/tasks.toml")
            .into());
    };
    let options = compose.engine_options();
    if options.is_empty() {
        preflight::check_engine(&environment, &asked.root)?;
    }
    let words = std::iter::once("docker".into()).chain(options.iter().cloned()).collect();
    let docker = Invocation { words, env: asked.added.clone(), dir: asked.root.clone() };
    // Both take a moment.
    let (services, before) = std::thread::scope(|scope| {
        let cache = BuildCache::new(&environment, &asked.root, options.clone());
        let before = scope.spawn(move || cache.records(Instant::now() + PATIENCE).ok());
        let services = config::services(compose, &context.environment, asked.deadline);
        (services, before.join().ok().flatten())
    });
    let (services, _) = services.map_err(|why| match why {
        NoServices::Said(sentence) => Problem::new(format!("compose can't read its files: {sentence}")),
        NoServices::NoAnswer => Problem::new("compose does not answer"),
    })?;
    let mut builds = build_context::read(&services, &asked.root);
    for name in wanted {
        let service = services.services.iter().find(|service| service.name == *name);
        if service.is_none_or(|service| service.build.is_none()) {
            let built = services.services.iter().filter(|service| service.build.is_some());
            let names: Vec<&str> = built.map(|service| service.name.as_str()).collect();
            let near = text::nearest(name, names.iter().copied());
            let known = || format!("built are: {}", names.join(", "));
            let what = if service.is_none() { "there is no service" } else { "nothing is built for" };
            return Err(Problem::new(format!("{what} `{name}`"))
                .hint(near.map_or_else(known, |near| format!("did you mean `{near}`?")))
                .into());
        }
    }
    // Services that share a build are named in it once.
    let is_seen = |name: &String| builds.iter().any(|build| build.services.contains(name));
    for service in services.services.iter().filter(|service| service.build.is_some() && !is_seen(&service.name)) {
        let message = format!("`{}` is built from elsewhere, and is not looked at", service.name);
        context.ui.warning(message, "");
    }
    builds.retain(|build| wanted.is_empty() || build.services.iter().any(|name| wanted.contains(name)));
    let before = before.map(|records| records.into_iter().map(|record| record.id).collect());
    Ok(Project { root: asked.root, services, builds, docker, environment, engine: options, before })
}

/// The place of the stage that a build makes.
pub fn target_of(facts: &BuildFacts, file: &Dockerfile) -> Result<usize> {
    file.target(facts.target.as_deref()).ok_or_else(|| {
        let target = facts.target.as_deref().unwrap_or_default();
        let names: Vec<&str> = file.stages.iter().filter_map(|stage| stage.name.as_deref()).collect();
        let near = text::nearest(target, names.iter().copied());
        let known = || match names.as_slice() {
            [] => "none of its stages has a name".to_owned(),
            names => format!("its stages are: {}", names.join(", ")),
        };
        Problem::new(format!("`{}` has no stage `{target}`", facts.shown))
            .hint(near.map_or_else(known, |near| format!("did you mean `{near}`?")))
            .into()
    })
}

impl Project {
    /// What compose says of a build besides its Dockerfile.
    pub fn build_of(&self, facts: &BuildFacts) -> Option<&Build> {
        let service = self.services.services.iter().find(|service| facts.services.contains(&service.name))?;
        service.build.as_ref()
    }

    /// The value of DOCKER_BUILDKIT that turns BuildKit off for the builds of the project.
    pub fn classic_builder(&self) -> Option<String> {
        self.environment.text("DOCKER_BUILDKIT").filter(|value| buildkit::is_off(value))
    }
}

/// A time in which we build, and whose traces are taken away at its end.
pub struct Session<'a> {
    context: &'a Context,
    pub project: &'a Project,
    /// In the id of each of our mounts, or in the command that its record names: so they are told from others'.
    pub namespace: String,
    pub scratch: Scratch,
    builder: Builder<'a>,
    cache: BuildCache<'a>,
    /// The records since the last build, once nothing of ours is in use.
    last: RefCell<Option<Vec<Record>>>,
    /// Whether each step with a mount has our namespace in its command.
    pub all_marked: bool,
}

impl<'a> Session<'a> {
    pub fn start(context: &'a Context, project: &'a Project, word: &str) -> Result<Session<'a>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let namespace = format!("xtask-{word}-{}-{:x}", std::process::id(), now);
        process::watch();
        let scratch = Scratch::new(&namespace).context("can't make a temporary folder")?;
        let builder = Builder::new(project.docker.clone(), &context.environment);
        let cache = BuildCache::new(&project.environment, &project.root, project.engine.clone()).tidying();
        Ok(Session { context, project, namespace, scratch, builder, cache, last: RefCell::default(), all_marked: true })
    }

    /// The flags of a build: what compose says, a namespace of ours, and a host name by which every step runs again that ran
    /// without it. The mounts stay the same.
    pub fn flags(&self, build: &Build, namespace: &str, host: &str) -> Vec<String> {
        let mut flags = build.flags.clone();
        let of_person = build.args.iter().filter(|(name, _)| name != NAMESPACE);
        let args = of_person.map(|(name, value)| format!("{name}={value}"));
        for arg in args.chain([format!("{NAMESPACE}={namespace}")]) {
            flags.extend(["--build-arg".to_owned(), arg]);
        }
        flags.extend(["--add-host".to_owned(), format!("{namespace}-{host}:127.0.0.1")]);
        flags
    }

    /// The folder that a build sends; one without is given an empty one.
    pub fn context_of(&self, build: &Build) -> PathBuf {
        match &build.context {
            Some(context) => paths::absolute(&self.project.root, context),
            None => self.scratch.path.clone(),
        }
    }

    /// Writes a Dockerfile for one build, with the ignore file that the real one has beside it.
    pub fn dockerfile(&self, name: &str, text: &str, build: &Build) -> Result<PathBuf> {
        let write = |name: &str, text: &str| self.scratch.write(name, text.as_bytes());
        if let Some(ignore) = build_context::own_ignore_file(build, &self.project.root) {
            write(&format!("{name}.dockerignore"), &ignore).context("can't write a temporary file")?;
        }
        write(name, text).context("can't write a temporary file")
    }

    /// Builds, and shows what goes on. `shown` gives a step of the Dockerfile as a person knows it. None: the person
    /// wants to stop.
    pub fn build(&self, build: &builds::Build, label: &str, shown: impl Fn(&Step) -> String) -> Result<Option<Built>> {
        let ui = &self.context.ui;
        let (is_live, start) = (ui.is_live(), Instant::now());
        let mut told = 0;
        let see = |progress: &Progress, _: &str| {
            let Some(step) = progress.steps.last().filter(|step| step.is_of_dockerfile()) else { return };
            if is_live {
                ui.live(&format!("{label}, {:.0} s: {}", start.elapsed().as_secs_f64(), shown(step)));
            } else if told < step.number && step.command().starts_with("RUN ") {
                told = step.number;
                ui.note(format_args!("{label}: {}", shown(step)));
            }
        };
        if is_live {
            ui.live(label);
        }
        self.last.replace(None);
        let built = self.builder.build(build, see);
        if is_live {
            ui.live("");
        }
        let built = built?.filter(|_| process::stopped().is_none());
        // Docker itself did not begin: that says nothing of the project.
        if let Some(said) = built.as_ref().and_then(|built| built.progress.error.as_ref()) {
            if said.contains("buildx component is missing or broken") {
                return Err(Problem::new("docker has no buildx, by which it builds")
                    .hint(install::buildx(Os::HERE))
                    .into());
            }
        }
        Ok(built)
    }

    /// The records that came since the start, once neither ours nor those that `is_wanted` means are in use. A build that
    /// has just ended holds its mounts for a moment, and they then have no size.
    pub fn records(&self, is_wanted: impl Fn(&Record) -> bool) -> Option<Vec<Record>> {
        let until = Instant::now() + RELEASE;
        let is_held = |record: &Record| record.in_use && (self.is_marked(record) || is_wanted(record));
        let mut records = self.new_records();
        while Instant::now() < until && records.iter().flatten().any(is_held) {
            std::thread::sleep(Duration::from_millis(100));
            records = self.new_records();
        }
        self.last.replace(records.clone());
        // Without a list of those before, only a mark tells what is new.
        let mut records = records?;
        records.retain(|record| self.project.before.is_some() || self.is_marked(record));
        Some(records)
    }

    fn new_records(&self) -> Option<Vec<Record>> {
        let records = self.cache.records(Instant::now() + PATIENCE).ok()?;
        let is_old = |record: &Record| self.project.before.as_ref().is_some_and(|before| before.contains(&record.id));
        Some(records.into_iter().filter(|record| !is_old(record)).collect())
    }

    /// The namespace stands in the id of a mount (from engine 25 on), and in the commands that we have put it into.
    fn is_marked(&self, record: &Record) -> bool {
        record.description.contains(&self.namespace)
    }

    /// The records that are provably ours: they are marked, or stand on one that is.
    fn ours(&self, records: &[Record]) -> BTreeSet<String> {
        let marked = records.iter().filter(|record| self.is_marked(record));
        let mut ours: BTreeSet<String> = marked.map(|record| record.id.clone()).collect();
        loop {
            let stands = |record: &&Record| record.parents.iter().any(|parent| ours.contains(parent));
            let more: Vec<String> =
                records.iter().filter(stands).map(|record| record.id.clone()).filter(|id| !ours.contains(id)).collect();
            if more.is_empty() {
                return ours;
            }
            ours.extend(more);
        }
    }

    /// Takes away what we have left: mounts and layers that are provably ours, by their ids, and the files.
    pub fn end(self) -> Left {
        let unknown = || Left { unknown: true, ..Left::default() };
        let last = self.last.take().or_else(|| {
            let _ = self.records(|_| false);
            self.last.take()
        });
        let Some(mut new) = last else { return unknown() };
        let mut ids = self.ours(&new);
        // A step that was stopped may leave its layer a moment later.
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                std::thread::sleep(LATER);
            }
            self.cache.remove(&ids.into_iter().collect::<Vec<_>>());
            let Some(records) = self.new_records() else { return unknown() };
            new = records;
            ids = self.ours(&new);
            if ids.is_empty() {
                break;
            }
        }
        let (ours, mut others): (Vec<&Record>, Vec<&Record>) = new.iter().partition(|record| ids.contains(&record.id));
        // What was there before, and what came since, nobody can tell apart then.
        let unknown = self.project.before.is_none();
        if unknown {
            others.clear();
        }
        let sum = |records: &[&Record]| (records.len(), Record::total_size(records.iter().copied()));
        let is_unproved = |record: &&&Record| {
            record.kind == "exec.cachemount" && !record.description.contains(" with id \"") && !self.all_marked
        };
        let unproved_mounts = others.iter().filter(is_unproved).map(|record| record.id.clone()).collect();
        Left { ours: sum(&ours), others: sum(&others), unproved_mounts, unknown }
    }
}

/// How often what is ours is taken away, and what lies between.
const ATTEMPTS: usize = 3;
const LATER: Duration = Duration::from_millis(400);

/// The build arg that gives a build its own cache mounts.
const NAMESPACE: &str = "BUILDKIT_CACHE_MOUNT_NS";

/// As much of a command as is shown while it runs.
pub const LONGEST: usize = 120;

/// A command as it is shown while it runs.
pub fn short(command: &str) -> String {
    let whole = on_one_line(command);
    let short: String = whole.chars().take(LONGEST).collect();
    if short.len() < whole.len() { format!("{short}…") } else { short }
}

/// The step of a log that is a `RUN` of the Dockerfile: by its mark; one that could not be marked by its command.
pub fn step_of<'a>(progress: &'a Progress, run: &Instruction, mark: &str) -> Option<&'a Step> {
    if run.takes_words() {
        return progress.steps.iter().find(|step| is_marked(&step.name, mark));
    }
    let plain =
        |text: &str| text.chars().filter(|c| !c.is_whitespace() && !"\\\",[]'".contains(*c)).collect::<String>();
    let own = plain(&run.arguments);
    progress.steps.iter().find(|step| step.command().starts_with("RUN ") && plain(step.command()).contains(&own))
}

/// Whether a mark stands in a text, and not only the beginning of a longer number.
pub fn is_marked(text: &str, mark: &str) -> bool {
    text.match_indices(mark).any(|(at, _)| !text[at + mark.len()..].starts_with(|c: char| c.is_ascii_digit()))
}

/// A command without its line breaks.
pub fn on_one_line(command: &str) -> String {
    command.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_no_longer_number() {
        assert!(is_marked("x ns:12; y", "ns:12") && is_marked("ns:1", "ns:1"));
        assert!(!is_marked("x ns:12; y", "ns:1"));
    }

    #[test]
    fn a_command_is_shown_on_one_line() {
        assert_eq!(on_one_line("pip install     -r  x\n"), "pip install -r x");
        assert_eq!(short(&"x".repeat(LONGEST + 1)).chars().count(), LONGEST + 1);
        assert_eq!(short("short"), "short");
    }
}
