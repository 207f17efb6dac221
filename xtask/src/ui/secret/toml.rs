//! The text of a TOML file, where mistakes are shown.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use crate::ui::secret::flags::values_of;
use crate::ui::secret::names::is_secret;
use crate::ui::secret::replaced;
use crate::ui::secret::spans::{is_mark, spans, until};

/// The text of a TOML file whose places are shown: a `*` for each byte, so that all places stay. `flags` are those of its
/// tasks that have secret values, such as `--token` and `-t`.
pub fn starred<'a>(text: &'a str, flags: &HashSet<String>) -> Cow<'a, str> {
    let mut spans = spans(text);
    spans.extend(values_of(text, flags));
    let (mut end, mut line_end) = (0, 0);
    for (at, mark) in text.match_indices(|c: char| c == '=' || c == ':' || is_mark(c)) {
        // What is in a secret value is one already.
        if at < end {
            continue;
        }
        if at >= line_end {
            line_end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        }
        let found = match mark {
            "=" => key(text, at).map(|key| value(text, at + 1..line_end, key)),
            ":" => key_of_yaml(text, at).map(|key| value(text, at + 1..line_end, key)),
            _ => without_a_sign(text, at).map(|key| value(text, at..line_end, key)),
        };
        if let Some(found) = found {
            end = found.end;
            spans.push(found);
        }
    }
    spans.sort_by_key(|span| span.start);
    let star = |c: char| if c.is_whitespace() || is_mark(c) { c.to_string() } else { "*".repeat(c.len_utf8()) };
    replaced(text, spans, |value| value.chars().map(star).collect())
}

/// Where the key of a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    BeginsLine,
    InLine,
}

/// The key in front of an equals sign, if it means a secret.
fn key(text: &str, equals: usize) -> Option<Key> {
    let before = &text[..equals];
    let start = before.rfind(['\n', '=', '{', ',']).map_or(0, |at| at + 1);
    let begins_line = start == 0 || before[..start].ends_with('\n');
    let key = before[start..].trim();
    let name = key.trim_matches(is_mark);
    // Further inside of a line it may also be a word of a text.
    let is_key = begins_line || matches!(key.len() - name.len(), 0 | 2) && !name.contains(char::is_whitespace);
    (is_key && is_secret(name)).then_some(if begins_line { Key::BeginsLine } else { Key::InLine })
}

/// The same of a colon, as in YAML, or of a quote: a key and its value without a sign between them.
fn key_of_yaml(text: &str, sign: usize) -> Option<Key> {
    let before = text[..sign].trim_end_matches([' ', '\t']);
    let bare = before.strip_suffix(is_mark);
    let start = bare.unwrap_or(before).trim_end_matches(is_in_key);
    let name = &bare.unwrap_or(before)[start.len()..];
    let start = if bare.is_some() { start.strip_suffix(is_mark)? } else { start };
    let start = start.trim_end_matches([' ', '\t']);
    let key = match start.chars().next_back() {
        None | Some('\n') => Key::BeginsLine,
        Some('{' | ',') => Key::InLine,
        _ => return None,
    };
    is_secret(name).then_some(key)
}

fn without_a_sign(text: &str, mark: usize) -> Option<Key> {
    let is_apart = text[..mark].ends_with([' ', '\t']);
    key_of_yaml(text, mark).filter(|key| is_apart && *key == Key::BeginsLine)
}

fn is_in_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.-".contains(c)
}

/// The value behind a secret key: a text in quotes, on one line or on several. Anything else (a list, a table, a mistake) is
/// secret to the end of its line.
fn value(text: &str, line: Range<usize>, key: Key) -> Range<usize> {
    let after = &text[line.start..];
    let value = after.trim_start_matches([' ', '\t']);
    let begin = text.len() - value.len();
    for mark in ["\"\"\"", "'''"] {
        if let Some(rest) = value.strip_prefix(mark) {
            return begin + 3..begin + 3 + until(rest, mark);
        }
    }
    let line = text[begin..line.end].strip_suffix('\r').unwrap_or(&text[begin..line.end]);
    for mark in ["\"", "'"] {
        let Some(inner) = line.strip_prefix(mark) else { continue };
        let length = until(inner, mark);
        let rest = inner[length..].strip_prefix(mark).unwrap_or_default().trim_start();
        let is_closed = length < inner.len();
        let is_end = rest.is_empty() || rest.starts_with('#') || key == Key::InLine && rest.starts_with([',', '}']);
        if is_closed && is_end {
            return begin + 1..begin + 1 + length;
        }
    }
    if line.starts_with('[') && !line.contains(']') {
        let closing = value.split_inclusive('\n').take_while(|line| !line.trim_start().starts_with(']'));
        return begin..begin + closing.map(str::len).sum::<usize>();
    }
    let mut length = line.len();
    // A text may go on by mistake, or begin on the next line.
    while is_open(&value[..length]) {
        let rest = &value[length..];
        let next = rest.trim_start();
        let next_line = next.split('\n').next().unwrap_or(next).trim_end();
        if next_line.is_empty() || is_statement(next_line) {
            break;
        }
        length = value.len() - next.len() + next_line.len();
    }
    begin..begin + length
}

fn is_open(value: &str) -> bool {
    let line = value.rsplit('\n').next().unwrap_or(value);
    let line = line.trim_end();
    line.is_empty() || line.ends_with('\\')
}

/// Whether a line is no value: a key with its sign, a header or a comment.
fn is_statement(line: &str) -> bool {
    let rest = line.trim_start_matches(is_in_key).trim_start();
    line.starts_with(['[', '#']) || rest.len() < line.len() && rest.starts_with(['=', ':']) && !rest.starts_with("==")
}
