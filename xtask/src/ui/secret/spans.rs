//! Where the secret values of a text are.

use std::ops::Range;

use crate::ui::secret::names::{is_secret, is_secret_as};
use crate::ui::secret::values::{SHORTEST, is_harmless, is_literal};

/// Where secret values are, in their order.
pub fn spans(text: &str) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for (at, mark) in text.match_indices(['=', ':', '-']) {
        // What is in a secret value is one already.
        if spans.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let found = match mark {
            "=" => of_name(text, at),
            ":" => of_address(text, at).or_else(|| of_json(text, at)),
            _ => of_option(text, at),
        };
        spans.extend(found.filter(|span| is_literal(&text[span.clone()])));
    }
    spans
}

/// The value behind an equals sign whose name is secret.
fn of_name(text: &str, equals: usize) -> Option<Range<usize>> {
    let (before, after) = (&text[..equals], &text[equals + 1..]);
    let tight = before.trim_end_matches(' ');
    let ends_name = |c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c));
    let start = tight.rfind(ends_name);
    let name = start.map_or(tight, |at| tight[at..].trim_start_matches(ends_name));
    if !is_secret_as(name, after) || after.starts_with('=') {
        return None;
    }
    let inner = after.trim_start_matches(' ');
    // `NAME = value` without quotes is a sentence, or a number of TOML's.
    let is_apart = inner.len() < after.len() || tight.len() < before.len();
    let (opening, length) = if let Some(value) = inner.strip_prefix("\\\"") {
        let line = value.split('\n').next().unwrap_or(value);
        (2, line.find("\\\"").unwrap_or(line.len()))
    } else if inner.starts_with(is_mark) {
        (1, until(&inner[1..], &inner[..1]))
    } else if is_apart {
        return None;
    } else if let Some(at) = start.filter(|at| tight[*at..].starts_with(is_mark)) {
        (0, until(inner, &tight[at..at + 1]))
    } else {
        (0, word(inner))
    };
    let begin = equals + 1 + (after.len() - inner.len()) + opening;
    (text[begin..begin + length].chars().count() >= SHORTEST).then(|| begin..begin + length)
}

/// The next word behind an option such as `--password`, also where each word is a text of a list: `"--password", "…"`.
fn of_option(text: &str, dash: usize) -> Option<Range<usize>> {
    // Only where a word begins: a long row of dashes is read once.
    let begins = !text[..dash].ends_with(|c: char| c == '-' || c.is_ascii_alphanumeric());
    let name = text[dash..]
        .strip_prefix("--")
        .filter(|_| begins)?
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
        .next()?;
    let end = dash + 2 + name.len();
    let after = &text[end..];
    let of_list = || after.strip_prefix(is_mark)?.trim_start().strip_prefix(',').map(str::trim_start);
    let value = after.strip_prefix(' ').or_else(of_list)?;
    let begin = text.len() - value.len();
    let (opening, length) = match value.starts_with(is_mark) {
        true => (1, until(&value[1..], &value[..1])),
        false => (0, word(value)),
    };
    let is_option = value.starts_with('-') || !after.starts_with(' ') && value[opening..].starts_with('-');
    let is_value = length >= SHORTEST && !is_option && is_secret_as(&text[dash..end], value);
    is_value.then(|| begin + opening..begin + opening + length)
}

/// The value behind a secret key of JSON's: a text, a number, or a list.
pub(super) fn of_json(text: &str, colon: usize) -> Option<Range<usize>> {
    let key = text[..colon].trim_end().strip_suffix('"')?;
    if !is_secret(&key[key.rfind('"')? + 1..]) {
        return None;
    }
    let value = text[colon + 1..].trim_start();
    let (opening, length) = if let Some(inner) = value.strip_prefix("\\\"") {
        (2, inner.find("\\\"").unwrap_or(inner.len()))
    } else if let Some(inner) = value.strip_prefix('"') {
        (1, until(inner, "\""))
    } else if value.starts_with('[') {
        // One without end is all of the rest, which is then read once.
        (0, value.find(']').map_or(value.len(), |end| end + 1))
    } else {
        (0, value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len()))
    };
    let begin = text.len() - value.len() + opening;
    (length >= SHORTEST && !is_harmless(&text[begin..begin + length])).then(|| begin..begin + length)
}

/// The password of `scheme://user:PASSWORD@host`, from the first colon.
fn of_address(text: &str, colon: usize) -> Option<Range<usize>> {
    let begin = colon + text[colon..].strip_prefix("://").map(|_| 3)?;
    let ends = |c: char| c.is_whitespace() || c.is_control() || "/?#\"'`<>\\".contains(c);
    let authority = &text[begin..begin + text[begin..].find(ends).unwrap_or(text.len() - begin)];
    let (user, _) = authority.rsplit_once('@')?;
    let (name, _) = user.split_once(':')?;
    Some(begin + name.len() + 1..begin + user.len())
}

/// The length of a text up to this quote, or to the end of its line: only one of three quotes has several. In double quotes
/// a backslash takes the next character along.
pub fn until(text: &str, mark: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if c == '\n' && mark.len() == 1 || !is_escaped && text[at..].starts_with(mark) {
            return at;
        }
        is_escaped = !is_escaped && c == '\\' && mark.starts_with('"');
    }
    text.len()
}

/// The length of a word without quotes, as in a shell, a sentence or a string of JSON's. A blank behind a backslash is part
/// of it.
fn word(text: &str) -> usize {
    let end = text.match_indices(ends_word).find(|(at, c)| *c != " " || !text[..*at].ends_with('\\'));
    let word = &text[..end.map_or(text.len(), |(at, _)| at)];
    word[..word.find("\\n").unwrap_or(word.len())].trim_end_matches([',', '.', '\\']).len()
}

pub(super) fn ends_word(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\"'`;&|()<>".contains(c)
}

pub(super) fn is_mark(c: char) -> bool {
    c == '"' || c == '\''
}
