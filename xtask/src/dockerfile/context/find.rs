//! Finds Dockerfiles by their names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::installers::table;

/// More entries than any repository should have.
const MOST_ENTRIES: usize = 200_000;
const DEPTH: u32 = 20;

/// What is made into a Dockerfile, or is none at all.
const OTHERS: [&str; 10] =
    ["dockerignore", "j2", "jinja", "jinja2", "tmpl", "template", "tpl", "erb", "mustache", "md"];

/// Whether a file of this name is a Dockerfile: `Dockerfile`, `Dockerfile.dev`, `api.Dockerfile`, `Containerfile`.
pub fn is_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let (first, last) = (name.split('.').next().unwrap_or_default(), name.rsplit('.').next().unwrap_or_default());
    let is_one = |part: &str| matches!(part, "dockerfile" | "containerfile");
    (is_one(first) && !OTHERS.contains(&last)) || is_one(last)
}

/// The Dockerfiles in a folder and the folders in it, in the order of their paths. Hidden folders and those of installed
/// packages are left out; links to folders are not followed.
pub fn below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut entries) = (Vec::new(), MOST_ENTRIES);
    walk(folder, DEPTH, &mut entries, &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, depth: u32, entries: &mut usize, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        *entries = entries.saturating_sub(1);
        if *entries == 0 {
            return;
        }
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth > 0 && !is_left_out(&path, &name) {
            walk(&path, depth - 1, entries, found);
        } else if !is_folder && is_name(&name) && path.is_file() {
            found.push(path);
        }
    }
}

fn is_left_out(path: &Path, name: &str) -> bool {
    name.starts_with('.') || table::is_unpacked_into(name) || path.join("pyvenv.cfg").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_have_usual_names() {
        for name in ["Dockerfile", "dockerfile", "Dockerfile.dev", "api.Dockerfile", "Containerfile", "x.dockerfile"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["Dockerfile.dockerignore", "Dockerfile.j2", "Dockerfiles", "my-dockerfile", "dockerfile.md", ""] {
            assert!(!is_name(name), "{name}");
        }
    }
}
