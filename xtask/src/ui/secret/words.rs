//! The words of a command as they may be printed.

use std::ffi::OsString;
use std::mem;

use crate::ui::secret::address::passwords;
use crate::ui::secret::names::{is_secret_as, is_secret_behind};
use crate::ui::secret::values::{SHORTEST, is_harmless, is_literal};
use crate::ui::secret::{hidden, replaced};

/// Whether a word is a script for a shell, as of `sh -e -c SCRIPT`.
pub fn is_script(words: &[OsString], at: usize) -> bool {
    at > 1 && words[at - 1] == "-c" && words[0].to_string_lossy().ends_with("sh")
}

/// The words of a command as they may be printed. Here a value ends with its word, whatever is in it: in a line of a shell's
/// its quotes would have to be understood. Only in a script of ours is one looked for as in a text: what follows is code.
pub fn hidden_words(words: &[OsString]) -> Vec<OsString> {
    let is_value = |text: &str| text.chars().count() >= SHORTEST && !is_harmless(text);
    let mut option = String::new();
    let hide = |(at, word): (usize, &OsString)| {
        let text = word.to_string_lossy();
        let before = mem::replace(&mut option, text.clone().into_owned());
        let is_option = before.starts_with("--") && !before.contains('=') && !text.starts_with('-');
        let is_behind = is_option && (is_secret_behind(&before, &text) || is_method_with_more(&before, &text));
        let shown = match value_in(&text) {
            _ if is_script(words, at) => hidden(&text).into_owned(),
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
    words.iter().enumerate().map(hide).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_secret_in_a_script_is_shown() {
        for (script, shown) in [
            ("PGPASSWORD=$DB_PASSWORD psql -h db; echo next", "PGPASSWORD=$DB_PASSWORD psql -h db; echo next"),
            ("API_TOKEN=\"$T\" deploy --now", "API_TOKEN=\"$T\" deploy --now"),
            ("echo \"A_SECRET=$(pwgen)\" >> .env", "echo \"A_SECRET=$(pwgen)\" >> .env"),
            ("printf \"A_SECRET=`pwgen`\" >> .env", "printf \"A_SECRET=…\" >> .env"),
            ("TOKEN=geheim-1 x", "TOKEN=… x"),
            ("TOKEN=\"geheim 1\" > f", "TOKEN=\"…\" > f"),
            ("x --password geheim-1 -h db\ny", "x --password … -h db\ny"),
        ] {
            let words: Vec<OsString> = ["sh", "-e", "-c", script].map(OsString::from).into();
            assert_eq!(hidden_words(&words)[3], OsString::from(shown));
        }
    }
}
