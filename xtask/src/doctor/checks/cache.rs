//! The engine's store: the cache mounts of this repository, and the space that is left.

use crate::docker::facts::{Machine, Record};
use crate::installers::mounts::Mount;
use crate::ui::finding::Finding;
use crate::ui::text::size;

/// Mounts not used for this long are deleted once all of them together exceed a small limit (moby, `builder/builder-next`,
/// `gc.go`: 48 hours).
pub const COLLECTED_AFTER: u64 = 48 * 3600;
/// Close enough to warn about.
pub const NEAR: u64 = 36 * 3600;

/// Below this a build of a small image fails.
const NO_SPACE: u64 = 300_000_000;
/// Below this the next one may.
const LITTLE_SPACE: u64 = 2_000_000_000;

/// The cache mounts that the Dockerfiles name, as id and target, and what the engine has of them in the project's
/// namespace.
pub fn mounts(machine: &Machine, named: &[(&str, &str)], namespace: &str, program: &str) -> Option<Finding> {
    let mounts: Vec<Mount> = machine.records.as_ref()?.iter().filter_map(Mount::of).collect();
    if named.is_empty() {
        return None;
    }
    let (mut present, mut missing, mut empty, mut old) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (id, target) in named {
        let of_it = mounts.iter().filter(|mount| mount.is_meant_by(id, target, namespace));
        let of_it: Vec<&Record> = of_it.map(|mount| &mount.record).collect();
        let bytes = Record::total_size(of_it.iter().copied());
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
            .why("the step ran but left nothing there: its installer keeps no cache or keeps it elsewhere, or the index forbids caching")
            .fix(format!("find out which it is: {program} verify"))
    } else if !old.is_empty() {
        Finding::warning("cache-mounts", format!("long unused: {}", old.join(", ")))
            .why(format!(
                "the engine may delete mounts that were not used for {} hours once all of them exceed its limit",
                COLLECTED_AFTER / 3600
            ))
            .fix("build to keep them, or set `builder.gc` in the engine's daemon.json")
    } else {
        let mut parts = Vec::new();
        if !present.is_empty() {
            parts.push(present.join(", "));
        }
        if !missing.is_empty() {
            parts.push(format!("not there yet: {} (the next build creates them)", missing.join(", ")));
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
    let seen = format!("{} of {} free{place}", size(free), size(whole));
    let fix = "see what uses the space: docker system df; remove unused images: docker image prune";
    Some(if free < NO_SPACE {
        Finding::error("disk", seen).why("builds and databases stop with \"no space left on device\"").fix(fix)
    } else if free < LITTLE_SPACE {
        Finding::warning("disk", seen).why("the next large build may not fit").fix(fix)
    } else {
        Finding::ok("disk", seen)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::finding::Severity;

    const TARGET: &str = "/root/.cache/pip";

    fn record(size: u64, unused_for: Option<u64>) -> Record {
        Record {
            id: "x".to_owned(),
            kind: "exec.cachemount".to_owned(),
            description: format!("cached mount {TARGET} from exec /bin/sh -c pip install with id \"/{TARGET}\""),
            size,
            unused_for,
            ..Record::default()
        }
    }

    fn found(records: Vec<Record>) -> Finding {
        let machine = Machine { records: Some(records), ..Machine::default() };
        mounts(&machine, &[(TARGET, TARGET)], "", "xtask").expect("a finding")
    }

    #[test]
    fn mounts_are_present_missing_empty_or_long_unused() {
        let ok = found(vec![record(33_500_000, Some(3600))]);
        assert_eq!((ok.severity, ok.message.as_str()), (Severity::Ok, "`/root/.cache/pip` (33.5 MB)"));
        assert_eq!(found(Vec::new()).message, "not there yet: `/root/.cache/pip` (the next build creates them)");
        let old = found(vec![record(33_500_000, Some(50 * 3600))]);
        assert_eq!(
            (old.severity, old.message.as_str()),
            (Severity::Warning, "long unused: `/root/.cache/pip` (33.5 MB, unused for 50 hours)")
        );
        let empty = found(vec![record(0, Some(3600))]);
        assert_eq!((empty.severity, empty.message.as_str()), (Severity::Warning, "one is empty: `/root/.cache/pip`"));
        assert!(empty.fix.is_some_and(|fix| fix.ends_with("xtask verify")));
        // A build has it: docker shows no size then.
        let busy = found(vec![Record { in_use: true, ..record(0, None) }]);
        assert_eq!(busy.severity, Severity::Ok);
    }

    #[test]
    fn space_is_told_before_it_is_gone() {
        let severity = |free: u64| {
            let machine = Machine { disk: Some((free, 100_000_000_000)), ..Machine::default() };
            disk(&machine).map(|finding| finding.severity)
        };
        assert_eq!(severity(100_000_000), Some(Severity::Error));
        assert_eq!(severity(1_500_000_000), Some(Severity::Warning));
        assert_eq!(severity(50_000_000_000), Some(Severity::Ok));
        assert_eq!(disk(&Machine::default()), None);
    }
}
