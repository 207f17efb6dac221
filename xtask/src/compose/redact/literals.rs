//! The values that a compose file says itself, wherever they stand in it.

use serde_json::Value;

use crate::compose::yaml;

/// A service's list of the names of its secrets.
const LIST: &str = "secrets";

/// Keys whose own keys people choose.
const NAMED: [&str; 2] = ["extra_hosts", "additional_contexts"];

/// Every value with its name: of a file that can't be read, as far as single lines tell.
pub fn of_compose(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    match yaml::documents(text) {
        Ok(documents) => documents.iter().for_each(|document| of_value("", &document.value, &mut found)),
        Err(_) => of_lines(text, &mut found),
    }
    found
}

fn of_value(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        // The names of hosts and of folders are no variables.
        Value::Object(map) if NAMED.contains(&name) => map.values().for_each(|value| of_value("", value, found)),
        Value::Object(map) => map.iter().for_each(|(name, value)| of_value(name, value, found)),
        Value::Array(items) => {
            for item in items {
                let pair = item.as_str().and_then(|item| item.split_once('=')).filter(|(name, _)| is_name(name));
                match pair {
                    Some((name, value)) => found.push((name.to_owned(), value.to_owned())),
                    None => of_value(if name == LIST { "" } else { name }, item, found),
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
        value => found.push((name.to_owned(), yaml::shown(value))),
    }
}

/// `NAME: value` and `- NAME=value`, in quotes or not, also within a map on one line; and a block below its name.
fn of_lines(text: &str, found: &mut Vec<(String, String)>) {
    // The name whose lines these are, and how deep it stands.
    let mut block: Option<(String, usize)> = None;
    for line in text.lines() {
        let entry = line.trim();
        let depth = line.len() - line.trim_start().len();
        if let Some((name, _)) = block.as_ref().filter(|(_, above)| depth > *above || entry.is_empty()) {
            found.push((name.clone(), entry.to_owned()));
            continue;
        }
        block = None;
        if entry.starts_with('#') {
            continue;
        }
        let whole = literal(entry);
        if let Some((name, value)) = whole.as_ref().filter(|(_, value)| value.starts_with(['|', '>'])) {
            block = (value.len() <= 3).then(|| (name.clone(), depth));
        }
        found.extend(whole);
        if entry.contains(['{', '[']) {
            found.extend(entry.split(['{', '}', '[', ']', ',']).filter_map(literal));
        }
    }
}

fn literal(entry: &str) -> Option<(String, String)> {
    let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    let entry = bare(entry.trim().trim_start_matches("- "));
    let (name, value) = entry.split_once(['=', ':'])?;
    let (name, value) = (bare(name), bare(value.split(" #").next().unwrap_or(value)));
    (is_name(&name) && name != LIST).then_some((name, value))
}

/// The variables whose values are one of `secrets`: `environment: NAME`.
pub fn variables_of_secrets(text: &str) -> impl Iterator<Item = String> {
    const KEY: &str = "environment:";
    let values = text.match_indices(KEY).map(|(at, _)| text[at + KEY.len()..].trim_start_matches([' ', '"', '\'']));
    let names =
        values.map(|value| &value[..value.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(value.len())]);
    names.filter(|name| is_name(name)).map(str::to_owned)
}

pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}
