//! Which names mean a secret: those of variables, and of options.

use crate::ui::secret::spans::{ends_word, is_mark};

/// A name with one of these words in it means a secret: `SMTP_PASS`, `AWS_ACCESS_KEY_ID`, `API_KEYS`, `PASSWORD2`.
pub(super) const WORDS: [&str; 13] = [
    "PASS",
    "PASSWD",
    "PASSWORD",
    "PASSPHRASE",
    "PWD",
    "SECRET",
    "TOKEN",
    "KEY",
    "APIKEY",
    "DSN",
    "CREDENTIAL",
    "CREDS",
    "PRIVATE",
];
/// So does one with a word that ends in one of these: `DB_PASSWORD`, `PGPASSWORD`, `authToken`.
pub(super) const ENDINGS: [&str; 7] = ["PASSWD", "PASSWORD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "CREDENTIALS"];
/// Only as the last word: `REDIS_AUTH` is a password, `AUTH_HOST` is not.
const LAST: &str = "AUTH";
/// The last word of a name whose value says where the secret is: `DB_PASSWORD_FILE`, `TOKEN_ENDPOINT`.
pub(super) const PLACES: [&str; 11] =
    ["FILE", "PATH", "DIR", "FOLDER", "LOCATION", "ENDPOINT", "SOCK", "SOCKET", "HOST", "URL", "URI"];
/// Or what kind of secret it is, how large or how old it gets: `KEY_TYPE`, `TOKEN_TTL`. Not AGE, which is a program with keys,
/// nor ID: `VAULT_SECRET_ID` is a secret.
pub(super) const TRAITS: [&str; 17] = [
    "TYPE",
    "NAME",
    "MODE",
    "ALGORITHM",
    "ALG",
    "PREFIX",
    "SUFFIX",
    "TTL",
    "TIMEOUT",
    "EXPIRES",
    "EXPIRY",
    "DAYS",
    "SECONDS",
    "LENGTH",
    "SIZE",
    "BITS",
    "COUNT",
];

/// Whether a variable of this name holds a secret. The case does not matter.
pub fn is_secret(name: &str) -> bool {
    !is_folder_of_shell(name) && is_secret_within(name)
}

/// The shell's own variables.
fn is_folder_of_shell(name: &str) -> bool {
    matches!(name, "PWD" | "OLDPWD")
}

/// The same of a name inside of a value, where `PWD` is a password: `UID=sa;PWD=…`.
pub(super) fn is_secret_within(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let Some(last) = words.last() else { return false };
    let is_one_of = |list: &[&str]| forms(last).any(|form| list.contains(&form));
    !is_one_of(&PLACES)
        && !is_one_of(&TRAITS)
        && (is_one_of(&[LAST])
            || words
                .iter()
                .flat_map(|word| forms(word))
                .any(|word| WORDS.contains(&word) || ENDINGS.iter().any(|ending| word.ends_with(ending))))
}

/// A word without the number behind it, as it is and as the plural of another.
fn forms(word: &str) -> impl Iterator<Item = &str> {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    [Some(word), word.strip_suffix('S'), word.strip_suffix("ES")].into_iter().flatten()
}

/// Whether this value of a variable (`TOKEN`) or of an option (`--token`) is secret, by its name.
pub(super) fn is_secret_as(name: &str, value: &str) -> bool {
    match name.strip_prefix("--") {
        Some("secret") => !names_a_secret(value),
        Some("key") => !is_sort_key(value),
        Some("auth") => !is_method(value),
        Some(option) => is_secret_option(option),
        None if is_folder_of_shell(name) => !is_folder(value.trim_start_matches(['\\', '"', '\''])),
        None => is_secret(name),
    }
}

/// The same for the next word behind an option.
pub(super) fn is_secret_behind(name: &str, value: &str) -> bool {
    match name {
        // Switches, mostly: what follows them belongs to another word.
        "--private" | "--pass-through" => is_like_a_secret(value),
        _ => is_secret_as(name, value),
    }
}

/// What the shell's own variables hold.
fn is_folder(value: &str) -> bool {
    value.starts_with(['/', '$'])
        || value.get(1..).is_some_and(|rest| rest.starts_with(":\\") || rest.starts_with(":/"))
}

/// Whether an option of this name, without its dashes, has a secret value.
pub fn is_secret_option(name: &str) -> bool {
    let (before, last) = name.rsplit_once(['-', '_']).unwrap_or(("", name));
    // Columns and places in a table.
    let is_public = last == "key" && ["foreign", "partition", "public", "sort"].iter().any(|it| before.ends_with(it));
    !is_public && !name.starts_with("no-") && last != "stdin" && is_secret(name)
}

/// Docker's `--secret id=token,src=key.pem` says where one is.
fn names_a_secret(value: &str) -> bool {
    let value = value.trim_start_matches(is_mark);
    ["id=", "type=", "src=", "source=", "env="].iter().any(|field| value.starts_with(field))
}

/// A way to log in: `--auth basic`.
fn is_method(value: &str) -> bool {
    const METHODS: [&str; 10] =
        ["anonymous", "basic", "bearer", "digest", "gssapi", "kerberos", "negotiate", "ntlm", "oauth", "oauth2"];
    let value = match value.chars().next().filter(|first| is_mark(*first)) {
        Some(mark) => value[1..].split(mark).next().unwrap_or_default(),
        None => first_word(value),
    };
    METHODS.iter().any(|method| method.eq_ignore_ascii_case(value))
}

/// Twenty characters or more, or eight with a digit and a letter, or a character that names, versions and paths don't have.
fn is_like_a_secret(value: &str) -> bool {
    let word = first_word(value);
    let has = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
    let is_mixed = has(char::is_ascii_digit) && has(char::is_ascii_alphabetic);
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c));
    !is_plain || word.len() >= 20 || word.len() >= 8 && is_mixed
}

fn first_word(value: &str) -> &str {
    value.trim_start_matches(is_mark).split(ends_word).next().unwrap_or_default()
}

/// The key of `sort`: `2,2n`, `1.3,4.5nr`. Fields have two digits at most: a longer number may be a secret.
fn is_sort_key(value: &str) -> bool {
    let value = value.trim_start_matches(is_mark);
    let rest = value.trim_start_matches(|c: char| c.is_ascii_digit() || ".,bdfgiMhnRrV".contains(c));
    if rest.starts_with(|c| !ends_word(c)) {
        return false;
    }
    let value = value[..value.len() - rest.len()].trim_end_matches([',', '.']);
    let is_number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_position = |text: &str| {
        let number = text.trim_end_matches(|c| "bdfgiMhnRrV".contains(c));
        text.len() - number.len() <= 3 && number.split('.').all(is_number) && number.matches('.').count() <= 1
    };
    value.split(',').all(is_position) && value.matches(',').count() <= 1
}
