//! The build cache sorted into what people know: mounts, layers, sources, and who uses the mounts.

use crate::cache::request::LAYER;
use crate::docker::facts::Record;
use crate::dockerfile::builds::BuildFacts;
use crate::doctor::checks::cache::{COLLECTED_AFTER, NEAR};
use crate::installers::mounts::Mount;
use crate::ui::text;

/// Everything that the report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The largest first.
    pub mounts: Vec<Seen>,
    /// What steps left: layers of images, and of stages that are in no image.
    pub layers: Sum,
    /// Files that were sent to builds from this machine.
    pub sources: Sum,
    /// Records of BuildKit's own, such as frontends.
    pub others: Sum,
    pub total: Sum,
    /// Bytes that a prune would free: neither in use nor shared with an image.
    pub reclaimable: u64,
}

/// A cache mount, and the services of this project whose Dockerfiles name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub mount: Mount,
    pub used_by: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub records: usize,
    pub bytes: u64,
}

impl Sum {
    fn add(&mut self, record: &Record) {
        self.records += 1;
        self.bytes = self.bytes.saturating_add(record.size);
    }
}

/// Sorts the engine's records, and finds out which mounts the project's builds name. `namespace`: the project's own;
/// empty without one.
pub fn report(records: &[Record], builds: &[BuildFacts], namespace: &str) -> Report {
    let mut report = Report::default();
    for record in records {
        report.total.add(record);
        if !record.in_use && !record.shared {
            report.reclaimable = report.reclaimable.saturating_add(record.size);
        }
        match (Mount::of(record), record.kind.as_str()) {
            (Some(mount), _) => {
                let used_by = used_by(&mount, builds, namespace);
                report.mounts.push(Seen { mount, used_by });
            }
            (None, LAYER) => report.layers.add(record),
            (None, "source.local") => report.sources.add(record),
            (None, _) => report.others.add(record),
        }
    }
    let order = |seen: &Seen| (std::cmp::Reverse(seen.mount.record.size), seen.mount.target.clone());
    report.mounts.sort_by_key(order);
    report
}

/// By target and id, since the engine records only the step that first made a mount.
fn used_by(mount: &Mount, builds: &[BuildFacts], namespace: &str) -> Vec<String> {
    let names = |build: &&BuildFacts| build.cache_mounts().any(|(id, target)| mount.is_meant_by(id, target, namespace));
    builds.iter().filter(names).flat_map(|build| build.services.iter().cloned()).collect()
}

/// A sentence about the mounts that the engine may collect soon, if any.
pub fn near_collection(report: &Report) -> Option<String> {
    let hours = COLLECTED_AFTER / 3600;
    let old = report.mounts.iter().filter(|seen| seen.mount.record.unused_for.is_some_and(|unused| unused >= NEAR));
    let old: Vec<String> = old
        .map(|seen| {
            let unused = seen.mount.record.unused_for.unwrap_or_default();
            format!("`{}` ({} hours)", seen.mount.target, unused / 3600)
        })
        .collect();
    (!old.is_empty()).then(|| {
        format!(
            "long unused: {}; the engine may collect mounts unused for {hours} hours, once the cache is over its cap",
            text::and_list(&old, "and")
        )
    })
}

/// Enough of a record's id to tell it apart.
pub fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installers::mounts::KIND;

    fn record(id: &str, kind: &str, size: u64, description: &str) -> Record {
        let (id, kind, description) = (id.to_owned(), kind.to_owned(), description.to_owned());
        Record { id, kind, size, description, ..Record::default() }
    }

    fn build(dockerfile: &str) -> BuildFacts {
        BuildFacts { services: vec!["api".into(), "worker".into()], ..BuildFacts::of_api(dockerfile) }
    }

    #[test]
    fn records_are_sorted_into_what_people_know() {
        let mount = "cached mount /root/.cache/pip from exec /bin/sh -c pip install with id";
        let records = [
            record("a", KIND, 10, &format!("{mount} \"//root/.cache/pip\"")),
            record("b", KIND, 30, &format!("{mount} \"shop//root/.cache/pip\"")),
            Record { in_use: true, ..record("c", LAYER, 100, "mount / from exec /bin/sh -c x") },
            Record { shared: true, ..record("d", LAYER, 200, "mount / from exec /bin/sh -c y") },
            record("e", "source.local", 5, "local source for context"),
            record("f", "frontend", 1, "x"),
        ];
        let dockerfile = "FROM x\nRUN --mount=type=cache,target=/root/.cache/pip pip install y\n";
        let report = report(&records, &[build(dockerfile)], "");
        let seen: Vec<(&str, usize)> =
            report.mounts.iter().map(|seen| (seen.mount.record.id.as_str(), seen.used_by.len())).collect();
        assert_eq!(seen, [("b", 0), ("a", 2)], "another project's namespace is not ours");
        assert_eq!(report.layers, Sum { records: 2, bytes: 300 });
        assert_eq!((report.sources.bytes, report.others.bytes, report.total.bytes), (5, 1, 346));
        assert_eq!(report.reclaimable, 46);
        let own = super::report(&records, &[build(dockerfile)], "shop");
        assert_eq!(own.mounts[0].used_by, ["api", "worker"]);
    }

    #[test]
    fn a_mount_near_its_end_is_reported() {
        let old = Record { unused_for: Some(40 * 3600), ..record("a", KIND, 1, "cached mount /x from exec y") };
        let young = Record { unused_for: Some(3600), ..old.clone() };
        let told = near_collection(&report(&[old], &[], "")).unwrap();
        assert!(
            told.starts_with("long unused: `/x` (40 hours); the engine may collect mounts unused for 48 hours"),
            "{told}"
        );
        assert_eq!(near_collection(&report(&[young], &[], "")), None);
    }
}
