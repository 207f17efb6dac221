//! The pages of the rules, and their examples.

mod page;

use std::collections::HashSet;

use super::*;
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::edit::apply;
use crate::dockerfile::model::Kind;
use crate::lint::build::Build;
use crate::lint::judge;
use crate::lint::rule::{Found, Look};
use crate::system::os::Os;
use crate::ui::finding::Severity;

/// What a rule finds in a Dockerfile whose `ARG`s compose fills from variables; `None` for one that looks at contexts.
fn found(rule: &Rule, text: &str) -> Option<Vec<Found>> {
    if matches!(rule.look, Look::Context(_)) {
        return None;
    }
    let mut build = BuildFacts::of_api(text);
    let steps = build.steps().flat_map(|step| match &step.kind {
        Kind::Arg(args) => args.iter().map(|arg| arg.name.clone()).collect(),
        _ => Vec::new(),
    });
    build.variable_args = steps.collect();
    let mut found = match rule.look {
        Look::Build(look) => look(&Build::of(&build)),
        _ => {
            let found = judge(&[build], &[], Os::Linux).into_iter().filter(|found| found.finding.rule == rule.name);
            found.map(|found| Found { finding: found.finding, fix: found.fix }).collect()
        }
    };
    found.retain(|found| found.finding.severity > Severity::Ok);
    Some(found)
}

/// A Dockerfile after all fixes of a rule, unsafe ones too, one after the other until none is left.
fn fixed(rule: &Rule, text: &str) -> String {
    const MOST: usize = 50;
    let mut text = text.to_owned();
    for _ in 0..MOST {
        let found = found(rule, &text).unwrap_or_default();
        let Some(fix) = found.into_iter().find_map(|found| found.fix.filter(|fix| fix.file.is_none())) else {
            return text;
        };
        let fixed = apply(&text, &fix.edits);
        assert_ne!(fixed, text, "a fix of {} changes nothing", rule.name);
        text = fixed;
    }
    panic!("the fixes of {} don't settle:\n{text}", rule.name);
}

#[test]
fn every_rule_has_a_page() {
    let mut names = HashSet::new();
    for rule in &ALL {
        let name = rule.name;
        assert!(names.insert(name), "two rules are called {name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
        for (what, text) in [("about", rule.about), ("why", rule.why), ("instead", rule.instead)] {
            assert!(!text.is_empty(), "{name} has no `{what}`");
        }
        assert!(!rule.about.ends_with('.') && !rule.about.contains('\n'), "{name}: {}", rule.about);
        for paragraphs in [rule.why, rule.instead, rule.fix] {
            let ends = paragraphs.split("\n\n").all(|text| text.is_empty() || text.ends_with(['.', '`']));
            assert!(ends, "{name}: a paragraph ends without a full stop");
        }
    }
}

#[test]
fn what_a_bad_example_shows_is_reported_and_a_good_one_is_not() {
    for rule in &ALL {
        for example in rule.examples {
            let bad = found(rule, example.bad).unwrap_or_else(|| panic!("{} looks at no Dockerfile", rule.name));
            assert!(!bad.is_empty(), "{} finds nothing in:\n{}", rule.name, example.bad);
            let good = found(rule, example.good).unwrap_or_default();
            let good: Vec<&str> = good.iter().map(|found| found.finding.message.as_str()).collect();
            assert_eq!(good, [""; 0], "{} finds this in:\n{}", rule.name, example.good);
        }
    }
}

#[test]
fn the_fixes_of_a_rule_make_a_bad_example_good() {
    for rule in &ALL {
        for example in rule.examples {
            let has_fix = found(rule, example.bad).unwrap_or_default().iter().any(|found| found.fix.is_some());
            if has_fix {
                assert!(!rule.fix.is_empty(), "{} does not say how safe its fix is", rule.name);
                assert_eq!(fixed(rule, example.bad), example.good, "{}", rule.name);
            }
        }
    }
}
