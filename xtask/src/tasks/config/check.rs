//! Checks a parsed table against the rows of [`super::keys`]: unknown keys and wrong types.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::tasks::config::keys::{self, Key, Takes};
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;
use crate::ui::nearest;
use crate::ui::text;

/// Adds a finding for each key of `table` that is not in `keys`, and each value of another type.
///
/// `inside` names the table in messages: `[tasks.dev]`, or [`TOP`].
pub fn table(table: &DeTable<'_>, keys: &'static [Key], inside: &str, found: &mut Vec<Finding>) {
    for (name, value) in table {
        match keys.iter().find(|key| key.name == name.get_ref()) {
            Some(key) => self::value(value, key, inside, found),
            None => found.push(unknown(name.get_ref(), name.span(), keys, inside)),
        }
    }
}

/// What the whole file is called in messages.
pub const TOP: &str = "tasks.toml";

fn unknown(name: &str, span: Range<usize>, keys: &'static [Key], inside: &str) -> Finding {
    let finding = mistake(format!("unknown key `{name}` in {inside}"), span);
    if let Some(hint) = of_the_top(name) {
        return finding.fix(hint);
    }
    match nearest::nearest(name, keys.iter().map(|key| key.name)) {
        Some(near) => finding.label(format!("did you mean `{near}`?")),
        None => {
            let names: Vec<String> = keys.iter().map(|key| format!("`{}`", key.name)).collect();
            finding.fix(format!("the keys here are {}", text::and_list(&names, "and")))
        }
    }
}

/// For a key of the whole file that stands below a `[table]`, and so belongs to that: where to move it.
fn of_the_top(name: &str) -> Option<String> {
    let is_table = |takes| {
        matches!(takes, Takes::Table(_) | Takes::Named(_) | Takes::Variables | Takes::PlainVariables | Takes::Words)
    };
    let key = keys::FILE.iter().find(|key| key.name == name && !is_table(key.takes))?;
    Some(format!("`{}` is a key of the whole file: move it up, above the first [table]", key.name))
}

fn value(value: &Spanned<DeValue<'_>>, key: &Key, inside: &str, found: &mut Vec<Finding>) {
    let name = key.name;
    let expected = match (key.takes, value.get_ref()) {
        (Takes::Text, DeValue::String(text)) => {
            return no_nul(text, value.span(), found);
        }
        (Takes::Boolean, DeValue::Boolean(_)) => return,
        (Takes::Count, DeValue::Integer(number)) if count(number.as_str(), number.radix()).is_some() => return,
        (Takes::Texts, DeValue::Array(items)) => {
            for item in items.iter() {
                match item.get_ref() {
                    DeValue::String(text) => no_nul(text, item.span(), found),
                    other => found.push(mismatch(name, "a list of strings", other, item.span(), inside)),
                }
            }
            return;
        }
        (Takes::TextsOrTables(keys), DeValue::Array(items)) => {
            for item in items.iter() {
                match item.get_ref() {
                    DeValue::String(text) => no_nul(text, item.span(), found),
                    DeValue::Table(step) => table(step, keys, &format!("an entry of `{name}` in {inside}"), found),
                    other => found.push(mismatch(name, "a list of strings and tables", other, item.span(), inside)),
                }
            }
            return;
        }
        (Takes::Variables | Takes::PlainVariables, DeValue::Table(variables)) => {
            for (variable, content) in variables {
                match content.get_ref() {
                    DeValue::String(text) => no_nul(text, content.span(), found),
                    DeValue::Table(inner) if matches!(key.takes, Takes::Variables) => {
                        table(inner, keys::VARIABLE, &nested(&nested(inside, name), variable.get_ref()), found);
                    }
                    other => {
                        let place = nested(inside, name);
                        found.push(mismatch(variable.get_ref(), "a string", other, content.span(), &place));
                    }
                }
                if let Some(hint) = of_the_top(variable.get_ref()) {
                    let message = format!("`{}` is no variable here", variable.get_ref());
                    found.push(mistake(message, variable.span()).fix(hint));
                }
                let bad = |c: char| c == '=' || c == '\0';
                if variable.get_ref().is_empty() || variable.get_ref().contains(bad) {
                    let message = format!("`{}` can't be the name of a variable", variable.get_ref());
                    found.push(mistake(message, variable.span()));
                }
            }
            return;
        }
        (Takes::Words, DeValue::Table(shared)) => {
            for (entry, content) in shared {
                match content.get_ref() {
                    DeValue::String(text) => no_nul(text, content.span(), found),
                    other => found.push(mismatch(entry.get_ref(), "a string", other, content.span(), "[words]")),
                }
                if let Some(hint) = of_the_top(entry.get_ref()) {
                    let message = format!("`{}` stands for no words", entry.get_ref());
                    found.push(mistake(message, entry.span()).fix(hint));
                }
                if let Some(finding) = placeholder(entry.get_ref(), "words", entry.span()) {
                    found.push(finding);
                }
            }
            return;
        }
        (Takes::Table(keys), DeValue::Table(inner)) => {
            return table(inner, keys, &nested(inside, name), found);
        }
        (Takes::Named(keys), DeValue::Table(inner)) => {
            for (entry, content) in inner {
                let place = nested(&nested(inside, name), entry.get_ref());
                match content.get_ref() {
                    DeValue::Table(inner) => table(inner, keys, &place, found),
                    other => {
                        let mistake =
                            mismatch(entry.get_ref(), "a table", other, content.span(), &nested(inside, name));
                        found.push(match key.name {
                            "modes" => mistake.fix(format!("write `[modes.{}]`", entry.get_ref())),
                            "tasks" => mistake.fix(format!("write `{}.steps = […]`", entry.get_ref())),
                            _ => mistake.fix(format!("write `{} = {{ words = […] }}`", entry.get_ref())),
                        });
                    }
                }
            }
            return;
        }
        (Takes::Text, _) => "a string",
        (Takes::Boolean, _) => "`true` or `false`",
        (Takes::Count, _) => "a whole number, 0 or more",
        (Takes::Texts | Takes::TextsOrTables(_), _) => "a list of strings",
        (Takes::Variables | Takes::PlainVariables | Takes::Words | Takes::Table(_) | Takes::Named(_), _) => "a table",
    };
    let finding = mismatch(name, expected, value.get_ref(), value.span(), inside);
    let about = format!("`{name}`: {}", key.about);
    found.push(if finding.fix.is_none() { finding.fix(about) } else { finding });
}

/// What can't stand in braces as the name of a flag, or of words.
pub fn placeholder(name: &str, of: &str, span: Range<usize>) -> Option<Finding> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.chars().all(fits) || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        let finding = mistake(format!("`{name}` can't be the name of {of}"), span);
        return Some(finding.fix("use letters, digits, `-` and `_`, and start with a letter or digit"));
    }
    (name == "args").then(|| {
        mistake(format!("`args` can't be the name of {of}"), span).fix("`{args}` is what was typed after `--`")
    })
}

/// Programs, words, folders and variables can't hold a NUL on any system.
fn no_nul(text: &str, span: Range<usize>, found: &mut Vec<Finding>) {
    if text.contains('\0') {
        found.push(mistake("a string with a NUL character in it", span));
    }
}

fn mismatch(name: &str, expected: &str, value: &DeValue<'_>, span: Range<usize>, inside: &str) -> Finding {
    let is = match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    let finding = mistake(format!("`{name}` in {inside} has the wrong type"), span)
        .label(format!("expected {expected}, found {is}"));
    match (expected, value) {
        ("a list of strings", DeValue::String(text)) => finding.fix(format!("write `{name} = [{:?}]`", text.as_ref())),
        ("a string", DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_)) => finding.fix("put it in quotes"),
        _ => finding,
    }
}

/// A whole number that fits: seconds, say.
pub fn count(digits: &str, radix: u32) -> Option<u32> {
    u32::from_str_radix(&digits.replace('_', ""), radix).ok()
}

/// `[tasks]` and `dev` make `[tasks.dev]`.
fn nested(inside: &str, name: &str) -> String {
    match inside.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(outer) => format!("[{outer}.{name}]"),
        None if inside == TOP => format!("[{name}]"),
        None => format!("`{name}` of {inside}"),
    }
}
