//! The engine's daemon.json: `features.buildkit` set or taken out at its place, and nothing else touched.
//!
//! dockerd reads it strictly (measured on 26.1 and 28.5 with `dockerd --validate`): no comments, no trailing commas, names
//! in their own case. An empty file and a byte order mark are fine.

use std::ops::Range;

use serde_json::value::RawValue;

use crate::ui::finding::Finding;

/// What is wrong at bytes of the file.
fn mistake(message: impl Into<String>, span: Range<usize>) -> Finding {
    Finding::error("daemon-json", message).at(span)
}

/// What `features.buildkit` is, where it is set. A mistake has its place in `text`.
pub fn buildkit(text: &str) -> Result<Option<bool>, Finding> {
    let Some(root) = root(text)? else { return Ok(None) };
    let Some(features) = root.member("features").filter(|member| &text[member.value.clone()] != "null") else {
        return Ok(None);
    };
    let features = Object::parse(text, features.value.clone())?;
    let Some(buildkit) = features.member("buildkit") else { return Ok(None) };
    Ok(Some(is_true(text, &buildkit.value)?))
}

/// The text with `features.buildkit` as `true`. The same text when it is so already.
pub fn enable(text: &str) -> Result<String, Finding> {
    let Some(root) = root(text)? else {
        let mark = if text.starts_with('\u{feff}') { "\u{feff}" } else { "" };
        return Ok(format!("{mark}{{\n  \"features\": {{\n    \"buildkit\": true\n  }}\n}}\n"));
    };
    let style = Style::of(text);
    let Some(features) = root.member("features") else {
        let inner = style.join(&["\"buildkit\": true"], 1);
        return Ok(root.add(text, &style, &format!("\"features\": {inner}"), 0));
    };
    // Docker takes `null` as unset.
    if &text[features.value.clone()] == "null" {
        return Ok(replace(text, &features.value, &style.join(&["\"buildkit\": true"], 1)));
    }
    let object = Object::parse(text, features.value.clone())?;
    match object.member("buildkit") {
        Some(buildkit) if is_true(text, &buildkit.value)? => Ok(text.to_owned()),
        Some(buildkit) => Ok(replace(text, &buildkit.value, "true")),
        None => Ok(object.add(text, &style, "\"buildkit\": true", 1)),
    }
}

/// The text without `features.buildkit`, and without `features` when nothing else is in it. The engine then does what
/// its version does by itself.
pub fn disable(text: &str) -> Result<String, Finding> {
    let Some(root) = root(text)? else { return Ok(text.to_owned()) };
    let Some(features) = root.member("features") else { return Ok(text.to_owned()) };
    if &text[features.value.clone()] == "null" {
        return Ok(text.to_owned());
    }
    let object = Object::parse(text, features.value.clone())?;
    Ok(match object.member("buildkit") {
        None => text.to_owned(),
        Some(_) if object.members.len() == 1 => root.remove(text, "features"),
        Some(_) => object.remove(text, "buildkit"),
    })
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
    let at = (base + error.column().saturating_sub(1)).min(text.len());
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or(&message);
    mistake(format!("this is not valid JSON: {what}"), at..at + 1)
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
    /// From `{` to behind `}`.
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
            return Err(mistake("an object `{ … }` is expected here", span).fix("that is what docker expects"));
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

    /// The text with a member more, behind the last one. `depth`: how deep the object itself lies.
    fn add(&self, text: &str, style: &Style, member: &str, depth: usize) -> String {
        match self.members.last() {
            None => replace(text, &self.span, &style.join(&[member], depth)),
            Some(last) => {
                // As the last one stands: on a line of its own, or behind the others.
                let before = &text[..last.key.start];
                let blanks = &before[before.trim_end_matches([' ', '\t', '\r', '\n']).len()..];
                let gap = match (blanks.contains('\n'), self.members.len()) {
                    (true, _) | (false, 2..) => blanks.to_owned(),
                    (false, _) => " ".to_owned(),
                };
                replace(text, &(last.value.end..last.value.end), &format!(",{gap}{member}"))
            }
        }
    }

    /// The text without a member, and without the comma that parted it from another.
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

/// How the file is laid out, for what is new in it.
struct Style {
    line_end: &'static str,
    /// None: everything stands on one line.
    indent: Option<String>,
}

impl Style {
    fn of(text: &str) -> Style {
        let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let inner = text.trim_start_matches('\u{feff}').trim();
        let first = inner.split_once('\n').map(|(_, rest)| rest).filter(|rest| !rest.trim_start().starts_with('}'));
        let indent = first.map(|rest| rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()].to_owned());
        let indent = indent.map(|indent| if indent.is_empty() { "  ".to_owned() } else { indent });
        // An empty object does not show how its members would be laid out.
        let is_empty = inner.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('}'));
        Style { line_end, indent: if is_empty { Some("  ".to_owned()) } else { indent } }
    }

    /// An object of these members, at `depth`.
    fn join(&self, members: &[&str], depth: usize) -> String {
        match &self.indent {
            None => format!("{{{}}}", members.join(", ")),
            Some(indent) => {
                let (inner, outer) = (indent.repeat(depth + 1), indent.repeat(depth));
                let lines: Vec<String> = members.iter().map(|member| format!("{inner}{member}")).collect();
                let end = self.line_end;
                format!("{{{end}{}{end}{outer}}}", lines.join(&format!(",{end}")))
            }
        }
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
