//! The engine's daemon.json: `features.buildkit` set or taken out at its place, and nothing else touched.
//!
//! dockerd reads it strictly (measured on 26.1 and 28.5 with `dockerd --validate`): no comments, no trailing commas, names
//! in their own case. An empty file and a byte order mark are fine.

use std::ops::Range;

use serde_json::value::RawValue;

use crate::ui::finding::Finding;
use crate::ui::report::floor_char;

/// What is wrong at bytes of the file.
fn mistake(message: impl Into<String>, span: Range<usize>) -> Finding {
    Finding::error("daemon-json", message).at(span)
}

/// What `features.buildkit` is, where it is set. A mistake has its place in `text`.
pub fn buildkit(text: &str) -> Result<Option<bool>, Finding> {
    let Some(root) = root(text)? else { return Ok(None) };
    let Some(features) = features(text, &root)? else { return Ok(None) };
    features.member("buildkit").map(|buildkit| is_true(text, &buildkit.value)).transpose()
}

/// The text with `features.buildkit` as `true`. The same text when it is so already.
pub fn enable(text: &str) -> Result<String, Finding> {
    const MEMBER: &str = "\"buildkit\": true";
    let Some(root) = root(text)? else {
        let mark = if text.starts_with('\u{feff}') { "\u{feff}" } else { "" };
        return Ok(format!("{mark}{{\n  \"features\": {{{MEMBER}}}\n}}\n"));
    };
    Ok(match (features(text, &root)?, root.member("features")) {
        (Some(features), _) => match features.member("buildkit") {
            Some(buildkit) if is_true(text, &buildkit.value)? => text.to_owned(),
            Some(buildkit) => replace(text, &buildkit.value, "true"),
            None => features.add(text, MEMBER),
        },
        (None, Some(null)) => replace(text, &null.value, &format!("{{{MEMBER}}}")),
        (None, None) => root.add(text, &format!("\"features\": {{{MEMBER}}}")),
    })
}

/// The text without `features.buildkit`, and without `features` when nothing else is in it. The engine then does what
/// its version does by itself.
pub fn disable(text: &str) -> Result<String, Finding> {
    let Some(root) = root(text)? else { return Ok(text.to_owned()) };
    Ok(match features(text, &root)? {
        Some(features) if features.member("buildkit").is_some() && features.members.len() == 1 => {
            root.remove(text, "features")
        }
        Some(features) => features.remove(text, "buildkit"),
        None => text.to_owned(),
    })
}

/// The object `features`. Docker takes `null` as unset.
fn features(text: &str, root: &Object) -> Result<Option<Object>, Finding> {
    let member = root.member("features").filter(|member| &text[member.value.clone()] != "null");
    member.map(|member| Object::parse(text, member.value.clone())).transpose()
}

/// The whole file as an object; none when there is nothing in it.
fn root(text: &str) -> Result<Option<Object>, Finding> {
    let start = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    if text[start..].trim().is_empty() {
        return Ok(None);
    }
    let inner = &text[start..];
    // The whole file has to be JSON first.
    if let Err(error) = serde_json::from_str::<&RawValue>(inner) {
        return Err(invalid(text, start, &error));
    }
    let at = start + inner.len() - inner.trim_start().len();
    Ok(Some(Object::parse(text, at..start + inner.trim_end().len())?))
}

fn invalid(text: &str, start: usize, error: &serde_json::Error) -> Finding {
    let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let base = if error.line() <= 1 { start } else { line_start };
    // serde counts bytes, and may point into a character or behind the text.
    let at = floor_char(text, base + error.column().saturating_sub(1));
    let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message);
    mistake(format!("this is not valid JSON: {what}"), at..end)
        .fix("docker itself would refuse it: no comments, and no comma before a closing bracket")
}

fn is_true(text: &str, span: &Range<usize>) -> Result<bool, Finding> {
    match &text[span.clone()] {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => {
            Err(mistake("`features.buildkit` is neither true nor false", span.clone())
                .fix("write true, without quotes"))
        }
    }
}

/// An object of the text, with the place of each member.
struct Object {
    /// From `{` to after `}`.
    span: Range<usize>,
    members: Vec<Member>,
}

struct Member {
    name: String,
    /// The name with its quotes.
    key: Range<usize>,
    value: Range<usize>,
}

impl Object {
    /// Reads the object at `span`, which is valid JSON. An error when it is not an object, or has a key twice.
    fn parse(text: &str, span: Range<usize>) -> Result<Object, Finding> {
        let inner = &text[span.clone()];
        if !inner.starts_with('{') {
            return Err(mistake("expected an object `{ … }` here", span).fix("that is what docker expects"));
        }
        let mut members: Vec<Member> = Vec::new();
        let mut at = span.start + 1;
        loop {
            at += blanks(&text[at..]);
            match text.as_bytes().get(at) {
                Some(b'"') => {}
                Some(b',') => {
                    at += 1;
                    continue;
                }
                _ => break,
            }
            let key = value_at(text, at);
            at = key.end + blanks(&text[key.end..]) + 1;
            at += blanks(&text[at..]);
            let value = value_at(text, at);
            at = value.end;
            let name: String = serde_json::from_str(&text[key.clone()]).unwrap_or_default();
            let is_known = |known: &str| name == known && members.iter().any(|other| other.name == known);
            let case =
                ["features", "buildkit"].into_iter().find(|known| name != *known && name.eq_ignore_ascii_case(known));
            if is_known("features") || is_known("buildkit") {
                return Err(mistake(format!("`{name}` is here twice"), key).fix("remove one of them"));
            }
            if let Some(known) = case {
                return Err(mistake(format!("docker does not know `{name}`"), key)
                    .fix(format!("write it in lower case: \"{known}\"")));
            }
            members.push(Member { name, key, value });
        }
        Ok(Object { span, members })
    }

    fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The text with one more member, before the others and laid out as the first of them: on a line of its own, or not.
    fn add(&self, text: &str, member: &str) -> String {
        let Some(first) = self.members.first() else { return replace(text, &self.span, &format!("{{{member}}}")) };
        let start = first.key.start;
        let gap = Some(&text[self.span.start + 1..start]).filter(|gap| !gap.is_empty()).unwrap_or(" ");
        replace(text, &(start..start), &format!("{member},{gap}"))
    }

    /// The text without a member, and without the comma between it and another.
    fn remove(&self, text: &str, name: &str) -> String {
        let Some(at) = self.members.iter().position(|member| member.name == name) else { return text.to_owned() };
        let member = &self.members[at];
        let span = match (at.checked_sub(1), self.members.get(at + 1)) {
            (Some(before), _) => self.members[before].value.end..member.value.end,
            (None, Some(next)) => member.key.start..next.key.start,
            (None, None) => self.span.start + 1..self.span.end - 1,
        };
        replace(text, &span, "")
    }
}

/// The value that begins at `at` in text that is known to be valid.
fn value_at(text: &str, at: usize) -> Range<usize> {
    let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<&RawValue>();
    let length = values.next().and_then(Result::ok).map_or(text.len() - at, |value| value.get().len());
    at..at + length
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t', '\r', '\n']).len()
}

fn replace(text: &str, span: &Range<usize>, by: &str) -> String {
    format!("{}{by}{}", &text[..span.start], &text[span.end..])
}

#[cfg(test)]
mod tests;
