//! Which values are no secrets, whatever their names are.

/// Shorter values are no secrets, and would match everywhere.
pub const SHORTEST: usize = 3;
/// No system has a longer path.
const LONGEST_PATH: usize = 4096;

/// Whether a value is no secret whatever its name is: a switch, or the path of a file.
pub fn is_harmless(value: &str) -> bool {
    let is_switch =
        ["true", "false", "yes", "no", "on", "off", "null", "none"].iter().any(|it| value.eq_ignore_ascii_case(it));
    if value.len() > LONGEST_PATH {
        return false;
    }
    let is_path = ["/", "./", "../", "~/"].iter().any(|start| value.starts_with(start));
    let ending = value.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending);
    is_switch
        || value.starts_with("/run/secrets/")
        || is_path && (2..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// A variable, a command, or what stands for a value; or it is hidden already.
pub(super) fn is_placeholder(value: &str) -> bool {
    let is_name = |inner: &str| {
        let rest = inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_.-".contains(c));
        rest.starts_with(['}', '{'])
    };
    value.starts_with(['$', '<', '%', '…']) || value.strip_prefix('{').is_some_and(is_name)
}

/// Not a placeholder, and not hidden yet.
pub(super) fn is_literal(value: &str) -> bool {
    !value.is_empty() && !is_placeholder(value) && !value.bytes().all(|byte| byte == b'*') && !is_harmless(value)
}
