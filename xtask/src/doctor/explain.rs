//! What a message of docker's, compose's or ours means, and what to do: `doctor --explain`, and docs/troubleshooting.md.

pub mod command;
pub mod table;

use crate::docker::how_to_get;
use crate::system::os::Os;

use crate::doctor::explain::table::rows;

/// One cause, and the messages that it is known by.
#[derive(Debug)]
pub struct Row {
    /// The message as docs/troubleshooting.md shows it.
    pub shown: &'static str,
    /// Parts of messages in lower case, in all known wordings; `*` matches anything.
    pub patterns: &'static [&'static str],
    /// What it means: sentences.
    pub meaning: &'static str,
    pub remedy: Remedy,
}

/// What to do: sentences, with something to type where that is possible. On Windows `unset NAME` is shown as PowerShell has it.
#[derive(Debug)]
pub enum Remedy {
    Everywhere(&'static str),
    BySystem { linux: &'static str, desktop: &'static str },
}

impl Row {
    pub fn remedy(&self, os: Os) -> String {
        let text = match self.remedy {
            Remedy::BySystem { desktop, .. } if os != Os::Linux => desktop,
            Remedy::Everywhere(text) | Remedy::BySystem { linux: text, .. } => text,
        };
        let mut parts = text.split("`unset ");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |before, part| {
            let (names, after) = part.split_once('`').unwrap_or((part, ""));
            format!("{before}`{}`{after}", how_to_get::unset(names, os))
        })
    }
}

/// The rows that match a message, the most specific first. It may have several lines, colours, and anything else.
pub fn find(message: &str) -> Vec<&'static Row> {
    let plain = plain(message);
    let mut rows: Vec<&Row> =
        rows().filter(|row| row.patterns.iter().any(|pattern| contains(&plain, pattern))).collect();
    // A row about one command makes the general one redundant.
    if rows.len() > 1 {
        rows.retain(|row| row.shown != table::ANY_COMMAND);
    }
    rows
}

/// In lower case, without colours, with single blanks.
fn plain(message: &str) -> String {
    let mut plain = String::new();
    let mut rest = message.chars();
    while let Some(c) = rest.next() {
        match c {
            // `ESC [ … letter`
            '\u{1b}' => {
                if rest.next() == Some('[') {
                    let _ = rest.by_ref().find(|c| c.is_ascii_alphabetic());
                }
            }
            c if c.is_whitespace() || c.is_control() => {
                if !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            // Typographic quotes come from web pages.
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            '\u{201c}' | '\u{201d}' => plain.push('"'),
            c => plain.extend(c.to_lowercase()),
        }
    }
    plain
}

fn contains(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    pattern.split('*').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests;
