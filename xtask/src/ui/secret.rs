//! Which variables are secret: by their name, or by the form of their value. docs/troubleshooting.md has the list. What we
//! print passes through [`hidden`].

use std::borrow::Cow;
use std::ffi::OsString;
use std::mem;
use std::ops::Range;

/// A name with one of these words in it means a secret: `SMTP_PASS`, `AWS_ACCESS_KEY_ID`, `API_KEYS`, `PASSWORD2`.
const WORDS: [&str; 13] = [
    "PASS",
    "PASSWD",
    "PASSWORD",
    "PASSPHRASE",
    "PWD",
    "SECRET",
    "TOKEN",
    "KEY",
    "APIKEY",
    "DSN",
    "CREDENTIAL",
    "CREDS",
    "PRIVATE",
];
/// So does one with a word that ends in one of these: `DB_PASSWORD`, `PGPASSWORD`, `authToken`.
const ENDINGS: [&str; 7] = ["PASSWD", "PASSWORD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "CREDENTIALS"];
/// Only as the last word: `REDIS_AUTH` is a password, `AUTH_HOST` is not.
const LAST: &str = "AUTH";
/// The last word of a name whose value says where the secret is: `DB_PASSWORD_FILE`, `TOKEN_ENDPOINT`.
const PLACES: [&str; 7] = ["FILE", "PATH", "LOCATION", "ENDPOINT", "HOST", "URL", "URI"];

/// Whether a variable of this name holds a secret. The case does not matter.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    // The shell's own folders.
    if matches!(name.as_str(), "PWD" | "OLDPWD") {
        return false;
    }
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let Some(last) = words.last() else { return false };
    !PLACES.contains(last)
        && (*last == LAST
            || words
                .iter()
                .flat_map(|word| forms(word))
                .any(|word| WORDS.contains(&word) || ENDINGS.iter().any(|ending| word.ends_with(ending))))
}

/// A word without the number behind it, as it is and as the plural of another.
fn forms(word: &str) -> impl Iterator<Item = &str> {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    [Some(word), word.strip_suffix('S'), word.strip_suffix("ES")].into_iter().flatten()
}

/// The secret parts of a value whose name does not mean a secret: the password of an address
/// (`scheme://user:PASSWORD@host`), and the values of secret names inside of it (`?password=…`, `Server=db;Password=…`,
/// `{"password": "…"}`).
pub fn secret_parts(value: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = value
        .split(['?', '&', ';', ' '])
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| is_secret(name))
        .map(|(_, value)| value)
        .collect();
    parts.extend(password_of(value));
    let mut end = 0;
    for (colon, _) in value.match_indices(':') {
        // What is in a secret value is one already.
        if let Some(span) = (colon >= end).then(|| of_json(value, colon)).flatten() {
            end = span.end;
            parts.push(&value[span]);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The password of a value that is an address. It may contain an `@`: the host is what comes after the last one.
fn password_of(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("://")?;
    let (user, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    Some(user.split_once(':')?.1)
}

/// Whether a value is no secret whatever its name is: a switch, or the path of a file.
pub fn is_harmless(value: &str) -> bool {
    let is_switch =
        ["true", "false", "yes", "no", "on", "off", "null", "none"].iter().any(|it| value.eq_ignore_ascii_case(it));
    let is_path = ["/", "./", "../", "~/"].iter().any(|start| value.starts_with(start));
    let ending = value.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending);
    is_switch
        || value.starts_with("/run/secrets/")
        || is_path && (2..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Shorter values are no secrets, and would match everywhere.
pub const SHORTEST: usize = 3;

/// A text as it may be printed, with `…` in place of the values of secret names (`NAME=value`, `NAME = "value"`,
/// `--name=value`) and of passwords in addresses.
pub fn hidden(text: &str) -> Cow<'_, str> {
    replaced(text, spans(text), |_| "…".to_owned())
}

/// The words of a command as they may be printed. Here a value ends with its word, whatever is in it: in a line of a shell's
/// its quotes would have to be understood.
pub fn hidden_words(words: &[OsString]) -> Vec<OsString> {
    let is_value = |text: &str| text.chars().count() >= SHORTEST && !is_harmless(text);
    let mut option = String::new();
    let hide = |word: &OsString| {
        let text = word.to_string_lossy();
        let before = mem::replace(&mut option, text.clone().into_owned());
        let is_option = before.starts_with("--") && !before.contains('=') && !text.starts_with('-');
        let is_behind = is_option && is_secret_as(&before, &text);
        let shown = match value_in(&text) {
            _ if is_behind && is_value(&text) => "…".to_owned(),
            Some(begin) if is_value(&text[begin..]) => format!("{}…", &text[..begin]),
            _ => match password_of(&text).filter(|password| is_literal(password)) {
                Some(password) => hidden(&text.replace(&format!(":{password}@"), ":…@")).into_owned(),
                None => hidden(&text).into_owned(),
            },
        };
        if shown == text { word.clone() } else { shown.into() }
    };
    words.iter().map(hide).collect()
}

/// Where the value begins in a word such as `TOKEN=value`, `--token=value` or `--env=TOKEN=value`.
fn value_in(word: &str) -> Option<usize> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-=".contains(c);
    let names = &word[..word.find(|c| !is_name(c)).unwrap_or(word.len())];
    let mut ends = names.match_indices('=').map(|(at, _)| at);
    let is_secret =
        |at: &usize| names[..*at].rsplit('=').next().is_some_and(|name| is_secret_as(name, &word[at + 1..]));
    ends.find(is_secret).map(|at| at + 1)
}

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

/// Not a variable, a command or a placeholder, and not hidden yet.
fn is_literal(value: &str) -> bool {
    !value.is_empty()
        && !value.starts_with(['$', '{', '<', '%', '…'])
        && !value.bytes().all(|byte| byte == b'*')
        && !is_harmless(value)
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

fn is_mark(c: char) -> bool {
    c == '"' || c == '\''
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

fn ends_word(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\"'`;&|()<>".contains(c)
}

/// Whether this value of a variable (`TOKEN`) or of an option (`--token`) is secret, by its name.
fn is_secret_as(name: &str, value: &str) -> bool {
    match name.strip_prefix("--") {
        Some("secret") => !names_a_secret(value),
        Some("key") => !is_sort_key(value),
        Some(option) => is_secret_option(option),
        None => is_secret(name),
    }
}

fn is_secret_option(name: &str) -> bool {
    let (before, last) = name.rsplit_once(['-', '_']).unwrap_or(("", name));
    // Columns and places in a table.
    let is_public = last == "key" && ["foreign", "partition", "public", "sort"].iter().any(|it| before.ends_with(it));
    !is_public && !name.starts_with("no-") && !["stdin", "name", "type"].contains(&last) && is_secret(name)
}

/// Docker's `--secret id=token,src=key.pem` says where one is.
fn names_a_secret(value: &str) -> bool {
    let value = value.trim_start_matches(is_mark);
    ["id=", "type=", "src=", "source=", "env="].iter().any(|field| value.starts_with(field))
}

/// The key of `sort`: `2,2n`, `1.3,4.5nr`. Fields have two digits at most: a longer number may be a secret.
fn is_sort_key(value: &str) -> bool {
    let value = value.trim_start_matches(is_mark);
    let rest = value.trim_start_matches(|c: char| c.is_ascii_digit() || ".,bdfgiMhnRrV".contains(c));
    if rest.starts_with(|c| !ends_word(c)) {
        return false;
    }
    let value = value[..value.len() - rest.len()].trim_end_matches([',', '.']);
    let is_number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_position = |text: &str| {
        let number = text.trim_end_matches(|c| "bdfgiMhnRrV".contains(c));
        text.len() - number.len() <= 3 && number.split('.').all(is_number) && number.matches('.').count() <= 1
    };
    value.split(',').all(is_position) && value.matches(',').count() <= 1
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
fn of_json(text: &str, colon: usize) -> Option<Range<usize>> {
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

/// A variable's value as it may be printed, with `…` in place of secrets.
pub fn shown(name: &str, value: &str) -> String {
    if is_secret(name) && !is_harmless(value) {
        return "…".to_owned();
    }
    // Each once, and the longest first: another may be a part of it.
    let mut parts = secret_parts(value);
    parts.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
    parts.dedup();
    parts.iter().fold(value.to_owned(), |shown, part| shown.replace(part, "…"))
}

#[cfg(test)]
mod tests;
