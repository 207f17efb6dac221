//! The secret parts of a value whose name does not mean a secret.

use crate::ui::secret::names::is_secret;
use crate::ui::secret::spans::of_json;

/// The secret parts of a value whose name does not mean a secret: the password of an address
/// (`scheme://user:PASSWORD@host`), and the values of secret names inside of it (`?password=…`, `Server=db;Password=…`,
/// `{"password": "…"}`).
pub fn secret_parts(value: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = value
        .split(['?', '&', ';', ' '])
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| is_secret(name))
        .map(|(_, value)| value)
        .collect();
    parts.extend(password_of(value));
    let mut end = 0;
    for (colon, _) in value.match_indices(':') {
        // What is in a secret value is one already.
        if let Some(span) = (colon >= end).then(|| of_json(value, colon)).flatten() {
            end = span.end;
            parts.push(&value[span]);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The password of a value that is an address. It may contain an `@`: the host is what comes after the last one.
pub(super) fn password_of(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("://")?;
    let (user, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    Some(user.split_once(':')?.1)
}
