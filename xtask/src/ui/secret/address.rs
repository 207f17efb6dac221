//! The passwords of addresses: `scheme://user:PASSWORD@host`.

use std::ops::Range;

/// Those of all addresses in a value, whatever is between them.
pub(super) fn passwords(value: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut begins = value.match_indices("://").map(|(at, mark)| at + mark.len()).peekable();
    while let Some(begin) = begins.next() {
        let end = begins.peek().map_or(value.len(), |next| before_scheme(value, begin, next - 3));
        found.extend(password(&value[begin..end]).map(|span| begin + span.start..begin + span.end));
    }
    found
}

/// Where the address ends behind which another one begins.
fn before_scheme(value: &str, begin: usize, colon: usize) -> usize {
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    begin + value[begin..colon].trim_end_matches(is_scheme).trim_end_matches([',', ';', '|']).trim_end().len()
}

/// The password in what follows `://`; where there may be two, the longer one is the last. It may contain an `@`, and what
/// else does not belong there (`/`, `?`, `#`): then the last `@` of the word ends it.
pub(super) fn password(rest: &str) -> impl Iterator<Item = Range<usize>> {
    let path = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let word = path + rest[path..].find(char::is_whitespace).unwrap_or(rest.len() - path);
    let (first, last) = (rest[..path].rfind('@'), rest[..word].rfind('@'));
    let colon = rest[..first.unwrap_or(path)].find(':').filter(|_| !rest.starts_with('['));
    let colon = colon.filter(|colon| first.is_some() || *colon == 0 || !is_port(&rest[colon + 1..path]));
    let ends = first.into_iter().chain(last.filter(|last| first != Some(*last)));
    // Of an image: `docker-image://alpine:3@sha256:…`.
    let ends = ends.filter(move |at| !rest[at + 1..].starts_with("sha256:"));
    ends.filter_map(move |end| Some(colon? + 1..end))
}

fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
