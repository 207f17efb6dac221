//! The secret values of a project, taken out of what others say: compose quotes them in its own sentences. Which
//! variables are secret says `ui/secret.rs`; all others stay as they are, since a host or a service's name is what a
//! message is about.

mod held;
mod literals;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Bound;
use std::path::PathBuf;

use literals::is_name;

use crate::compose::call::ComposeCall;
use crate::compose::env_file;
use crate::compose::files as compose_files;
use crate::compose::services::held::Held;
use crate::instructions::variables;
use crate::system::environment::Environment;
use crate::system::files;
use crate::ui::secret::{SHORTEST, hidden, is_harmless, is_secret, secret_parts, until};

/// How much of the file of one of `secrets` is read.
const LARGEST_SECRET: u64 = 64 << 10;
/// Longer values are looked for in pieces, so that the cost of a place in a text has a bound.
const LONGEST: usize = 1 << 10;
/// A piece that is shorter could be anything.
const SHORTEST_PIECE: usize = 16;
/// A part of a value (one of the words of a passphrase) that is shorter could be any word.
const SHORTEST_PART: usize = 5;
/// Letters alone that are no longer than this may be a word, or part of one: `postgres` is no part of `postgresql`.
const LONGEST_WORD: usize = 15;

/// What must not be shown, each with what is shown in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    values: BTreeMap<String, String>,
}

impl Secrets {
    /// Those of a project: among the variables that its compose gets, in every `.env` file that compose reads here, in the
    /// compose files themselves, in what their `secrets` hold, and in the Dockerfiles that they build.
    pub fn of_project(compose: &ComposeCall, environment: &Environment) -> Secrets {
        let environment = environment.with(&compose.env);
        let services = compose_files::services_or_written(compose, &environment);
        let mut env_files = compose_files::env_files(compose, &environment);
        env_files.push(compose.dir.join(".env"));
        env_files.extend(services.services.iter().flat_map(|service| service.env_files.iter().cloned()));
        let texts = |files: &[PathBuf]| files.iter().filter_map(|file| files::text_of(file)).collect::<Vec<_>>();
        let of_files = texts(&compose_files::of(compose, &environment).unwrap_or_default().files);
        let env_texts = texts(&env_files);
        let builds = || services.services.iter().filter_map(|service| service.build.as_ref());
        let dockerfiles: BTreeSet<PathBuf> =
            builds().filter_map(|build| Some(build.context.as_ref()?.join(&build.dockerfile))).collect();
        let inline = builds().filter_map(|build| build.inline.clone());
        let dockerfiles: Vec<String> =
            dockerfiles.iter().filter_map(|file| files::text_of(file)).chain(inline).collect();
        let words = of_files.iter().chain(&env_texts).flat_map(|text| harmless_words(text));
        let words = words.chain(dockerfiles.iter().flat_map(|text| words_of_dockerfile(text))).collect();
        let variables = environment.all().into_iter().chain(services.environment.iter().cloned());
        let variables = variables
            .chain(builds().flat_map(|build| build.args.iter().cloned()))
            .chain(of_files.iter().flat_map(|text| literals::of_compose(text)))
            .chain(dockerfiles.iter().flat_map(|text| variables::set_by(text)));
        let mut secrets = Secrets::of_variables(variables).and(&env_texts, |name| environment.text(name));
        services.held.iter().for_each(|held| secrets.hold(held));
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

    /// A text without them: `${NAME}` stands where the value of `NAME` was.
    pub fn redact(&self, text: &str) -> String {
        let mut whole = String::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            match self.longest(text, at) {
                Some((value, shown)) => {
                    // The pieces of a long one are one value.
                    if !whole.ends_with(shown) {
                        whole.push_str(shown);
                    }
                    at += value.len();
                }
                None => {
                    whole.push(c);
                    at += c.len_utf8();
                }
            }
        }
        whole
    }

    /// The longest value that begins at this place.
    fn longest(&self, text: &str, at: usize) -> Option<(&str, &str)> {
        let mut rest = &text[at..at + floor(&text[at..], LONGEST + SHORTEST_PIECE)];
        // Of what is no greater, the greatest is the value, or says how much of the text a shorter one can have.
        while rest.len() >= SHORTEST {
            let no_greater = (Bound::Unbounded, Bound::Included(rest));
            let (value, shown) = self.values.range::<str, _>(no_greater).next_back()?;
            let mut same = value.bytes().zip(rest.bytes()).take_while(|(left, right)| left == right).count();
            if same == value.len() {
                if stands(text, at, value) {
                    return Some((value, shown));
                }
                same -= 1;
            }
            rest = &rest[..floor(rest, same)];
        }
        None
    }

    /// Those of a text, whatever it is.
    #[cfg(test)]
    pub fn of_text(text: &str) -> Secrets {
        let variables = literals::of_compose(text).into_iter().chain(variables::set_by(text));
        let mut secrets = Secrets::of_variables(variables).and(&[text], |_| None);
        secrets.hold(&Held { name: "s".to_owned(), content: Some(text.to_owned()), ..Held::default() });
        secrets.without(&harmless_words(text))
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
        } else if is_secret(name) {
            self.whole(value, &shown);
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

/// The last place of a text, up to this one, where a character begins.
fn floor(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Whether a value found in a text is not just part of a longer word. One that can't be a word is redacted even inside
/// another: `v${TOKEN}`.
fn stands(text: &str, at: usize, value: &str) -> bool {
    let may_be_a_word = may_be_a_word(value) || value.chars().count() <= SHORTEST_PART;
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    !may_be_a_word || !(is_word(text[..at].chars().next_back()) || is_word(text[at + value.len()..].chars().next()))
}

fn may_be_a_word(value: &str) -> bool {
    value.chars().count() <= LONGEST_WORD && value.chars().all(char::is_alphabetic)
}

/// The words of what a Dockerfile is based on, and of its variables.
fn words_of_dockerfile(text: &str) -> HashSet<String> {
    let set = variables::set_by(text).into_iter().map(|(name, value)| format!("{name}={value}"));
    harmless_words(&variables::bases(text).into_iter().chain(set).collect::<Vec<_>>().join("\n"))
}

/// The words of a compose file or a `.env` file outside of secret values and comments.
fn harmless_words(text: &str) -> HashSet<String> {
    let mut words = HashSet::new();
    // How deep the secret name stands whose value follows in lines of its own.
    let mut under: Option<usize> = None;
    // The quote of a secret value that is not closed yet.
    let mut open: Option<&str> = None;
    for line in text.lines() {
        if let Some(mark) = open {
            open = open.filter(|_| until(line, mark) == line.len());
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        let is_empty = line.trim().is_empty() || line.trim_start().starts_with('#');
        if is_empty || under.is_some_and(|name| depth > name) {
            continue;
        }
        under = None;
        let mut rest = line;
        while !rest.is_empty() {
            let is_first = rest.len() == line.len();
            let mut end = rest.find(['{', ',', '}']).unwrap_or(rest.len());
            let (item, comment) =
                rest[..end].split_once(" #").map_or((&rest[..end], None), |(item, it)| (item, Some(it)));
            if let Some((mark, at)) = secret_value(item) {
                under = Some(depth);
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

/// A line without the `export` of a shell.
fn unexported(line: &str) -> &str {
    let rest = line.strip_prefix("export").filter(|rest| rest.starts_with(char::is_whitespace));
    rest.map_or(line, str::trim_start)
}

/// Where the value begins if the name in front of it is secret, with the quote that ends it.
fn secret_value(item: &str) -> Option<(Option<&str>, usize)> {
    let is_mark = |c: char| matches!(c, '"' | '\'');
    let at = item.find(['=', ':'])?;
    let before = &item[..at];
    if !is_secret(unexported(before.trim().trim_start_matches("- ")).trim_matches(is_mark)) {
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

#[cfg(test)]
mod tests;
