//! `cache prune`: shows what will go, asks, removes it, and says what is really gone.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::cache::choose::{self, Refusal};
use crate::cache::command::{LIMIT, Looked, Place, look};
use crate::cache::listing::{self as cache, LAYERS, MOUNTS, Seen};
use crate::docker::facts::Record;
use crate::docker::programs::{BuildCache, Prune};
use crate::installers::mounts::Mount;
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::system::process;
use crate::ui::problem::Problem;
use crate::ui::text;

pub fn accepts(command: Command) -> Command {
    let switch =
        |name: &'static str, help: &'static str| Arg::new(name).long(name).help(help).action(ArgAction::SetTrue);
    command
        .arg(
            Arg::new("action")
                .value_name("prune")
                .value_parser(["prune"])
                .hide_possible_values(true)
                .help("Remove what is named: it is shown and asked about first"),
        )
        .arg(
            Arg::new("names")
                .value_name("NAME")
                .num_args(0..)
                .help("With prune: a mount, by what it holds (pip), its target, its id or its record"),
        )
        .arg(switch("mounts", "With prune: all cache mounts, of all projects"))
        .arg(switch("layers", "With prune: all layers that builds left"))
        .arg(switch("all", "With prune: the whole build cache"))
        .arg(
            Arg::new("unused-for")
                .long("unused-for")
                .value_name("TIME")
                .help("With prune: only what nobody used for so long, such as 24h or 7d"),
        )
}

/// The flags of `prune` mean nothing without it.
pub fn without_prune(matches: &ArgMatches) -> Result<()> {
    let switch = ["mounts", "layers", "all"].into_iter().find(|name| matches.get_flag(name));
    match switch.or(matches.contains_id("unused-for").then_some("unused-for")) {
        Some(name) => {
            Err(Problem::new(format!("`--{name}` says what to prune")).hint(format!("cache prune --{name}")).into())
        }
        None => Ok(()),
    }
}

/// What is to go.
enum Wanted<'a> {
    /// Mounts, one by one.
    Mounts(Vec<&'a Seen>),
    /// All of these types; none: all.
    Kinds(Vec<Option<&'static str>>),
}

pub fn prune(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let names: Vec<&String> = matches.get_many::<String>("names").into_iter().flatten().collect();
    let unused_for = matches.get_one::<String>("unused-for").map(|time| seconds(time)).transpose()?;
    let kinds = kinds(matches, !names.is_empty(), unused_for.is_some(), context.program())?;
    let place = Place::of(context);
    let looked = look(context, &place, kinds.is_some())?;
    let wanted = match kinds {
        Some(kinds) => Wanted::Kinds(kinds),
        None => match named(context, &looked, &names)? {
            Some(mounts) => Wanted::Mounts(mounts),
            None => return Ok(Exit::CANNOT),
        },
    };
    let old_enough =
        |record: &Record| unused_for.is_none_or(|least| record.unused_for.is_none_or(|for_| for_ >= least));
    let all = &looked.records;
    let (going, left): (Vec<&Record>, Vec<&Record>) = match &wanted {
        Wanted::Mounts(mounts) => {
            mounts.iter().map(|seen| &seen.mount.record).partition(|it| !it.in_use && old_enough(it))
        }
        Wanted::Kinds(kinds) => all
            .iter()
            .filter(|record| kinds.iter().any(|kind| cache::is_kind(record, *kind)))
            .filter(|record| old_enough(record))
            .partition(|record| !record.in_use),
    };
    tell_what_stays(context, &left);
    let failed = if matches!(wanted, Wanted::Mounts(_)) && !left.is_empty() { Exit::FINDINGS } else { Exit::DONE };
    if going.is_empty() {
        context.ui.result("nothing to remove");
        return Ok(failed);
    }
    let dry_run = context.globals.dry_run;
    let list = list(&going, matches!(wanted, Wanted::Mounts(_)));
    context.ui.tell(format_args!("{}:\n{list}", if dry_run { "this would go" } else { "this will go" }));
    let cache = place.build_cache();
    if dry_run {
        for call in calls(&wanted, &going, unused_for, looked.at) {
            context.ui.result(cache.pruning(&call).pasteable(Os::HERE, &context.current_dir));
        }
        return Ok(failed);
    }
    if !context.globals.yes && !context.ui.confirm("remove it?")? {
        return Err(Problem::new("not confirmed: nothing was removed").into());
    }
    process::watch();
    let all_done = remove(context, &cache, &wanted, &going, unused_for, looked.at);
    let exit = report(context, &cache, &going, all_done)?;
    Ok(process::stopped().map_or(if exit.is_success() { failed } else { exit }, process::Stop::exit))
}

/// What was meant and is left: mounts one by one, the rest as a number.
fn tell_what_stays(context: &Context, left: &[&Record]) {
    let mut others = 0;
    for record in left {
        if Mount::of(record).is_none() {
            others += 1;
            continue;
        }
        let why = if record.in_use { "in use" } else { "used in that time" };
        context.ui.warning(format_args!("{} stays: it is {why}", name_of(record)), "");
    }
    if others > 0 {
        context.ui.note(format_args!("{} of builds stay: in use", text::count(others, "record")));
    }
}

/// The types that flags name; none where mounts are named.
fn kinds(matches: &ArgMatches, named: bool, limited: bool, program: &str) -> Result<Option<Vec<Option<&'static str>>>> {
    let (mounts, layers, all) = (matches.get_flag("mounts"), matches.get_flag("layers"), matches.get_flag("all"));
    if named && (mounts || layers || all) {
        return Err(Problem::new("either names or `--mounts`, `--layers`, `--all`")
            .hint(format!("one mount by its name: {program} cache prune pip"))
            .into());
    }
    let mut kinds = Vec::new();
    kinds.extend(mounts.then_some(Some(MOUNTS)));
    kinds.extend(layers.then_some(Some(LAYERS)));
    // All is more than both; `--unused-for` alone is docker's own `--filter until=`.
    if all || (limited && !named && kinds.is_empty()) {
        kinds = vec![None];
    }
    match (named, kinds.is_empty()) {
        (false, true) => Err(Problem::new("nothing is named that should go")
            .hint(format!("a mount (see {program} cache), `--mounts`, `--layers` or `--all`"))
            .into()),
        (true, _) => Ok(None),
        (false, false) => Ok(Some(kinds)),
    }
}

/// The mounts that names mean. None: a name means several, and they were shown.
fn named<'a>(context: &Context, looked: &'a Looked, names: &[&String]) -> Result<Option<Vec<&'a Seen>>> {
    let mounts = &looked.report.mounts;
    let mut found: Vec<&Seen> = Vec::new();
    for name in names {
        match choose::one(mounts, name) {
            Ok(seen) if found.contains(&seen) => {}
            Ok(seen) => found.push(seen),
            Err(Refusal::Unknown(near)) => {
                let hint = near.map_or_else(
                    || format!("see what there is: {} cache", context.program()),
                    |near| format!("did you mean `{near}`?"),
                );
                return Err(Problem::new(format!("there is no cache mount `{name}`")).hint(hint).into());
            }
            Err(Refusal::Ambiguous(candidates)) => {
                context.ui.problem(format_args!("`{name}` means {} cache mounts:", candidates.len()));
                let names: Vec<String> =
                    candidates.iter().map(|seen| choose::exact_name(seen, mounts).into_owned()).collect();
                let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
                let rows = candidates.iter().zip(&names).map(|(seen, name)| {
                    format!("  {name:<width$}  {}, {}", seen.mount, text::size(seen.mount.record.size))
                });
                context.ui.tell(rows.collect::<Vec<_>>().join("\n"));
                context.ui.hint(&format!("name it by its id: {} cache prune {}", context.program(), names[0]));
                return Ok(None);
            }
        }
    }
    Ok(Some(found))
}

/// Seconds of `24h`, `7d`, `30m`, `90s`.
fn seconds(text: &str) -> Result<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match &text[digits..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => 0,
    };
    let number: Option<u64> = text[..digits].parse().ok();
    number.and_then(|number| number.checked_mul(unit)).filter(|seconds| *seconds > 0).ok_or_else(|| {
        Problem::new(format!("`{text}` is no time")).hint("a number with its unit: 90s, 30m, 24h, 7d or 2w").into()
    })
}

/// A record in words.
fn name_of(record: &Record) -> String {
    match Mount::of(record) {
        Some(mount) => format!("{mount} ({})", cache::short(&record.id)),
        None => format!("record {}", cache::short(&record.id)),
    }
}

/// What will go: mounts one a line, the rest as a sum.
fn list(going: &[&Record], each: bool) -> String {
    let (mounts, rest): (Vec<&Record>, Vec<&Record>) =
        going.iter().copied().partition(|record| Mount::of(record).is_some());
    let mut lines: Vec<String> =
        mounts.iter().map(|record| format!("  {}, {}", name_of(record), text::size(record.size))).collect();
    let size = |records: &[&Record]| text::size(records.iter().map(|record| record.size).sum());
    let shared: Vec<&Record> = going.iter().copied().filter(|record| record.shared).collect();
    let kept = match shared.as_slice() {
        [] => String::new(),
        shared => format!(", of which images keep {}", size(shared)),
    };
    if !rest.is_empty() {
        lines.push(format!("  {} of builds, {}", text::count(rest.len(), "record"), size(&rest)));
    }
    if !each || going.len() > 1 {
        lines.push(format!("  in all {}{kept}", size(going)));
    }
    lines.join("\n")
}

/// The calls that remove it, when they begin now. All of a type goes by one call that ends with the moment of the list:
/// what came after it stays, and what was used too lately for it.
fn calls(wanted: &Wanted<'_>, going: &[&Record], unused_for: Option<u64>, at: Instant) -> Vec<Prune> {
    match wanted {
        Wanted::Mounts(_) => going.iter().map(|record| Prune::One(record.id.clone())).collect(),
        Wanted::Kinds(kinds) => {
            let time = Duration::from_secs(unused_for.unwrap_or_default()) + at.elapsed();
            kinds.iter().map(|kind| Prune::UnusedFor { time, kind: *kind }).collect()
        }
    }
}

/// Removes it; false when docker refused something.
fn remove(
    context: &Context,
    cache: &BuildCache<'_>,
    wanted: &Wanted<'_>,
    going: &[&Record],
    unused_for: Option<u64>,
    at: Instant,
) -> bool {
    let one_by_one = matches!(wanted, Wanted::Mounts(_));
    let count = calls(wanted, going, unused_for, at).len();
    let mut all_done = true;
    for number in 0..count {
        if process::stopped().is_some() {
            return all_done;
        }
        if one_by_one {
            context.ui.note(format_args!("removing {} of {count}: {}", number + 1, name_of(going[number])));
        }
        // Each by the time that has gone by until it: the one before may have taken minutes.
        if let Err(said) = cache.prune(&calls(wanted, going, unused_for, at)[number]) {
            context.ui.problem(format_args!("docker did not remove it: {said}"));
            all_done = false;
        }
    }
    all_done
}

/// Reads the records again: what is gone is gone, whatever docker said. `all_done`: docker refused nothing.
fn report(context: &Context, cache: &BuildCache<'_>, going: &[&Record], all_done: bool) -> Result<Exit> {
    let now = cache.records(Instant::now() + LIMIT).map_err(|said| {
        Problem::new(format!("what is gone nobody can tell: {said}")).hint(format!("{} cache", context.program()))
    })?;
    let is_there = |record: &&Record| now.iter().any(|other| other.id == record.id);
    let (there, gone): (Vec<&Record>, Vec<&Record>) = going.iter().copied().partition(is_there);
    // What an image shares it keeps.
    let freed: u64 = gone.iter().filter(|record| !record.shared).map(|record| record.size).sum();
    for record in there.iter().filter(|record| Mount::of(record).is_some()) {
        let in_use = now.iter().any(|other| other.id == record.id && other.in_use);
        let why = if in_use { "a build uses it" } else { "docker did not remove it" };
        context.ui.warning(format_args!("{} is still there: {why}", name_of(record)), "");
    }
    let rest = there.iter().filter(|record| Mount::of(record).is_none()).count();
    if rest > 0 {
        let why = if all_done { "used by an image, a build or another record" } else { "docker did not remove them" };
        context.ui.note(format_args!("{} of builds stay: {why}", text::count(rest, "record")));
    }
    context.ui.result(format_args!(
        "removed {} of {}, {} freed",
        gone.len(),
        text::count(going.len(), "record"),
        text::size(freed)
    ));
    Ok(if there.len() > rest || !all_done { Exit::FINDINGS } else { Exit::DONE })
}
