//! What `cache prune` was asked to remove, and the records that this means.

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::docker::build_cache::Prune;
use crate::docker::facts::Record;
use crate::installers::mounts;
use crate::installers::table::EXAMPLE;
use crate::ui::problem::Problem;

/// Docker's own durations end at 292 years.
const LONGEST: Duration = Duration::from_secs(9_000_000_000);

pub fn accepts(command: Command) -> Command {
    let switch =
        |name: &'static str, help: &'static str| Arg::new(name).long(name).help(help).action(ArgAction::SetTrue);
    command
        .arg(
            Arg::new("action")
                .value_name("prune")
                .value_parser(["prune"])
                .hide_possible_values(true)
                .help("Remove what is named, after showing it and asking"),
        )
        .arg(
            Arg::new("names")
                .value_name("NAME")
                .num_args(0..)
                .help(format!("With prune: a mount, by what it holds ({EXAMPLE}), its target, id or record")),
        )
        .arg(switch("mounts", "With prune: all cache mounts, of all projects"))
        .arg(switch("layers", "With prune: all layers that builds left"))
        .arg(switch("all", "With prune: the whole build cache"))
        .arg(
            Arg::new("unused-for")
                .long("unused-for")
                .value_name("TIME")
                .help("With prune: only what was unused for this long, such as 24h or 7d"),
        )
}

/// The flags of `prune` mean nothing without it.
pub fn without_prune(matches: &ArgMatches) -> Result<(), Problem> {
    let switch = ["mounts", "layers", "all"].into_iter().find(|name| matches.get_flag(name));
    match switch.or(matches.contains_id("unused-for").then_some("unused-for")) {
        Some(name) => Err(Problem::new(format!("`--{name}` needs `prune`")).hint(format!("cache prune --{name}"))),
        None => Ok(()),
    }
}

/// What was typed after `cache prune`: names, or types of records.
#[derive(Debug)]
pub struct Request {
    /// Mounts, each by a name.
    pub names: Vec<String>,
    /// The types of records to remove; `None` for all types.
    kinds: Vec<Option<&'static str>>,
    /// Only what was unused for this long.
    unused_for: Option<Duration>,
}

/// The type of the records that build steps leave.
pub const LAYER: &str = "regular";

impl Request {
    /// Reads the command line. `program`: how it was started, for hints.
    pub fn read(matches: &ArgMatches, program: &str) -> Result<Request, Problem> {
        let names: Vec<String> = matches.get_many("names").into_iter().flatten().cloned().collect();
        let unused_for = matches.get_one::<String>("unused-for").map(|time| duration(time)).transpose()?;
        let flags = [("mounts", Some(mounts::KIND)), ("layers", Some(LAYER)), ("all", None)];
        let flags = flags.into_iter().filter(|(flag, _)| matches.get_flag(flag));
        let mut kinds: Vec<Option<&'static str>> = flags.map(|(_, kind)| kind).collect();
        // `--unused-for` alone means all, as docker's own `--filter until=` does; `--all` includes the other two.
        if kinds.contains(&None) || (kinds.is_empty() && names.is_empty() && unused_for.is_some()) {
            kinds = vec![None];
        }
        match (names.is_empty(), kinds.is_empty()) {
            (false, false) => Err(Problem::new("names can't be combined with `--mounts`, `--layers` or `--all`")
                .hint(format!("one mount by its name: {program} cache prune {EXAMPLE}"))),
            (true, true) => Err(Problem::new("nothing to prune was named")
                .hint(format!("a mount (see {program} cache), `--mounts`, `--layers` or `--all`"))),
            _ => Ok(Request { names, kinds, unused_for }),
        }
    }

    /// Whether a record is of one of the types, and was unused long enough.
    pub fn is_of(&self, record: &Record) -> bool {
        let is_it = |kind: &Option<&str>| kind.is_none_or(|kind| record.kind == kind);
        self.kinds.iter().any(is_it) && self.is_unused(record)
    }

    /// Whether a record was unused long enough, as far as that is known.
    pub fn is_unused(&self, record: &Record) -> bool {
        let times = self.unused_for.zip(record.unused_for);
        times.is_none_or(|(least, unused_for)| unused_for >= least.as_secs())
    }

    /// The calls that remove these records, if they start `since_list` after the records were listed. One call removes all of
    /// a type that existed then: newer records stay, and those that were used too recently.
    pub fn calls(&self, going: &[&Record], since_list: Duration) -> Vec<Prune> {
        if !self.names.is_empty() {
            return going.iter().map(|record| Prune::One(record.id.clone())).collect();
        }
        let time = (self.unused_for.unwrap_or_default() + since_list).min(LONGEST);
        self.kinds.iter().map(|kind| Prune::UnusedFor { time, kind: *kind }).collect()
    }
}

/// Reads `24h`, `7d`, `30m`, `90s`, `2w`.
fn duration(text: &str) -> Result<Duration, Problem> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 7 * 86_400)];
    let of_unit =
        |(unit, seconds): (&str, u64)| Some(text.strip_suffix(unit)?.parse::<u64>().ok()?.saturating_mul(seconds));
    match units.into_iter().find_map(of_unit) {
        Some(seconds @ 1..) => Ok(Duration::from_secs(seconds).min(LONGEST)),
        _ => {
            Err(Problem::new(format!("invalid duration `{text}`"))
                .hint("a number with its unit: 90s, 30m, 24h, 7d or 2w"))
        }
    }
}
