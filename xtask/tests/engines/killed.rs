//! Every command killed at any moment, on an engine of its own: files stay whole, the next run is right, and it removes what
//! the killed one left. A sample of each; `.ci/long` asks for hundreds.
//!
//! `XTASK_KILLS` says how many of each, `XTASK_KILLS_SEED` where the random times begin, `XTASK_KILLS_OF` which commands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Ended, Engine, Running, wait_until};
use crate::own_engine::OwnEngine;

checks!(&["28"], killed_at_any_moment, two_at_once, the_engine_goes_away);

/// How many of each, and the seed, where nothing else is asked for.
const SAMPLE: usize = 4;
const SEED: u64 = 12;

/// A variable that everything has which a killed run started.
const MARK: &str = "XTASK_KILLED";

const TASKS: &str = "[compose]\nproject = \"PROJECT\"\n[tasks.build]\nsteps = [\"compose build\"]\n";
const COMPOSE: &str = "services:\n  one:\n    build: { context: ./one, network: none }\n  two:\n    build: { context: ./two, network: none }\n";
const DOCKERFILE: &str = "FROM debian-python:local\nCOPY id_rsa code.py /\nRUN --mount=type=cache,id=PROJECT-SERVICE,target=/c date >> /c/x; date +%N > /stamp\n";
const DAEMON: &str = "{\n  \"log-level\": \"warn\",\n\t\"labels\" : [ \"x=1\",\"y=2\" ]\n}\n";

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

/// Numbers that look random and are the same for a seed (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

/// A project, and all places in which something could be left.
struct World<'a> {
    engine: &'a Engine,
    root: PathBuf,
    /// The layers of an image that was built with a value, by service and value.
    built: BTreeMap<(String, String), String>,
    /// What `verify` says of it.
    verdicts: String,
}

impl<'a> World<'a> {
    fn new(engine: &'a Engine) -> World<'a> {
        let root = std::env::temp_dir().join(&engine.name);
        let _ = fs::remove_dir_all(&root);
        let mut world = World { engine, root, built: BTreeMap::new(), verdicts: String::new() };
        for folder in ["project/one", "project/two", "tmp", "home", "output"] {
            fs::create_dir_all(world.root.join(folder)).expect("a folder");
        }
        for (name, text) in world.files() {
            fs::write(world.root.join("project").join(name), text).expect("a file");
        }
        fs::write(world.daemon_json(), DAEMON).expect("a file");
        world.verdicts = without_numbers(&world.run(&["verify"]).expect(0).stdout);
        world.run(&["build-fresh"]).expect(0);
        world.note_images().expect("both are built");
        world
    }

    fn files(&self) -> Vec<(String, String)> {
        let mut files = vec![
            ("tasks.toml".to_owned(), TASKS.replace("PROJECT", &self.engine.name)),
            ("compose.yaml".to_owned(), COMPOSE.to_owned()),
        ];
        for service in ["one", "two"] {
            let dockerfile = DOCKERFILE.replace("PROJECT", &self.engine.name).replace("SERVICE", service);
            files.push((format!("{service}/Dockerfile"), dockerfile));
            files.push((format!("{service}/id_rsa"), "secret\n".to_owned()));
            files.push((format!("{service}/code.py"), "print(1)\n".to_owned()));
        }
        files.sort();
        files
    }

    fn daemon_json(&self) -> PathBuf {
        self.root.join("home/daemon.json")
    }

    fn start(&self, words: &[&str]) -> Running {
        let mut command = self.engine.command(env!("CARGO_BIN_EXE_xtask"));
        command.args(words).env_remove("DOCKER_BUILDKIT").current_dir(self.root.join("project"));
        command.env("HOME", self.root.join("home")).env("TMPDIR", self.root.join("tmp")).env(MARK, &self.engine.name);
        Running::start(command, &self.root.join("output"))
    }

    fn run(&self, words: &[&str]) -> Ended {
        self.start(words).end()
    }

    /// What a killed run started goes on; the next one comes when it is over.
    fn wait_for_the_rest(&self) {
        let mark = format!("{MARK}={}", self.engine.name);
        let is_over = || {
            let entries = fs::read_dir("/proc").expect("/proc").flatten();
            // Of a process that is ending, the first thread may have no variables any more, while others have its files open.
            let threads =
                entries.flat_map(|entry| fs::read_dir(entry.path().join("task")).into_iter().flatten().flatten());
            let has_mark = |thread: fs::DirEntry| {
                let environ = fs::read(thread.path().join("environ")).unwrap_or_default();
                environ.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
            };
            (!threads.into_iter().any(has_mark)).then_some(())
        };
        wait_until(Duration::from_secs(120), is_over).expect("what a killed run started ends");
    }

    /// The folder of the project's state, and its files.
    fn state(&self) -> (PathBuf, Vec<String>) {
        let base = self.root.join("home/.local/state/xtask");
        let folder = names(&base).into_iter().find(|name| name.starts_with("project-"));
        let folder = base.join(folder.unwrap_or_else(|| "none".to_owned()));
        let names = names(&folder);
        (folder, names)
    }

    /// The kept values by service. An error if the file is not as we write it.
    fn kept(&self) -> Result<BTreeMap<String, String>, String> {
        let text = fs::read_to_string(self.state().0.join("fresh")).unwrap_or_default();
        let line = |line: &str| {
            let (service, host) = line.split_once(' ').ok_or(format!("half a line: {text:?}"))?;
            let is_whole = ["one", "two"].contains(&service) && host.starts_with("xtask-fresh-");
            is_whole.then(|| (service.to_owned(), host.to_owned())).ok_or(format!("half a line: {text:?}"))
        };
        let lines: Result<BTreeMap<_, _>, String> = text.lines().map(line).collect();
        if text.is_empty() || text.ends_with('\n') { lines } else { Err(format!("half a file: {text:?}")) }
    }

    /// After a build: a service that has a value has the layers that were built with it, and never another's.
    fn note_images(&mut self) -> Result<(), String> {
        let kept = self.kept()?;
        for service in ["one", "two"] {
            let value = kept.get(service).cloned().unwrap_or_default();
            let image = format!("{}-{service}", self.engine.name);
            let layers = self.engine.docker(&["image", "inspect", "--format", "{{.RootFS.Layers}}", &image]);
            let other =
                self.built.iter().find(|((of, other), built)| of == service && *other != value && **built == layers);
            if let Some(((_, other), _)) = other.filter(|_| !value.is_empty()) {
                return Err(format!("`{service}` is kept with {value} and has the layers of {other}"));
            }
            let known = self.built.entry((service.to_owned(), value.clone())).or_insert_with(|| layers.clone());
            if *known != layers && !value.is_empty() {
                return Err(format!("`{service}` has other layers than it was built with under {value}"));
            }
        }
        Ok(())
    }

    /// The ids of the cache mounts, by their names.
    fn mounts(&self) -> BTreeMap<String, String> {
        let records = self.engine.docker(&["system", "df", "-v", "--format", "{{json .BuildCache}}"]);
        let records: Value = serde_json::from_str(&records).expect("records");
        let mounts = records.as_array().into_iter().flatten().filter(|record| record["CacheType"] == "exec.cachemount");
        let text = |record: &Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
        mounts.map(|record| (text(record, "Description"), text(record, "ID"))).collect()
    }

    /// What is wrong with the files, whenever it is looked at.
    fn check_files(&self) -> Result<(), String> {
        let project = self.root.join("project");
        let mut found = Vec::new();
        for folder in ["", "one", "two"] {
            for name in names(&project.join(folder)) {
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if let Ok(text) = fs::read_to_string(project.join(&path)) {
                    found.push((path, text));
                }
            }
        }
        found.sort();
        if found != self.files() {
            return Err(format!(
                "the project is another one: {:?}",
                found.iter().map(|(name, _)| name).collect::<Vec<_>>()
            ));
        }
        self.kept().map(drop)
    }

    /// What is left after a run that was not killed.
    fn check_nothing_is_left(&self) -> Result<(), String> {
        let base = self.root.join("home/.local/state/xtask");
        let mut left = Vec::new();
        // Compose leaves a file of its own there when a signal ends it.
        left.extend(names(&self.root.join("tmp")).into_iter().filter(|name| name.starts_with("xtask-")));
        left.extend(names(&base.join("runs")));
        left.extend(names(&base).into_iter().filter(|name| name.starts_with('.')));
        left.extend(
            self.state().1.into_iter().filter(|name| !["fresh", "project", "compose.yaml"].contains(&name.as_str())),
        );
        left.extend(names(&self.root.join("home")).into_iter().filter(|name| name.contains("draft")));
        left.extend(crate::verify::traces(self.engine));
        left.extend(self.engine.docker(&["ps", "-a", "-q"]).lines().map(str::to_owned));
        if left.is_empty() { Ok(()) } else { Err(format!("left: {left:?}")) }
    }
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A text without its figures, which differ from run to run.
fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit() && *c != '.').collect()
}

/// A command that is killed.
struct Case {
    name: &'static str,
    words: &'static [&'static str],
    /// Before each run: what it works on.
    prepare: fn(&mut World<'_>, u64),
    /// After the kill, given what the killed run printed: what is wrong.
    killed: fn(&World<'_>, &Before, &str) -> Result<(), String>,
    /// The run after it, and what is wrong after that.
    next: fn(&mut World<'_>) -> Result<(), String>,
}

/// What was there before.
struct Before {
    kept: BTreeMap<String, String>,
    mounts: BTreeMap<String, String>,
    daemon: String,
}

impl Before {
    fn of(world: &World<'_>) -> Before {
        let daemon = fs::read_to_string(world.daemon_json()).expect("daemon.json");
        Before { kept: world.kept().expect("whole"), mounts: world.mounts(), daemon }
    }
}

const CASES: &[Case] = &[
    Case { name: "build", words: &["build"], prepare: nothing, killed: values_are_old, next: build_again },
    Case {
        name: "build-fresh",
        words: &["build-fresh"],
        prepare: nothing,
        killed: values_are_old_or_new,
        next: build_again,
    },
    Case {
        name: "build-fresh --service",
        words: &["build-fresh", "--service", "two"],
        prepare: nothing,
        killed: only_two_is_new,
        next: build_again,
    },
    Case {
        name: "build-fresh --drop-caches",
        words: &["build-fresh", "--drop-caches"],
        prepare: keep_a_value,
        killed: mounts_were_shown,
        next: drop_again,
    },
    Case {
        name: "cache prune",
        words: &["cache", "prune", "--mounts", "--yes"],
        prepare: build_again_for_mounts,
        killed: mounts_were_shown,
        next: prune_again,
    },
    Case { name: "verify", words: &["verify"], prepare: nothing, killed: values_are_old, next: verify_again },
    Case { name: "bench", words: &["bench", "one"], prepare: nothing, killed: values_are_old, next: verify_again },
    Case {
        name: "buildkit enable",
        words: &["buildkit", "enable", "--config", "../home/daemon.json"],
        prepare: new_daemon_json,
        killed: daemon_json_is_old_or_new,
        next: enable_again,
    },
    Case {
        name: "buildkit disable",
        words: &["buildkit", "disable", "--config", "../home/daemon.json"],
        prepare: enabled_daemon_json,
        killed: daemon_json_is_old_or_new,
        next: disable_again,
    },
];

fn nothing(_world: &mut World<'_>, _round: u64) {}

/// As a `build-fresh` keeps it.
fn keep_a_value(world: &mut World<'_>, round: u64) {
    if world.kept().expect("whole").is_empty() {
        world.run(&["build-fresh", "--service", "one"]).expect(0);
    }
    let _ = round;
}

fn build_again_for_mounts(world: &mut World<'_>, _round: u64) {
    if world.mounts().is_empty() {
        world.run(&["build-fresh"]).expect(0);
        world.note_images().expect("they are built");
    }
}

fn new_daemon_json(world: &mut World<'_>, round: u64) {
    for name in names(&world.root.join("home")).into_iter().filter(|name| name.starts_with("daemon.json.")) {
        fs::remove_file(world.root.join("home").join(name)).expect("a backup");
    }
    fs::write(world.daemon_json(), DAEMON.replace("x=1", &format!("x={round}"))).expect("a file");
}

fn enabled_daemon_json(world: &mut World<'_>, round: u64) {
    new_daemon_json(world, round);
    enable_again(world).expect("it is enabled");
    fs::remove_file(world.root.join("home/daemon.json.backup")).expect("a backup");
}

fn values_are_old(world: &World<'_>, before: &Before, _said: &str) -> Result<(), String> {
    let kept = world.kept()?;
    if kept == before.kept { Ok(()) } else { Err(format!("the kept values are {kept:?}")) }
}

/// Either both services have a new value, the same, or none has.
fn values_are_old_or_new(world: &World<'_>, before: &Before, _said: &str) -> Result<(), String> {
    let kept = world.kept()?;
    let values: BTreeSet<&String> = kept.values().collect();
    let is_new = kept.len() == 2 && values.len() == 1 && !before.kept.values().any(|old| values.contains(old));
    if kept == before.kept || is_new { Ok(()) } else { Err(format!("the kept values are {kept:?}")) }
}

fn only_two_is_new(world: &World<'_>, before: &Before, _said: &str) -> Result<(), String> {
    let kept = world.kept()?;
    if kept.get("one") == before.kept.get("one") { Ok(()) } else { Err(format!("`one` was not built: {kept:?}")) }
}

/// A mount that is gone was named before.
fn mounts_were_shown(world: &World<'_>, before: &Before, said: &str) -> Result<(), String> {
    let now = world.mounts();
    let is_gone = before.mounts.iter().any(|(name, id)| now.get(name) != Some(id));
    let is_shown = said.contains("will be emptied") || said.contains("this will be removed");
    let kept = world.kept()?;
    if is_gone && !is_shown {
        return Err(format!("a mount is gone that was not shown: {:?} {now:?}", before.mounts));
    }
    if kept == before.kept || kept.is_empty() { Ok(()) } else { Err(format!("the kept values are {kept:?}")) }
}

fn daemon_json_is_old_or_new(world: &World<'_>, before: &Before, _said: &str) -> Result<(), String> {
    let now = fs::read_to_string(world.daemon_json()).map_err(|error| error.to_string())?;
    let value = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| format!("{error}: {text}"));
    let without = |text: &str| -> Result<Value, String> {
        let mut value = value(text)?;
        value.as_object_mut().expect("an object").remove("features");
        Ok(value)
    };
    if without(&now)? != without(&before.daemon)? {
        return Err(format!("daemon.json has other keys: {now}"));
    }
    for name in names(&world.root.join("home")).iter().filter(|name| name.starts_with("daemon.json.")) {
        let backup = fs::read_to_string(world.root.join("home").join(name)).map_err(|error| error.to_string())?;
        if backup != before.daemon {
            return Err(format!("half a backup: {name}: {backup}"));
        }
    }
    Ok(())
}

fn done(ended: Ended, code: i32) -> Result<Ended, String> {
    if ended.code() == code { Ok(ended) } else { Err(format!("the next run: {}: {}", ended.code(), ended.all())) }
}

fn build_again(world: &mut World<'_>) -> Result<(), String> {
    done(world.run(&["build"]), 0)?;
    world.note_images()
}

fn drop_again(world: &mut World<'_>) -> Result<(), String> {
    done(world.run(&["build-fresh", "--drop-caches"]), 0)?;
    let kept = world.kept()?;
    if !kept.is_empty() {
        return Err(format!("the kept values are {kept:?}"));
    }
    world.built.retain(|(_, value), _| !value.is_empty());
    Ok(())
}

fn prune_again(world: &mut World<'_>) -> Result<(), String> {
    let ended = done(world.run(&["cache", "prune", "--mounts", "--yes"]), 0)?;
    let mounts = world.mounts();
    if mounts.is_empty() { Ok(()) } else { Err(format!("{mounts:?} are still there: {}", ended.all())) }
}

fn verify_again(world: &mut World<'_>) -> Result<(), String> {
    let ended = done(world.run(&["verify"]), 0)?;
    let verdicts = without_numbers(&ended.stdout);
    if verdicts == world.verdicts { Ok(()) } else { Err(format!("another verdict: {}", ended.all())) }
}

fn enable_again(world: &mut World<'_>) -> Result<(), String> {
    changed_again(world, "enable", true)
}

fn disable_again(world: &mut World<'_>) -> Result<(), String> {
    changed_again(world, "disable", false)
}

fn changed_again(world: &World<'_>, action: &str, is_set: bool) -> Result<(), String> {
    done(world.run(&["buildkit", action, "--config", "../home/daemon.json"]), 0)?;
    let text = fs::read_to_string(world.daemon_json()).map_err(|error| error.to_string())?;
    let backups = names(&world.root.join("home")).iter().filter(|name| name.contains(".backup")).count();
    match (text.contains("\"buildkit\": true") == is_set, backups) {
        (true, 1) => Ok(()),
        _ => Err(format!("{backups} backups, and daemon.json is {text}")),
    }
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
    (case.prepare)(world, random.below(1 << 30));
    let before = Before::of(world);
    let mut running = world.start(case.words);
    // A kill needs its moment: this is no waiting for something.
    let start = Instant::now();
    let at = Duration::from_micros(random.below(longest.as_micros() as u64));
    let signal = [libc::SIGKILL, libc::SIGKILL, libc::SIGKILL, libc::SIGTERM, libc::SIGINT][random.below(5) as usize];
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
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut row = Row::default();
        (case.prepare)(&mut world, 0);
        let ended = world.run(case.words);
        let longest = ended.took.mul_f64(1.05);
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
        if rounds > SAMPLE as u64 {
            println!("{}", table.last().expect("a row"));
        }
        broke.extend(row.broke.into_iter().map(|why| format!("{}: {why}", case.name)));
    }
    if rounds > SAMPLE as u64 {
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

fn two_at_once(engine: &Engine) {
    let own = OwnEngine::start(engine, "at-once", &[]);
    let (rounds, seed) = (number("XTASK_KILLS", SAMPLE as u64), number("XTASK_KILLS_SEED", SEED));
    let mut world = World::new(&own.engine);
    let mut pairs = Vec::new();
    for (at, first) in AT_ONCE.iter().enumerate() {
        pairs.extend(AT_ONCE[at..].iter().map(|second| (*first, *second)));
    }
    let mut random = Random(seed | 1);
    // A sample of them, or each of them.
    while rounds <= SAMPLE as u64 && pairs.len() > SAMPLE {
        pairs.remove(random.below(pairs.len() as u64) as usize);
    }
    let mut broke = Vec::new();
    for (first, second) in &pairs {
        new_daemon_json(&mut world, random.below(1 << 30));
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
    let mut random = Random(number("XTASK_KILLS_SEED", SEED) | 1);
    let rounds = number("XTASK_KILLS", SAMPLE as u64) / SAMPLE as u64;
    let mut world = World::new(&own.engine);
    let mut broke = Vec::new();
    let cases = CASES.iter().filter(|case| case.words[0] != "buildkit");
    let mut count = 0;
    for (first, case) in (0..).zip(cases) {
        (case.prepare)(&mut world, 0);
        let longest = world.run(case.words).took.as_micros() as u64;
        for round in first..first + rounds {
            count += 1;
            (case.prepare)(&mut world, round);
            let before = Before::of(&world);
            let running = world.start(case.words);
            let at = Duration::from_micros(random.below(longest));
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
            let mut check = || -> Result<(), String> {
                let is_told = ended.code() == 0 || !ended.stderr.trim().is_empty();
                if !is_told || (!is_killed && ended.code() != 0) || ended.code() == 101 {
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
