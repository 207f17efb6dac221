//! What the rules about a Dockerfile look at.

use crate::dockerfile::builds::BuildFacts;

/// A build, and what all rules need to know of it.
pub struct Build<'a> {
    pub facts: &'a BuildFacts,
}

impl<'a> Build<'a> {
    pub fn of(facts: &'a BuildFacts) -> Build<'a> {
        Build { facts }
    }
}
