//! What the engine and compose say of the build cache: both are asked at once.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::cache::listing::{self, Report};
use crate::compose::call::ComposeCall;
use crate::compose::{config, files as compose_files};
use crate::docker::build_cache::BuildCache;
use crate::docker::facts::Record;
use crate::docker::programs as docker;
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context as build_context;
use crate::fresh::kept_values::Fresh;
use crate::project::context::Context;
use crate::run::preflight;
use crate::run::resolve::Resolver;
use crate::system::environment::Environment;
use crate::ui::problem::Problem;

/// How long docker may take to list its records: it may have to walk every volume.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Where the project's builds happen.
pub struct Place {
    environment: Environment,
    /// Compose with the files of tasks.toml; none where there is neither a project nor a compose.
    compose: Option<ComposeCall>,
    dir: PathBuf,
}

impl Place {
    pub fn of(context: &Context) -> Place {
        let project = context.find_project();
        let added = context.common_variables();
        let resolver = project.and_then(|_| Resolver::new(context, true).ok());
        let compose = resolver.and_then(|resolver| resolver.compose_of_project(added.clone()).ok());
        let dir = project.map_or_else(|| context.current_dir.clone(), |project| project.file.root().to_owned());
        Place { environment: context.environment.with(&added), compose, dir }
    }

    /// At the engine that compose is pointed at.
    pub fn build_cache(&self) -> BuildCache<'_> {
        BuildCache::new(&self.environment, &self.dir, self.engine())
    }

    /// The options by which `[compose] cli` or `--compose` names an engine.
    fn engine(&self) -> Vec<OsString> {
        self.compose.as_ref().map(ComposeCall::engine_options).unwrap_or_default()
    }
}

/// What was found out.
pub struct Looked {
    pub report: Report,
    pub records: Vec<Record>,
    /// When the list was asked for.
    pub at: Instant,
    pub fresh: Fresh,
    /// Why it is unknown which mounts the project uses.
    pub unread: Option<String>,
}

/// Asks docker and compose at the same time. `twice`: an engine that lists its records for the first time measures them,
/// and takes that for a use (measured on all three tiers: `LastUsedAt` is the moment of the list). The second list
/// changes nothing, and tells what was used before it from what is used after.
pub fn look(context: &Context, place: &Place, twice: bool) -> Result<Looked> {
    docker::find_docker(&place.environment, &place.dir)?;
    // A builder that was chosen may be elsewhere than the engine, and options name another engine.
    if place.environment.get("BUILDX_BUILDER").is_none() && place.engine().is_empty() {
        preflight::check_engine(&place.environment, &place.dir)?;
    }
    let deadline = Instant::now() + LIMIT;
    let (records, own) = std::thread::scope(|scope| {
        let records = scope.spawn(|| {
            let cache = place.build_cache();
            if twice {
                let _ = cache.records(deadline);
            }
            (Instant::now(), cache.records(deadline))
        });
        let own = own_builds(context, place, deadline);
        (records.join(), own)
    });
    let (at, records) = records.unwrap_or_else(|_| (Instant::now(), Err("the question failed".to_owned())));
    let records = records.map_err(|said| {
        Problem::new(format!("docker can't list the build cache: {said}")).hint(format!("{} doctor", context.program()))
    })?;
    let (builds, namespace, unread) = match own {
        Ok((builds, namespace)) => (builds, namespace, None),
        Err(why) => (Vec::new(), String::new(), Some(why)),
    };
    let fresh = context.state().map(Fresh::kept).unwrap_or_default();
    Ok(Looked { report: listing::report(&records, &builds, &namespace), records, at, fresh, unread })
}

/// What the project builds, and its namespace, or why that is unknown.
fn own_builds(context: &Context, place: &Place, deadline: Instant) -> Result<(Vec<BuildFacts>, String), String> {
    let Some(compose) = &place.compose else { return Err("there is no project here".to_owned()) };
    let all = compose.with(["--profile", "*"]);
    let (services, _) = config::services(&all, &place.environment, deadline).map_err(|why| match why {
        config::NoServices::Said(sentence) => sentence,
        config::NoServices::NoAnswer => "compose does not answer".to_owned(),
    })?;
    let own = context.find_project().is_some_and(|project| project.config.cache.own_namespace);
    let name = || services.project.clone().or_else(|| compose_files::project(compose, &place.environment));
    let namespace = if own { name().unwrap_or_default() } else { String::new() };
    Ok((build_context::read(&services, &place.dir), namespace))
}
