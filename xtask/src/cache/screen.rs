//! The build cache as a table for people, and as JSON.

use owo_colors::OwoColorize as _;
use serde_json::json;

use crate::cache::listing::{self, COLUMNS, Seen, Sum};
use crate::cache::look::Looked;
use crate::fresh::kept_values as values;
use crate::ui::style::Styles;
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

/// The mounts as a table with its head.
fn table(mounts: &[Seen], styles: &Styles) -> String {
    let rows = listing::table(mounts);
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([COLUMNS[at].0.len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(&widths).zip(&COLUMNS).map(|((cell, width), (_, is_number))| {
            let gap = " ".repeat(width - cell.chars().count());
            if *is_number { format!("{gap}{cell}") } else { format!("{cell}{gap}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head = line(&COLUMNS.map(|(name, _)| name.to_owned()));
    let mut text = format!("{}\n", head.style(styles.faint));
    for row in &rows {
        text.push_str(&line(row));
        text.push('\n');
    }
    text
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
