//! Files and folders that no image needs, each with the line that excludes it.

use std::fs;
use std::io::Read as _;
use std::path::Path;

/// The line for a folder. `inside` is the path of its parent within the context.
pub fn folder(path: &Path, name: &str, inside: &str) -> Option<(&'static str, bool)> {
    let has = |file: &str| path.join(file).exists();
    let beside = |file: &str| path.with_file_name(file).exists();
    let has_ending = |endings: &[&str]| {
        fs::read_dir(path).into_iter().flatten().flatten().take(100).any(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            endings.iter().any(|ending| name.ends_with(ending))
        })
    };
    let at_top = inside.is_empty();
    let line = match name {
        ".git" => "**/.git",
        ".venv" => "**/.venv",
        "venv" | "env" if has("pyvenv.cfg") => "**/venv",
        "__pycache__" => "**/__pycache__",
        ".pytest_cache" | ".mypy_cache" | ".ruff_cache" => "**/.*_cache",
        ".cache" => "**/.cache",
        ".tox" | ".nox" => "**/.tox",
        "htmlcov" => "**/htmlcov",
        "node_modules" => "**/node_modules",
        "target" if has("CACHEDIR.TAG") || beside("Cargo.toml") => "**/target",
        // Below the top level these may be packages of the program.
        "tmp" | "temp" if at_top || !has_ending(&[".py", ".js", ".ts", ".go", ".rs"]) => "**/tmp",
        "docs" | "doc" if at_top || has_ending(&[".md", ".rst", ".adoc"]) => "**/docs",
        "logs" | "log" if at_top || has_ending(&[".log"]) => "**/logs",
        _ => return None,
    };
    // The line must match what was seen.
    let line = match (name, line) {
        ("env", _) => "**/env",
        ("temp", _) => "**/temp",
        ("doc", _) => "**/doc",
        ("log", _) => "**/log",
        (".nox", _) => "**/.nox",
        (_, line) => line,
    };
    Some((line, false))
}

/// The line for a file, and whether the file may hold a secret.
pub fn file(path: &Path, name: &str) -> Option<(&'static str, bool)> {
    let is_example = || ["example", "sample", "template", "dist"].iter().any(|ending| name.ends_with(ending));
    let ends = |ending: &str| name.len() > ending.len() && name.ends_with(ending);
    if name == ".env" || (name.starts_with(".env.") && !is_example()) {
        Some(("**/.env*", true))
    } else if matches!(name, "id_rsa" | "id_ed25519" | "id_ecdsa" | "id_dsa") {
        Some(("**/id_*", true))
    } else if ends(".pem") && is_private_key(path) {
        Some(("**/*.pem", true))
    } else if ends(".key") && is_private_key(path) {
        Some(("**/*.key", true))
    } else if ends(".log") {
        Some(("**/*.log", false))
    } else if ends(".tmp") {
        Some(("**/*.tmp", false))
    } else if ends(".swp") {
        Some(("**/*.swp", false))
    } else if ends("~") {
        Some(("**/*~", false))
    } else if ends(".bak") {
        Some(("**/*.bak", false))
    } else if ends(".pyc") {
        Some(("**/*.pyc", false))
    } else if name == ".coverage" {
        Some(("**/.coverage", false))
    } else {
        None
    }
}

/// A certificate may belong in an image; its key never does.
fn is_private_key(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut start));
    read.is_ok() && String::from_utf8_lossy(&start).contains("PRIVATE KEY-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unwanted_files_are_known_by_name() {
        let file = |name: &str| file(Path::new("nowhere"), name).map(|(line, _)| line);
        assert_eq!(file(".env"), Some("**/.env*"));
        assert_eq!(file(".env.production"), Some("**/.env*"));
        assert_eq!(file(".env.example"), None);
        assert_eq!(file("a.log"), Some("**/*.log"));
        assert_eq!(file(".log"), None);
        assert_eq!(file("environment.py"), None);
        assert_eq!(file("x.pyc"), Some("**/*.pyc"));
        assert_eq!(file("id_rsa"), Some("**/id_*"));
        assert_eq!(file("ca.pem"), None);
        let folder = |name: &str, inside: &str| folder(Path::new("nowhere"), name, inside).map(|(line, _)| line);
        assert_eq!(folder("docs", ""), Some("**/docs"));
        assert_eq!(folder("docs", "app"), None);
        assert_eq!(folder("logs", ""), Some("**/logs"));
        assert_eq!(folder("app", ""), None);
    }
}
