//! Which variables are secret: by their name, or by the form of their value. docs/troubleshooting.md has the list.

/// A name with one of these words in it means a secret: `SMTP_PASS`, `AWS_ACCESS_KEY_ID`.
const WORDS: [&str; 11] =
    ["PASS", "PASSWORDS", "PWD", "SECRETS", "TOKENS", "KEY", "KEYS", "DSN", "CREDENTIAL", "CREDS", "PRIVATE"];
/// So does one with a word that ends in one of these: `DB_PASSWORD`, `PGPASSWORD`, `authToken`.
const ENDINGS: [&str; 7] = ["PASSWD", "PASSWORD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "CREDENTIALS"];
/// Only as the last word: `REDIS_AUTH` is a password, `AUTH_HOST` is not.
const LAST: &str = "AUTH";
/// The last word of a name whose value says where the secret is: `DB_PASSWORD_FILE`.
const PLACES: [&str; 2] = ["FILE", "PATH"];

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

/// A variable's value as it may be printed, with `…` in place of secrets.
pub fn shown(name: &str, value: &str) -> String {
    let parts = secret_parts(value);
    match parts.is_empty() && is_secret(name) {
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
