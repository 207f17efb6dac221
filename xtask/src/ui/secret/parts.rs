//! The secret parts of a value whose name does not mean a secret.

use std::cmp::Reverse;
use std::ops::Range;

use crate::ui::secret::address::passwords;
use crate::ui::secret::names::is_secret_within;
use crate::ui::secret::spans::{is_mark, of_json, spans, until};
use crate::ui::secret::values::is_harmless;

/// The secret parts of a value whose name does not mean a secret: the passwords of addresses
/// (`scheme://user:PASSWORD@host`), and the values of secret names inside of it (`?password=…`, `Server=db;Password=…`,
/// `{"password": "…"}`, `--password …`).
pub fn secret_parts(value: &str) -> Vec<&str> {
    ranges(value).into_iter().map(|part| &value[part]).collect()
}

/// Where they are, in their order. They may overlap: where the end of one is not certain, there are both.
pub(super) fn ranges(value: &str) -> Vec<Range<usize>> {
    let mut parts = fields(value);
    parts.extend(passwords(value));
    let mut end = 0;
    for (colon, _) in value.match_indices(':') {
        // What is in a secret value is one already.
        if let Some(span) = (colon >= end).then(|| of_json(value, colon)).flatten() {
            end = span.end;
            parts.push(span);
        }
    }
    parts.extend(spans(value));
    parts.retain(|part| !part.is_empty() && !is_harmless(&value[part.clone()]));
    parts.sort_by_key(|part| (part.start, Reverse(part.end)));
    parts.dedup();
    parts
}

/// What separates the fields of a connection string.
const SEPARATORS: [char; 7] = ['?', '&', ';', ' ', '\t', '\r', '\n'];

/// The fields of a connection string with secret names. Quotes and braces may be around a value.
fn fields(value: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut read = 0;
    for (equals, _) in value.match_indices('=') {
        let before = value.get(read..equals).unwrap_or_default();
        let name = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c))).next();
        if !is_secret_within(name.unwrap_or_default()) {
            read = read.max(equals + 1);
            continue;
        }
        let begin = equals + 1;
        let after = &value[begin..];
        let (opening, length) = if after.starts_with(is_mark) {
            (1, until(&after[1..], &after[..1]))
        } else if let Some(inner) = after.strip_prefix('{') {
            (1, inner.find('}').unwrap_or(inner.len()))
        } else {
            (0, after.find(SEPARATORS).unwrap_or(after.len()))
        };
        let begin = begin + opening;
        read = begin + length;
        let comma = value[begin..read].find(',').filter(|_| opening == 0);
        found.extend(comma.map(|comma| begin..begin + comma));
        found.push(begin..read);
    }
    found
}
