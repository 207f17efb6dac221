//! The rules about Dockerfiles and build contexts, one file each. Doctor runs them.

mod argument_before_dependencies;
mod code_before_dependencies;
mod context;
mod dockerfile;
mod ignore_file;
mod line_endings;
mod unpinned_base_image;

// What the rules share.
mod before;
mod first_copied;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context::facts::ContextFacts;
use crate::system::os::Os;
use crate::ui::finding::Finding;
use crate::ui::source::Source;

/// Rules about one Dockerfile with its target and build args.
const OF_BUILDS: [fn(&BuildFacts) -> Vec<Finding>; 5] = [
    dockerfile::look,
    ignore_file::look,
    unpinned_base_image::look,
    code_before_dependencies::look,
    argument_before_dependencies::look,
];

/// Rules about one build context, on this system.
const OF_CONTEXTS: [fn(&ContextFacts, Os) -> Option<Finding>; 2] = [context::look, line_endings::look];

/// Runs all rules over these builds and their contexts. Each finding is returned once.
pub fn judge(builds: &[BuildFacts], contexts: &[ContextFacts], os: Os) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut sources: HashMap<&str, Arc<Source>> = HashMap::new();
    let mut seen = HashSet::new();
    for build in builds {
        let text = || build.dockerfile.as_ref().map(|file| file.text.clone()).unwrap_or_default();
        let source = sources.entry(&build.shown).or_insert_with(|| Arc::new(Source::new(&build.shown, text())));
        // Two targets of one file share stages, and with them findings.
        let new = |finding: &Finding| {
            seen.insert((&build.shown, finding.rule, finding.span(), finding.message.clone(), finding.fix.clone()))
        };
        let found = OF_BUILDS.iter().flat_map(|look| look(build)).filter(new);
        findings.extend(found.map(|finding| finding.of(source)));
    }
    findings.extend(contexts.iter().flat_map(|facts| OF_CONTEXTS.iter().filter_map(|look| look(facts, os))));
    findings
}

/// Why such a build can't even begin, where docker's own message does not name the place.
pub fn refused(build: &BuildFacts) -> Vec<Finding> {
    let folder = dockerfile::look(build).into_iter().filter(|_| build.no_folder.is_some());
    folder.chain(ignore_file::look(build)).collect()
}

#[cfg(test)]
mod tests;
