//! Which variables are secret: by their name, or by the form of their value. docs/troubleshooting.md has the list. What we
//! print passes through [`hidden`].

mod address;
mod flags;
mod names;
mod parts;
mod spans;
mod toml;
mod values;
mod words;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::ops::Range;

pub use self::flags::values_of;
pub use self::names::{is_secret, is_secret_option};
pub use self::parts::secret_parts;
pub use self::spans::{spans, until};
pub use self::toml::starred;
pub use self::values::{SHORTEST, is_harmless};
pub use self::words::{hidden_words, is_script};

/// A text as it may be printed, with `…` in place of the values of secret names (`NAME=value`, `NAME = "value"`,
/// `--name=value`) and of passwords in addresses.
pub fn hidden(text: &str) -> Cow<'_, str> {
    replaced(text, spans(text), |_| "…".to_owned())
}

/// A step's line as it may be printed, with `…` in place of the values of these flags (`--token`, `-t`) of the task it calls.
pub fn hidden_step<'a>(line: &'a str, flags: &HashSet<String>) -> Cow<'a, str> {
    replaced(line, values_of(line, flags), |_| "…".to_owned())
}

/// How many secret parts of a value are looked for in all of it.
const MOST_PARTS: usize = 64;

/// A variable's value as it may be printed, with `…` in place of secrets.
pub fn shown(name: &str, value: &str) -> String {
    let ranges = parts::ranges(value);
    if is_secret(name) && !value.is_empty() && !is_harmless(value) || ranges.len() > MOST_PARTS {
        return "…".to_owned();
    }
    let mut parts: Vec<&str> = ranges.iter().map(|range| &value[range.clone()]).collect();
    // Each may stand a second time in it. The longest first: another may be a part of it.
    parts.retain(|part| part.chars().nth(SHORTEST - 1).is_some());
    parts.sort_by_key(|part| Reverse(part.len()));
    let shown = replaced(value, ranges, |_| "…".to_owned()).into_owned();
    parts.iter().fold(shown, |shown, part| shown.replace(part, "…"))
}

/// The spans are in the order of their starts, and may overlap.
fn replaced(text: &str, spans: Vec<Range<usize>>, by: impl Fn(&str) -> String) -> Cow<'_, str> {
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut whole, mut at) = (String::new(), 0);
    for span in spans {
        let start = span.start.max(at);
        if start < span.end {
            whole.push_str(&text[at..start]);
            whole.push_str(&by(&text[start..span.end]));
            at = span.end;
        }
    }
    whole.push_str(&text[at..]);
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests;
