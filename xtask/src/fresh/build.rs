//! Around a step that builds: it gets the values that `build-fresh` keeps. `build-fresh` itself gets a new value before
//! the build, and looks at the build cache after it.

use std::sync::OnceLock;
use std::time::Instant;

use anyhow::Result;

use crate::compose::config::NoServices;
use crate::compose::files as compose_files;
use crate::compose::redact::Secrets;
use crate::compose::services::Services;
use crate::docker::build_cache::{BuildCache, LISTING};
use crate::docker::podman;
use crate::docker::runs;
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context as build_context;
use crate::fresh::kept_values as values;
use crate::fresh::mounts_at_stake;
use crate::fresh::overlay::{self, Overlay, Prepared, Purpose};
use crate::fresh::reran::{self, Rebuilt};
use crate::project::context::Context;
use crate::run::hooks::{Outcome, Preview, Run};
use crate::run::preflight;
use crate::run::step::Step;
use crate::system::command_line::Invocation;
use crate::system::process;
use crate::ui::problem::Problem;
use crate::ui::text;

/// The hook of `run` around a step that builds.
pub fn build(context: &Context, step: &Step, run: Run<'_>) -> Result<Outcome> {
    let host = values::new_host();
    let _ = context.state().map(overlay::remove_left);
    let Some(overlay) = Overlay::of(context, step, false, &host)? else {
        return run(&step.invocation()).map(Outcome::Step);
    };
    let services = match overlay.ask(context) {
        Ok(services) => services,
        // The step itself will say why.
        Err(NoServices::Said(_) | NoServices::Unanswered(_)) if overlay.purpose == Purpose::Kept => {
            return run(&step.invocation()).map(Outcome::Step);
        }
        Err(why) => return Err(Problem::new(why.to_string()).into()),
    };
    let purpose = overlay.purpose;
    let environment = step.environment(&context.environment);
    let engine = step.compose_call().map(|call| call.engine_options()).unwrap_or_default();
    let look = || preflight::check_engine(&environment, &step.dir, &engine).unwrap_or_default();
    if purpose == Purpose::Kept && podman::builds_by_itself(&environment, look) {
        return run(&step.invocation()).map(Outcome::Step);
    }
    let prepared = overlay.assemble(context, services);
    prepared.check_contexts(context, context.project()?.file.root())?;
    let mut held = prepared.write()?;
    // The file is in use until the build has ended; then it may be removed, which Windows refuses before.
    let run: Run<'_> = &mut |invocation: &Invocation| {
        let exit = run(invocation);
        drop(held.take());
        exit
    };
    match purpose {
        Purpose::Kept => run(&prepared.invocation(step)).map(Outcome::Step),
        Purpose::Fresh | Purpose::Dropped => build_fresh(context, step, purpose, &prepared, run),
    }
}

/// The hook of a dry run.
pub fn preview(context: &Context, earlier: &[Step], step: &Step) -> Result<Preview> {
    // The same for all steps of a plan.
    static HOST: OnceLock<String> = OnceLock::new();
    let host = HOST.get_or_init(values::new_host);
    let after_fresh = earlier.iter().any(|step| Purpose::of(step) == Purpose::Fresh);
    let Some(overlay) = Overlay::of(context, step, after_fresh, host)? else {
        return Ok(Preview { invocation: step.invocation(), file: None });
    };
    let environment = step.environment(&context.environment);
    let call = step.compose_call();
    let services = match call.as_ref().map(|call| compose_files::services(call, &environment)) {
        Some(Ok(services)) => services,
        None => Services::default(),
        Some(Err(why)) if overlay.purpose == Purpose::Kept => {
            context.ui.warning(format_args!("can't tell which kept values this step gets: {why}"), "");
            return Ok(Preview { invocation: step.invocation(), file: None });
        }
        Some(Err(why)) => {
            let ask =
                call.filter(|_| !why.too_much).map(|call| format!("see what compose says: {} config", call.shown()));
            return Err(Problem::new(format!("can't tell what is built: {why}")).hint_if(ask).into());
        }
    };
    let prepared = overlay.assemble(context, services);
    let mut file = prepared.file();
    if let (Some((_, text)), Some(call)) = (&mut file, step.compose_call()) {
        // The project's name is a namespace there, and may be made of anything.
        *text = Secrets::of_project(&call, &environment).redact(text);
    }
    Ok(Preview { invocation: prepared.invocation(step), file })
}

/// Builds with a new value, or with none from now on, and keeps that if the build succeeds.
fn build_fresh(context: &Context, step: &Step, purpose: Purpose, prepared: &Prepared, run: Run<'_>) -> Result<Outcome> {
    let project = context.project()?;
    let environment = step.environment(&context.environment);
    let engine = step.compose_call().map(|call| call.engine_options()).unwrap_or_default();
    let seen = preflight::check_engine(&environment, &step.dir, &engine)?;
    podman::start(&context.ui, &seen, &engine, &environment, &step.dir, &|why| prepared.redacted(why, &environment))?;
    let cache = BuildCache::new(&environment, &step.dir, engine);
    let builds = build_context::read(&prepared.services, project.file.root());
    let builds: Vec<&BuildFacts> =
        builds.iter().filter(|build| build.services.iter().any(|service| prepared.is_meant(service))).collect();
    match purpose {
        Purpose::Dropped => mounts_at_stake::tell(context, &cache, prepared, &builds),
        Purpose::Fresh | Purpose::Kept => warn_of_shared_caches(context, prepared),
    }
    if purpose == Purpose::Fresh {
        warn_of_emptied_mounts(context, prepared);
    }
    name_what_is_elsewhere(context, prepared, &builds);
    runs::remove_killed(&context.ui, &cache);
    let before = cache.records(Instant::now() + LISTING);
    let exit = run(&prepared.invocation(step));
    if !matches!(exit, Ok(exit) if exit.is_success()) || process::stopped().is_some() {
        prepared.discard();
        return exit.map(Outcome::Step);
    }
    let after = cache.records(Instant::now() + LISTING);
    prepared.keep().map_err(|problem| {
        let message = format!("the build is done, and its values can't be kept: {}", problem.message);
        let again = context.built_in(values::COMMAND).map(|typed| format!("then run it again: {typed}"));
        Problem::new(message).hint_if(problem.hint.or(again))
    })?;
    let is_fresh = match (before, after) {
        (Ok(before), Ok(after)) => judge(context, &builds, &reran::compare(&builds, &before, &after)),
        (Err(why), _) | (_, Err(why)) => {
            let said = prepared.redacted(why, cache.environment).said();
            context.ui.problem(format_args!("can't tell whether the steps ran again: {said}"));
            context.ui.hint(&context.built_in("doctor").unwrap_or_default());
            false
        }
    };
    if is_fresh { exit.map(Outcome::Step) } else { Ok(Outcome::Findings) }
}

fn name_what_is_elsewhere(context: &Context, prepared: &Prepared, builds: &[&BuildFacts]) {
    let is_seen = |name: &String| builds.iter().any(|build| build.services.contains(name));
    let built = prepared.services.services.iter().filter(|service| service.build.is_some());
    for service in built.filter(|service| prepared.is_meant(&service.name) && !is_seen(&service.name)) {
        let message = format!("`{}` is built from elsewhere: not checked whether its steps run again", service.name);
        context.ui.warning(message, "");
    }
}

/// A build can say itself that nothing is kept.
fn warn_of_emptied_mounts(context: &Context, prepared: &Prepared) {
    for service in prepared.services.services.iter().filter(|service| prepared.is_meant(&service.name)) {
        if let Some(key) = service.build.as_ref().and_then(|build| build.empties_mounts) {
            let message = format!(
                "`{key}` of `{}`'s build: compose empties its cache mounts with it, in this build too",
                service.name
            );
            context.ui.warning(message, "");
        }
    }
}

/// A kept value is part of every key, so layers that others left in a shared cache no longer match.
fn warn_of_shared_caches(context: &Context, prepared: &Prepared) {
    let of = |build: &crate::compose::services::Build| build.takes_cache;
    let services = prepared.services.services.iter().filter(|service| service.build.as_ref().is_some_and(of));
    let names: Vec<String> = services.map(|service| format!("`{}`", service.name)).collect();
    if !names.is_empty() {
        let message = format!(
            "{} takes layers from elsewhere (`cache_from`): none of them match any more, now and in later builds here",
            text::and_list(&names, "and")
        );
        let hint = context.built_in(values::COMMAND).map(|typed| format!("to go back to them: {typed} --drop-caches"));
        context.ui.warning(message, &hint.unwrap_or_default());
    }
}

/// Reports whether every step ran again, by the records.
fn judge(context: &Context, builds: &[&BuildFacts], rebuilt: &Rebuilt) -> bool {
    let unread = builds.iter().filter_map(|build| Some((build, build.dockerfile.as_ref().err()?)));
    for (build, error) in unread {
        context.ui.warning(format_args!("`{}` was not checked: {error}", build.shown), "");
    }
    if rebuilt.did_not.is_empty() {
        context.ui.note(format_args!("{} ran again", text::count(rebuilt.ran.len(), "step")));
        return true;
    }
    for step in &rebuilt.did_not {
        context.ui.problem(format_args!("`RUN {}` ({}) left no new layer", step.command, step.place));
    }
    let doctor = context.built_in("doctor").unwrap_or_default();
    context.ui.hint(format!("is it built by BuildKit, and by the selected builder? {doctor}").trim_end());
    false
}
