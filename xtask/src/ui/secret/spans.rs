//! Where the secret values of a text are.

use std::ops::Range;

use crate::ui::secret::address::password;
use crate::ui::secret::names::{is_secret_as, is_secret_behind};
use crate::ui::secret::values::{SHORTEST, is_harmless, is_literal, is_placeholder};

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
    // Between semicolons, braces are those of a connection string, and elsewhere a placeholder's.
    if let Some(length) = in_braces(inner)
        .filter(|end| start.is_some_and(|at| tight[at..].starts_with(';')) || inner[*end..].starts_with(';'))
    {
        let begin = text.len() - inner.len() + 1;
        return is_long_enough(&inner[1..length - 1]).then(|| begin..begin + length - 2);
    }
    let opening = if inner.starts_with("\\\"") { 2 } else { usize::from(inner.starts_with(is_mark)) };
    let value = &inner[opening..];
    if opening == 0 && is_apart || is_placeholder(value) {
        return None;
    }
    let length = match (opening, start.filter(|at| tight[*at..].starts_with(is_mark))) {
        (2, _) => {
            let line = value.split('\n').next().unwrap_or(value);
            line.find("\\\"").unwrap_or(line.len())
        }
        (1, _) => until(value, &inner[..1]),
        (_, Some(at)) => until(value, &tight[at..at + 1]),
        _ => in_braces(value).unwrap_or_else(|| word(value)),
    };
    let begin = text.len() - value.len();
    is_long_enough(&value[..length]).then(|| begin..begin + length)
}

fn is_long_enough(value: &str) -> bool {
    value.chars().nth(SHORTEST - 1).is_some()
}

/// The length of `{…}`, as a password stands in a connection string of ODBC's. Longer text is not a password.
fn in_braces(text: &str) -> Option<usize> {
    const LONGEST: usize = 200;
    let inner = text.strip_prefix('{')?;
    let end = inner.char_indices().take(LONGEST).take_while(|(_, c)| *c != '\n').find(|(_, c)| *c == '}')?.0;
    Some(end + 2)
}

/// The next word behind an option such as `--password`, also where each word is a text of a list: `"--password", "…"`.
fn of_option(text: &str, dash: usize) -> Option<Range<usize>> {
    // Only where a word begins: what may be in a name is read once.
    let is_in_name = |c: char| c == '-' || c == '_' || c.is_ascii_alphanumeric();
    let begins = !text[..dash].ends_with(is_in_name);
    let name = text[dash..].strip_prefix("--").filter(|_| begins)?.split(|c| !is_in_name(c)).next()?;
    let end = dash + 2 + name.len();
    let after = &text[end..];
    let of_list = || after.strip_prefix(is_mark)?.trim_start().strip_prefix(',').map(str::trim_start);
    let value = after.strip_prefix(' ').or_else(of_list)?;
    let (mark, inner) = value.split_at(usize::from(value.starts_with(is_mark)));
    let is_option = value.starts_with('-') || !after.starts_with(' ') && inner.starts_with('-');
    if is_option || is_placeholder(inner) || !is_secret_behind(&text[dash..end], value) {
        return None;
    }
    let length = if mark.is_empty() { word(inner) } else { until(inner, mark) };
    let begin = text.len() - inner.len();
    (length >= SHORTEST).then(|| begin..begin + length)
}

/// The value behind a secret key of JSON's: a text, a number, or a list.
pub(super) fn of_json(text: &str, colon: usize) -> Option<Range<usize>> {
    let key = text[..colon].trim_end().strip_suffix('"')?;
    let value = text[colon + 1..].trim_start();
    if !is_secret_as(&key[key.rfind('"')? + 1..], value) {
        return None;
    }
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
    let rest = text[colon..].strip_prefix("://")?;
    // The next one is read for itself.
    let rest = &rest[..rest.find("://").unwrap_or(rest.len())];
    let ends = |c: char| c.is_whitespace() || c.is_control() || "\"'`<>\\".contains(c);
    let found = password(&rest[..rest.find(ends).unwrap_or(rest.len())]).last()?;
    Some(colon + 3 + found.start..colon + 3 + found.end)
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
    let ends = |(at, c): &(usize, char)| match c {
        ' ' => !text[..*at].ends_with('\\'),
        '\\' => text[*at..].starts_with("\\n"),
        _ => ends_word(*c),
    };
    let end = text.char_indices().find(ends).map_or(text.len(), |(at, _)| at);
    text[..end].trim_end_matches([',', '.', '\\']).len()
}

pub(super) fn ends_word(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\"'`;&|()<>".contains(c)
}

pub(super) fn is_mark(c: char) -> bool {
    c == '"' || c == '\''
}
