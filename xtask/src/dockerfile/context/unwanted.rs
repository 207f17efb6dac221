//! Files and folders that no image needs, each with the line that excludes it.

use std::fs;
use std::path::Path;

use crate::dockerfile::context::code::is_code_file;
use crate::dockerfile::context::facts::ContextFacts;
use crate::dockerfile::dockerignore::glob;
use crate::installers::table::is_requirement;
use crate::system::files;
use crate::ui::secret::is_secret;

/// The line for a folder. `inside` is the path of its parent within the context.
pub fn folder(path: &Path, name: &str, inside: &str, facts: &ContextFacts) -> Option<String> {
    let has = |file: &str| path.join(file).exists();
    let names: Vec<String> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .take(100)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let has_ending = |endings: &[&str]| names.iter().any(|name| endings.iter().any(|ending| name.ends_with(ending)));
    let at_top = inside.is_empty();
    // A program that writes into such a folder needs it, and then something in it keeps it in git.
    let is_kept = || names.iter().all(|name| name.starts_with('.'));
    // By name, wherever it is.
    let is_junk = match name {
        ".pytest_cache" | ".mypy_cache" | ".ruff_cache" => return Some("**/.*_cache".to_owned()),
        ".git" => !facts.asks_git && !path.parent().is_some_and(asks_git),
        // Where no step installs anything, what was installed outside is all there is.
        ".venv" | "node_modules" => facts.installs,
        "__pycache__" | ".cache" | ".tox" | ".nox" | "htmlcov" => true,
        _ => false,
    };
    if is_junk {
        return Some(format!("**/{name}"));
    }
    // By what is in it. Elsewhere the same name may be that of a package.
    let is_unwanted = match name {
        "venv" | "env" => has("pyvenv.cfg"),
        "target" => has("CACHEDIR.TAG") || path.with_file_name("Cargo.toml").exists(),
        "tmp" | "temp" => at_top && !is_kept() && !has_code(&names),
        "docs" | "doc" => {
            let is_used = facts.steps.iter().any(|step| step.contains("doc"));
            at_top && has_ending(&[".md", ".rst", ".adoc"]) && !has_code(&names) && !is_used
        }
        "logs" | "log" => !is_kept() && !has_code(&names) && (at_top || has_ending(&[".log"])),
        _ => false,
    };
    is_unwanted.then(|| if at_top { name.to_owned() } else { format!("{inside}/{name}") })
}

/// Whether some of these files are part of a program: code, or the manifest of a package.
fn has_code(names: &[String]) -> bool {
    names.iter().any(|name| is_code_file(name) || is_requirement(name))
}

/// Files, besides those of requirements, whose text tells that a build asks git for its version.
const SCRIPTS: [&str; 2] = ["Makefile", "build.rs"];
/// What such a text says.
const ASKS_GIT: [&str; 11] = [
    "setuptools_scm",
    "setuptools-scm",
    "hatch-vcs",
    "versioningit",
    "dynamic-versioning",
    "versioneer",
    "git-commit-id",
    "git-properties",
    "git rev-parse",
    "git describe",
    "vergen",
];

/// How many files of a folder are looked at for it.
const MOST_ENTRIES: usize = 10_000;

fn asks_git(folder: &Path) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().take(MOST_ENTRIES).any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let may_ask = SCRIPTS.contains(&name.as_str()) || is_requirement(&name);
        let text = if may_ask { files::start_of(&entry.path(), 64 * 1024) } else { String::new() };
        ASKS_GIT.iter().any(|part| text.contains(part))
    })
}

/// The line for a file, and whether the file may hold a secret.
pub fn file(path: &Path, name: &str) -> Option<(String, bool)> {
    let is_example = || ["example", "sample", "template", "dist", "test"].iter().any(|part| name.contains(part));
    if name == ".env" || (name.starts_with(".env.") && !is_example()) {
        // One that git keeps belongs to the program, and one without secrets may be what it is built with.
        return (is_kept_from_git(path, name) && has_secrets(path)).then(|| (format!("**/{name}"), true));
    }
    if matches!(name, "id_rsa" | "id_ed25519" | "id_ecdsa" | "id_dsa") {
        return Some((format!("**/{name}"), true));
    }
    if name == ".coverage" {
        return Some(("**/.coverage".to_owned(), false));
    }
    let endings = [".pem", ".key", ".log", ".tmp", ".swp", "~", ".bak", ".pyc"];
    let ending = endings.into_iter().find(|ending| name.len() > ending.len() && name.ends_with(ending))?;
    let is_secret = matches!(ending, ".pem" | ".key");
    match is_secret {
        true => is_private_key(path).then(|| (format!("**/{name}"), true)),
        false => Some((format!("**/*{ending}"), false)),
    }
}

/// Whether a `.gitignore` beside it or above excludes it, up to the top of the repository.
fn is_kept_from_git(path: &Path, name: &str) -> bool {
    let folders: Vec<&Path> = path.ancestors().skip(1).take(8).collect();
    let top = folders.iter().position(|folder| folder.join(".git").exists()).unwrap_or(0);
    let mut is_ignored = false;
    for folder in folders[..=top.min(folders.len().saturating_sub(1))].iter().rev() {
        for line in files::start_of(&folder.join(".gitignore"), 64 * 1024).lines() {
            let (again, pattern) = line.trim().strip_prefix('!').map_or((false, line.trim()), |rest| (true, rest));
            // One with folders in it is about other files: `/public/*`.
            let pattern = pattern.trim_start_matches("**/").trim_matches('/');
            if !pattern.contains('/') && !pattern.starts_with('#') && glob(pattern, name) {
                is_ignored = !again;
            }
        }
    }
    is_ignored
}

/// Whether a variable in it has a name that means a secret, and a value.
fn has_secrets(path: &Path) -> bool {
    let text = files::start_of(path, 64 * 1024);
    text.lines().any(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let pair = line.split_once('=').filter(|_| !line.starts_with('#'));
        // What begins like this is meant for browsers.
        let is_public =
            |name: &str| name.contains("PUBLIC") || name.starts_with("VITE_") || name.starts_with("REACT_APP_");
        pair.is_some_and(|(name, value)| {
            let value = value.trim().trim_matches(['"', '\'']);
            is_secret(name.trim()) && !is_public(name) && !value.is_empty() && !value.starts_with('$')
        })
    })
}

/// A certificate may belong in an image; its key never does.
fn is_private_key(path: &Path) -> bool {
    files::start_of(path, 4096).contains("PRIVATE KEY-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unwanted_files_are_known_by_name() {
        let file = |name: &str| file(Path::new("nowhere"), name).map(|(line, _)| line);
        assert_eq!(file(".env.example"), None);
        assert_eq!(file("a.log").as_deref(), Some("**/*.log"));
        assert_eq!(file(".log"), None);
        assert_eq!(file("environment.py"), None);
        assert_eq!(file("x.pyc").as_deref(), Some("**/*.pyc"));
        assert_eq!(file("id_rsa").as_deref(), Some("**/id_rsa"));
        assert_eq!(file("ca.pem"), None);
    }

    /// A folder with these files, each with its text.
    fn made(name: &str, of: &[(&str, &str)]) -> std::path::PathBuf {
        let root = std::env::temp_dir().join(format!("xtask-unwanted-{name}-{}", std::process::id()));
        for (file, text) in of {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn only_a_file_with_secrets_in_it_is_unwanted() {
        let root = made(
            "env",
            &[
                (".env", "# A=\nexport DB_PASSWORD='x'\n"),
                (".env.web", "NEXT_PUBLIC_API_KEY=x\nPORT=1\nTOKEN=\nKEY=$OTHER\n# SECRET=x\n"),
                (".env.kept", "PASSWORD=x\n"),
                ("sub/.env", "PASSWORD=x\n"),
                (".git/HEAD", ""),
                (".gitignore", "# a\n/.env*\n!.env.kept\npublic/*\n"),
                ("tls.key", "-----BEGIN PRIVATE KEY-----\n"),
            ],
        );
        let file = |name: &str| file(&root.join(name), name);
        assert_eq!(file(".env"), Some(("**/.env".to_owned(), true)));
        assert_eq!(file(".env.web"), None);
        assert_eq!(file(".env.kept"), None);
        assert_eq!(super::file(&root.join("sub/.env"), ".env"), Some(("**/.env".to_owned(), true)));
        assert_eq!(file("tls.key"), Some(("**/tls.key".to_owned(), true)));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_folder_that_a_build_may_need_is_not_unwanted() {
        let root = made(
            "folders",
            &[
                ("docs/a.md", ""),
                ("api/docs/docs.go", ""),
                ("web/docs/package.json", "{}"),
                ("tmp/.keep", ""),
                ("log/a.txt", ""),
                ("logs/log.py", ""),
                (".git/HEAD", ""),
                ("versioned/.git/HEAD", ""),
                ("versioned/pyproject.toml", "[tool.setuptools_scm]"),
                ("target/x", ""),
            ],
        );
        let with = |steps: &[&str]| ContextFacts {
            asks_git: steps.contains(&"git describe"),
            steps: steps.iter().map(|step| (*step).to_owned()).collect(),
            ..ContextFacts::default()
        };
        let is_unwanted = |path: &str, steps: &[&str]| {
            let (inside, name) = path.rsplit_once('/').unwrap_or(("", path));
            folder(&root.join(path), name, inside, &with(steps)).is_some()
        };
        for path in ["docs", "log", ".git"] {
            assert!(is_unwanted(path, &[]), "{path}");
        }
        for path in ["api/docs", "web/docs", "tmp", "logs", "versioned/.git", "target"] {
            assert!(!is_unwanted(path, &[]), "{path}");
        }
        let modules = |installs| {
            folder(
                &root.join("node_modules"),
                "node_modules",
                "",
                &ContextFacts { installs, ..ContextFacts::default() },
            )
        };
        assert_eq!((modules(true).as_deref(), modules(false)), (Some("**/node_modules"), None));
        assert!(!is_unwanted("docs", &["mkdocs build"]) && !is_unwanted(".git", &["git describe"]));
        fs::remove_dir_all(root).unwrap();
    }
}
