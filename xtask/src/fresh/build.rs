//! The one command of `build-fresh`: a new value before it, a look at the build cache behind it.

use crate::fresh::mounts_at_stake;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::compose::line as compose;
use crate::docker::programs::BuildCache;
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context as build_context;
use crate::fresh::overlay::{self, Overlay, Prepared, Purpose, Ready};
use crate::fresh::reran::{self as rebuilt, Rebuilt};
use crate::fresh::values as fresh;
use crate::project::context::Context;
use crate::run::resolve::Tools;
use crate::system::command_line::Invocation;
use crate::system::exit::Exit;
use crate::system::process;
use crate::tasks::plan::Planned;
use crate::ui::text;

/// How long docker may take to list its records.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What became of a fresh build.
pub enum Outcome {
    /// The build's own code.
    Child(Exit),
    /// The build succeeded, and a step did not run again, or nobody can tell. It is told already.
    NotFresh,
}

/// Runs the build under a new value, and keeps it when all went well. `invocation` has the overlay in its words; `step`
/// shows it and runs it.
pub fn run(
    context: &Context,
    tools: &Tools<'_>,
    planned: &Planned,
    invocation: &Invocation,
    overlay: Overlay,
    step: impl FnOnce() -> Result<Exit>,
) -> Result<Outcome> {
    let project = context.project()?;
    let before_command = tools.before_command(planned)?;
    let purpose = overlay.purpose;
    let Ready::Written(prepared) = overlay::prepare(context, project, overlay, &before_command, tools.new_host())?
    else {
        return step().map(Outcome::Child);
    };
    let environment = context.environment.with(&invocation.env);
    let cache = BuildCache::new(&environment, &invocation.dir, compose::engine_options(&invocation.words));
    let builds = build_context::read(&prepared.services, project.file.root());
    let builds: Vec<&BuildFacts> =
        builds.iter().filter(|build| build.services.iter().any(|service| prepared.is_meant(service))).collect();
    if purpose == Purpose::Dropped {
        mounts_at_stake::tell(context, &cache, &prepared, &builds);
    } else {
        warn_of_shared_caches(context, &prepared);
    }
    let is_seen = |name: &String| builds.iter().any(|build| build.services.contains(name));
    let built = prepared.services.services.iter().filter(|service| service.build.is_some());
    for service in built.filter(|service| prepared.is_meant(&service.name) && !is_seen(&service.name)) {
        let message =
            format!("`{}` is built from elsewhere: whether its steps run again is not looked at", service.name);
        context.ui.warning(message, "");
    }
    let before = cache.records(Instant::now() + LIMIT);
    let exit = step();
    if !matches!(exit, Ok(exit) if exit.is_success()) || process::stopped().is_some() {
        prepared.discard();
        return exit.map(Outcome::Child);
    }
    let after = cache.records(Instant::now() + LIMIT);
    prepared.keep()?;
    let is_fresh = match (before, after) {
        (Ok(before), Ok(after)) => judge(context, &builds, &rebuilt::compare(&builds, &before, &after)),
        (Err(said), _) | (_, Err(said)) => {
            context.ui.problem(format_args!("nobody can tell whether the steps ran again: {said}"));
            context.ui.hint(&format!("{} doctor", context.program()));
            false
        }
    };
    Ok(if is_fresh { Outcome::Child(Exit::DONE) } else { Outcome::NotFresh })
}

/// A value that is kept is part of every key: what others left in a shared cache does not fit any more.
fn warn_of_shared_caches(context: &Context, prepared: &Prepared) {
    let of = |build: &crate::compose::services::Build| build.takes_cache;
    let services = prepared.services.services.iter().filter(|service| service.build.as_ref().is_some_and(of));
    let names: Vec<String> = services.map(|service| format!("`{}`", service.name)).collect();
    if !names.is_empty() {
        let message = format!(
            "{} takes layers from elsewhere (`cache_from`): none of them fits any more, now and in later builds here",
            text::and_list(&names, "and")
        );
        let hint = format!("{} {} --drop-caches goes back to them", context.program(), fresh::COMMAND);
        context.ui.warning(message, &hint);
    }
}

/// Says what the records show: whether every step ran again.
fn judge(context: &Context, builds: &[&BuildFacts], rebuilt: &Rebuilt) -> bool {
    let unread = builds.iter().filter_map(|build| Some((build, build.dockerfile.as_ref().err()?)));
    for (build, error) in unread {
        context.ui.warning(format_args!("`{}` was not looked at: {error}", build.shown), "");
    }
    if rebuilt.did_not.is_empty() {
        context.ui.note(format_args!("{} ran again", text::count(rebuilt.ran.len(), "step")));
        return true;
    }
    for step in &rebuilt.did_not {
        context.ui.problem(format_args!("`RUN {}` ({}) left no new layer", step.command, step.place));
    }
    context
        .ui
        .hint(&format!("is it built by BuildKit, and by the builder that is looked at? {} doctor", context.program()));
    false
}
