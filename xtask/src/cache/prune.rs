//! `cache prune`: shows what will go, asks, removes it, and says what is really gone.

use std::time::Instant;

use anyhow::Result;
use clap::ArgMatches;

use crate::cache::choose::{self, Refusal};
use crate::cache::listing::{Seen, short};
use crate::cache::look::{LIMIT, Looked, Place, look};
use crate::cache::request::{Removal, Request, Target};
use crate::docker::build_cache::BuildCache;
use crate::docker::facts::Record;
use crate::installers::mounts::Mount;
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::system::process;
use crate::ui::problem::Problem;
use crate::ui::text;

pub fn prune(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let Request { target, unused_for } = Request::read(matches, context.program())?;
    let place = Place::of(context);
    let looked = look(context, &place, matches!(target, Target::Kinds(_)))?;
    let removal = match target {
        Target::Kinds(kinds) => Removal::of_kinds(&looked.records, kinds, unused_for),
        Target::Names(names) => {
            let mounts = named(&looked.report.mounts, &names, context.program())?;
            Removal::of_mounts(mounts.into_iter().map(|seen| &seen.mount.record), unused_for)
        }
    };
    tell_what_stays(context, &removal.staying);
    // A mount that was named and stays is a finding.
    let done = if removal.is_one_by_one() && !removal.staying.is_empty() { Exit::FINDINGS } else { Exit::DONE };
    if removal.going.is_empty() {
        context.ui.result("nothing to remove");
        return Ok(done);
    }
    let will = if context.globals.dry_run { "this would be removed" } else { "this will be removed" };
    context.ui.tell(format_args!("{will}:\n{}", list(&removal)));
    let cache = place.build_cache();
    if context.globals.dry_run {
        for call in removal.calls(looked.at.elapsed()) {
            context.ui.result(cache.pruning(&call).pasteable(Os::HERE, &context.current_dir));
        }
        return Ok(done);
    }
    if !context.globals.yes && !context.ui.confirm("remove it?")? {
        return Err(Problem::new("not confirmed: nothing was removed").into());
    }
    process::watch();
    let all_done = remove(context, &cache, &removal, &looked);
    let exit = report(context, &cache, &removal.going, all_done)?;
    Ok(process::stopped().map_or(if exit.is_success() { done } else { exit }, process::Stop::exit))
}

/// The mounts that names mean, each once.
fn named<'a>(mounts: &'a [Seen], names: &[String], program: &str) -> Result<Vec<&'a Seen>, Problem> {
    let mut found: Vec<&Seen> = Vec::new();
    for name in names {
        match choose::one(mounts, name) {
            Ok(seen) if found.contains(&seen) => {}
            Ok(seen) => found.push(seen),
            Err(Refusal::Unknown(near)) => {
                let hint = near.map_or_else(
                    || format!("see what there is: {program} cache"),
                    |near| format!("did you mean `{near}`?"),
                );
                return Err(Problem::new(format!("there is no cache mount `{name}`")).hint(hint));
            }
            Err(Refusal::Ambiguous(candidates)) => return Err(ambiguous(name, &candidates, mounts, program)),
        }
    }
    Ok(found)
}

/// The error that shows all mounts of a name, each by the name that means it alone.
fn ambiguous(name: &str, candidates: &[&Seen], mounts: &[Seen], program: &str) -> Problem {
    let names: Vec<_> = candidates.iter().map(|seen| choose::exact_name(seen, mounts)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut message = format!("`{name}` means {} cache mounts:", candidates.len());
    for (seen, name) in candidates.iter().zip(&names) {
        message.push_str(&format!("\n  {name:<width$}  {}, {}", seen.mount, text::size(seen.mount.record.size)));
    }
    Problem::new(message).hint(format!("name it by its id: {program} cache prune {}", names[0]))
}

/// What was meant and is left: mounts one by one, the rest as a number.
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

/// What will go: mounts one a line, the rest as a sum.
fn list(removal: &Removal<'_>) -> String {
    let going = &removal.going;
    let size = |records: &[&Record]| text::size(Record::total_size(records.iter().copied()));
    let (mounts, others) = mounts_and_others(going);
    let mut lines: Vec<String> =
        mounts.iter().map(|record| format!("  {}, {}", name_of(record), text::size(record.size))).collect();
    if !others.is_empty() {
        lines.push(format!("  {} of builds, {}", text::count(others.len(), "record"), size(&others)));
    }
    if !removal.is_one_by_one() || going.len() > 1 {
        let shared: Vec<&Record> = going.iter().copied().filter(|record| record.shared).collect();
        let kept = match shared.as_slice() {
            [] => String::new(),
            shared => format!(", of which images keep {}", size(shared)),
        };
        lines.push(format!("  in all {}{kept}", size(going)));
    }
    lines.join("\n")
}

/// Removes it; false when docker refused something.
fn remove(context: &Context, cache: &BuildCache<'_>, removal: &Removal<'_>, looked: &Looked) -> bool {
    let count = removal.calls(looked.at.elapsed()).len();
    let mut all_done = true;
    for number in 0..count {
        if process::stopped().is_some() {
            return all_done;
        }
        if removal.is_one_by_one() {
            let name = name_of(removal.going[number]);
            context.ui.note(format_args!("removing {} of {count}: {name}", number + 1));
        }
        // Counted anew for each: the call before may have taken minutes.
        if let Err(said) = cache.prune(&removal.calls(looked.at.elapsed())[number]) {
            context.ui.problem(format_args!("docker did not remove it: {said}"));
            all_done = false;
        }
    }
    all_done
}

/// Reads the records again: what is gone is gone, whatever docker said. `all_done`: docker refused nothing.
fn report(context: &Context, cache: &BuildCache<'_>, going: &[&Record], all_done: bool) -> Result<Exit> {
    let now = cache.records(Instant::now() + LIMIT).map_err(|said| {
        Problem::new(format!("can't tell what was removed: {said}")).hint(format!("{} cache", context.program()))
    })?;
    let is_there = |record: &&Record| now.iter().any(|other| other.id == record.id);
    let (there, gone): (Vec<&Record>, Vec<&Record>) = going.iter().copied().partition(is_there);
    // What an image shares it keeps.
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
