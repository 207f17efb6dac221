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
        let steps = steps::of(facts);
        let sites = site::of(&steps);
        Build { facts, steps, sites }
    }
}
