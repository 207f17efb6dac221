//! What was found, as SARIF 2.1.0: what code scanning of forges reads.

use std::path::Path;

use serde_json::{Value, json};

use crate::dockerfile::edit::Edit;
use crate::lint::Judged;
use crate::lint::fix::Fix;
use crate::lint::output::{Outcome, Region, safety};
use crate::lint::rule::Rule;
use crate::lint::rules;
use crate::ui::finding::Severity;
use crate::ui::source::Source;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub fn all(outcome: &Outcome<'_>) -> Value {
    let results: Vec<Value> = outcome.found.iter().map(|judged| result(judged, outcome)).collect();
    let unread = outcome.unread.iter().map(|unread| {
        json!({
            "level": "error",
            "message": { "text": format!("can't read `{}`: {}", unread.file, unread.why) },
            "locations": [location(&unread.file, None)],
        })
    });
    let invocation = json!({
        "executionSuccessful": outcome.unread.is_empty(),
        "toolExecutionNotifications": unread.collect::<Vec<_>>(),
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "xtask lint",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules::ALL.iter().map(descriptor).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation],
            "results": results,
        }],
    })
}

fn descriptor(rule: &Rule) -> Value {
    let mut help = format!("{}\n\n**Instead.** {}", rule.why, rule.instead);
    if !rule.fix.is_empty() {
        help.push_str(&format!("\n\n**Fix.** {}", rule.fix));
    }
    json!({
        "id": rule.name,
        "shortDescription": { "text": rule.about },
        // A viewer that knows no Markdown shows the text.
        "help": { "text": help, "markdown": help },
    })
}

fn result(judged: &Judged, outcome: &Outcome<'_>) -> Value {
    let finding = &judged.finding;
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice | Severity::Ok => "note",
    };
    let reasons = finding.why.iter().cloned().chain(finding.fix.iter().map(|fix| format!("hint: {fix}")));
    let message: Vec<String> = std::iter::once(finding.message.clone()).chain(reasons).collect();
    let place = finding.placed().map(|(place, source)| Region::of(source, &place.span));
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": rules::ALL.iter().position(|rule| rule.name == finding.rule),
        "level": level,
        "message": { "text": message.join("\n") },
        "locations": [match judged.path {
            Some(_) => location(&judged.shown, place.as_ref()),
            // It is a part of the compose file, whose lines are not known.
            None => json!({ "logicalLocations": [{ "fullyQualifiedName": judged.shown }] }),
        }],
    });
    if let Some((fix, path)) = judged.fix.as_ref().zip(judged.path.as_deref()) {
        result["fixes"] = json!([of_fix(fix, path, judged, outcome)]);
    }
    result
}

fn location(file: &str, region: Option<&Region>) -> Value {
    let mut place = json!({ "artifactLocation": { "uri": uri(file) } });
    if let Some(region) = region {
        place["region"] = as_region(region);
    }
    json!({ "physicalLocation": place })
}

fn as_region(region: &Region) -> Value {
    json!({
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    })
}

fn of_fix(fix: &Fix, path: &Path, judged: &Judged, outcome: &Outcome<'_>) -> Value {
    let file = fix.file.as_deref().unwrap_or(path);
    let shown = if file == path { judged.shown.clone() } else { (outcome.shown)(file) };
    let source = Source::new(shown.as_str(), (outcome.text)(file));
    let replacement = |edit: &Edit| {
        json!({
            "deletedRegion": as_region(&Region::of(&source, &edit.span)),
            "insertedContent": { "text": edit.text },
        })
    };
    let replacements: Vec<Value> = fix.edits.iter().map(replacement).collect();
    let hint = judged.finding.fix.as_deref().unwrap_or(&judged.finding.message);
    json!({
        "description": { "text": hint },
        "properties": { "safety": safety(fix.safety) },
        "artifactChanges": [{ "artifactLocation": { "uri": uri(&shown) }, "replacements": replacements }],
    })
}

/// A path as an address: relative where the path is.
fn uri(shown: &str) -> String {
    let path = if cfg!(windows) { shown.replace('\\', "/") } else { shown.to_owned() };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let escape = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let escaped: String = path.bytes().map(escape).collect();
    match Path::new(shown).is_absolute() {
        true => format!("file:///{}", escaped.trim_start_matches('/')),
        false => escaped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_an_address() {
        assert_eq!(uri("a b/é#.Dockerfile"), "a%20b/%C3%A9%23.Dockerfile");
        assert_eq!(uri("../x"), "../x");
        #[cfg(unix)]
        assert_eq!(uri("/x/y"), "file:///x/y");
    }
}
