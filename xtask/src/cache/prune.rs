//! `cache prune`: shows what will be removed, asks, removes it, and reports what is really gone.

use std::time::Instant;

use anyhow::Result;
use clap::ArgMatches;

use crate::cache::choose;
use crate::cache::listing::{Seen, short};
use crate::cache::look::look;
use crate::cache::request::Request;
use crate::docker::build_cache::BuildCache;
use crate::docker::build_cache::LISTING;
use crate::docker::facts::Record;
use crate::docker::programs as docker;
use crate::docker::runs;
use crate::doctor::asked::Asked;
use crate::installers::mounts::Mount;
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::system::process;
use crate::ui::escape::one_line;
use crate::ui::nearest;
use crate::ui::problem::Problem;
use crate::ui::text;

pub fn prune(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let request = Request::read(matches, context.program())?;
    let by_name = !request.names.is_empty();
    let asked = Asked::to_look(context, Instant::now() + LISTING);
    let cache = BuildCache::new(&asked.environment, &asked.root, asked.engine.clone());
    if !context.globals.dry_run {
        docker::find_docker(&asked.environment, &asked.root)?;
        runs::remove_killed(&context.ui, &cache);
    }
    let looked = look(context, &asked, &cache, !by_name)?;
    let meant: Vec<&Record> = match by_name {
        true => named(&looked.report.mounts, &request.names, context.program())?,
        false => looked.records.iter().filter(|record| request.is_of(record)).collect(),
    };
    let goes = |record: &&Record| !record.in_use && request.is_unused(record);
    let (going, staying): (Vec<&Record>, Vec<&Record>) = meant.into_iter().partition(goes);
    let calls = || request.calls(&going, looked.at.elapsed());
    tell_what_stays(context, &staying);
    // A named mount that stays is a finding.
    let done = if by_name && !staying.is_empty() { Exit::FINDINGS } else { Exit::DONE };
    if going.is_empty() {
        context.ui.result("nothing to remove");
        return Ok(done);
    }
    let will = if context.globals.dry_run { "this would be removed" } else { "this will be removed" };
    context.ui.tell(format_args!("{will}:\n{}", list(&going, by_name)));
    if context.globals.dry_run {
        for call in calls() {
            context.ui.result(cache.pruning(&call).pasteable(Os::HERE, &context.current_dir));
        }
        return Ok(done);
    }
    if !context.globals.yes && !context.ui.confirm("remove it?")? {
        return Err(Problem::new("not confirmed: nothing was removed").into());
    }
    process::watch();
    let (mut all_done, count) = (true, calls().len());
    for number in 1..=count {
        if process::stopped().is_some() {
            break;
        }
        if by_name {
            context.ui.note(format_args!("removing {number} of {count}: {}", name_of(going[number - 1])));
        }
        // Computed for each call: the one before may have taken minutes.
        if let Err(why) = cache.prune(&calls()[number - 1]) {
            context.ui.problem(format_args!("docker did not remove it: {}", asked.redacted(why).said()));
            all_done = false;
        }
    }
    let exit = report(context, &asked, &cache, &going, all_done)?;
    Ok(process::stopped().map_or(if exit.is_success() { done } else { exit }, process::Stop::exit))
}

/// The mounts that names mean, each once.
fn named<'a>(mounts: &'a [Seen], names: &[String], program: &str) -> Result<Vec<&'a Record>, Problem> {
    let mut found: Vec<&Record> = Vec::new();
    for name in names {
        match choose::meant(mounts, name).as_slice() {
            [seen] if found.contains(&&seen.mount.record) => {}
            [seen] => found.push(&seen.mount.record),
            [] => {
                let known = mounts.iter().flat_map(|seen| [seen.mount.holds(), seen.mount.target.as_str()]);
                let hint = match nearest::nearest(name, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("see what there is: {program} cache"),
                };
                return Err(Problem::new(format!("there is no cache mount `{name}`")).hint(hint));
            }
            candidates => return Err(ambiguous(name, candidates, mounts, program)),
        }
    }
    Ok(found)
}

/// The error that lists all mounts of a name, each by a name that means it alone.
fn ambiguous(name: &str, candidates: &[&Seen], mounts: &[Seen], program: &str) -> Problem {
    let names: Vec<_> = candidates.iter().map(|seen| choose::exact_name(seen, mounts)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let message = format!("`{name}` means {} cache mounts:", candidates.len());
    let lines = candidates
        .iter()
        .zip(&names)
        .map(|(seen, name)| format!("{name:<width$}  {}, {}", seen.mount, text::size(seen.mount.record.size)));
    Problem::new(message).lines(lines.collect()).hint(format!("name it by its id: {program} cache prune {}", names[0]))
}

/// Reports what was named and stays: mounts one by one, the rest as a number.
fn tell_what_stays(context: &Context, left: &[&Record]) {
    let (mounts, others) = mounts_and_others(left);
    for record in mounts {
        let why = if record.in_use { "in use" } else { "used in that time" };
        context.ui.warning(format_args!("{} stays: it is {why}", name_of(record)), "");
    }
    if !others.is_empty() {
        context.ui.note(format_args!("{} of builds stay: in use", text::count(others.len(), "record")));
    }
}

fn mounts_and_others<'a>(records: &[&'a Record]) -> (Vec<&'a Record>, Vec<&'a Record>) {
    records.iter().partition(|record| Mount::of(record).is_some())
}

/// A record in words.
fn name_of(record: &Record) -> String {
    match Mount::of(record) {
        Some(mount) => format!("{mount} ({})", short(&record.id)),
        None => format!("record {}", short(&record.id)),
    }
}

/// What will be removed: a line for each mount, the rest as a sum.
fn list(going: &[&Record], by_name: bool) -> String {
    let size = |records: &[&Record]| text::size(Record::total_size(records.iter().copied()));
    let (mounts, others) = mounts_and_others(going);
    let mut lines: Vec<String> =
        mounts.iter().map(|record| format!("  {}, {}", one_line(name_of(record)), text::size(record.size))).collect();
    if !others.is_empty() {
        lines.push(format!("  {} of builds, {}", text::count(others.len(), "record"), size(&others)));
    }
    if !by_name || going.len() > 1 {
        let shared: Vec<&Record> = going.iter().copied().filter(|record| record.shared).collect();
        let kept = match shared.as_slice() {
            [] => String::new(),
            shared => format!(", of which images keep {}", size(shared)),
        };
        lines.push(format!("  in all {}{kept}", size(going)));
    }
    lines.join("\n")
}

/// Reads the records again, since what docker says proves nothing. `all_done`: docker refused nothing.
fn report(
    context: &Context,
    asked: &Asked<'_>,
    cache: &BuildCache<'_>,
    going: &[&Record],
    all_done: bool,
) -> Result<Exit> {
    let now = cache.records(Instant::now() + LISTING).map_err(|why| {
        Problem::new(format!("can't tell what was removed: {}", asked.redacted(why).said()))
            .hint(format!("{} cache", context.program()))
    })?;
    let is_there = |record: &&Record| now.iter().any(|other| other.id == record.id);
    let (there, gone): (Vec<&Record>, Vec<&Record>) = going.iter().copied().partition(is_there);
    // What an image shares stays on disk.
    let freed = Record::total_size(gone.iter().copied().filter(|record| !record.shared));
    let (mounts, others) = mounts_and_others(&there);
    for record in &mounts {
        let in_use = now.iter().any(|other| other.id == record.id && other.in_use);
        let why = if in_use { "a build uses it" } else { "docker did not remove it" };
        context.ui.warning(format_args!("{} is still there: {why}", name_of(record)), "");
    }
    if !others.is_empty() {
        let why = if all_done { "used by an image, a build or another record" } else { "docker did not remove them" };
        context.ui.note(format_args!("{} of builds stay: {why}", text::count(others.len(), "record")));
    }
    context.ui.result(format_args!(
        "removed {} of {}, {} freed",
        gone.len(),
        text::count(going.len(), "record"),
        text::size(freed)
    ));
    Ok(if !mounts.is_empty() || !all_done { Exit::FINDINGS } else { Exit::DONE })
}
