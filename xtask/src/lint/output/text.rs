//! What was found, for people: an excerpt each, and a line at the end.

use std::collections::HashSet;

use crate::dockerfile::builds::BuildFacts;
use crate::lint::Judged;
use crate::lint::fix::Safety;
use crate::ui::finding::Severity;
use crate::ui::style::Styles;
use crate::ui::{report, text};

/// All of it.
pub fn all(found: &[Judged], builds: &[BuildFacts], styles: &Styles) -> String {
    let mut text = String::new();
    for judged in found {
        text.push_str(&report::block(&judged.finding, &judged.shown, styles));
        text.push_str("\n\n");
    }
    text.push_str(&summary(found, builds));
    text
}

/// `3 warnings, 1 advice; 2 can be fixed with --fix`.
fn summary(found: &[Judged], builds: &[BuildFacts]) -> String {
    if found.is_empty() {
        let files: HashSet<_> = builds.iter().map(|build| (&build.path, &build.shown)).collect();
        return match files.len() {
            0 => "no Dockerfiles found".to_owned(),
            count => format!("no problems found in {}", text::count(count, "Dockerfile")),
        };
    }
    let of = |severity: Severity| found.iter().filter(|found| found.finding.severity == severity).count();
    let advice = of(Severity::Advice);
    let counts = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning")];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| text::count(*count, word));
    // No plural.
    let counts: Vec<String> = counts.chain((advice > 0).then(|| format!("{advice} advice"))).collect();
    let with = |safety: Safety| {
        let fixes = found.iter().filter(|found| found.path.is_some()).filter_map(|found| found.fix.as_ref());
        fixes.filter(|fix| fix.safety == safety).count()
    };
    let fixes = match (with(Safety::Safe), with(Safety::Unsafe)) {
        (0, 0) => String::new(),
        (safe, 0) => format!("; {safe} can be fixed with --fix"),
        (0, with_unsafe) => format!("; {with_unsafe} can be fixed with --unsafe-fixes"),
        (safe, with_unsafe) => format!("; {safe} can be fixed with --fix, {with_unsafe} more with --unsafe-fixes"),
    };
    format!("{}{fixes}", counts.join(", "))
}
