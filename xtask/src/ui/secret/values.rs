//! Which values are no secrets, whatever their names are.

/// Shorter values are no secrets, and would match everywhere.
pub const SHORTEST: usize = 3;
/// No system has a longer path.
const LONGEST_PATH: usize = 4096;

/// What the files of keys and certificates are called.
const KEY_FILES: [&str; 16] =
    ["asc", "cer", "cert", "crt", "csr", "der", "gpg", "jks", "json", "key", "p12", "pem", "pfx", "ppk", "pub", "txt"];
/// Folders that a path begins with where its last part has no ending. What is encoded in base64 may begin with a slash, too.
const TOP: [&str; 16] = [
    "app",
    "data",
    "etc",
    "home",
    "media",
    "mnt",
    "opt",
    "private",
    "root",
    "run",
    "srv",
    "tmp",
    "Users",
    "usr",
    "var",
    "workspace",
];
const LONGEST_NAME: usize = 32;

/// Whether a value is no secret whatever its name is: a switch, or the path of a file.
pub fn is_harmless(value: &str) -> bool {
    const SWITCHES: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "null", "none"];
    SWITCHES.iter().any(|it| value.eq_ignore_ascii_case(it)) || value.len() <= LONGEST_PATH && is_path(value)
}

fn is_path(value: &str) -> bool {
    let (folder, name) = value.rsplit_once('/').unwrap_or(("", value));
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let begins = ["/", "./", "../", "~/"].iter().any(|start| value.starts_with(start));
    let has_ending = (2..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_lowercase());
    value.starts_with("/run/secrets/")
        || begins && has_ending
        || is_folder_of_system(value)
        || !folder.is_empty() && KEY_FILES.contains(&ending) && value.split('/').all(is_name)
}

/// `/home/me/.ssh/id_rsa`
fn is_folder_of_system(value: &str) -> bool {
    let mut names = value.strip_prefix('/').unwrap_or_default().trim_end_matches('/').split('/');
    names.next().is_some_and(|top| TOP.contains(&top)) && names.clone().next().is_some() && names.all(is_name)
}

/// The name of a file or a folder, and no random text: that has small and capital letters and digits.
fn is_name(name: &str) -> bool {
    let has = |is: fn(&u8) -> bool| name.bytes().any(|byte| is(&byte));
    let is_random = has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    !is_random && is_plain && (1..=LONGEST_NAME).contains(&name.len())
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
