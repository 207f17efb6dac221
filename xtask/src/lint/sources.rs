//! Which Dockerfiles are looked at: those that are named, else those that the compose files build, else those that git
//! tracks, else those that lie there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::compose::call::ComposeCall;
use crate::compose::files as compose_files;
use crate::compose::redact::Secrets;
use crate::compose::services::Services;
use crate::compose::which::{self, ComposeCli};
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context::facts::ContextFacts;
use crate::dockerfile::context::{Texts, View, find};
use crate::dockerfile::secret_values;
use crate::project::context::Context;
use crate::project::looking::Purpose;
use crate::run::resolve::Resolver;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::process::{self, Ended};

/// What can't be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// As shown.
    pub file: String,
    pub why: String,
}

/// The Dockerfiles, and how to read them.
pub struct Sources {
    root: PathBuf,
    from: PathBuf,
    composed: Composed,
    /// Only these of the compose files' builds.
    only: Option<Vec<PathBuf>>,
    /// Those that no compose file builds.
    alone: Vec<PathBuf>,
    /// What could not be read so far.
    unread: Vec<Unread>,
    /// What is not on this machine.
    pub left_out: Vec<String>,
}

/// What the compose files say.
#[derive(Default)]
struct Composed {
    services: Services,
    /// With variables as they are written.
    written: Services,
    secrets: Option<Secrets>,
}

/// What was read.
pub struct Read {
    pub builds: Vec<BuildFacts>,
    pub contexts: Vec<ContextFacts>,
    pub unread: Vec<Unread>,
}

/// For all contexts together. The walk has a bound of its own, so that this is for disks that hardly answer.
const LIMIT: Duration = Duration::from_secs(60);
/// How long git may take to list its files.
const OF_GIT: Duration = Duration::from_secs(20);

impl Sources {
    /// Finds them. `typed`: files and folders, from the current folder.
    pub fn find(context: &Context, typed: Vec<PathBuf>, shown: impl Fn(&Path) -> String) -> Sources {
        let root = context.project.as_ref().map_or(&*context.current_dir, |project| project.file.root()).to_owned();
        let environment = context.to_look();
        let mut unread = Vec::new();
        let composed = composed(context, &root, &environment).unwrap_or_else(|why| {
            unread.push(why);
            Composed::default()
        });
        let built = View::of(&root).paths(&composed.services);
        let is_built = |path: &PathBuf| built.contains(path);
        let has_builds = composed.services.services.iter().any(|service| service.build.is_some());
        let (only, alone) = if typed.is_empty() {
            let found = || listed(&root, &environment, &["--cached"]).unwrap_or_else(|| find::below(&root));
            (None, if has_builds { Vec::new() } else { found() })
        } else {
            let mut all: Vec<PathBuf> = Vec::new();
            for path in typed {
                match (path.is_dir(), path.exists()) {
                    (true, _) => all.extend(in_folder(&path, &environment)),
                    (_, true) => all.push(path),
                    _ => unread.push(Unread { file: shown(&path), why: "there is no such file".to_owned() }),
                }
            }
            let mut seen = std::collections::HashSet::new();
            all.retain(|path| seen.insert(path.clone()));
            let (only, alone) = all.into_iter().partition(is_built);
            (Some(only), alone)
        };
        let is_elsewhere = |build: &crate::compose::services::Build| build.context.is_none() && build.inline.is_none();
        let elsewhere = composed
            .services
            .services
            .iter()
            .filter(|service| only.is_none() && service.build.as_ref().is_some_and(is_elsewhere));
        let left_out = elsewhere
            .map(|service| {
                format!("the build of `{}` is not looked at: its context is not on this machine", service.name)
            })
            .collect();
        Sources { root, from: context.current_dir.clone(), composed, only, alone, unread, left_out }
    }

    /// Reads them all. `texts`: what files will hold, in place of what they hold.
    pub fn read(&self, texts: &Texts) -> Read {
        let Composed { services, written, secrets } = &self.composed;
        let view = View { root: &self.root, from: &self.from, texts: Some(texts), only: self.only.as_deref() };
        let (mut builds, mut contexts) = view.look(services, Instant::now() + LIMIT);
        if let Some(secrets) = secrets {
            secret_values::compare_with_written(&mut builds, &mut contexts, written, secrets);
        }
        builds.extend(self.alone.iter().map(|path| view.alone(path)));
        let mut unread = self.unread.clone();
        // A missing folder is a mistake of the compose file.
        builds.retain(|build| match &build.dockerfile {
            Err(why) if build.no_folder.is_none() => {
                let why = Unread { file: build.shown.clone(), why: why.clone() };
                if !unread.contains(&why) {
                    unread.push(why);
                }
                false
            }
            _ => true,
        });
        Read { builds, contexts, unread }
    }
}

/// What the compose files say, without compose; nothing where there are none.
fn composed(context: &Context, root: &Path, environment: &Environment) -> Result<Composed, Unread> {
    let Some(call) = call(context, root, environment) else { return Ok(Composed::default()) };
    if compose_files::of(&call, environment).is_none() {
        return Ok(Composed::default());
    }
    let mut services = compose_files::services(&call, environment).map_err(|unreadable| {
        let line = unreadable.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        Unread { file: unreadable.file, why: format!("{line}{}", unreadable.why) }
    })?;
    let secrets = Secrets::of_project(&call, environment);
    secret_values::inline(&mut services, &secrets);
    Ok(Composed { services, written: compose_files::written(&call, environment), secrets: Some(secrets) })
}

/// Compose as the tasks call it. It is not started, and need not be there.
fn call(context: &Context, root: &Path, environment: &Environment) -> Option<ComposeCall> {
    let env = context.of_steps();
    if let Ok(resolver) = Resolver::to_read(context) {
        return resolver.compose_of_project(env).ok();
    }
    let words = which::find_compose(environment, root, false).ok()?;
    let cli = ComposeCli::new(words, root, environment);
    Some(ComposeCall { cli, options: Vec::new(), env, dir: root.to_owned(), purpose: Purpose::Looking })
}

/// The Dockerfiles of a folder, without those that git ignores.
fn in_folder(folder: &Path, environment: &Environment) -> Vec<PathBuf> {
    listed(folder, environment, &["--cached", "--others", "--exclude-standard"]).unwrap_or_else(|| find::below(folder))
}

/// The Dockerfiles that git lists in a folder; `None` without git, or outside of its repositories.
fn listed(folder: &Path, environment: &Environment, which: &[&str]) -> Option<Vec<PathBuf>> {
    // The repository can name a program that git would start here.
    let words = ["git", "-c", "core.fsmonitor=false", "ls-files", "-z"].iter().chain(which).map(OsString::from);
    let git = Invocation::new(words.collect(), Vec::new(), folder.to_owned());
    let Ended::Itself(answer) = process::answer_until(&git, environment, Instant::now() + OF_GIT).ok()? else {
        return None;
    };
    if !answer.status.success() {
        return None;
    }
    let paths = answer.stdout.split('\0').filter(|path| find::is_name(path.rsplit('/').next().unwrap_or(path)));
    let mut found: Vec<PathBuf> = paths.map(|path| folder.join(path)).filter(|path| path.is_file()).collect();
    found.sort();
    found.dedup();
    Some(found)
}
