//! The words of a project that are no secrets: who reads `postgres`, the name of a service, does not learn that it is also a
//! password.

use std::collections::HashSet;
use std::ops::Range;

use crate::compose::redact::Secrets;
use crate::compose::redact::beside;
use crate::compose::redact::literals::is_name;
use crate::instructions::variables;
use crate::ui::secret::{hidden, until};

impl Secrets {
    /// The words of what a Dockerfile is based on, and of its variables.
    pub fn words_of_dockerfile(&self, text: &str) -> HashSet<String> {
        let set = variables::set_by(text).into_iter().map(|set| format!("{}={}", set.name, set.value));
        self.harmless_words(&variables::bases(text).into_iter().chain(set).collect::<Vec<_>>().join("\n"))
    }

    /// The words of a compose file or a `.env` file outside of secret values and comments.
    pub fn harmless_words(&self, text: &str) -> HashSet<String> {
        let text = &without_words(text);
        let mut words = HashSet::new();
        // How deep the secret name stands whose value follows in lines of its own, and whether something stands behind it.
        let mut under: Option<(usize, bool)> = None;
        // The quote of a secret value that is not closed yet.
        let mut open: Option<&str> = None;
        for line in text.lines() {
            if let Some(mark) = open {
                open = open.filter(|_| until(line, mark) == line.len());
                continue;
            }
            let depth = line.len() - line.trim_start().len();
            let is_empty = line.trim().is_empty() || line.trim_start().starts_with('#');
            // What has names of its own is no value: a service may be called `auth`.
            let is_map = |line: &str| line.split_once(':').is_some_and(|(name, _)| is_name(name.trim()));
            let is_below = |name: usize| depth > name || depth == name && line.trim_start().starts_with("- ");
            if is_empty || under.is_some_and(|(name, is_block)| is_below(name) && (is_block || !is_map(line))) {
                continue;
            }
            under = None;
            let mut rest = line;
            while !rest.is_empty() {
                let is_first = rest.len() == line.len();
                let mut end = rest.find(['{', ',', '}']).unwrap_or(rest.len());
                let (item, comment) =
                    rest[..end].split_once(" #").map_or((&rest[..end], None), |(item, it)| (item, Some(it)));
                if let Some((mark, at)) = self.secret_value(item) {
                    // An item's name stands behind its dash.
                    let dash = if line.trim_start().starts_with("- ") { 2 } else { 0 };
                    under = Some((depth + dash, !item[at..].trim().is_empty()));
                    open = mark.filter(|mark| at + until(&rest[at..], mark) == rest.len());
                    // Only within a map on one line does a comma end a value without quotes.
                    if open.is_some() || mark.is_none() && is_first {
                        break;
                    }
                    end = mark.map_or(end, |mark| at + until(&rest[at..], mark));
                } else {
                    let shown = hidden(item);
                    let names = shown.split(|c: char| !c.is_alphabetic() && !matches!(c, '-' | '_'));
                    words.extend(names.flat_map(|name| name.split(['-', '_']).chain([name])).map(str::to_owned));
                }
                rest = rest.get(end + 1..).filter(|_| comment.is_none()).unwrap_or_default();
            }
        }
        words
    }

    /// Where the value begins if the name in front of it is secret, with the quote that ends it.
    fn secret_value<'a>(&self, item: &'a str) -> Option<(Option<&'a str>, usize)> {
        let is_mark = |c: char| matches!(c, '"' | '\'');
        let at = item.find(['=', ':'])?;
        let before = &item[..at];
        if !self.is_secret(unexported(before.trim().trim_start_matches("- ")).trim_matches(is_mark)) {
            return None;
        }
        let value = item[at + 1..].trim_start();
        let begin = item.len() - value.len();
        if value.starts_with(is_mark) {
            return Some((Some(&value[..1]), begin + 1));
        }
        // The quotes may be around the name, too: `- "TOKEN=value"`.
        let mark = before.find(is_mark).map(|at| &before[at..at + 1]);
        Some((mark.filter(|mark| before.matches(*mark).count() == 1), begin))
    }
}

/// A line without the `export` of a shell.
pub fn unexported(line: &str) -> &str {
    let rest = line.strip_prefix("export").filter(|rest| rest.starts_with(char::is_whitespace));
    rest.map_or(line, str::trim_start)
}

/// Without the words of variables: they may be secrets, and a word of the project stands elsewhere, too.
fn without_words(text: &str) -> String {
    let mut found: Vec<Range<usize>> = beside::defaults(text).into_iter().map(|(_, word)| word).collect();
    found.sort_by_key(|word| word.start);
    let (mut whole, mut at) = (String::new(), 0);
    for word in found {
        whole.push_str(&text[at..word.start.max(at)]);
        at = word.end.max(at);
    }
    whole + &text[at..]
}
