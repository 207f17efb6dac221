//! What a step says of its packages: how many it downloaded, and how many it had.

/// What a step said of its packages. `None`: it did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Packages that came over the network.
    pub fetched: Option<u64>,
    /// Their bytes; none when the size of one was not printed.
    pub fetched_bytes: Option<u64>,
    /// The bytes of those whose size was printed.
    pub at_least: u64,
    /// Packages that were in the cache.
    pub cached: Option<u64>,
}

impl Said {
    /// So many downloaded and so many found, with no sizes printed.
    pub fn counted(fetched: u64, cached: u64) -> Said {
        Said { fetched: Some(fetched), cached: Some(cached), ..Said::default() }
    }

    /// Both together. What only one of them said counts; a sum of bytes is known only when both are.
    pub fn and(self, other: Said) -> Said {
        let add = |left: Option<u64>, right: Option<u64>| match (left, right) {
            (Some(left), Some(right)) => Some(left.saturating_add(right)),
            (left, right) => left.or(right),
        };
        Said {
            fetched: add(self.fetched, other.fetched),
            fetched_bytes: self.fetched_bytes.zip(other.fetched_bytes).map(|(left, right)| left.saturating_add(right)),
            at_least: self.at_least.saturating_add(other.at_least),
            cached: add(self.cached, other.cached),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_part_makes_the_sum_of_bytes_unknown() {
        let known = Said { fetched: Some(1), fetched_bytes: Some(5), at_least: 5, cached: Some(0) };
        let part = Said { fetched: Some(12), fetched_bytes: None, at_least: 7, cached: None };
        let both = Said { fetched: Some(13), fetched_bytes: None, at_least: 12, cached: Some(0) };
        assert_eq!((known.and(part), part.and(known)), (both, both));
        assert_eq!(known.and(known).fetched_bytes, Some(10));
    }
}
