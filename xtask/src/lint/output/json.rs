//! What was found, as one object of JSON.

use serde_json::{Value, json};

use crate::lint::Judged;
use crate::lint::output::{Outcome, Region, safety};
use crate::ui::report;

pub fn all(outcome: &Outcome<'_>) -> Value {
    let findings: Vec<Value> = outcome.found.iter().map(|judged| finding(judged, outcome)).collect();
    let unread = outcome.unread.iter().map(|unread| json!({ "file": unread.file, "why": unread.why }));
    let mut all = json!({ "findings": findings, "unread": unread.collect::<Vec<_>>() });
    if let Some(fixed) = outcome.fixed {
        all["fixed"] = json!({ "problems": fixed.problems, "files": fixed.files });
    }
    all
}

fn finding(judged: &Judged, outcome: &Outcome<'_>) -> Value {
    let mut value = report::as_json(&judged.finding);
    // The words for a person make room for the edits.
    value["hint"] = value["fix"].take();
    value["file"] = json!(judged.shown);
    if let Some((place, source)) = judged.finding.placed() {
        let region = Region::of(source, &place.span);
        value["end_line"] = json!(region.end_line);
        value["end_column"] = json!(region.end_column);
    }
    if let Some(fix) = &judged.fix {
        let edits =
            fix.edits.iter().map(|edit| json!({ "start": edit.span.start, "end": edit.span.end, "text": edit.text }));
        value["fix"] = json!({ "safety": safety(fix.safety), "edits": edits.collect::<Vec<_>>() });
        if let Some(file) = &fix.file {
            value["fix"]["file"] = json!((outcome.shown)(file));
        }
    }
    value
}
