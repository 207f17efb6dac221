//! The secret values of a project, taken out of what others say: compose quotes them in its own sentences. Which
//! variables are secret says `ui/secret.rs`; all others stay as they are, since a host or a service's name is what a
//! message is about.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::compose::call::ComposeCall;
use crate::compose::files as compose_files;
use crate::compose::services::Services;
use crate::system::environment::Environment;
use crate::system::files;
use crate::ui::secret::{hidden, is_harmless, is_secret, secret_parts};

/// Shorter values are no secrets, and would match everywhere.
const SHORTEST: usize = 3;
/// A part of a value (one of the words of a passphrase) that is shorter could be any word.
const SHORTEST_PART: usize = 5;
/// Letters alone that are no longer than this may be a word, or part of one: `postgres` is no part of `postgresql`.
const LONGEST_WORD: usize = 15;

/// What must not be shown, each with what is shown in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// The longest first.
    values: Vec<(String, String)>,
}

impl Secrets {
    /// Those of a project: among the variables that its compose gets, in every `.env` file that compose reads here, and in
    /// the compose files themselves. `written`: what those say.
    pub fn of_project(compose: &ComposeCall, environment: &Environment, written: &Services) -> Secrets {
        let environment = environment.with(&compose.env);
        let mut env_files = compose_files::env_files(compose, &environment);
        env_files.push(compose.dir.join(".env"));
        env_files.extend(written.services.iter().flat_map(|service| service.env_files.iter().cloned()));
        let texts = |files: &[PathBuf]| files.iter().filter_map(|file| files::text_of(file)).collect::<Vec<_>>();
        let of_files = texts(&compose_files::of(compose, &environment).unwrap_or_default().files);
        let in_files = of_files.iter().flat_map(|text| literals(text));
        let env_texts = texts(&env_files);
        let words = of_files.iter().chain(&env_texts).flat_map(|text| harmless_words(text)).collect();
        Secrets::of_variables(environment.all().into_iter().chain(in_files)).and(&env_texts).without(&words)
    }

    /// Without values that are words of the project, too: who reads `postgres`, the name of a service, does not learn that it
    /// is also a password.
    fn without(mut self, words: &HashSet<String>) -> Secrets {
        let is_name = |value: &str| may_be_a_word(&value.replace(['-', '_'], ""));
        self.values.retain(|(value, _)| !is_name(value) || !words.contains(value));
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
        self.sorted()
    }

    /// These, those of texts of `.env` files, and every line in them that sets nothing: compose quotes such a line whole.
    pub fn and<T: AsRef<str>>(mut self, texts: &[T]) -> Secrets {
        for text in texts {
            self.read(text.as_ref());
        }
        self.sorted()
    }

    fn sorted(mut self) -> Secrets {
        self.values.sort_by(|left, right| right.0.len().cmp(&left.0.len()).then_with(|| left.cmp(right)));
        self.values.dedup_by(|left, right| left.0 == right.0);
        self
    }

    /// A text without them: `${NAME}` stands where the value of `NAME` was.
    pub fn redact(&self, text: &str) -> String {
        let mut whole = String::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let is_here = |value: &&(String, String)| text[at..].starts_with(&value.0) && stands(text, at, &value.0);
            match self.values.iter().find(is_here) {
                Some((value, shown)) => {
                    whole.push_str(shown);
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

    fn read(&mut self, text: &str) {
        let mut open: Option<(char, String)> = None;
        for line in text.lines() {
            let line = line.trim();
            let inner = line.strip_prefix("export ").unwrap_or(line).trim_start();
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

    /// Adds what is secret about a variable's value.
    fn set(&mut self, name: &str, value: &str) {
        let shown = format!("${{{name}}}");
        let parts = secret_parts(value);
        if !parts.is_empty() {
            // Its host may be shown, and is most often what the message is about.
            self.add(value, &shown);
            parts.into_iter().for_each(|part| self.add(part, &shown));
        } else if is_secret(name) && !is_harmless(value.trim_matches(['"', '\''])) {
            self.add(value, &shown);
            let between = |c: char| c.is_whitespace() || ":/@,;&=?#|$(){}[]<>\"'".contains(c);
            let parts = value.split(between).filter(|part| part.chars().count() >= SHORTEST_PART && *part != "https");
            parts.for_each(|part| self.add(part, &shown));
        }
    }

    /// A text, as it is and as Go quotes it.
    fn add(&mut self, value: &str, shown: &str) {
        if value.chars().count() >= SHORTEST {
            let quoted = format!("{value:?}");
            self.values.push((quoted[1..quoted.len() - 1].to_owned(), shown.to_owned()));
            self.values.push((value.to_owned(), shown.to_owned()));
        }
    }
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

/// The words of a compose file or a `.env` file outside of secret values.
fn harmless_words(text: &str) -> HashSet<String> {
    let mut words = HashSet::new();
    // How deep the secret name stands whose value follows in lines of its own.
    let mut under: Option<usize> = None;
    for line in text.lines() {
        let depth = line.len() - line.trim_start().len();
        if line.trim().is_empty() || under.is_some_and(|name| depth > name) {
            continue;
        }
        under = None;
        for item in line.split(['{', ',', '}']) {
            let entry = item.trim().trim_start_matches("- ").trim_start_matches("export ").trim_matches(['"', '\'']);
            let name = entry.split(['=', ':']).next().unwrap_or(entry).trim().trim_matches(['"', '\'']);
            if name.len() < entry.len() && is_secret(name) {
                under = Some(depth);
                continue;
            }
            let shown = hidden(item);
            let names = shown.split(|c: char| !c.is_alphabetic() && !matches!(c, '-' | '_'));
            words.extend(names.flat_map(|name| name.split(['-', '_']).chain([name])).map(str::to_owned));
        }
    }
    words
}

/// The variables that a compose file sets under `environment` and `args`, as far as single lines tell.
fn literals(text: &str) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    // How deep the key is whose lines these are.
    let mut under: Option<usize> = None;
    for line in text.lines() {
        let entry = line.trim_start();
        let depth = line.len() - entry.len();
        if entry.is_empty() || entry.starts_with('#') {
            continue;
        }
        if under.is_some_and(|key| depth < key || (depth == key && !entry.starts_with("- "))) {
            under = None;
        }
        // Also within a map on one line: `build: { context: ., args: { … } }`.
        let behind = |key: &str| {
            let (before, rest) = entry.split_once(key)?;
            before.is_empty().then_some(rest).or_else(|| before.ends_with([' ', '{', ',']).then_some(rest))
        };
        if let Some(rest) = behind("environment:").or_else(|| behind("args:")) {
            under = Some(depth);
            variables.extend(rest.split(['{', '}', '[', ']', ',']).filter_map(literal));
        } else if under.is_some() {
            variables.extend(literal(entry));
        }
    }
    variables
}

/// `NAME: value`, `- NAME=value`, in quotes or not; one that is a variable itself stands elsewhere.
fn literal(entry: &str) -> Option<(String, String)> {
    let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    let entry = bare(entry.trim().strip_prefix("- ").unwrap_or(entry));
    let (name, value) = entry.split_once(['=', ':'])?;
    let value = bare(value.split(" #").next().unwrap_or(value));
    (is_name(name.trim()) && !value.starts_with('$')).then(|| (name.trim().to_owned(), value))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Secrets {
        Secrets::default().and(&[text])
    }

    /// Sentences of compose 1.29, 2.26 and 2.40 with a value in them.
    #[test]
    fn values_are_taken_out_of_sentences() {
        let secrets = of("DB_PASSWORD=hunter2\nexport Q_KEY='it is \"x\"' # why\nURL: postgres://me:geheim@db/x\n");
        for (said, shown) in [
            ("services.api.ports: Invalid hostPort: hunter2", "services.api.ports: Invalid hostPort: ${DB_PASSWORD}"),
            (r#"parsing "hunter2": invalid syntax"#, r#"parsing "${DB_PASSWORD}": invalid syntax"#),
            (r#"invalid reference format "it is \"x\"""#, r#"invalid reference format "${Q_KEY}""#),
            ("no such host: geheim", "no such host: ${URL}"),
            ("invalid reference: repo:vhunter2x", "invalid reference: repo:v${DB_PASSWORD}x"),
            ("nothing of it", "nothing of it"),
        ] {
            assert_eq!(secrets.redact(said), shown);
        }
    }

    #[test]
    fn harmless_values_stay_readable() {
        let secrets = of(
            "DB_HOST=database\nSTAGE=production\nPORT=8000\nDATABASE_URL=postgres://me:geheim@database/x\nDSN=mysql://me:geheim@database/x\nAUTH_HOST=keycloak\nDB_PASSWORD_FILE=./secrets/db\n",
        );
        for said in [
            "service \"web\" depends on undefined service \"database\"",
            "no such file: /srv/production/secrets/db",
            "port 8000 of keycloak: me, mysql",
        ] {
            assert_eq!(secrets.redact(said), said);
        }
        assert_eq!(secrets.redact("postgres://me:geheim@database/x"), "${DATABASE_URL}");
    }

    #[test]
    fn lines_that_set_nothing_are_secrets_too() {
        let secrets = of("SECRET=\"hunter2\nh!nter3=1\nMULTI='first one\nsecond one\n'\nA=1\n");
        assert_eq!(
            secrets.redact(r#"line 1: unterminated quoted value "hunter2"#),
            "line 1: unterminated quoted value ${SECRET}"
        );
        // The quotes were never closed: all that follows could be the value.
        assert_eq!(secrets.redact(r#"in variable name "h!nter3=1""#), r#"in variable name "${SECRET}""#);
        assert!(!secrets.redact("second one").contains("second"));
        let broken = of("h!nter3=1\nB=2\n");
        assert_eq!(broken.redact(r#"in variable name "h!nter3=1""#), r#"in variable name "…""#);
        let within = of("TEXT=\"first\nTOKEN=geheim\n\"\n");
        assert_eq!(within.redact("first geheim"), "first ${TEXT}");
    }

    #[test]
    fn a_value_that_may_be_a_word_is_one_only_where_it_stands_alone() {
        let secrets = of("TOKEN=dev\nN_KEY=1\nX_KEY=ab\nPOSTGRES_PASSWORD=postgres\n");
        assert_eq!(secrets.redact("dev devices /dev/x 1 ab"), "${TOKEN} devices /${TOKEN}/x 1 ab");
        assert_eq!(secrets.redact("postgresql: postgres"), "postgresql: ${POSTGRES_PASSWORD}");
    }

    #[test]
    fn compose_files_have_variables_of_their_own() {
        let text = "services:\n  a:\n    environment:\n      DB_PASSWORD: geheim-1 # why\n      STAGE: production\n    labels:\n      my.token: label\n\
            \n  b:\n    environment:\n    - \"API_KEY=geheim-2\"\n    - URL=$URL\n    image: x\n    build:\n      args: { NPM_TOKEN: geheim-3, A: b }\n\
            \x20 c: { build: { context: ., args: [\"D_TOKEN=geheim-4\"] } }\n\
            x-key: elsewhere\n";
        let secrets = Secrets::of_variables(literals(text));
        assert_eq!(
            secrets.redact("geheim-1 production geheim-2 geheim-3 geheim-4 label elsewhere"),
            "${DB_PASSWORD} production ${API_KEY} ${NPM_TOKEN} ${D_TOKEN} label elsewhere"
        );
        for text in ["environment", "args:", "environment: {", "  - =", "environment:\n  \u{e9}: \u{e9}\n-"] {
            let _ = literals(text);
        }
    }

    /// The commonest passwords of development are names of what they are for.
    #[test]
    fn a_word_of_the_project_stays_readable() {
        let text = "services:\n  postgres:\n    image: postgres:16\n    environment:\n      POSTGRES_PASSWORD: postgres\n      POSTGRES_DB: app\n\
                    \x20     API_TOKEN: geheim\n      B_KEY: my-app\n      NAME: my-app\n      URL: redis://:wort@cache/0\n      MY_KEY: |\n        zeile\n    args: { A_SECRET: flow, B: c }\n";
        let secrets = Secrets::of_variables(literals(text)).and(&["ADMIN_PASSWORD=app\nMULTI_KEY=zeile\n"]);
        let secrets = secrets.without(&harmless_words(text));
        for (said, shown) in [
            ("service \"postgres\" of app: role \"postgres\"", "service \"postgres\" of app: role \"postgres\""),
            ("no my-app", "no my-app"),
            ("geheim wort zeile flow", "${API_TOKEN} ${URL} ${MULTI_KEY} ${A_SECRET}"),
        ] {
            assert_eq!(secrets.redact(said), shown);
        }
    }

    #[test]
    fn switches_and_paths_are_no_secrets() {
        let secrets = of("BASIC_AUTH=false\nSSL_KEY=\"/certs/local.key\"\nTOKEN=falsetto\n");
        assert_eq!(
            secrets.redact("invalid boolean: false, /certs/local.key"),
            "invalid boolean: false, /certs/local.key"
        );
        assert_eq!(secrets.redact("falsetto"), "${TOKEN}");
    }

    #[test]
    fn variables_are_secrets_as_lines_are() {
        let secrets =
            Secrets::of_variables([("TOKEN".to_owned(), "s3cret".to_owned()), ("A".to_owned(), "web".to_owned())]);
        assert_eq!(secrets.redact("web s3cret"), "web ${TOKEN}");
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for text in [
            "",
            "=",
            "A=\"",
            "TOKEN='\\",
            "KEY=\u{e9}\u{e9}\u{e9}",
            "KEY=\u{e9}\u{fc}\"\u{e9}",
            "\"\n\"\n",
            "export ",
            "KEY=\"\u{e9}\nA=\u{e9}\n",
        ] {
            let secrets = of(text);
            for said in ["", "\u{e9}\u{e9}\u{e9}\u{fc}", text] {
                let _ = secrets.redact(said);
            }
        }
    }
}
