//! The secret values of a project, taken out of what others say: compose quotes them in its own sentences. Which
//! variables are secret says `ui/secret.rs`; all others stay as they are, since a host or a service's name is what a
//! message is about.

mod beside;
mod held;
mod literals;
mod words;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::path::PathBuf;

use literals::is_name;
use words::unexported;

use crate::compose::call::ComposeCall;
use crate::compose::env_file;
use crate::compose::files as compose_files;
use crate::compose::services::held::Held;
use crate::instructions::variables;
use crate::system::environment::Environment;
use crate::system::files;
use crate::ui::secret::{SHORTEST, is_harmless, is_secret, secret_parts, spans};

/// How much of the file of one of `secrets` is read.
const LARGEST_SECRET: u64 = 64 << 10;
/// Longer values are looked for in pieces, so that the cost of a place in a text has a bound.
const LONGEST: usize = 128;
/// A piece that is shorter could be anything.
const SHORTEST_PIECE: usize = 16;
/// A part of a value (one of the words of a passphrase) that is shorter could be any word.
const SHORTEST_PART: usize = 5;
/// Letters alone that are no longer than this may be a word, or part of one: `postgres` is no part of `postgresql`.
const LONGEST_WORD: usize = 15;

/// What must not be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// Each value with what is shown in its place.
    values: BTreeMap<String, String>,
    /// Variables that are secret though their names do not say so.
    names: BTreeSet<String>,
}

impl Secrets {
    /// Those of a project: among the variables that its compose gets, in every `.env` file that compose reads here, in the
    /// compose files themselves, in what their `secrets` hold, and in the Dockerfiles that they build.
    pub fn of_project(compose: &ComposeCall, environment: &Environment) -> Secrets {
        let environment = environment.with(&compose.env);
        let (services, compose_files) = compose_files::services_or_written(compose, &environment);
        let mut env_files: BTreeSet<PathBuf> = compose_files::env_files(compose, &environment).into_iter().collect();
        env_files.insert(compose.dir.join(".env"));
        env_files.extend(services.services.iter().flat_map(|service| service.env_files.iter().cloned()));
        let builds = || services.services.iter().filter_map(|service| service.build.as_ref());
        let dockerfiles = builds().filter_map(|build| Some(build.context.as_ref()?.join(&build.dockerfile))).collect();
        let texts =
            |files: &BTreeSet<PathBuf>| files.iter().filter_map(|file| files::text_of(file)).collect::<Vec<_>>();
        let mut texts =
            Texts { compose: texts(&compose_files), env: texts(&env_files), dockerfiles: texts(&dockerfiles) };
        texts.dockerfiles.extend(builds().filter_map(|build| build.inline.clone()));
        let variables = environment.all().into_iter().chain(services.environment.iter().cloned());
        let variables = variables.chain(builds().flat_map(|build| build.args.iter().cloned()));
        Secrets::of_texts(&texts, &services.held, variables, |name| environment.text(name))
    }

    /// `own`: the value of a variable of the environment.
    fn of_texts(
        texts: &Texts,
        held: &[Held],
        variables: impl IntoIterator<Item = (String, String)>,
        own: impl Fn(&str) -> Option<String>,
    ) -> Secrets {
        let names = texts.compose.iter().flat_map(|text| literals::variables_of_secrets(text));
        let names = names.chain(held.iter().filter_map(|held| held.variable.clone())).collect();
        let mut secrets = Secrets { names, ..Secrets::default() }.and_variables(variables);
        for (name, value) in texts.compose.iter().flat_map(|text| literals::of_compose(text)) {
            secrets.written(&name, &value);
            secrets.words(&value);
        }
        for set in texts.dockerfiles.iter().flat_map(|text| variables::set_by(text)) {
            secrets.written(&set.name, &set.written);
            // What is in single quotes or behind an escape is no variable.
            match ["'", "\\$", "`$"].iter().any(|mark| set.written.contains(mark)) {
                true => secrets.set(&set.name, &set.value),
                false => secrets.written(&set.name, &set.value),
            }
        }
        texts.compose.iter().chain(&texts.env).chain(&texts.dockerfiles).for_each(|text| secrets.words(text));
        secrets = secrets.and(&texts.env, own);
        held.iter().for_each(|held| secrets.hold(held));
        let words = texts.compose.iter().chain(&texts.env).flat_map(|text| secrets.harmless_words(text));
        let words = words.chain(texts.dockerfiles.iter().flat_map(|text| secrets.words_of_dockerfile(text))).collect();
        secrets.without(&words)
    }

    /// Without values that are words of the project, too: who reads `postgres`, the name of a service, does not learn that it
    /// is also a password.
    fn without(mut self, words: &HashSet<String>) -> Secrets {
        let is_name = |value: &str| may_be_a_word(&value.replace(['-', '_'], ""));
        self.values.retain(|value, _| !is_name(value) || !words.contains(value));
        self
    }

    /// The secrets among variables.
    pub fn of_variables(variables: impl IntoIterator<Item = (String, String)>) -> Secrets {
        Secrets::default().and_variables(variables)
    }

    /// These, and those among variables.
    pub fn and_variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Secrets {
        for (name, value) in variables {
            self.set(&name, &value);
        }
        self
    }

    /// These, and those of texts of `.env` files: values as they are written and as compose reads them, and every line that
    /// sets nothing, since compose quotes such a line whole. `own`: the value of a variable of the environment.
    pub fn and<T: AsRef<str>>(mut self, texts: &[T], own: impl Fn(&str) -> Option<String>) -> Secrets {
        let mut set = BTreeMap::new();
        for text in texts {
            let text = text.as_ref();
            self.read(text);
            // A text that compose refuses sets nothing.
            if let Ok(more) = env_file::read(text, &own, set.clone()) {
                set = more;
                let names = env_file::names(text);
                names.iter().filter_map(|name| set.get_key_value(name)).for_each(|(name, value)| self.set(name, value));
            }
        }
        self
    }

    /// A text without them, and without what is secret by its form: `${NAME}` stands where the value of `NAME` was, and `…`
    /// where there was another, or more than one. Both are looked for in the same text: what is taken out of it first would
    /// leave a rest of the other.
    pub fn redact(&self, text: &str) -> String {
        let of_form = spans(text).into_iter().map(|span| (span, "…"));
        let mut found: Vec<(Range<usize>, &str)> = self.found(text).into_iter().chain(of_form).collect();
        found.sort_by_key(|(span, _)| (span.start, Reverse(span.end)));
        let mut whole = String::new();
        let mut at = 0;
        let mut spans = found.into_iter().peekable();
        while let Some((mut span, mut shown)) = spans.next() {
            // The pieces of a long value are one.
            let is_more = |end: usize, shown: &str, (next, its): &(Range<usize>, &str)| {
                next.start < end || next.start == end && *its == shown
            };
            while let Some((next, its)) = spans.next_if(|next| is_more(span.end, shown, next)) {
                if next.end > span.end {
                    shown = if its == shown { shown } else { "…" };
                    span.end = next.end;
                }
            }
            whole.push_str(&text[at..span.start]);
            whole.push_str(shown);
            at = span.end;
        }
        whole + &text[at..]
    }

    /// Where values are, and what is shown for each.
    fn found(&self, text: &str) -> Vec<(Range<usize>, &str)> {
        let values: Vec<(&str, &str)> = self.values.iter().map(|(value, shown)| (&**value, &**shown)).collect();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let value = longest(&values, text, at);
            let length = value.map_or(c.len_utf8(), |(value, _)| value.len());
            found.extend(value.map(|(_, shown)| (at..at + length, shown)));
            at += length;
        }
        found
    }

    /// Those of a text, whatever it is.
    #[cfg(test)]
    pub fn of_text(text: &str) -> Secrets {
        let texts = || vec![text.to_owned()];
        let texts = Texts { compose: texts(), env: texts(), dockerfiles: texts() };
        let held = Held { name: "s".to_owned(), content: Some(text.to_owned()), ..Held::default() };
        Secrets::of_texts(&texts, &[held], [], |_| None)
    }

    fn is_secret(&self, name: &str) -> bool {
        is_secret(name) || self.names.contains(name)
    }

    fn read(&mut self, text: &str) {
        let mut open: Option<(char, String)> = None;
        for line in text.strip_prefix('\u{feff}').unwrap_or(text).lines() {
            let line = line.trim();
            let inner = unexported(line);
            let assignment = inner.split_once(['=', ':']).filter(|(name, _)| is_name(name.trim()));
            // The further lines of a value in quotes. Where the quotes are never closed, what looks like a variable is one.
            if let Some((mark, name)) = open.take() {
                self.set(&name, line.trim_end_matches(mark));
                self.set(&name, line);
                if let Some((name, value)) = assignment {
                    self.value(name.trim(), value.trim());
                }
                if !line.ends_with(mark) {
                    open = Some((mark, name));
                }
                continue;
            }
            if inner.is_empty() || inner.starts_with('#') {
                continue;
            }
            match assignment {
                Some((name, value)) => {
                    open = self.value(name.trim(), value.trim()).map(|mark| (mark, name.trim().to_owned()));
                }
                None => [line, inner].into_iter().for_each(|line| self.add(line, "…")),
            }
        }
    }

    /// A value as it is written, and as it is read. Returns its quote if that is not closed on this line.
    fn value(&mut self, name: &str, value: &str) -> Option<char> {
        self.set(name, value);
        self.set(name, value.split(" #").next().unwrap_or(value).trim_end());
        let mark = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        let rest = &value[1..];
        self.set(name, rest.trim_end_matches(mark));
        match rest.split_once(mark) {
            Some((quoted, _)) => {
                self.set(name, quoted);
                None
            }
            None => Some(mark),
        }
    }

    /// Adds what is secret about a variable's value, and about each of its lines: others may print them one by one.
    fn set(&mut self, name: &str, value: &str) {
        let value = value.trim();
        self.text(name, value);
        if value.contains('\n') {
            value.lines().for_each(|line| self.text(name, line.trim()));
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        let shown = format!("${{{name}}}");
        let parts = secret_parts(value);
        if !parts.is_empty() {
            // Its host may be shown, and is most often what the message is about.
            self.add(value, &shown);
            parts.into_iter().for_each(|part| self.add(part, &shown));
        } else if self.is_secret(name) {
            self.whole(value, &shown);
        }
    }

    /// Adds what is secret about a value with its variables still in it, whose names are no secrets.
    fn written(&mut self, name: &str, value: &str) {
        let is_text = |(piece, _): &(&str, bool)| piece.contains(char::is_alphanumeric);
        if value.contains('$') && !beside::literals(value).iter().any(is_text) {
            return;
        }
        self.set(name, value);
        let shown = format!("${{{name}}}");
        let parts = if self.is_secret(name) { vec![value] } else { secret_parts(value) };
        for pieces in parts.into_iter().filter(|part| part.contains('$')).map(beside::literals) {
            // What it becomes where no variable is set.
            self.whole(&pieces.iter().map(|(piece, _)| *piece).collect::<String>(), &shown);
            let is_long = |piece: &str| piece.chars().count() >= SHORTEST_PART;
            let pieces = pieces.into_iter().filter(|(piece, is_word)| *is_word || is_long(piece));
            pieces.for_each(|(piece, _)| self.whole(piece, &shown));
        }
    }

    /// Adds the words of secret variables: `${TOKEN:-word}`.
    fn words(&mut self, text: &str) {
        for (name, word) in beside::words(text) {
            self.written(name, &text[word]);
        }
    }

    /// Adds a value that is secret whatever its form is, and its parts.
    fn whole(&mut self, value: &str, shown: &str) {
        if is_harmless(value.trim_matches(['"', '\''])) {
            return;
        }
        self.add(value, shown);
        let between = |c: char| c.is_whitespace() || ":/@,;&=?#|$(){}[]<>\"'".contains(c);
        let parts = value.split(between).filter(|part| part.chars().count() >= SHORTEST_PART && *part != "https");
        parts.for_each(|part| self.add(part, shown));
    }

    /// Adds what one of `secrets` holds.
    fn hold(&mut self, held: &Held) {
        let shown = format!("${{{}}}", held.variable.as_ref().unwrap_or(&held.name));
        let of_file = held.file.as_ref().map(|file| files::start_of(file, LARGEST_SECRET));
        for text in of_file.into_iter().chain(held.content.clone()) {
            held::secrets_of(&text).iter().for_each(|part| self.add(part, &shown));
        }
    }

    /// A text, as it is and as Go quotes it.
    fn add(&mut self, value: &str, shown: &str) {
        if value.chars().count() < SHORTEST {
            return;
        }
        let quoted = format!("{value:?}");
        for value in [&quoted[1..quoted.len() - 1], value] {
            let mut rest = value;
            while !rest.is_empty() {
                // The last piece is no shorter than could be looked for by itself.
                let length = if rest.len() < LONGEST + SHORTEST_PIECE { rest.len() } else { floor(rest, LONGEST) };
                let (piece, after) = rest.split_at(length);
                rest = after;
                let first = self.values.entry(piece.to_owned()).or_insert_with(|| shown.to_owned());
                if shown < first.as_str() {
                    *first = shown.to_owned();
                }
            }
        }
    }
}

/// What the files of a project say.
struct Texts {
    compose: Vec<String>,
    env: Vec<String>,
    dockerfiles: Vec<String>,
}

/// The longest of some sorted values that begins at this place.
fn longest<'v>(mut values: &[(&'v str, &'v str)], text: &str, at: usize) -> Option<(&'v str, &'v str)> {
    let mut found = None;
    for (index, byte) in text[at..].bytes().enumerate() {
        // Those that go on with this byte; one that ends here comes first.
        let byte_of = |value: &&str| value.as_bytes().get(index).copied();
        let start = values.partition_point(|(value, _)| byte_of(value) < Some(byte));
        let length = values[start..].partition_point(|(value, _)| byte_of(value) == Some(byte));
        values = &values[start..start + length];
        let Some(first) = values.first().copied() else { break };
        if first.0.len() == index + 1 && stands(text, at, first.0) {
            found = Some(first);
        }
    }
    found
}

/// The last place of a text, up to this one, where a character begins.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Whether a value found in a text is not just part of a longer word. One that can't be a word is redacted even inside
/// another: `v${TOKEN}`.
fn stands(text: &str, at: usize, value: &str) -> bool {
    let may_be_a_word =
        may_be_a_word(value) || value.len() <= 4 * SHORTEST_PART && value.chars().count() <= SHORTEST_PART;
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    !may_be_a_word || !(is_word(text[..at].chars().next_back()) || is_word(text[at + value.len()..].chars().next()))
}

fn may_be_a_word(value: &str) -> bool {
    value.len() <= 4 * LONGEST_WORD && value.chars().count() <= LONGEST_WORD && value.chars().all(char::is_alphabetic)
}

#[cfg(test)]
mod tests;
