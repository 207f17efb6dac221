//! The commands that change something: on what each works, and what has to hold when it was cut short, and after the next run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::harness::Ended;
use crate::world::{DAEMON, World, names, without_numbers};

/// A command that is killed.
pub struct Case {
    pub name: &'static str,
    pub words: &'static [&'static str],
    /// Before each run: what it works on.
    pub prepare: fn(&mut World<'_>, u64),
    /// After the kill, given what the killed run printed: what is wrong.
    pub killed: fn(&World<'_>, &Before, &str) -> Result<(), String>,
    /// The run after it, and what is wrong after that.
    pub next: fn(&mut World<'_>) -> Result<(), String>,
}

/// What was there before.
pub struct Before {
    pub kept: BTreeMap<String, String>,
    pub mounts: BTreeMap<String, String>,
    pub daemon: String,
}

impl Before {
    pub fn of(world: &World<'_>) -> Before {
        let daemon = fs::read_to_string(world.daemon_json()).expect("daemon.json");
        Before { kept: world.kept().expect("whole"), mounts: world.mounts(), daemon }
    }
}

pub const CASES: &[Case] = &[
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

pub fn new_daemon_json(world: &mut World<'_>, round: u64) {
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

pub fn done(ended: Ended, code: i32) -> Result<Ended, String> {
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
