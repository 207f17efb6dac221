//! The engine's build cache, as docker prints it.

use serde_json::Value;

use crate::docker::facts::Record;

/// For `docker system df -v`: the build cache alone, a JSON array on one line (20.10, 26.1, 28.5; no buildx needed).
pub const BUILD_CACHE: &str = "{{json .BuildCache}}";

/// Reads what [`BUILD_CACHE`] asks for. `None` if it is something else.
pub fn of_system_df(output: &str) -> Option<Vec<Record>> {
    let value: Value = serde_json::from_str(output.trim()).ok()?;
    // An engine without any says `null`.
    if value.is_null() {
        return Some(Vec::new());
    }
    value.as_array()?.iter().map(record).collect()
}

fn record(value: &Value) -> Option<Record> {
    let text = |key: &str| match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(other @ (Value::Number(_) | Value::Bool(_))) => other.to_string(),
        _ => String::new(),
    };
    Some(Record {
        id: Some(text("ID")).filter(|id| !id.is_empty())?,
        kind: text("CacheType"),
        description: text("Description"),
        parents: list(&text("Parent")),
        size: bytes(&text("Size")).unwrap_or(0),
        in_use: text("InUse") == "true",
        shared: text("Shared") == "true",
        usage_count: text("UsageCount").parse().unwrap_or(0),
        unused_for: duration(&text("LastUsedSince")),
    })
}

/// Reads `docker buildx du --verbose` (buildx 0.13 and 0.29): lines `Key: value`, a blank line after each record.
/// It asks the selected builder, and does not walk the volumes as `docker system df` does. `None` if it is something else,
/// or was cut: the last of the sums stands at the end, for an empty cache, too.
pub fn of_buildx_du(output: &str) -> Option<Vec<Record>> {
    let mut records = Vec::new();
    let mut record = Record::default();
    // The text of a here-document is printed as it is, with all of its lines.
    let mut in_description = false;
    for line in output.lines().chain(["ID:"]) {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.trim();
        if in_description && !["Usage count", "Last used", "Type"].contains(&key) {
            record.description.push('\n');
            record.description.push_str(line);
            continue;
        }
        in_description = key == "Description";
        // Below `Parents:`.
        if let Some(parent) = line.strip_prefix(" - ") {
            record.parents.push(parent.trim().to_owned());
        }
        // A blank line ends a record: the sums after the last one have the same keys as a record.
        if line.is_empty() || key == "ID" {
            let done = std::mem::take(&mut record);
            if !done.id.is_empty() {
                records.push(done);
            }
        }
        match key {
            "ID" => {
                record.id = value.trim_end_matches('*').to_owned();
                // Buildx has no line for this; what is reclaimable is not in use.
                record.in_use = true;
            }
            // Buildx 0.13 has them on one line.
            "Parent" | "Parents" => record.parents.extend(list(value)),
            "Type" => record.kind = value.to_owned(),
            "Description" => record.description = value.to_owned(),
            "Size" => record.size = bytes(value).unwrap_or(0),
            "Reclaimable" => record.in_use = value != "true",
            "Shared" => record.shared = value == "true",
            "Usage count" => record.usage_count = value.parse().unwrap_or(0),
            "Last used" => record.unused_for = duration(value),
            _ => {}
        }
    }
    let is_whole = output.lines().rev().find(|line| !line.is_empty()).is_some_and(|line| line.starts_with("Total:"));
    is_whole.then_some(records)
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// Bytes of a size as docker prints it, in powers of 1000 (`33.5MB`) or 1024 (`24.2GiB`).
pub fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim();
    let base: f64 = if unit.contains('i') { 1024.0 } else { 1000.0 };
    let power = "bkmgtp".find(unit.chars().next().unwrap_or('b').to_ascii_lowercase())?;
    Some((number * base.powi(power as i32)) as u64)
}

/// Seconds of a time as docker says it (docker/go-units, `HumanDuration`): `47 hours ago`, `About a minute ago`.
pub fn duration(text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let text = text.strip_suffix(" ago").unwrap_or(&text);
    if text.starts_with("less than a second") {
        return Some(0);
    }
    let mut words = text.strip_prefix("about ").unwrap_or(text).split_whitespace();
    let number = match words.next()? {
        "a" | "an" => 1,
        number => number.parse::<u64>().ok()?,
    };
    let unit = match words.next()?.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        "day" => 86400,
        "week" => 7 * 86400,
        "month" => 30 * 86400,
        "year" => 365 * 86400,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded: engine 20.10.24 and 26.1.5, the second with `jq`'s eyes on it.
    const OF_20: &str = r#"[{"CacheType":"exec.cachemount","CreatedAt":"2026-11-24 16:15:18.981123813 +0000 UTC","CreatedSince":"Less than a second ago","Description":"cached mount /root/.cache/pip from exec /bin/sh -c echo hello \u003e /root/.cache/pip/x","ID":"60brutv6yggyfokgw3m0wzbnj","InUse":"false","LastUsedAt":"2026-11-24 16:15:19.198354338 +0000 UTC","LastUsedSince":"3 hours ago","Parent":"","Shared":"false","Size":"33.5MB","UsageCount":"1"}]"#;

    #[test]
    fn records_of_system_df() {
        let records = of_system_df(OF_20).unwrap();
        let record = &records[0];
        assert_eq!(
            (record.kind.as_str(), record.size, record.unused_for),
            ("exec.cachemount", 33_500_000, Some(10_800))
        );
        assert_eq!((record.in_use, record.usage_count), (false, 1));
        assert_eq!(of_system_df("null"), Some(Vec::new()));
        for other in ["Cannot connect", "", "{}", "[1]", "[{}]", "[[]]", "7", &OF_20[..OF_20.len() - 9]] {
            assert_eq!(of_system_df(other), None, "{other}");
        }
        let odd =
            r#"[{"ID":"a","Size":12,"InUse":true,"UsageCount":-1},{"ID":"b","Size":null},{"ID":"c","Size":1e999}]"#;
        assert_eq!(of_system_df(odd), None, "no JSON");
        let odd = odd.replace("1e999", "\"9e9PB\"");
        let sizes: Vec<u64> = of_system_df(&odd).unwrap().iter().map(|record| record.size).collect();
        assert_eq!(sizes, [12, 0, 0]);
    }

    #[test]
    fn records_of_buildx_du() {
        // Buildx 0.29.1 and 0.13.1: the blanks differ.
        let said = "ID:           a1\nParents:\n - b2\nCreated at:   2026-11-24 16:15:21.019207726 +0000 UTC\n\
                    Mutable:      true\nReclaimable:  true\nShared:       true\nSize:         6B\n\
                    Description:  cached mount /x from exec /bin/sh -c echo: y with id \"/own\"\nUsage count:  3\n\
                    Last used:    2 days ago\nType:         exec.cachemount\n\n\
                    ID:\t\tc3\nReclaimable:\tfalse\nSize:\t\t241B\nType:\t\tsource.local\n\nReclaimable:\t735B\nTotal:\t\t735B\n";
        let of_sums = said.replace("Reclaimable:\tfalse", "Reclaimable:\ttrue");
        assert!(!of_buildx_du(&of_sums).unwrap()[1].in_use, "the sums are no part of the last record");
        let records = of_buildx_du(said).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!((records[0].id.as_str(), records[0].usage_count, records[0].unused_for), ("a1", 3, Some(172_800)));
        assert!(records[0].description.ends_with("with id \"/own\""));
        assert_eq!(records[0].parents, ["b2"]);
        assert_eq!(of_buildx_du("ID:\t\ta1\nParent:\t\tb2\n\nTotal:\t0B\n").unwrap()[0].parents, ["b2"]);
        assert!(records[0].shared && !records[0].in_use);
        assert_eq!((records[1].id.as_str(), records[1].size), ("c3", 241));
    }

    #[test]
    fn an_answer_of_another_form_is_no_empty_cache() {
        assert_eq!(of_buildx_du("Reclaimable:\t0B\nTotal:\t\t0B\n"), Some(Vec::new()));
        let cut = "ID:\ta1\nDescription:\tRUN cat <<EOF\nTotal:\nEOF\nSize:\t5";
        for other in ["", "<html>", "ID", "{\"ID\":\"a\"}", cut] {
            assert_eq!(of_buildx_du(other), None, "{other}");
        }
    }

    #[test]
    fn a_description_may_have_many_lines() {
        let said = "ID:\ta1\nSize:\t5B\nDescription:\tmount / from exec /bin/sh -c echo a\nSize: b\n\necho c\nUsage count:\t1\nType:\tregular\n\nID:\tb2\n\nTotal:\t5B\n";
        let records = of_buildx_du(said).unwrap();
        assert_eq!(records.len(), 2);
        assert!(records[0].description.ends_with("echo a\nSize: b\n\necho c"), "{:?}", records[0]);
        assert_eq!((records[0].size, records[0].kind.as_str()), (5, "regular"));
    }

    #[test]
    fn sizes_and_times() {
        assert_eq!(bytes("0B"), Some(0));
        assert_eq!(bytes("1.5kB"), Some(1500));
        assert_eq!(bytes("2GiB"), Some(2 << 30));
        assert_eq!(bytes("big"), None);
        assert_eq!(duration("About an hour ago"), Some(3600));
        assert_eq!(duration("Less than a second ago"), Some(0));
        assert_eq!(duration("5 weeks ago"), Some(5 * 604_800));
        assert_eq!(duration(""), None);
    }

    #[test]
    fn any_output_is_read_without_a_panic() {
        for text in
            ["", "ID:", "ID:x\nSize:\u{e9}", "[1,{}]", "Size:9999999999999999999999GB\nLast used: 9e9 years", "{}"]
        {
            let _ = (of_buildx_du(text), of_system_df(text), bytes(text), duration(text));
        }
    }
}
