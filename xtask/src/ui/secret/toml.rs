//! The text of a TOML file, where mistakes are shown.

use std::borrow::Cow;
use std::ops::Range;

use crate::ui::secret::names::is_secret;
use crate::ui::secret::replaced;
use crate::ui::secret::spans::{is_mark, spans, until};

/// The text of a TOML file whose places are shown: a `*` for each byte, so that all places stay.
pub fn starred(text: &str) -> Cow<'_, str> {
    let mut spans = spans(text);
    spans.extend(text.match_indices('=').filter_map(|(at, _)| of_toml(text, at)));
    spans.sort_by_key(|span| span.start);
    let star = |c: char| if c.is_whitespace() || is_mark(c) { c.to_string() } else { "*".repeat(c.len_utf8()) };
    replaced(text, spans, |value| value.chars().map(star).collect())
}

/// The value behind an equals sign of TOML's whose name is secret: a text in quotes, on one line or on several. Anything else
/// (a list, a table, a mistake) is secret to the end of its line.
fn of_toml(text: &str, equals: usize) -> Option<Range<usize>> {
    let (before, after) = (&text[..equals], &text[equals + 1..]);
    let start = before.rfind(['\n', '=', '{', ',']).map_or(0, |at| at + 1);
    let begins_line = start == 0 || before[..start].ends_with('\n');
    let key = before[start..].trim();
    let name = key.trim_matches(is_mark);
    // Further inside of a line it may also be a word of a text.
    let is_key = begins_line || matches!(key.len() - name.len(), 0 | 2) && !name.contains(char::is_whitespace);
    if !is_key || !is_secret(name) {
        return None;
    }
    let value = after.trim_start_matches([' ', '\t']);
    let begin = equals + 1 + after.len() - value.len();
    for mark in ["\"\"\"", "'''"] {
        if let Some(rest) = value.strip_prefix(mark) {
            return Some(begin + 3..begin + 3 + until(rest, mark));
        }
    }
    let line = value.split('\n').next().unwrap_or(value).trim_end();
    for mark in ["\"", "'"] {
        let Some(inner) = line.strip_prefix(mark) else { continue };
        let length = until(inner, mark);
        let rest = inner[length..].strip_prefix(mark).unwrap_or_default().trim_start();
        let is_end = rest.is_empty() || rest.starts_with('#') || !begins_line && rest.starts_with([',', '}']);
        if is_end {
            return Some(begin + 1..begin + 1 + length);
        }
    }
    if line.starts_with('[') && !line.contains(']') {
        let closing = value.split_inclusive('\n').take_while(|line| !line.trim_start().starts_with(']'));
        return Some(begin..begin + closing.map(str::len).sum::<usize>());
    }
    Some(begin..begin + line.len())
}
