//! What the rules about a Dockerfile look at.

use crate::dockerfile::builds::BuildFacts;
use crate::lint::image::steps::{self, Step};
use crate::lint::installs::site::{self, Site};

/// A build, and what all rules need to know of it.
pub struct Build<'a> {
    pub facts: &'a BuildFacts,
    /// The steps that call an installer.
    pub steps: Vec<Step<'a>>,
    /// Their commands that install.
    pub sites: Vec<Site>,
}

impl<'a> Build<'a> {
    pub fn of(facts: &'a BuildFacts) -> Build<'a> {
        let mut sites = Vec::new();
        let steps = steps::of(facts, |at, now| sites.extend(site::of(at, now)));
        Build { facts, steps, sites }
    }

    /// The install commands of one step.
    pub fn sites_of(&self, step: usize) -> &[Site] {
        let start = self.sites.partition_point(|site| site.step < step);
        let end = self.sites.partition_point(|site| site.step <= step);
        &self.sites[start..end]
    }
}
