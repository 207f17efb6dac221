//! What was found, as commands of a workflow of GitHub's: each becomes an annotation beside its line.

use crate::lint::Judged;
use crate::lint::output::{Outcome, Region};
use crate::ui::finding::Severity;

pub fn all(outcome: &Outcome<'_>) -> String {
    let lines: Vec<String> = outcome.found.iter().map(line).collect();
    lines.join("\n")
}

fn line(judged: &Judged) -> String {
    let finding = &judged.finding;
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice | Severity::Ok => "notice",
    };
    let shown = if cfg!(windows) { judged.shown.replace('\\', "/") } else { judged.shown.clone() };
    let mut place = format!("file={}", property(&shown));
    if let Some((at, source)) = finding.placed() {
        let region = Region::of(source, &at.span);
        place.push_str(&format!(",line={},col={},endLine={}", region.line, region.column, region.end_line));
        // Columns that end on another line mean nothing to GitHub.
        if region.line == region.end_line {
            place.push_str(&format!(",endColumn={}", region.end_column));
        }
    }
    let reasons = finding.why.iter().cloned().chain(finding.fix.iter().map(|fix| format!("hint: {fix}")));
    let message: Vec<String> = std::iter::once(finding.message.clone()).chain(reasons).collect();
    format!("::{level} {place},title={}::{}", property(finding.rule), data(&message.join("\n")))
}

/// As `@actions/core` writes the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::finding::Finding;
    use crate::ui::source::Source;
    use std::sync::Arc;

    #[test]
    fn what_would_end_a_part_is_escaped() {
        let source = Arc::new(Source::new("a,b:c", "FROM é x\nRUN y\n"));
        let finding = Finding::warning("rule", "100 % of\r\nit").at(8..9).of(&source).why("a::b").fix("c, d");
        let judged = Judged { finding, fix: None, shown: "a,b:c".to_owned(), path: None };
        let expected = "::warning file=a%2Cb%3Ac,line=1,col=8,endLine=1,endColumn=9,title=rule::100 %25 of%0D%0Ait%0Aa::b%0Ahint: c, d";
        assert_eq!(line(&judged), expected);
    }
}
