//! Talking with clap: its mistakes in our words.

use std::ops::Range;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::tasks::config::Body;
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;

/// A mistake of clap's as one sentence and a hint. `hides_value_of` says whether a flag's value is hidden.
pub fn explain(error: &Error, hides_value_of: impl Fn(&str, &str) -> bool) -> (String, Option<String>) {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let flag = argument.trim_start_matches('-').split([' ', '=']).next().unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let value = if hides_value_of(flag, &value) { "…".to_owned() } else { value };
    let did_you_mean = |kind| text(kind).map(|near| format!("did you mean `{near}`?"));
    match error.kind() {
        ErrorKind::UnknownArgument => {
            (format!("unexpected argument `{argument}`"), did_you_mean(ContextKind::SuggestedArg))
        }
        ErrorKind::InvalidValue if value.is_empty() => (format!("`{argument}` needs a value"), choices(error)),
        ErrorKind::InvalidValue => {
            let hint = did_you_mean(ContextKind::SuggestedValue).or_else(|| choices(error));
            (format!("`{value}` is not a value for `{argument}`"), hint)
        }
        ErrorKind::ArgumentConflict => (format!("`{argument}` is given more than once"), None),
        ErrorKind::MissingRequiredArgument => (format!("`{argument}` is missing"), None),
        ErrorKind::TooManyValues => (format!("`{argument}` takes no value, and got `{value}`"), None),
        ErrorKind::InvalidUtf8 => {
            ("an argument is not valid UTF-8".to_owned(), Some("words after `--` may be any bytes".to_owned()))
        }
        _ => {
            let rendered = error.render().to_string();
            let first = rendered.lines().next().unwrap_or_default();
            (first.trim_start_matches("error: ").to_owned(), None)
        }
    }
}

/// What is wrong with a call of task `name` from a step at `span`; `callee` is what that task runs.
pub fn refused(error: &Error, name: &str, callee: &Body, span: Range<usize>) -> Finding {
    let (problem, hint) = explain(error, |flag, value| callee.hides_value_of(flag, value));
    let unexpected = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) if error.kind() == ErrorKind::UnknownArgument => Some(word),
        _ => None,
    };
    let hint = hint.or_else(|| {
        Some(match (unexpected?.starts_with('-'), callee.takes_args()) {
            (_, true) => format!("words for its command go after `--`: `task {name} -- …`"),
            (true, false) => "`task NAME …` takes what can be typed after the name".to_owned(),
            (false, false) => format!("no step of `{name}` has `{{args}}`: it takes only flags"),
        })
    });
    mistake(format!("task `{name}` can't be called like this: {problem}"), span).fix_if(hint)
}

/// The value that clap rejected, if it rejected one.
pub fn value(error: &Error) -> Option<&str> {
    match (error.kind(), error.get(ContextKind::InvalidValue)) {
        (ErrorKind::InvalidValue, Some(ContextValue::String(value))) if !value.is_empty() => Some(value),
        _ => None,
    }
}

fn choices(error: &Error) -> Option<String> {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => {
            let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            Some(format!("use {}", crate::ui::text::and_list(&values, "or")))
        }
        _ => None,
    }
}
