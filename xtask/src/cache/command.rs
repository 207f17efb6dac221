//! `cache`: the engine's build cache in words for people, and pruning exactly what was meant.

use crate::cache::prune;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};
use owo_colors::OwoColorize as _;
use serde_json::json;

use crate::cache::listing::{self as cache, COLUMNS, Report, Seen};
use crate::compose::line::engine_options;
use crate::compose::{config, files as compose_files};
use crate::docker::facts::Record;
use crate::docker::programs::{self as docker, BuildCache};
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context as build_context;
use crate::fresh::overlay;
use crate::fresh::values::Fresh;
use crate::project::built_in::Row;
use crate::project::context::Context;
use crate::run::preflight;
use crate::run::resolve::Tools;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::exit::Exit;
use crate::tasks::plan;
use crate::ui::problem::Problem;
use crate::ui::text;

pub const ROW: Row = Row {
    name: "cache",
    about: "Show the build cache in words, or prune single mounts of it",
    needs_tasks: false,
    accepts,
    task: None,
    run: cache,
};

/// How long docker may take to list its records: it may have to walk every volume.
pub const LIMIT: Duration = Duration::from_secs(60);

fn accepts(command: Command) -> Command {
    prune::accepts(command).arg(
        Arg::new("json")
            .long("json")
            .help("Print the table as JSON")
            .action(ArgAction::SetTrue)
            .conflicts_with("action"),
    )
}

fn cache(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    if matches.contains_id("action") {
        return prune::prune(context, matches);
    }
    prune::without_prune(matches)?;
    let place = Place::of(context);
    let looked = look(context, &place, false)?;
    if matches.get_flag("json") {
        context.ui.result(format_args!("{:#}", as_json(&looked)));
    } else {
        context.ui.result(screen(context, &looked));
    }
    Ok(Exit::DONE)
}

/// Where the project's builds happen.
pub struct Place {
    environment: Environment,
    /// Compose with the files of tasks.toml; none where there is neither a project nor a compose.
    compose: Option<Invocation>,
    dir: std::path::PathBuf,
}

impl Place {
    pub fn of(context: &Context) -> Place {
        let project = context.find_project();
        let common = project.map(|project| plan::common_variables(&project.config));
        let added = context.added_variables(&[], &common.unwrap_or_else(plan::buildkit_variables));
        let tools = project.and_then(|_| Tools::new(context, true).ok());
        let compose = tools.and_then(|tools| tools.compose_alone(added.clone()).ok());
        let dir = project.map_or_else(|| context.current_dir.clone(), |project| project.file.root().to_owned());
        Place { environment: context.environment.with(&added), compose, dir }
    }

    /// At the engine that compose is pointed at.
    pub fn build_cache(&self) -> BuildCache<'_> {
        BuildCache::new(&self.environment, &self.dir, self.engine())
    }

    /// The options by which `[compose] cli` or `--compose` names an engine.
    fn engine(&self) -> Vec<OsString> {
        self.compose.as_ref().map(|compose| engine_options(&compose.words)).unwrap_or_default()
    }
}

/// What was found out.
pub struct Looked {
    pub report: Report,
    pub records: Vec<Record>,
    /// When the list was asked for.
    pub at: Instant,
    pub fresh: Fresh,
    /// Why nobody knows which mounts the project uses.
    pub unread: Option<String>,
}

/// Asks docker and compose at the same time. `twice`: an engine that lists its records for the first time measures them,
/// and takes that for a use (measured on all three tiers: `LastUsedAt` is the moment of the list). The second list
/// changes nothing, so that what was used before it can be told from what comes after.
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
    let fresh = match (context.find_project(), &place.compose) {
        (Some(project), Some(compose)) => overlay::state(context, project, compose).fresh(),
        _ => Fresh::default(),
    };
    Ok(Looked { report: cache::report(&records, &builds, &namespace), records, at, fresh, unread })
}

/// What the project builds, and its namespace, or why nobody knows.
fn own_builds(context: &Context, place: &Place, deadline: Instant) -> Result<(Vec<BuildFacts>, String), String> {
    let Some(compose) = &place.compose else { return Err("there is no project here".to_owned()) };
    let mut all = compose.clone();
    all.words.extend(["--profile", "*"].map(std::ffi::OsString::from));
    let (services, _) = config::services(&all, &place.environment, deadline).map_err(|why| match why {
        config::NoServices::Said(sentence) => sentence,
        config::NoServices::NoAnswer => "compose does not answer".to_owned(),
    })?;
    let own = context.find_project().is_some_and(|project| project.config.cache.own_namespace);
    let name = || services.project.clone().or_else(|| compose_files::project(compose, &place.environment));
    let namespace = if own { name().unwrap_or_default() } else { String::new() };
    Ok((build_context::read(&services, &place.dir), namespace))
}

fn screen(context: &Context, looked: &Looked) -> String {
    let report = &looked.report;
    let mut text = String::new();
    if report.mounts.is_empty() {
        text.push_str("there are no cache mounts\n");
    } else {
        text.push_str(&table(context, &report.mounts));
    }
    text.push('\n');
    let sum = |name: &str, sum: &cache::Sum, more: &str| {
        let records = text::count(sum.records, "record");
        format!("{name:<14} {:>9}  {records}{more}\n", text::size(sum.bytes))
    };
    text.push_str(&sum("layers", &report.layers, ""));
    text.push_str(&sum("local sources", &report.sources, ""));
    if report.others.records > 0 {
        text.push_str(&sum("others", &report.others, ""));
    }
    let more = format!(", of which {} can be reclaimed", text::size(report.reclaimable));
    text.push_str(&sum("total", &report.total, &more));
    let mut remarks: Vec<String> = Vec::new();
    for (services, age) in looked.fresh.ages(overlay::now()) {
        let names: Vec<String> = services.iter().map(|service| format!("`{service}`")).collect();
        remarks.push(format!(
            "{}: built fresh {}; builds here use these layers",
            text::and_list(&names, "and"),
            text::ago(age)
        ));
    }
    match &looked.unread {
        Some(why) => remarks.push(format!("which mounts are used here nobody can tell: {why}")),
        None if !report.mounts.is_empty() => remarks
            .push("used here: by target and id; the engine records only the step that first made a mount".to_owned()),
        None => {}
    }
    remarks.extend(cache::near_collection(report));
    if !remarks.is_empty() {
        text.push_str(&format!("\n{}\n", remarks.join("\n")));
    }
    text.truncate(text.trim_end().len());
    text
}

/// The mounts as a table with its head.
fn table(context: &Context, mounts: &[Seen]) -> String {
    let rows = cache::table(mounts);
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([COLUMNS[at].0.len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(&widths).zip(&COLUMNS).map(|((cell, width), (_, is_number))| {
            let gap = " ".repeat(width - cell.chars().count());
            if *is_number { format!("{gap}{cell}") } else { format!("{cell}{gap}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head = line(&COLUMNS.map(|(name, _)| name.to_owned()));
    let mut text = format!("{}\n", head.style(context.ui.out.faint));
    for row in &rows {
        text.push_str(&line(row));
        text.push('\n');
    }
    text
}

fn as_json(looked: &Looked) -> serde_json::Value {
    let report = &looked.report;
    let mount = |seen: &Seen| {
        let record = &seen.mount.record;
        json!({
            "holds": seen.mount.tool(),
            "target": seen.mount.target,
            "namespace": seen.mount.id.as_ref().map(|id| &id.namespace),
            "id": seen.mount.id.as_ref().map(|id| &id.id),
            "record": record.id,
            "bytes": record.size,
            "in_use": record.in_use,
            "last_used_seconds_ago": record.unused_for,
            "uses": record.usage_count,
            "used_by": seen.used_by,
        })
    };
    let sum = |sum: &cache::Sum| json!({ "records": sum.records, "bytes": sum.bytes });
    let ages = looked.fresh.ages(overlay::now());
    json!({
        "mounts": report.mounts.iter().map(mount).collect::<Vec<_>>(),
        "layers": sum(&report.layers),
        "local_sources": sum(&report.sources),
        "others": sum(&report.others),
        "total": sum(&report.total),
        "reclaimable_bytes": report.reclaimable,
        "built_fresh": ages.iter().map(|(services, age)| json!({ "services": services, "seconds_ago": age })).collect::<Vec<_>>(),
        "use_is_unknown": looked.unread,
    })
}
