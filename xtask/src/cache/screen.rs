//! The build cache as a table for people, and as JSON.

use serde_json::json;

use crate::cache::listing::{self, Seen, Sum, short};
use crate::cache::look::Looked;
use crate::fresh::kept_values as values;
use crate::ui::escape::{escaped, one_line};
use crate::ui::style::{Paint as _, Styles};
use crate::ui::text;

/// The report for people, without a line break at its end.
pub fn text(looked: &Looked, styles: &Styles) -> String {
    let report = &looked.report;
    let mut text = String::new();
    if report.mounts.is_empty() {
        text.push_str("there are no cache mounts\n");
    } else {
        text.push_str(&table(&report.mounts, styles));
    }
    text.push('\n');
    let sum = |name: &str, sum: &Sum, more: &str| {
        let records = text::count(sum.records, "record");
        format!("{name:<14} {:>9}  {records}{more}\n", text::size(sum.bytes))
    };
    text.push_str(&sum("layers", &report.layers, ""));
    text.push_str(&sum("local sources", &report.sources, ""));
    if report.others.records > 0 {
        text.push_str(&sum("others", &report.others, ""));
    }
    let more = format!(", of which {} can be reclaimed", text::size(report.reclaimable));
    text.push_str(&sum("total", &report.total, &more));
    let mut remarks: Vec<String> = Vec::new();
    for (services, age) in looked.fresh.ages(values::now()) {
        let names: Vec<String> = services.iter().map(|service| format!("`{service}`")).collect();
        remarks.push(format!(
            "{}: built fresh {}; builds here use these layers",
            text::and_list(&names, "and"),
            text::ago(age)
        ));
    }
    match &looked.unread {
        Some(why) => remarks.push(format!("can't tell which mounts this project uses: {why}")),
        None if !report.mounts.is_empty() => remarks.push(
            "used here: matched by target and id, since the engine only records the step that first made a mount"
                .to_owned(),
        ),
        None => {}
    }
    remarks.extend(listing::near_collection(report));
    if !remarks.is_empty() {
        text.push_str(&format!("\n{}\n", remarks.join("\n")));
    }
    text.truncate(text.trim_end().len());
    text
}

/// The columns of the table, and whether they are numbers.
const COLUMNS: [(&str, bool); 8] = [
    ("holds", false),
    ("target", false),
    ("id", false),
    ("size", true),
    ("last used", false),
    ("uses", true),
    ("used here", false),
    ("record", false),
];

/// The mounts as a table with a header.
fn table(mounts: &[Seen], styles: &Styles) -> String {
    let row = |seen: &Seen| {
        let record = &seen.mount.record;
        [
            seen.mount.holds().to_owned(),
            seen.mount.target.clone(),
            seen.mount.shown_id().unwrap_or_else(|| "namespace unknown".to_owned()),
            if record.in_use { "in use".to_owned() } else { text::size(record.size) },
            record.unused_for.map_or_else(|| "never".to_owned(), text::ago),
            record.usage_count.to_string(),
            if seen.used_by.is_empty() { "no".to_owned() } else { seen.used_by.join(", ") },
            short(&record.id).to_owned(),
        ]
    };
    let head = COLUMNS.map(|(name, _)| name.to_owned());
    // As they are shown, so that the columns stay.
    let plain = |row: [String; 8]| row.map(|cell| escaped(&one_line(cell)).into_owned());
    let rows: Vec<[String; 8]> = std::iter::once(head).chain(mounts.iter().map(row)).map(plain).collect();
    // Once for all rows: an engine may have thousands.
    let widest = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: [usize; 8] = std::array::from_fn(widest);
    let line = |row: &[String; 8]| {
        let cells = row.iter().zip(COLUMNS).zip(widths).map(|((cell, (_, is_number)), width)| {
            if is_number { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines[0] = lines[0].style(styles.faint).to_string();
    lines.join("\n") + "\n"
}

/// The same as JSON.
pub fn json(looked: &Looked) -> serde_json::Value {
    let report = &looked.report;
    let mount = |seen: &Seen| {
        let record = &seen.mount.record;
        json!({
            "holds": seen.mount.holds(),
            "target": seen.mount.target,
            "namespace": seen.mount.id.as_ref().map(|id| &id.namespace),
            "id": seen.mount.id.as_ref().map(|id| &id.id),
            "record": record.id,
            "bytes": record.size,
            "in_use": record.in_use,
            "last_used_seconds_ago": record.unused_for,
            "uses": record.usage_count,
            "used_by": seen.used_by,
        })
    };
    let sum = |sum: &Sum| json!({ "records": sum.records, "bytes": sum.bytes });
    let ages = looked.fresh.ages(values::now());
    json!({
        "mounts": report.mounts.iter().map(mount).collect::<Vec<_>>(),
        "layers": sum(&report.layers),
        "local_sources": sum(&report.sources),
        "others": sum(&report.others),
        "total": sum(&report.total),
        "reclaimable_bytes": report.reclaimable,
        "built_fresh": ages.iter().map(|(services, age)| json!({ "services": services, "seconds_ago": age })).collect::<Vec<_>>(),
        "use_is_unknown": looked.unread,
    })
}
