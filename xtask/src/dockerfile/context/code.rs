//! Whether what a Dockerfile copies contains code: files that change all the time, and that no installer reads to know
//! what to install.

use std::fs;
use std::path::Path;

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context::facts::{self, is_whole_context};
use crate::dockerfile::dockerignore as ignore;
use crate::installers::table;

/// Endings of source files.
const CODE: [&str; 26] = [
    "py", "pyx", "js", "mjs", "cjs", "jsx", "ts", "tsx", "vue", "svelte", "go", "rs", "rb", "php", "java", "kt",
    "scala", "cs", "c", "cc", "cpp", "ex", "exs", "erl", "clj", "swift",
];
/// Source files that installers read, besides those of the table of installers.
const ALSO_READ: [&str; 7] =
    ["mix.exs", "__init__.py", "version.py", "_version.py", "__version__.py", "__about__.py", "manage.py"];
/// Folders of third-party code, which change with the requirements, besides those of the table of installers.
const OF_OTHERS: [&str; 4] = ["third_party", "wheels", "patches", "prisma"];
/// How far to look for code.
const DEPTH: u32 = 4;
const MOST_ENTRIES: u32 = 2000;
/// How many names of a folder a pattern is compared with.
const MOST_NAMES: usize = 10_000;

/// The sources of `COPY` that contain code, as written. The whole context does not count.
pub fn copied(folder: &Path, build: &BuildFacts) -> Vec<String> {
    let mut entries = MOST_ENTRIES;
    let taken = facts::taken(build).into_iter().filter(|taken| !taken.is_mount && !is_whole_context(&taken.source));
    taken.map(|taken| taken.source).filter(|source| has_code(folder, source, &mut entries)).collect()
}

fn has_code(folder: &Path, source: &str, entries: &mut u32) -> bool {
    let path = source.trim_start_matches("./").trim_matches('/');
    if !path.contains(['*', '?', '[']) {
        return is_code(&folder.join(path), DEPTH, entries);
    }
    // Only patterns within one folder are looked at.
    let (above, _) = path.rsplit_once('/').unwrap_or(("", path));
    if above.contains(['*', '?', '[']) {
        return false;
    }
    let inside = |name: &str| if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") };
    let found = fs::read_dir(folder.join(above)).into_iter().flatten().flatten();
    found.take(MOST_NAMES).any(|entry| {
        ignore::glob(path, &inside(&entry.file_name().to_string_lossy())) && is_code(&entry.path(), DEPTH, entries)
    })
}

fn is_code(path: &Path, depth: u32, entries: &mut u32) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if path.is_dir() {
        if depth == 0 || OF_OTHERS.contains(&name.as_str()) || table::is_unpacked_into(&name) {
            return false;
        }
        let found = fs::read_dir(path).into_iter().flatten().flatten();
        return found.take(*entries as usize).any(|entry| {
            *entries = entries.saturating_sub(1);
            *entries > 0 && is_code(&entry.path(), depth - 1, entries)
        });
    }
    is_code_file(&name) && path.is_file()
}

/// Whether a file of this name is code, and neither a setting nor a file of requirements.
pub fn is_code_file(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    // `eslint.config.js`, `.pnp.cjs`: configuration of tools.
    let is_setting = stem.is_empty() || stem.starts_with('.') || stem.ends_with(".config") || stem.ends_with("file");
    CODE.contains(&ending) && !is_setting && !ALSO_READ.contains(&name) && !table::is_requirement(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_manifests_are_not_code() {
        for name in ["main.py", "index.test.ts", "lib.rs"] {
            assert!(is_code_file(name), "{name}");
        }
        for name in
            ["setup.py", "vite.config.ts", ".pnp.cjs", "requirements.txt", "package.json", "noxfile.py", "Makefile"]
        {
            assert!(!is_code_file(name), "{name}");
        }
    }
}
