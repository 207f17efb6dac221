//! Every command killed at any moment, on an engine of its own: files stay whole, the next run is right, and it removes what
//! the killed one left. So it is with two at once, and when the engine goes away. A sample of each; `.ci/long` asks for hundreds.
//!
//! `XTASK_KILLS` says how many of each, `XTASK_KILLS_SEED` where the random times begin, `XTASK_KILLS_OF` which commands.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use crate::changes::{Before, CASES, Case, done, new_daemon_json};
use crate::harness::Engine;
use crate::own_engine::OwnEngine;
use crate::random::Random;
use crate::world::World;

checks!(&["20", "26", "28"], killed_at_any_moment, two_at_once, the_engine_goes_away);

/// How many of each, and the seed, where nothing else is asked for.
const SAMPLE: usize = 2;
const SEED: u64 = 12;

/// Whether a sample is enough.
pub fn is_sample() -> bool {
    number("XTASK_KILLS", SAMPLE as u64) <= SAMPLE as u64
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}
/// What a command came to.
#[derive(Default)]
struct Row {
    kills: usize,
    ended: usize,
    /// What ran below it at that moment.
    during: BTreeMap<&'static str, usize>,
    broke: Vec<String>,
}

/// What a run is doing: the command of docker that it has started, if one runs.
fn doing(pid: u32) -> &'static str {
    // Some questions to docker are asked by threads.
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let children = threads.map(|thread| fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    let children = children.collect::<Vec<_>>().join(" ");
    let words: Vec<String> = children
        .split_whitespace()
        .flat_map(|child| {
            let line = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            line.split('\0').map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let known = ["config", "du", "prune", "build", "ps", "version", "--validate"];
    known.into_iter().find(|known| words.iter().any(|word| word == known)).unwrap_or(match words.is_empty() {
        true => "itself",
        false => "other",
    })
}

fn round(
    world: &mut World<'_>,
    case: &Case,
    random: &mut Random,
    longest: Duration,
    row: &mut Row,
) -> Result<(), String> {
    (case.prepare)(world, random.below(1 << 30) as u64);
    let before = Before::of(world);
    let mut running = world.start(case.words);
    // A kill needs its moment: this is no waiting for something.
    let start = Instant::now();
    let at = Duration::from_micros(random.below(longest.as_micros() as usize) as u64);
    let signal = [libc::SIGKILL, libc::SIGKILL, libc::SIGKILL, libc::SIGTERM, libc::SIGINT][random.below(5)];
    std::thread::sleep(at.saturating_sub(start.elapsed()));
    let doing = doing(running.child.id());
    if running.child.try_wait().is_ok_and(|status| status.is_some()) {
        row.ended += 1;
    } else {
        row.kills += 1;
        *row.during.entry(doing).or_default() += 1;
        // SAFETY: the child is not waited for yet.
        unsafe { libc::kill(running.child.id() as libc::pid_t, signal) };
    }
    let said = running.end().all();
    world.wait_for_the_rest();
    let of = |why: String| format!("signal {signal} after {at:?}, during {doing}: {why}");
    world.check_files().map_err(of)?;
    (case.killed)(world, &before, &said).map_err(of)?;
    (case.next)(world).map_err(of)?;
    world.check_files().map_err(of)?;
    world.check_nothing_is_left().map_err(of)
}

fn killed_at_any_moment(engine: &Engine) {
    let own = OwnEngine::start(engine, "killed", &[]);
    let (rounds, seed) = (number("XTASK_KILLS", SAMPLE as u64), number("XTASK_KILLS_SEED", SEED));
    let only = std::env::var("XTASK_KILLS_OF").unwrap_or_default();
    let mut world = World::new(&own.engine);
    let mut table = vec![format!("seed {seed}"), "command | kills | ended before | during | broke | held".to_owned()];
    let mut broke = Vec::new();
    for case in CASES.iter().filter(|case| only.is_empty() || only.split(',').any(|name| name == case.name)) {
        let mut random = Random::new(seed);
        let mut row = Row::default();
        // The first run fills what the others find filled: of hundreds, most would end before their moment.
        let took = (0..if is_sample() { 1 } else { 2 }).map(|_| {
            (case.prepare)(&mut world, 0);
            world.run(case.words).took
        });
        let longest = took.min().expect("a run").mul_f64(1.05);
        for _ in 0..rounds {
            if let Err(why) = round(&mut world, case, &mut random, longest, &mut row) {
                eprintln!("{}: {why}", case.name);
                row.broke.push(why);
            }
        }
        let held = row.kills + row.ended - row.broke.len();
        let during: Vec<String> = row.during.iter().map(|(what, count)| format!("{what} {count}")).collect();
        table.push(format!(
            "{} | {} | {} | {} | {} | {held}",
            case.name,
            row.kills,
            row.ended,
            during.join(", "),
            row.broke.len()
        ));
        if !is_sample() {
            println!("{}", table.last().expect("a row"));
        }
        broke.extend(row.broke.into_iter().map(|why| format!("{}: {why}", case.name)));
    }
    if !is_sample() {
        println!("{}", table.join("\n"));
    }
    assert!(broke.is_empty(), "{}\n{}", table.join("\n"), broke.join("\n"));
}

/// What people may start side by side. `cache prune` removes mounts by when they were used, those between two builds, too.
const AT_ONCE: &[&[&str]] = &[
    &["build"],
    &["build-fresh"],
    &["build-fresh", "--service", "two"],
    &["build-fresh", "--drop-caches"],
    &["cache", "prune", "--mounts", "--yes"],
    &["verify"],
    &["bench", "one"],
    &["buildkit", "enable", "--config", "../home/daemon.json"],
];

/// The one message that a run may end with because another does the same.
const MEANWHILE: &str = "was changed meanwhile, and is left as it is";

/// How many pairs are a sample.
const PAIRS: usize = 4;

fn two_at_once(engine: &Engine) {
    let own = OwnEngine::start(engine, "at-once", &[]);
    let seed = number("XTASK_KILLS_SEED", SEED);
    let mut world = World::new(&own.engine);
    let mut pairs = Vec::new();
    for (at, first) in AT_ONCE.iter().enumerate() {
        pairs.extend(AT_ONCE[at..].iter().map(|second| (*first, *second)));
    }
    let mut random = Random::new(seed);
    // A sample of them, or each of them.
    while is_sample() && pairs.len() > PAIRS {
        pairs.remove(random.below(pairs.len()));
    }
    let mut broke = Vec::new();
    for (first, second) in &pairs {
        new_daemon_json(&mut world, random.below(1 << 30) as u64);
        let (one, two) = (world.start(first), world.start(second));
        let (one, two) = (one.end(), two.end());
        let check = || -> Result<(), String> {
            for ended in [&one, &two] {
                if ended.code() != 0 && !ended.stderr.contains(MEANWHILE) {
                    return Err(format!("{}: {}", ended.code(), ended.all()));
                }
            }
            world.check_files()?;
            let kept = world.kept()?;
            let fresh = |words: &&[&str]| words[0] == "build-fresh" && !words.contains(&"--drop-caches");
            let dropped = |words: &&[&str]| words.contains(&"--drop-caches");
            let pair = [first, second];
            if pair.into_iter().any(fresh) && !pair.into_iter().any(dropped) && !kept.contains_key("two") {
                return Err(format!("a value is lost: {kept:?}"));
            }
            done(world.run(&["build"]), 0)?;
            world.check_nothing_is_left()
        };
        if let Err(why) = check() {
            broke.push(format!("{first:?} and {second:?}: {why}"));
        }
    }
    println!("two at once: {} pairs, {} broke", pairs.len(), broke.len());
    assert!(broke.is_empty(), "{}", broke.join("\n"));
}

fn the_engine_goes_away(engine: &Engine) {
    let own = OwnEngine::start(engine, "away", &[]);
    let mut random = Random::new(number("XTASK_KILLS_SEED", SEED));
    let rounds = (number("XTASK_KILLS", SAMPLE as u64) / 4).max(1);
    let mut world = World::new(&own.engine);
    let mut broke = Vec::new();
    let cases = CASES.iter().filter(|case| case.words[0] != "buildkit");
    let mut count = 0;
    for (first, case) in (0..).zip(cases) {
        (case.prepare)(&mut world, 0);
        let longest = world.run(case.words).took.as_micros() as usize;
        for round in first..first + rounds {
            count += 1;
            (case.prepare)(&mut world, round);
            let before = Before::of(&world);
            let running = world.start(case.words);
            let at = Duration::from_micros(random.below(longest) as u64);
            std::thread::sleep(at);
            let is_killed = round % 2 == 0;
            let pid = own.pid() as libc::pid_t;
            // SAFETY: dockerd is ours, and runs.
            unsafe { libc::kill(pid, if is_killed { libc::SIGKILL } else { libc::SIGSTOP }) };
            if !is_killed {
                std::thread::sleep(Duration::from_secs(2));
                // SAFETY: as above.
                unsafe { libc::kill(pid, libc::SIGCONT) };
            }
            let ended = running.end();
            if is_killed {
                own.start_again();
            }
            eprintln!(
                "AWAY {} {is_killed} {at:?} {} {}",
                case.name,
                ended.code(),
                ended.stderr.lines().last().unwrap_or_default()
            );
            let mut check = || -> Result<(), String> {
                // Compose's own code for a failed build (17 for 2.26), or what we could not do.
                let is_told = match ended.code() {
                    0 => true,
                    1 | 17 => is_killed && case.name.starts_with("build"),
                    code => is_killed && code == 2 && ended.stderr.contains("error: "),
                };
                if !is_told {
                    return Err(format!("{}: {}", ended.code(), ended.all()));
                }
                world.check_files()?;
                (case.killed)(&world, &before, &ended.all())?;
                (case.next)(&mut world)?;
                world.check_nothing_is_left()
            };
            if let Err(why) = check() {
                let how = if is_killed { "killed" } else { "stopped for two seconds" };
                broke.push(format!("{}: the engine was {how} after {at:?}: {why}", case.name));
            }
        }
    }
    println!("the engine killed or stopped: {count} times, {} broke", broke.len());
    assert!(broke.is_empty(), "{}", broke.join("\n"));
}
