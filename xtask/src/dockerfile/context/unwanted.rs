//! Files and folders that no image needs, each with the line that excludes it.

use std::fs;
use std::io::Read as _;
use std::path::Path;

/// The line for a folder. `inside` is the path of its parent within the context.
pub fn folder(path: &Path, name: &str, inside: &str) -> Option<String> {
    let has = |file: &str| path.join(file).exists();
    let has_ending = |endings: &[&str]| {
        fs::read_dir(path).into_iter().flatten().flatten().take(100).any(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            endings.iter().any(|ending| name.ends_with(ending))
        })
    };
    let at_top = inside.is_empty();
    let is_unwanted = match name {
        ".pytest_cache" | ".mypy_cache" | ".ruff_cache" => return Some("**/.*_cache".to_owned()),
        ".git" | ".venv" | "__pycache__" | ".cache" | ".tox" | ".nox" | "htmlcov" | "node_modules" => true,
        "venv" | "env" => has("pyvenv.cfg"),
        "target" => has("CACHEDIR.TAG") || path.with_file_name("Cargo.toml").exists(),
        // Below the top level these may be packages of the program.
        "tmp" | "temp" => at_top || !has_ending(&[".py", ".js", ".ts", ".go", ".rs"]),
        "docs" | "doc" => at_top || has_ending(&[".md", ".rst", ".adoc"]),
        "logs" | "log" => at_top || has_ending(&[".log"]),
        _ => false,
    };
    is_unwanted.then(|| format!("**/{name}"))
}

/// The line for a file, and whether the file may hold a secret.
pub fn file(path: &Path, name: &str) -> Option<(String, bool)> {
    let is_example = || ["example", "sample", "template", "dist"].iter().any(|ending| name.ends_with(ending));
    if name == ".env" || (name.starts_with(".env.") && !is_example()) {
        return Some(("**/.env*".to_owned(), true));
    }
    if matches!(name, "id_rsa" | "id_ed25519" | "id_ecdsa" | "id_dsa") {
        return Some(("**/id_*".to_owned(), true));
    }
    if name == ".coverage" {
        return Some(("**/.coverage".to_owned(), false));
    }
    let endings = [".pem", ".key", ".log", ".tmp", ".swp", "~", ".bak", ".pyc"];
    let ending = endings.into_iter().find(|ending| name.len() > ending.len() && name.ends_with(ending))?;
    let is_secret = matches!(ending, ".pem" | ".key");
    (!is_secret || is_private_key(path)).then(|| (format!("**/*{ending}"), is_secret))
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
        assert_eq!(file(".env").as_deref(), Some("**/.env*"));
        assert_eq!(file(".env.production").as_deref(), Some("**/.env*"));
        assert_eq!(file(".env.example"), None);
        assert_eq!(file("a.log").as_deref(), Some("**/*.log"));
        assert_eq!(file(".log"), None);
        assert_eq!(file("environment.py"), None);
        assert_eq!(file("x.pyc").as_deref(), Some("**/*.pyc"));
        assert_eq!(file("id_rsa").as_deref(), Some("**/id_*"));
        assert_eq!(file("ca.pem"), None);
        let folder = |name: &str, inside: &str| folder(Path::new("nowhere"), name, inside);
        assert_eq!(folder("docs", "").as_deref(), Some("**/docs"));
        assert_eq!(folder("docs", "app"), None);
        assert_eq!(folder("logs", "").as_deref(), Some("**/logs"));
        assert_eq!(folder("app", ""), None);
    }
}
