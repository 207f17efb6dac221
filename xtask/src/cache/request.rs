//! What `cache prune` was asked to remove, and the records that this means.

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::docker::build_cache::Prune;
use crate::docker::facts::Record;
use crate::installers::mounts;
use crate::installers::table::EXAMPLE;
use crate::ui::problem::Problem;

/// Nothing was unused for longer: docker's own durations end at 292 years.
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

/// What was typed behind `cache prune`.
#[derive(Debug)]
pub struct Request {
    pub target: Target,
    /// Only what was unused for so long.
    pub unused_for: Option<Duration>,
}

#[derive(Debug)]
pub enum Target {
    /// Mounts, each by a name.
    Names(Vec<String>),
    /// Everything of these kinds.
    Kinds(Vec<Kind>),
}

/// What a flag names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Mounts,
    Layers,
    All,
}

impl Kind {
    /// The type of such records; `None` for all types.
    fn record_type(self) -> Option<&'static str> {
        match self {
            Kind::Mounts => Some(mounts::KIND),
            Kind::Layers => Some(LAYER),
            Kind::All => None,
        }
    }

    fn holds(self, record: &Record) -> bool {
        self.record_type().is_none_or(|record_type| record.kind == record_type)
    }
}

/// The type of the records that build steps leave.
pub const LAYER: &str = "regular";

impl Request {
    /// Reads the words. `program`: as it was started, for hints.
    pub fn read(matches: &ArgMatches, program: &str) -> Result<Request, Problem> {
        let names: Vec<String> = matches.get_many("names").into_iter().flatten().cloned().collect();
        let unused_for = matches.get_one::<String>("unused-for").map(|time| duration(time)).transpose()?;
        let flags = [("mounts", Kind::Mounts), ("layers", Kind::Layers), ("all", Kind::All)];
        let mut kinds: Vec<Kind> =
            flags.into_iter().filter(|(flag, _)| matches.get_flag(flag)).map(|(_, kind)| kind).collect();
        // `--unused-for` alone is docker's own `--filter until=`, and all is more than the other two.
        if kinds.contains(&Kind::All) || (kinds.is_empty() && names.is_empty() && unused_for.is_some()) {
            kinds = vec![Kind::All];
        }
        let target = match (names.is_empty(), kinds.is_empty()) {
            (false, true) => Target::Names(names),
            (true, false) => Target::Kinds(kinds),
            (false, false) => {
                return Err(Problem::new("names can't be combined with `--mounts`, `--layers` or `--all`")
                    .hint(format!("one mount by its name: {program} cache prune {EXAMPLE}")));
            }
            (true, true) => {
                return Err(Problem::new("nothing to prune was named")
                    .hint(format!("a mount (see {program} cache), `--mounts`, `--layers` or `--all`")));
            }
        };
        Ok(Request { target, unused_for })
    }
}

/// Reads `24h`, `7d`, `30m`, `90s`, `2w`.
fn duration(text: &str) -> Result<Duration, Problem> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => 0,
    };
    match digits.parse::<u64>().map(|number| number.saturating_mul(unit)) {
        Ok(seconds @ 1..) => Ok(Duration::from_secs(seconds).min(LONGEST)),
        _ => {
            Err(Problem::new(format!("invalid duration `{text}`"))
                .hint("a number with its unit: 90s, 30m, 24h, 7d or 2w"))
        }
    }
}

/// What goes and what was meant but stays.
pub struct Removal<'a> {
    pub going: Vec<&'a Record>,
    pub staying: Vec<&'a Record>,
    way: Way,
}

enum Way {
    /// Each by its id.
    OneByOne,
    /// One call for each kind, for what was unused this long when the records were listed.
    ByKind(Vec<Kind>, Duration),
}

impl<'a> Removal<'a> {
    /// Of the mounts that were named.
    pub fn of_mounts(mounts: impl IntoIterator<Item = &'a Record>, unused_for: Option<Duration>) -> Removal<'a> {
        let (going, staying) =
            mounts.into_iter().partition(|record| !record.in_use && is_old_enough(record, unused_for));
        Removal { going, staying, way: Way::OneByOne }
    }

    /// Of everything of some kinds.
    pub fn of_kinds(records: &'a [Record], kinds: Vec<Kind>, unused_for: Option<Duration>) -> Removal<'a> {
        let is_meant = |record: &&Record| kinds.iter().any(|kind| kind.holds(record));
        let meant = records.iter().filter(is_meant).filter(|record| is_old_enough(record, unused_for));
        let (going, staying) = meant.partition(|record| !record.in_use);
        Removal { going, staying, way: Way::ByKind(kinds, unused_for.unwrap_or_default()) }
    }

    pub fn is_one_by_one(&self) -> bool {
        matches!(self.way, Way::OneByOne)
    }

    /// The calls that remove it, when they begin `since_list` after the records were listed. All of a kind goes by one
    /// call that ends with the moment of the list: what came after it stays, and what was used too recently.
    pub fn calls(&self, since_list: Duration) -> Vec<Prune> {
        match &self.way {
            Way::OneByOne => self.going.iter().map(|record| Prune::One(record.id.clone())).collect(),
            Way::ByKind(kinds, unused_for) => {
                let time = (*unused_for + since_list).min(LONGEST);
                kinds.iter().map(|kind| Prune::UnusedFor { time, kind: kind.record_type() }).collect()
            }
        }
    }
}

fn is_old_enough(record: &Record, least: Option<Duration>) -> bool {
    match (record.unused_for, least) {
        (Some(unused_for), Some(least)) => unused_for >= least.as_secs(),
        _ => true,
    }
}
