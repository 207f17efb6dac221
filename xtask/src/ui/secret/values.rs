//! Which values are no secrets, whatever their names are.

/// Shorter values are no secrets, and would match everywhere.
pub const SHORTEST: usize = 3;

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

/// Not a variable, a command or a placeholder, and not hidden yet.
pub(super) fn is_literal(value: &str) -> bool {
    !value.is_empty()
        && !value.starts_with(['$', '{', '<', '%', '…'])
        && !value.bytes().all(|byte| byte == b'*')
        && !is_harmless(value)
}
