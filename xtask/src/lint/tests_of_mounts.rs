//! The rules of cache mounts, on small Dockerfiles.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::edit::{Edit, apply};
use crate::lint::build::Build;
use crate::lint::fix::Safety;
use crate::lint::rule::{Found, Look};
use crate::lint::rules;

const RULES: [&str; 4] =
    ["missing-cache-mount", "defeated-cache-mount", "misplaced-cache-mount", "unsafe-cache-sharing"];

fn found(text: &str) -> Vec<Found> {
    let facts = BuildFacts::of_api(text);
    assert!(facts.dockerfile.is_ok(), "{text}: {:?}", facts.dockerfile);
    let build = Build::of(&facts);
    let rules = rules::ALL.iter().filter(|rule| RULES.contains(&rule.name));
    rules.flat_map(|rule| if let Look::Build(look) = rule.look { look(&build) } else { Vec::new() }).collect()
}

/// A line a finding: its line, severity, rule, and whether it has a fix.
fn shown(text: &str) -> Vec<String> {
    let of = |found: Found| {
        let line = text[..found.finding.span().start].matches('\n').count() + 1;
        let fix = found.fix.map_or("", |fix| if fix.safety == Safety::Safe { " safe" } else { " unsafe" });
        format!("{line} {} {}{fix}", found.finding.severity.name(), found.finding.rule)
    };
    found(text).into_iter().map(of).collect()
}

/// The text after all safe fixes, or all of them.
fn fixed(text: &str, with_unsafe: bool) -> String {
    let mut text = text.to_owned();
    for _ in 0..20 {
        let fixes = found(&text).into_iter().filter_map(|found| found.fix);
        let mut edits: Vec<Edit> = Vec::new();
        for fix in fixes.filter(|fix| with_unsafe || fix.safety == Safety::Safe) {
            let is_free = |edit: &Edit| {
                edits.iter().all(|other| edit.span.end < other.span.start || other.span.end < edit.span.start)
            };
            if fix.edits.iter().all(is_free) {
                edits.extend(fix.edits);
            }
        }
        if edits.is_empty() {
            return text;
        }
        edits.sort_by_key(|edit| edit.span.start);
        text = apply(&text, &edits);
    }
    panic!("it does not settle: {text}");
}

#[test]
fn examples_become_what_they_say() {
    for rule in rules::ALL.iter().filter(|rule| RULES.contains(&rule.name)) {
        for example in rule.examples {
            assert_eq!(fixed(example.bad, true), example.good, "{}", rule.name);
            assert_eq!(shown(example.good), [""; 0], "{}", example.good);
        }
    }
}
