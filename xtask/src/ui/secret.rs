//! Which variables are secret: by their name, or by the form of their value. docs/troubleshooting.md has the list. What we
//! print passes through [`hidden`].

use std::borrow::Cow;
use std::ops::Range;

/// A name with one of these words in it means a secret: `SMTP_PASS`, `AWS_ACCESS_KEY_ID`.
const WORDS: [&str; 11] =
    ["PASS", "PASSWORDS", "PWD", "SECRETS", "TOKENS", "KEY", "KEYS", "DSN", "CREDENTIAL", "CREDS", "PRIVATE"];
/// So does one with a word that ends in one of these: `DB_PASSWORD`, `PGPASSWORD`, `authToken`.
const ENDINGS: [&str; 7] = ["PASSWD", "PASSWORD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "CREDENTIALS"];
/// Only as the last word: `REDIS_AUTH` is a password, `AUTH_HOST` is not.
const LAST: &str = "AUTH";
/// The last word of a name whose value says where the secret is: `DB_PASSWORD_FILE`, `TOKEN_ENDPOINT`.
const PLACES: [&str; 4] = ["FILE", "PATH", "LOCATION", "ENDPOINT"];

/// Whether a variable of this name holds a secret. The case does not matter.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    // The shell's own folders.
    if matches!(name.as_str(), "PWD" | "OLDPWD") {
        return false;
    }
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let Some(last) = words.last() else { return false };
    !PLACES.contains(last)
        && (*last == LAST
            || words.iter().any(|word| WORDS.contains(word) || ENDINGS.iter().any(|ending| word.ends_with(ending))))
}

/// The secret parts of a value whose name does not mean a secret: the password of an address
/// (`scheme://user:PASSWORD@host`), and the values of secret names inside of it (`?password=…`, `Server=db;Password=…`).
pub fn secret_parts(value: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = value
        .split(['?', '&', ';', ' '])
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| is_secret(name))
        .map(|(_, value)| value)
        .collect();
    // The password may contain an `@`: the host is what comes after the last one.
    let authority = value.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    let password =
        authority.and_then(|authority| authority.rsplit_once('@')).and_then(|(user, _)| user.split_once(':'));
    parts.extend(password.map(|(_, password)| password));
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether a value is no secret whatever its name is: a switch, or the path of a file.
pub fn is_harmless(value: &str) -> bool {
    let is_switch =
        ["true", "false", "yes", "no", "on", "off", "null", "none"].iter().any(|it| value.eq_ignore_ascii_case(it));
    let is_path = ["/", "./", "../", "~/"].iter().any(|start| value.starts_with(start));
    let ending = value.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending);
    is_switch
        || value.starts_with("/run/secrets/")
        || is_path && (2..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Shorter values are no secrets.
const SHORTEST: usize = 3;

/// A text as it may be printed, with `…` in place of the values of secret names (`NAME=value`, `NAME = "value"`,
/// `--name=value`) and of passwords in addresses.
pub fn hidden(text: &str) -> Cow<'_, str> {
    replaced(text, spans(text), |_| "…".to_owned())
}

/// The text of a file whose places are shown: a `*` for each byte, so that all places stay. What stands behind `NAME =`
/// and is no text in quotes (a list, a table, a mistake) is secret to the end of its line.
pub fn starred(text: &str) -> Cow<'_, str> {
    let mut spans = spans(text);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let value = line.split_once('=').filter(|(name, _)| is_secret(name.trim().trim_matches(['"', '\''])));
        if let Some((name, value)) = value {
            let span = start + name.len() + 1..start + name.len() + 1 + value.trim_end().len();
            if !spans.iter().any(|other| span.contains(&other.start)) {
                spans.push(span);
            }
        }
        start += line.len();
    }
    spans.sort_by_key(|span| span.start);
    let star = |c: char| if c.is_whitespace() || is_mark(c) { c.to_string() } else { "*".repeat(c.len_utf8()) };
    replaced(text, spans, |value| value.chars().map(star).collect())
}

fn replaced(text: &str, spans: Vec<Range<usize>>, by: impl Fn(&str) -> String) -> Cow<'_, str> {
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut whole, mut at) = (String::new(), 0);
    for span in spans {
        whole.push_str(&text[at..span.start]);
        whole.push_str(&by(&text[span.clone()]));
        at = span.end;
    }
    whole.push_str(&text[at..]);
    Cow::Owned(whole)
}

/// Where secret values are, in their order.
fn spans(text: &str) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for (at, mark) in text.match_indices(['=', ':', '-']) {
        // What is in a secret value is one already.
        if spans.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let found = match mark {
            "=" => of_name(text, at),
            ":" => of_address(text, at),
            _ => of_option(text, at),
        };
        spans.extend(found.filter(|span| is_literal(&text[span.clone()])));
    }
    spans
}

/// Not a variable, a command or a placeholder, and not hidden yet.
fn is_literal(value: &str) -> bool {
    !value.is_empty()
        && !value.starts_with(['$', '{', '<', '%', '…'])
        && !value.bytes().all(|byte| byte == b'*')
        && !is_harmless(value)
}

/// The value behind an equals sign whose name is secret.
fn of_name(text: &str, equals: usize) -> Option<Range<usize>> {
    let (before, after) = (&text[..equals], &text[equals + 1..]);
    // PowerShell has `${env:NAME} = 'value'`.
    let tight = before.trim_end_matches(' ').trim_end_matches('}');
    let start = tight.rfind(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c)));
    let mark = start.and_then(|at| tight[at..].chars().next());
    let start = start.map_or(0, |at| at + mark.map_or(0, char::len_utf8));
    if !is_secret(&tight[start..]) || after.starts_with('=') {
        return None;
    }
    let inner = after.trim_start_matches(' ');
    // `NAME = value` without quotes is a sentence, or a number of TOML's.
    let is_apart = inner.len() < after.len() || tight.len() < before.len();
    let (opening, length) = if let Some(value) = inner.strip_prefix("\\\"") {
        (2, value.find("\\\"").unwrap_or(value.len()))
    } else if let Some(mark) = inner.chars().next().filter(|c| is_mark(*c)) {
        (1, until(&inner[1..], mark))
    } else if is_apart {
        return None;
    } else if let Some(mark) = mark.filter(|c| is_mark(*c)) {
        (0, until(inner, mark))
    } else {
        (0, word(inner))
    };
    let begin = equals + 1 + (after.len() - inner.len()) + opening;
    (text[begin..begin + length].chars().count() >= SHORTEST).then(|| begin..begin + length)
}

fn is_mark(c: char) -> bool {
    c == '"' || c == '\''
}

/// The length of a text up to this quote. In double quotes a backslash takes the next character along.
fn until(text: &str, mark: char) -> usize {
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        if c == mark || c == '\n' {
            return at;
        }
        if c == '\\' && mark == '"' {
            characters.next();
        }
    }
    text.len()
}

/// The length of a word without quotes, as in a shell, a sentence or a string of JSON's.
fn word(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "\"'`;&|()<>".contains(c);
    let word = &text[..text.find(ends).unwrap_or(text.len())];
    word[..word.find("\\n").unwrap_or(word.len())].trim_end_matches([',', '.', '\\']).len()
}

/// The next word behind an option such as `--password`. Not behind docker's `--secret`, which names where one is.
fn of_option(text: &str, dash: usize) -> Option<Range<usize>> {
    // Only where a word begins: a long row of dashes is read once.
    let begins = !text[..dash].ends_with(|c: char| c == '-' || c.is_ascii_alphanumeric());
    let name = text[dash..]
        .strip_prefix("--")
        .filter(|_| begins)?
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .next()?;
    let last = name.rsplit('-').next()?.to_ascii_uppercase();
    let begin = dash + 2 + name.len() + 1;
    let value = text[dash + 2 + name.len()..].strip_prefix(' ')?;
    let is_secret = last != "SECRET" && ENDINGS.iter().any(|ending| last.ends_with(ending));
    let (opening, length) = match value.chars().next().filter(|c| is_mark(*c)) {
        Some(mark) => (1, until(&value[1..], mark)),
        None => (0, word(value)),
    };
    let is_value = is_secret && length >= SHORTEST && !value.starts_with('-');
    is_value.then(|| begin + opening..begin + opening + length)
}

/// The password of `scheme://user:PASSWORD@host`, from the first colon.
fn of_address(text: &str, colon: usize) -> Option<Range<usize>> {
    let begin = colon + text[colon..].strip_prefix("://").map(|_| 3)?;
    let ends = |c: char| c.is_whitespace() || c.is_control() || "/?#\"'`<>\\".contains(c);
    let authority = &text[begin..begin + text[begin..].find(ends).unwrap_or(text.len() - begin)];
    let (user, _) = authority.rsplit_once('@')?;
    let (name, _) = user.split_once(':')?;
    Some(begin + name.len() + 1..begin + user.len())
}

/// A variable's value as it may be printed, with `…` in place of secrets.
pub fn shown(name: &str, value: &str) -> String {
    let parts = secret_parts(value);
    match parts.is_empty() && is_secret(name) && !is_harmless(value) {
        true => "…".to_owned(),
        false => parts.iter().fold(value.to_owned(), |shown, part| shown.replace(part, "…")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_a_secret_or_not() {
        for name in [
            "DB_PASSWORD",
            "PGPASSWORD",
            "db.password",
            "MYSQL_PWD",
            "SECRET_KEY_BASE",
            "API_KEY",
            "NPM_TOKEN",
            "authToken",
            "SENTRY_DSN",
            "GOOGLE_CREDENTIALS",
            "REDIS_AUTH",
            "AUTH",
            "SMTP_PASS",
            "XT_SECRET",
            "SECRET_DIR",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "DB_HOST",
            "PORT",
            "STAGE",
            "AUTHOR",
            "AUTH_HOST",
            "KEYBOARD",
            "COMPASS",
            "PWD",
            "DB_PASSWORD_FILE",
            "TOKENIZER",
            "MONKEY",
            "PASSENGER_HOST",
            "",
            "_",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn secret_values_are_hidden_in_any_text() {
        for (text, shown) in [
            ("TOKEN=geheim docker compose up", "TOKEN=… docker compose up"),
            ("compose run -e 'TOKEN=ge heim' api", "compose run -e 'TOKEN=…' api"),
            ("compose run -eTOKEN=geheim api", "compose run -eTOKEN=… api"),
            ("build --build-arg=NPM_TOKEN=geheim --quiet", "build --build-arg=NPM_TOKEN=… --quiet"),
            (
                "RUN API_KEY=\"ge\\\"heim\" true && mysql --password=geheim;",
                "RUN API_KEY=\"…\" true && mysql --password=…;",
            ),
            ("$was0 = ${env:TOKEN}; ${env:TOKEN} = 'ge heim'; try", "$was0 = ${env:TOKEN}; ${env:TOKEN} = '…'; try"),
            ("at `tcp://me:ge@heim@host:1/x`, or", "at `tcp://me:…@host:1/x`, or"),
            ("db.password = \"geheim\" # why", "db.password = \"…\" # why"),
            (
                r#"{ "steps": ["x -e TOKEN=\"ge heim\" y", "A_TOKEN=ge heim"] }"#,
                r#"{ "steps": ["x -e TOKEN=\"…\" y", "A_TOKEN=…"] }"#,
            ),
            (r#""x TOKEN=geheim\nnext""#, r#""x TOKEN=…\nnext""#),
            ("mysql --password geheim --auth-token 'ge heim' x", "mysql --password … --auth-token '…' x"),
            ("TOKEN=geheim, and PASSWORD=geheim.", "TOKEN=…, and PASSWORD=…."),
            ("\u{1b}[1mTOKEN=geheim\u{1b}[0m", "\u{1b}[1mTOKEN=…\u{1b}[0m"),
            ("DSN=postgres://me:geheim@db/x", "DSN=…"),
            ("KEY=/9j/4AAQSkZJRg KEY=/a.b/c.D", "KEY=… KEY=…"),
        ] {
            assert_eq!(hidden(text), shown, "{text}");
            assert_eq!(hidden(shown), shown, "twice: {shown}");
        }
        assert_eq!(starred("TOKEN = \"geheim\" # é"), "TOKEN = \"******\" # é");
        for (text, shown) in [
            ("A_TOKEN = [\"geheim\"]\nx = 1\n", "A_TOKEN = *\"******\"*\nx = 1\n"),
            ("TOKEN = geheim # x", "TOKEN = ****** * *"),
            ("\"A TOKEN\" = { a = 'geheim' }", "\"A TOKEN\" = * * * '******' *"),
            ("about = \"the key = value\"", "about = \"the key = value\""),
        ] {
            assert_eq!(starred(text), shown);
        }
        assert_eq!(starred("TOKEN=\"ü\" TOKEN=\"üüü\"").len(), "TOKEN=\"ü\" TOKEN=\"üüü\"".len());
    }

    #[test]
    fn harmless_texts_stay_as_they_are() {
        for text in [
            "docker login --password-stdin registry.example.org --token-file /x mysql --password -h db --password <PW>",
            "docker build --secret id=token,src=/run/token --build-arg STAGE=production .",
            "TOKEN=$TOKEN TOKEN=${TOKEN} TOKEN=$(cat /x) TOKEN={value} TOKEN=<VALUE> API_KEY=",
            "the key = value of TOKEN is set; sort --key=2 -k 2",
            "https://example.org:8000/a:b@c ssh://git@example.org redis://:${PASSWORD}@cache tcp://127.0.0.1:2375",
            "[ \"$TOKEN\" == yes ] && PWD=/srv OLDPWD=/x KEYBOARD=qwertz SSH_AUTH_SOCK=/run/agent",
            "DB_PASSWORD_FILE=/run/secrets/db SSL_KEY_PATH=/x TOKEN_ENDPOINT=example.org",
            "BASIC_AUTH=false SECRET_UPLOAD=True SSL_KEY=/certs/local.key A_PASSWORD=/run/secrets/db TLS_KEY=./a.pem CREDENTIALS=~/x/key.json",
            "step 3: `POSTGRES_PASSWORD` is not set; ports: 5432:5432",
        ] {
            assert_eq!(hidden(text), text);
        }
    }

    #[test]
    fn any_text_is_hidden_without_a_panic() {
        for text in [
            "=",
            "TOKEN=",
            "éTOKEN=é",
            "TOKEN='",
            "TOKEN=\\\"",
            "TOKEN=\"\\",
            "://",
            "a://é:é@",
            "TOKEN= '",
            "}=x",
            "TOKEN=ééé\\",
        ] {
            let _ = (hidden(text), starred(text));
        }
    }

    #[test]
    fn an_address_has_a_password() {
        for (value, parts) in [
            ("postgres://me:geheim@db:5432/app", vec!["geheim"]),
            ("redis://:ge@heim@cache", vec!["ge@heim"]),
            ("jdbc:postgresql://db/app?user=me&password=geheim", vec!["geheim"]),
            ("Server=db;Password=geheim;Port=1", vec!["geheim"]),
            ("host=db password=geheim", vec!["geheim"]),
            ("https://example.org:8000/a:b@c", vec![]),
            ("ssh://git@example.org", vec![]),
            ("database", vec![]),
            ("://:@", vec![]),
        ] {
            assert_eq!(secret_parts(value), parts, "{value}");
        }
        assert_eq!(shown("URL", "postgres://me:geheim@db/x"), "postgres://me:…@db/x");
        assert_eq!((shown("TOKEN", "x").as_str(), shown("STAGE", "x").as_str()), ("…", "x"));
    }
}
