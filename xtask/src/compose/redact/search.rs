//! Where values stand in a text, and the text without them.

use std::cmp::Reverse;
use std::ops::Range;

use crate::compose::redact::{SHORTEST_PART, Secrets};
use crate::ui::secret::spans;

/// Letters alone that are no longer than this may be a word, or part of one: `postgres` is no part of `postgresql`.
const LONGEST_WORD: usize = 15;

impl Secrets {
    /// A text without them, and without what is secret by its form: `${NAME}` stands where the value of `NAME` was, and `…`
    /// where there was another, or more than one. Both are looked for in the same text: what is taken out of it first would
    /// leave a rest of the other.
    pub fn redact(&self, text: &str) -> String {
        self.redact_except(text, &[])
    }

    /// The same, with what is written in a file of the project left as a part of it: who reads `/root/.cache/pip` there does
    /// not learn that `root` is a password, too. What begins with a secret may be nothing but that.
    pub fn redact_except(&self, text: &str, written: &[&str]) -> String {
        let written = written.iter().filter(|written| !written.is_empty());
        let kept: Vec<Range<usize>> =
            written.flat_map(|written| text.match_indices(written).map(|(at, found)| at..at + found.len())).collect();
        let is_kept = |span: &Range<usize>| kept.iter().any(|it| it.start < span.start && span.end <= it.end);
        let of_form = spans(text).into_iter().map(|span| (span, "…"));
        let mut found: Vec<(Range<usize>, &str)> = self.found(text).into_iter().chain(of_form).collect();
        found.retain(|(span, _)| !is_kept(span));
        found.sort_by_key(|(span, _)| (span.start, Reverse(span.end)));
        let mut whole = String::new();
        let mut at = 0;
        let mut spans = found.into_iter().peekable();
        while let Some((mut span, mut shown)) = spans.next() {
            // The pieces of a long value are one.
            let is_more = |end: usize, shown: &str, (next, its): &(Range<usize>, &str)| {
                next.start < end || next.start == end && *its == shown
            };
            while let Some((next, its)) = spans.next_if(|next| is_more(span.end, shown, next)) {
                if next.end > span.end {
                    shown = if its == shown { shown } else { "…" };
                    span.end = next.end;
                }
            }
            whole.push_str(&text[at..span.start]);
            whole.push_str(shown);
            at = span.end;
        }
        whole + &text[at..]
    }

    /// Where values are, and what is shown for each.
    fn found(&self, text: &str) -> Vec<(Range<usize>, &str)> {
        let values: Vec<(&str, &str)> = self.values.iter().map(|(value, shown)| (&**value, &**shown)).collect();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            // Another may begin within it, and go on behind it.
            found.extend(longest(&values, text, at).map(|(value, shown)| (at..at + value.len(), shown)));
            at += c.len_utf8();
        }
        found
    }
}

/// The longest of some sorted values that begins at this place.
fn longest<'v>(mut values: &[(&'v str, &'v str)], text: &str, at: usize) -> Option<(&'v str, &'v str)> {
    let mut found = None;
    for (index, byte) in text[at..].bytes().enumerate() {
        // Those that go on with this byte; one that ends here comes first.
        let byte_of = |value: &&str| value.as_bytes().get(index).copied();
        let start = values.partition_point(|(value, _)| byte_of(value) < Some(byte));
        let length = values[start..].partition_point(|(value, _)| byte_of(value) == Some(byte));
        values = &values[start..start + length];
        let Some(first) = values.first().copied() else { break };
        if first.0.len() == index + 1 && stands(text, at, first.0) {
            found = Some(first);
        }
    }
    found
}

/// Whether a value found in a text is not just part of a longer word. One that can't be a word is redacted even inside
/// another: `v${TOKEN}`.
fn stands(text: &str, at: usize, value: &str) -> bool {
    let may_be_a_word =
        may_be_a_word(value) || value.len() <= 4 * SHORTEST_PART && value.chars().count() <= SHORTEST_PART;
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    !may_be_a_word || !(is_word(text[..at].chars().next_back()) || is_word(text[at + value.len()..].chars().next()))
}

/// Whether a value looks like a word.
pub fn may_be_a_word(value: &str) -> bool {
    value.len() <= 4 * LONGEST_WORD && value.chars().count() <= LONGEST_WORD && value.chars().all(char::is_alphabetic)
}
