//! Removes what our builds leave in the build cache, and reports what stays.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::docker::facts::Record;
use crate::docker::runs;
use crate::installers::mounts;
use crate::trial::session::Session;

use crate::ui::text;

/// How often we try to remove what is ours, and how long we wait in between.
const ATTEMPTS: usize = 3;
const LATER: Duration = Duration::from_millis(400);

/// What is left in the build cache, in records and bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Ours, and in use by something else.
    pub ours: (usize, u64),
    /// New since the start; may be ours or another build's.
    pub others: (usize, u64),
    /// Ids of cache mounts among them that may be ours: engines before 25 don't show that for steps without a mark.
    pub unproved_mounts: Vec<String>,
    /// The records could not be read before or after, so it is not known what stays.
    pub unknown: bool,
}

impl Session<'_> {
    /// Removes what is left: our files, and the mounts and layers that are provably ours, by their ids.
    pub fn clean_up(mut self) -> Left {
        let mut new = self.records(|_| false);
        // A step that was stopped may leave its layer a moment later.
        for attempt in 0..ATTEMPTS {
            let ids = new.as_ref().map(|new| self.ours(new)).unwrap_or_default();
            if ids.is_empty() {
                break;
            }
            if attempt > 0 {
                std::thread::sleep(LATER);
            }
            self.cache.remove(&ids.into_iter().collect::<Vec<_>>());
            new = self.new_records();
        }
        let left = new.map_or_else(|| Left { unknown: true, ..Left::default() }, |new| self.left(&new));
        self.run.leaves_records = left.unknown || left.ours.0 > 0;
        left
    }

    /// What stays of the records that came since the start.
    fn left(&self, new: &[Record]) -> Left {
        let ids = self.ours(new);
        let (ours, mut others): (Vec<&Record>, Vec<&Record>) = new.iter().partition(|record| ids.contains(&record.id));
        // Without a list from before, we can't tell what is new.
        let unknown = self.project.before.is_none();
        if unknown {
            others.clear();
        }
        let sum = |records: &[&Record]| (records.len(), Record::total_size(records.iter().copied()));
        let is_unproved = |record: &&&Record| {
            record.kind == mounts::KIND && !record.description.contains(" with id \"") && !self.all_marked.get()
        };
        let unproved_mounts = others.iter().filter(is_unproved).map(|record| record.id.clone()).collect();
        Left { ours: sum(&ours), others: sum(&others), unproved_mounts, unknown }
    }

    /// Our namespace is in the id of a mount (engine 25 and later) and in the commands that we marked.
    pub fn is_marked(&self, record: &Record) -> bool {
        record.description.contains(&self.run.name)
    }

    /// The records that are provably ours.
    fn ours(&self, records: &[Record]) -> BTreeSet<String> {
        runs::of_run(records, &self.run.name)
    }
}

impl Left {
    pub fn as_json(&self) -> Value {
        let of = |(records, bytes): (usize, u64)| json!({ "records": records, "bytes": bytes });
        json!({
            "ours": of(self.ours),
            "of_these_or_other_builds": of(self.others),
            "unproved_mounts": self.unproved_mounts,
            "known": !self.unknown,
        })
    }

    /// One sentence for each kind of thing that stays.
    pub fn sentences(&self) -> Vec<String> {
        let records =
            |(count, bytes): (usize, u64)| format!("{} ({})", text::count(count, "record"), text::size(bytes));
        let mut sentences = Vec::new();
        if self.unknown {
            sentences.push("can't tell what stays in the build cache: docker could not list it".to_owned());
        }
        if self.ours.0 > 0 {
            sentences.push(format!("left in the build cache, because it is in use: {}", records(self.ours)));
        }
        if self.others.0 > 0 {
            let what = "new in the build cache, from these builds or from others at the same time";
            sentences.push(format!("{what}, and left there: {}", records(self.others)));
        }
        if !self.unproved_mounts.is_empty() {
            let mounts = text::count(self.unproved_mounts.len(), "cache mount");
            sentences.push(format!(
                "{mounts} of them may be ours, but this engine does not show names: docker builder prune --filter id={}",
                if let [one] = self.unproved_mounts.as_slice() { one } else { "ID" }
            ));
        }
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_said() {
        assert_eq!(Left::default().sentences(), [""; 0]);
        let left = Left { ours: (1, 5), others: (2, 7000), unproved_mounts: vec!["a1".to_owned()], unknown: false };
        let wanted = [
            "left in the build cache, because it is in use: 1 record (5 B)",
            "new in the build cache, from these builds or from others at the same time, and left there: 2 records (7.0 kB)",
            "1 cache mount of them may be ours, but this engine does not show names: docker builder prune --filter id=a1",
        ];
        assert_eq!(left.sentences(), wanted);
    }
}
