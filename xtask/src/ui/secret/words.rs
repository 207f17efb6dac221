//! The words of a command as they may be printed.

use std::ffi::OsString;
use std::mem;

use crate::ui::secret::address::passwords;
use crate::ui::secret::names::{is_secret_as, is_secret_behind};
use crate::ui::secret::values::{SHORTEST, is_harmless, is_literal};
use crate::ui::secret::{hidden, replaced};

/// The words of a command as they may be printed. Here a value ends with its word, whatever is in it: in a line of a shell's
/// its quotes would have to be understood.
pub fn hidden_words(words: &[OsString]) -> Vec<OsString> {
    let is_value = |text: &str| text.chars().count() >= SHORTEST && !is_harmless(text);
    let mut option = String::new();
    let hide = |word: &OsString| {
        let text = word.to_string_lossy();
        let before = mem::replace(&mut option, text.clone().into_owned());
        let is_option = before.starts_with("--") && !before.contains('=') && !text.starts_with('-');
        let is_behind = is_option && (is_secret_behind(&before, &text) || is_method_with_more(&before, &text));
        let shown = match value_in(&text) {
            _ if is_behind && is_value(&text) => "…".to_owned(),
            Some(begin) if is_value(&text[begin..]) => format!("{}…", &text[..begin]),
            _ => {
                let mut passwords = passwords(&text);
                passwords.retain(|span| is_literal(&text[span.clone()]));
                hidden(&replaced(&text, passwords, |_| "…".to_owned())).into_owned()
            }
        };
        if shown == text { word.clone() } else { shown.into() }
    };
    words.iter().map(hide).collect()
}

/// `--auth 'basic dXNlcg=='`: the whole word is the value.
fn is_method_with_more(option: &str, value: &str) -> bool {
    option == "--auth" && value.contains(char::is_whitespace)
}

/// Where the value begins in a word such as `TOKEN=value`, `--token=value` or `--env=TOKEN=value`.
fn value_in(word: &str) -> Option<usize> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-=".contains(c);
    let names = &word[..word.find(|c| !is_name(c)).unwrap_or(word.len())];
    let mut ends = names.match_indices('=').map(|(at, _)| at);
    let is_secret = |at: &usize| {
        names[..*at].rsplit('=').next().is_some_and(|name| {
            let value = &word[at + 1..];
            is_secret_as(name, value) || is_method_with_more(name, value)
        })
    };
    ends.find(is_secret).map(|at| at + 1)
}
