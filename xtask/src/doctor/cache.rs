//! The engine's store: the cache mounts of this repository, and the space that is left.

use crate::facts::{Machine, Record};
use crate::finding::Finding;
use crate::mounts::Mount;
use crate::text::size;

/// Mounts that nobody used for so long are collected once all of them pass a small cap (moby, `builder/builder-next`,
/// `gc.go`: 48 hours).
pub const COLLECTED_AFTER: u64 = 48 * 3600;
/// Near enough to be told.
pub const NEAR: u64 = 36 * 3600;

/// Below this a build of a small image fails.
const NO_SPACE: u64 = 300_000_000;
/// Below this the next one may.
const LITTLE_SPACE: u64 = 2_000_000_000;

/// The cache mounts that the Dockerfiles name, as id and target, and what the engine has of them in the project's
/// namespace.
pub fn mounts(machine: &Machine, named: &[(String, String)], namespace: &str, program: &str) -> Option<Finding> {
    let mounts: Vec<Mount> = machine.records.as_ref()?.iter().filter_map(Mount::of).collect();
    if named.is_empty() {
        return None;
    }
    let (mut present, mut missing, mut empty, mut old) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (id, target) in named {
        let of_it = mounts.iter().filter(|mount| mount.is_meant_by(id, target, namespace));
        let of_it: Vec<&Record> = of_it.map(|mount| &mount.record).collect();
        let bytes: u64 = of_it.iter().map(|record| record.size).sum();
        let unused_for = of_it.iter().filter_map(|record| record.unused_for).min();
        let in_use = of_it.iter().any(|record| record.in_use);
        if of_it.is_empty() {
            missing.push(format!("`{target}`"));
        } else if bytes == 0 && !in_use {
            empty.push(format!("`{target}`"));
        } else if let Some(seconds) = unused_for.filter(|seconds| *seconds >= NEAR) {
            old.push(format!("`{target}` ({}, unused for {} hours)", size(bytes), seconds / 3600));
        } else {
            present.push(format!("`{target}` ({})", size(bytes)));
        }
    }
    let finding = if !empty.is_empty() {
        Finding::warning("cache-mounts", format!("{} empty: {}", is_or_are(empty.len()), empty.join(", ")))
            .why("the step ran and kept nothing: `--no-cache-dir`, PIP_NO_CACHE_DIR, another home, or an index that forbids it")
            .fix(format!("look at what the step prints when it runs again: {program} build-fresh"))
    } else if !old.is_empty() {
        Finding::warning("cache-mounts", format!("long unused: {}", old.join(", ")))
            .why(format!(
                "the engine may collect mounts that nobody used for {} hours, when all of them are over its cap",
                COLLECTED_AFTER / 3600
            ))
            .fix("build to keep them, or set `builder.gc` in the engine's daemon.json")
    } else {
        let mut parts = Vec::new();
        if !present.is_empty() {
            parts.push(present.join(", "));
        }
        if !missing.is_empty() {
            parts.push(format!("not there yet: {} (the next build makes them)", missing.join(", ")));
        }
        Finding::ok("cache-mounts", parts.join("; "))
    };
    Some(finding)
}

fn is_or_are(count: usize) -> String {
    if count == 1 { "one is".to_owned() } else { format!("{count} are") }
}

/// The space that is left where the engine keeps its data.
pub fn disk(machine: &Machine) -> Option<Finding> {
    let (free, whole) = machine.disk?;
    let place = machine.info.as_ref().and_then(|info| info.root_dir.as_ref());
    let place = place.map(|dir| format!(" on the file system of `{}`", dir.display())).unwrap_or_default();
    let seen = format!("{} of {} are free{place}", size(free), size(whole));
    let fix = "docker system df shows what is there; unused images go by: docker image prune";
    Some(if free < NO_SPACE {
        Finding::error("disk", seen).why("builds and databases stop with \"no space left on device\"").fix(fix)
    } else if free < LITTLE_SPACE {
        Finding::warning("disk", seen).why("the next large build may not fit").fix(fix)
    } else {
        Finding::ok("disk", seen)
    })
}
