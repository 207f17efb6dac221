//! Asks the engine for its build cache and compose for the project's builds, both at once.

use std::time::Instant;

use anyhow::{Result, anyhow};

use crate::cache::listing::{self, Report};
use crate::compose::config::{self, NoServices};
use crate::compose::files as compose_files;
use crate::docker::build_cache::BuildCache;
use crate::docker::facts::{Engine, Record};
use crate::docker::podman;
use crate::docker::programs as docker;
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context as build_context;
use crate::doctor::asked::Asked;
use crate::fresh::kept_values::Fresh;
use crate::project::context::Context;
use crate::run::preflight;
use crate::system::environment::Environment;
use crate::ui::problem::Problem;

/// What was found out.
pub struct Looked {
    pub report: Report,
    pub records: Vec<Record>,
    /// When the list was asked for.
    pub at: Instant,
    pub fresh: Fresh,
    /// Why we don't know which mounts the project uses.
    pub unread: Option<String>,
}

/// Asks docker and compose at the same time. `twice`: the first list of an engine measures its records and counts as a use
/// (measured on all three tiers: `LastUsedAt` is the moment of the list). A second list changes nothing, so that it tells
/// what was used before from what is used after.
pub fn look(context: &Context, asked: &Asked<'_>, cache: &BuildCache<'_>, twice: bool) -> Result<Looked> {
    for left_out in &asked.left_out {
        context.ui.note(format_args!("not looked at: {left_out}"));
    }
    docker::find_docker(cache.environment, &asked.root)?;
    // A chosen builder may be elsewhere than the engine.
    let engine = match cache.environment.get("BUILDX_BUILDER") {
        None => preflight::check_engine(cache.environment, &asked.root, &asked.engine)?,
        Some(_) => Engine::default(),
    };
    podman::check(&engine, cache.environment)?;
    let (records, own) = std::thread::scope(|scope| {
        let records = scope.spawn(|| {
            if twice {
                let _ = cache.records(asked.deadline);
            }
            (Instant::now(), cache.records(asked.deadline))
        });
        let own = own_builds(asked, cache.environment);
        (records.join(), own)
    });
    let (at, records) = records.map_err(|_| anyhow!("the question for the build cache failed"))?;
    let records = records.map_err(|why| {
        let why = asked.redacted(why);
        let problem = Problem::new(format!("docker can't list the build cache: {}", why.said()));
        match engine.podman {
            // Before the first build, or when it was stopped.
            Some(_) => {
                problem.hint(format!("the first build starts BuildKit on Podman, and so does: {}", podman::START))
            }
            None => problem.hint_if(context.built_in("doctor")),
        }
    })?;
    let unread = own.as_ref().err().cloned();
    let (builds, namespace) = own.unwrap_or_default();
    let fresh = context.state().ok().and_then(|state| Fresh::kept(state).ok()).unwrap_or_default();
    Ok(Looked { report: listing::report(&records, &builds, &namespace), records, at, fresh, unread })
}

/// What the project builds, and its namespace, or why that is unknown.
fn own_builds(asked: &Asked<'_>, environment: &Environment) -> Result<(Vec<BuildFacts>, String), String> {
    let Some(compose) = &asked.compose_like else { return Err("there is no compose file here".to_owned()) };
    let all = compose.with(["--profile", "*"]);
    let services = match config::services(&all, environment, asked.deadline) {
        Ok((services, _)) => services,
        Err(NoServices::OnlyLooking(_)) => compose_files::services(&all, environment).map_err(|why| why.to_string())?,
        Err(NoServices::Said(Some(sentence))) => return Err(sentence),
        Err(other) => return Err(other.to_string()),
    };
    let name = || services.project.clone().or_else(|| compose_files::project(compose, environment));
    let namespace = if asked.own_namespace { name().unwrap_or_default() } else { String::new() };
    Ok((build_context::read(&services, &asked.root), namespace))
}
