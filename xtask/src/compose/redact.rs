//! The secret values of a project, taken out of what others say: compose quotes them in its own sentences. Which
//! variables are secret says `ui/secret.rs`; all others stay as they are, since a host or a service's name is what a
//! message is about.

mod beside;
mod harmless;
mod held;
mod literals;
mod search;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

use harmless::unexported;
use literals::is_name;
use search::may_be_a_word;

use crate::compose::call::ComposeCall;
use crate::compose::env_file;
use crate::compose::files as compose_files;
use crate::compose::services::held::Held;
use crate::instructions::variables;
use crate::system::environment::Environment;
use crate::system::files;
use crate::ui::secret::{SHORTEST, is_harmless, is_secret, secret_parts};

/// How much of the file of one of `secrets` is read.
const LARGEST_SECRET: u64 = 64 << 10;
/// Longer values are looked for in pieces, so that the cost of a place in a text has a bound.
const LONGEST: usize = 128;
/// A piece that is shorter could be anything.
const SHORTEST_PIECE: usize = 16;
/// A part of a value (one of the words of a passphrase) that is shorter could be any word.
const SHORTEST_PART: usize = 5;
/// What must not be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// Each value with what is shown in its place.
    values: BTreeMap<String, String>,
    /// Variables that are secret though their names do not say so.
    names: BTreeSet<String>,
    /// What a `$` within a secret value begins, each with the name of that value: compose takes it for a variable.
    within: BTreeMap<String, String>,
    /// The variables of values that are no secrets.
    elsewhere: BTreeSet<String>,
}

impl Secrets {
    /// Those of a project: among the variables that its compose gets, in every `.env` file that compose reads here, in the
    /// compose files themselves, in what their `secrets` hold, and in the Dockerfiles that they build.
    pub fn of_project(compose: &ComposeCall, environment: &Environment) -> Secrets {
        let environment = compose.environment(environment);
        let (services, read) = compose_files::as_far_as_readable(compose, &environment);
        let mut env_files = read.env_files;
        env_files.extend(compose_files::env_files(compose, &environment));
        env_files.insert(compose.dir.join(".env"));
        env_files.extend(services.services.iter().flat_map(|service| service.env_files.iter().cloned()));
        let builds = || services.services.iter().filter_map(|service| service.build.as_ref());
        let dockerfiles = builds().filter_map(|build| Some(build.context.as_ref()?.join(&build.dockerfile))).collect();
        // One byte that is not UTF-8 must not hide the rest of a file: compose and BuildKit take it.
        let text = |file: &PathBuf| files::lossy_up_to(file, files::LARGEST).ok();
        let texts = |files: &BTreeSet<PathBuf>| files.iter().filter_map(text).collect::<Vec<_>>();
        let mut texts = Texts { compose: texts(&read.files), env: texts(&env_files), dockerfiles: texts(&dockerfiles) };
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
            secrets.add_defaults(&value);
        }
        for set in texts.dockerfiles.iter().flat_map(|text| variables::set_by(text)) {
            secrets.written(&set.name, &set.written);
            // What is in single quotes or behind an escape is no variable.
            match ["'", "\\$", "`$"].iter().any(|mark| set.written.contains(mark)) {
                true => secrets.set(&set.name, &set.value),
                false => secrets.written(&set.name, &set.value),
            }
        }
        texts.compose.iter().chain(&texts.env).chain(&texts.dockerfiles).for_each(|text| secrets.add_defaults(text));
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

    /// The name of the secret value that this is a part of: it stands behind a `$` in one, and nowhere else.
    pub fn secret_containing(&self, variable: &str) -> Option<&str> {
        self.within.get(variable).filter(|_| !self.elsewhere.contains(variable)).map(String::as_str)
    }

    /// What is secret in a value: all of it, or parts.
    fn secret_in<'v>(&self, name: &str, value: &'v str) -> Vec<&'v str> {
        if self.is_secret(name) { vec![value] } else { secret_parts(value) }
    }

    fn note_within(&mut self, name: &str, value: &str) {
        let secret = self.secret_in(name, value);
        if secret.is_empty() {
            self.elsewhere.extend(beside::names(value).map(str::to_owned));
        }
        for variable in secret.into_iter().flat_map(beside::bare_names) {
            self.within.entry(variable.to_owned()).or_insert_with(|| name.to_owned());
        }
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
        self.note_within(name, value);
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
        let shown = shown_for(name);
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
            self.elsewhere.extend(beside::names(value).map(str::to_owned));
            return;
        }
        self.set(name, value);
        self.note_within(name, value);
        let shown = shown_for(name);
        for pieces in self.secret_in(name, value).into_iter().filter(|part| part.contains('$')).map(beside::literals) {
            // What it becomes where no variable is set.
            self.whole(&pieces.iter().map(|(piece, _)| *piece).collect::<String>(), &shown);
            let is_long = |piece: &str| piece.chars().count() >= SHORTEST_PART;
            let pieces = pieces.into_iter().filter(|(piece, is_word)| *is_word || is_long(piece));
            pieces.for_each(|(piece, _)| self.whole(piece, &shown));
        }
    }

    /// Adds the words of secret variables: `${TOKEN:-word}`.
    fn add_defaults(&mut self, text: &str) {
        for (name, word) in beside::defaults(text) {
            self.written(name, &text[word]);
        }
    }

    /// Adds a value that is secret whatever its form is, and its parts.
    fn whole(&mut self, value: &str, shown: &str) {
        if is_harmless(value.trim_matches(['"', '\''])) {
            return;
        }
        self.add(value, shown);
        // The host of a URL is most often what a message is about.
        if let Some((_, rest)) = value.split_once("://") {
            let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
            let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
            [user, path].into_iter().for_each(|rest| self.parts(rest, shown));
        } else {
            self.parts(value, shown);
        }
    }

    fn parts(&mut self, value: &str, shown: &str) {
        let between = |c: char| c.is_whitespace() || ":/@,;&=?#|$(){}[]<>\"'".contains(c);
        let parts = value.split(between).filter(|part| part.chars().count() >= SHORTEST_PART);
        parts.for_each(|part| self.add(part, shown));
    }

    /// Adds what one of `secrets` holds.
    fn hold(&mut self, held: &Held) {
        let shown = shown_for(held.variable.as_ref().unwrap_or(&held.name));
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

/// What stands in the place of a value.
fn shown_for(name: &str) -> String {
    if name.is_empty() { "…".to_owned() } else { format!("${{{name}}}") }
}

/// The last place of a text, up to this one, where a character begins.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
