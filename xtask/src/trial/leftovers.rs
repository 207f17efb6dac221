//! What our builds leave in the build cache, and the sentences for it.

use serde_json::{Value, json};

use crate::ui::text;

/// What is left in the build cache, in records and bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Ours, and in use by something else.
    pub ours: (usize, u64),
    /// New since the start; may be ours or another build's.
    pub others: (usize, u64),
    /// Cache mounts among them, by their ids: the engine does not show whose they are (before 25, and only of steps that
    /// could not be marked).
    pub unproved_mounts: Vec<String>,
    /// The records could not be read before or after, so what stays is not known.
    pub unknown: bool,
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
