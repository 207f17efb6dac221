//! What is secret in a text that is: a file of `secrets` may be one value, lines of names and values, or JSON.

use serde_json::Value;

use crate::ui::secret::{is_harmless, is_secret, secret_parts};

/// A line that is shorter, of several, could be anything.
const SHORTEST_LINE: usize = 5;

/// The text itself, its lines, and what is secret within them. In JSON: the text itself, and the values of secret names.
pub fn secrets_of(text: &str) -> Vec<String> {
    let text = text.trim();
    let mut found = vec![text.to_owned()];
    match serde_json::from_str(text) {
        Ok(json @ (Value::Object(_) | Value::Array(_))) => of_json(&json, false, &mut found),
        _ if !text.contains('\n') => found.extend(of_line(text)),
        _ => found.extend(text.lines().map(str::trim).filter(|line| is_content(line)).flat_map(of_line)),
    }
    found.retain(|part| !is_harmless(part));
    found
}

/// Not a title (`[global]`), nor the begin or the end of a key.
fn is_content(line: &str) -> bool {
    let is_title = line.starts_with('[') && line.ends_with(']') || line.starts_with("-----");
    line.chars().count() >= SHORTEST_LINE && !is_title
}

fn of_line(line: &str) -> Vec<String> {
    let mut found = secret_parts(line);
    // `NAME = value`, `"name": "value",`
    let pairs = ['=', ':'].into_iter().filter_map(|mark| line.split_once(mark));
    found.extend(pairs.filter(|(name, _)| is_secret(bare(name))).map(|(_, value)| bare(value)));
    // `machine HOST login USER password VALUE` of .netrc.
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_name = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphabetic()) && is_secret(word);
    found.extend(words.windows(2).filter(|pair| is_name(pair[0])).map(|pair| pair[1]));
    // `user:password`, and the five fields of .pgpass.
    if found.is_empty() && words.len() == 1 && !line.contains("://") {
        found.extend(line.rsplit_once(':').map(|(_, password)| password));
    }
    found.extend([line, bare(line)]);
    found.into_iter().map(str::to_owned).collect()
}

/// Without its quotes and the comma behind it.
fn bare(text: &str) -> &str {
    text.trim().trim_matches(['"', '\'', ','])
}

/// `within`: the name in front of it is secret.
fn of_json(json: &Value, within: bool, found: &mut Vec<String>) {
    match json {
        Value::Object(entries) => entries.iter().for_each(|(name, value)| of_json(value, is_secret(name), found)),
        Value::Array(values) => values.iter().for_each(|value| of_json(value, within, found)),
        Value::String(text) if within => {
            found.push(text.clone());
            found.extend(text.lines().filter(|line| is_content(line)).map(str::to_owned));
        }
        Value::String(text) => found.extend(secret_parts(text).into_iter().map(str::to_owned)),
        Value::Number(number) if within => found.push(number.to_string()),
        _ => {}
    }
}
