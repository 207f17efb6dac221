//! What a task can be told: a flag, and whether its values are secret.

use std::ffi::OsString;
use std::ops::Range;

use crate::ui::secret;

/// `[tasks.NAME.flags]`: what a task can be told.
#[derive(Clone, Debug, Default)]
pub struct Flag {
    pub name: String,
    pub span: Range<usize>,
    pub short: Option<char>,
    pub about: Option<String>,
    pub words: Vec<String>,
    pub env: Option<String>,
    /// The value's name; none: the flag takes none.
    pub value: Option<String>,
    pub default: Option<String>,
    pub choices: Vec<String>,
    /// Whether it has to be given, or its variable set.
    pub required: bool,
    /// The variable, the person's or an env file's, that gives its value when it is not typed.
    pub from_env: Option<String>,
    /// Some of it could not be read, and that is told already.
    pub broken: bool,
}

/// A value that is nothing but a value.
const PROBE: &str = "probe-0123456789abcdef";

impl Flag {
    /// Its words as they may be printed. The place of its value is no value.
    pub fn shown_words(&self) -> Vec<String> {
        let words: Vec<OsString> = self.words.iter().map(OsString::from).collect();
        let shown = |(word, hidden): (&String, OsString)| {
            let is_place = word == "{value}" || word.ends_with("={value}");
            if is_place { word.clone() } else { hidden.to_string_lossy().into_owned() }
        };
        self.words.iter().zip(secret::hidden_words(&words)).map(shown).collect()
    }

    /// Whether this value of it is secret: by its own name, its variable's, or the words that the value is put into.
    pub fn hides(&self, value: &str) -> bool {
        let is_named = secret::is_secret_option(&self.name) || self.env.as_deref().is_some_and(secret::is_secret);
        !value.is_empty() && !secret::is_harmless(value) && (is_named || self.is_secret_in_words(value))
    }

    /// As it is typed, with its value's name.
    pub fn shown(&self) -> String {
        let value = self.value.iter().map(|value| format!(" <{value}>"));
        format!("--{}{}", self.name, value.collect::<String>())
    }

    /// What gives its value besides typing it, for a message that it is missing.
    pub fn or_variable(&self) -> Option<String> {
        self.from_env.as_ref().map(|name| format!("type it, or set {name}"))
    }

    /// Whether its values are secret, but for those that no secret has.
    pub fn is_secret(&self) -> bool {
        self.hides(PROBE)
    }

    /// By the words around it: `--password {value}`. An address is hidden only in part, when it is printed.
    fn is_secret_in_words(&self, value: &str) -> bool {
        let filled = |value: &str| -> Vec<OsString> {
            self.words.iter().map(|word| word.replace("{value}", value).into()).collect()
        };
        // A dash would make it an option of its own.
        let (probes, values) = (filled(PROBE), filled(value.trim_start_matches('-')));
        let (hidden_probes, hidden_values) = (secret::hidden_words(&probes), secret::hidden_words(&values));
        (0..self.words.len()).any(|at| {
            let is_probed = self.words[at].contains("{value}") && !hidden_probes[at].to_string_lossy().contains(PROBE);
            is_probed && hidden_values[at] != values[at]
        })
    }

    /// Its default as it may be printed.
    pub fn shown_default(&self) -> Option<String> {
        let default = self.default.as_ref()?;
        Some(if self.hides(default) { "…".to_owned() } else { secret::shown("", default) })
    }

    /// A flag of a built-in command, which adds one word.
    pub fn of(name: &str, about: &str, word: &str) -> Flag {
        let (name, about, words) = (name.to_owned(), Some(about.to_owned()), vec![word.to_owned()]);
        Flag { name, about, words, ..Flag::default() }
    }

    /// A flag of a built-in command with a value, which `{value}` in the word stands for.
    pub fn with_value(name: &str, value: &str, about: &str, word: &str) -> Flag {
        Flag { value: Some(value.to_owned()), ..Flag::of(name, about, word) }
    }
}
