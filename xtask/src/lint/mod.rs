//! The rules about Dockerfiles and build contexts: one file each, and one table. Doctor runs them.

mod argument_before_dependencies;
mod code_before_dependencies;
mod context;
mod dockerfile;
mod line_endings;
mod unpinned_base_image;

// What the rules share.
mod before;
pub mod installs;

use std::sync::Arc;

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context::facts::ContextFacts;
use crate::system::os::Os;
use crate::ui::finding::Finding;
use crate::ui::source::Source;

/// What a rule looks at.
enum Subject {
    /// One Dockerfile with its target and build args.
    Build(fn(&BuildFacts) -> Vec<Finding>),
    /// One build context, on this system.
    Context(fn(&ContextFacts, Os) -> Option<Finding>),
}

/// Every rule, by the name its findings carry.
const RULES: [(&str, Subject); 6] = [
    (dockerfile::NAME, Subject::Build(dockerfile::look)),
    (unpinned_base_image::NAME, Subject::Build(unpinned_base_image::look)),
    (code_before_dependencies::NAME, Subject::Build(code_before_dependencies::look)),
    (argument_before_dependencies::NAME, Subject::Build(argument_before_dependencies::look)),
    (context::NAME, Subject::Context(context::look)),
    (line_endings::NAME, Subject::Context(line_endings::look)),
];

/// Runs all rules over these builds and their contexts. Each finding is returned once.
pub fn judge(builds: &[BuildFacts], contexts: &[ContextFacts], os: Os) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for build in builds {
        let source =
            build.dockerfile.as_ref().ok().map(|file| Source { path: build.shown.clone(), text: file.text.clone() });
        let source = Arc::new(source.unwrap_or(Source { path: build.shown.clone(), text: String::new() }));
        let of_build = RULES.iter().flat_map(|(_, subject)| match subject {
            Subject::Build(look) => look(build),
            Subject::Context(_) => Vec::new(),
        });
        // Two targets of one file share stages, and with them findings.
        for finding in of_build.map(|finding| finding.of(&source)) {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    let of_contexts = contexts.iter().flat_map(|facts| {
        RULES.iter().filter_map(move |(_, subject)| match subject {
            Subject::Build(_) => None,
            Subject::Context(look) => look(facts, os),
        })
    });
    findings.extend(of_contexts);
    findings
}

#[cfg(test)]
mod tests;
