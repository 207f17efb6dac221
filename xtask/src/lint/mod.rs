//! The rules about Dockerfiles and build contexts, one file each in `rules/`. `lint` runs them, and so does doctor.

mod rules;

// What a rule is, what it looks at, and what it can change.
pub mod build;
pub mod fix;
pub mod rule;

// What switches rules off.
mod allow;

// The command: which files, what is shown.
pub mod command;
mod explain;
mod output;
pub mod settle;
mod sources;

// What the rules share.
mod before;
mod first_copied;
mod image;
mod installs;
mod left_in;
mod moved;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context::facts::ContextFacts;
use crate::lint::build::Build;
use crate::lint::fix::Fix;
use crate::lint::rule::{Found, Look};
use crate::lint::rules::{dockerfile, ignore_file};
use crate::system::os::Os;
use crate::ui::finding::Finding;
use crate::ui::source::Source;

/// What was found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub finding: Finding,
    pub fix: Option<Fix>,
    /// The file, as shown.
    pub shown: String,
    /// `None` for a Dockerfile that stands in the compose file.
    pub path: Option<PathBuf>,
}

/// Runs all rules over these builds and their contexts. Each finding is returned once, without what comments allow.
pub fn judge(builds: &[BuildFacts], contexts: &[ContextFacts], os: Os) -> Vec<Judged> {
    let mut all: Vec<Judged> = Vec::new();
    let mut sources: HashMap<(&str, Option<&PathBuf>), Arc<Source>> = HashMap::new();
    let mut seen = HashSet::new();
    for build in builds {
        let text = || build.dockerfile.as_ref().map(|file| file.text.clone()).unwrap_or_default();
        let source = sources
            .entry((&build.shown, build.path.as_ref()))
            .or_insert_with(|| Arc::new(Source::new(&build.shown, text())));
        let known = Build::of(build);
        // Two targets of one file share stages, and with them findings.
        let new = |found: &Found| {
            let finding = &found.finding;
            seen.insert((
                &build.shown,
                &build.path,
                finding.rule,
                finding.span(),
                finding.message.clone(),
                finding.fix.clone(),
            ))
        };
        let looked = rules::ALL.iter().flat_map(|rule| match rule.look {
            Look::Build(look) => look(&known),
            Look::Context(_) | Look::Comments => Vec::new(),
        });
        let found = looked.filter(new);
        all.extend(found.map(|Found { finding, fix }| Judged {
            finding: finding.of(source),
            fix,
            shown: build.shown.clone(),
            path: build.path.clone(),
        }));
    }
    for facts in contexts {
        let found = rules::ALL.iter().flat_map(|rule| match rule.look {
            Look::Context(look) => look(facts, os),
            Look::Build(_) | Look::Comments => Vec::new(),
        });
        all.extend(found.map(|Found { finding, fix }| Judged {
            finding,
            fix,
            shown: facts.ignore_file.as_ref().unwrap_or(&facts.ignore_place).clone(),
            path: Some(facts.ignore_path.clone()),
        }));
    }
    allow::apply(all, builds)
}

/// The names of all rules.
pub fn names() -> Vec<&'static str> {
    rules::ALL.iter().map(|rule| rule.name).collect()
}

/// Why such a build can't even begin, where docker's own message does not name the place.
pub fn refused(build: &BuildFacts) -> Vec<Finding> {
    let folder = dockerfile::look(build).into_iter().filter(|_| build.no_folder.is_some());
    folder.chain(ignore_file::look(build)).collect()
}

#[cfg(test)]
mod tests;
