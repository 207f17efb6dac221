//! What was found, for people: an excerpt each, and a line at the end.

use std::collections::HashSet;

use crate::lint::fix::Safety;
use crate::lint::output::Outcome;
use crate::ui::finding::Severity;
use crate::ui::style::Styles;
use crate::ui::{report, text};

/// All of it.
pub fn all(outcome: &Outcome<'_>, styles: &Styles) -> String {
    let mut text = String::new();
    for judged in outcome.found {
        text.push_str(&report::block(&judged.finding, &judged.shown, styles));
        text.push_str("\n\n");
    }
    if let Some(fixed) = outcome.fixed.filter(|fixed| fixed.problems > 0) {
        text.push_str(&format!("fixed {}\n", of_fixed(fixed.problems, fixed.files)));
    }
    text.push_str(&summary(outcome));
    text.truncate(text.trim_end().len());
    text
}

/// `3 problems in 2 files`.
pub fn of_fixed(problems: usize, files: usize) -> String {
    format!("{} in {}", text::count(problems, "problem"), text::count(files, "file"))
}

/// `3 warnings, 1 advice; 2 can be fixed with --fix`. Nothing where nothing could be read.
fn summary(outcome: &Outcome<'_>) -> String {
    let found = outcome.found;
    let has_fixed = outcome.fixed.is_some_and(|fixed| fixed.problems > 0);
    if found.is_empty() {
        let files: HashSet<_> = outcome.builds.iter().map(|build| (&build.path, &build.shown)).collect();
        return match files.len() {
            0 if !outcome.unread.is_empty() => String::new(),
            0 => "no Dockerfiles found".to_owned(),
            _ if has_fixed => "no problems left".to_owned(),
            count => format!("no problems found in {}", text::count(count, "Dockerfile")),
        };
    }
    let of = |severity: Severity| found.iter().filter(|found| found.finding.severity == severity).count();
    let advice = of(Severity::Advice);
    let counts = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| text::count(*count, word));
    // "Advice" has no plural.
    let counts: Vec<String> = counts.chain((advice > 0).then(|| format!("{advice} advice"))).collect();
    let left = if has_fixed { " left" } else { "" };
    format!("{}{left}{}", counts.join(", "), fixes(outcome))
}

/// What can be fixed, and by which flag.
fn fixes(outcome: &Outcome<'_>) -> String {
    let with = |safety: Safety| {
        let fixes = outcome.found.iter().filter(|found| found.path.is_some()).filter_map(|found| found.fix.as_ref());
        fixes.filter(|fix| fix.safety == safety).count()
    };
    // What `--fix` has left, it can't fix.
    let safe = if outcome.fixed.is_some() { 0 } else { with(Safety::Safe) };
    match (safe, with(Safety::Unsafe)) {
        (0, 0) => String::new(),
        (safe, 0) => format!("; {safe} can be fixed with --fix"),
        (0, with_unsafe) => format!("; {with_unsafe} can be fixed with --unsafe-fixes"),
        (safe, with_unsafe) => format!("; {safe} can be fixed with --fix, {with_unsafe} more with --unsafe-fixes"),
    }
}
