//! Talking with clap: its mistakes in our words.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

/// A mistake of clap's as one sentence and a hint.
pub fn explain(error: &Error) -> (String, Option<String>) {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
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
            ("an argument is not valid UTF-8".to_owned(), Some("words behind `--` may be any bytes".to_owned()))
        }
        _ => {
            let rendered = error.render().to_string();
            let first = rendered.lines().next().unwrap_or_default();
            (first.trim_start_matches("error: ").to_owned(), None)
        }
    }
}

/// The word that clap stumbled over, without the value's name: `--tail` for `--tail <LINES>`.
pub fn word(error: &Error) -> Option<String> {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => text.split(' ').next().map(str::to_owned),
        _ => None,
    }
}

/// For a value that is not allowed: it, and those that are.
pub fn value(error: &Error) -> Option<(&str, &[String])> {
    match (error.kind(), error.get(ContextKind::InvalidValue), error.get(ContextKind::ValidValue)) {
        (ErrorKind::InvalidValue, Some(ContextValue::String(value)), Some(ContextValue::Strings(valid)))
            if !value.is_empty() =>
        {
            Some((value, valid))
        }
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
