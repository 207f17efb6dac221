//! Paths, as a person would type them and as tools like them.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// What stands in a file, if it is there and is text.
pub fn text_of(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// `path` as a person in `current_dir` would type it: relative when it is below or a few folders above.
pub fn shown_from(current_dir: &Path, path: &Path) -> String {
    if path == current_dir {
        return ".".to_owned();
    }
    if let Ok(below) = path.strip_prefix(current_dir) {
        return below.display().to_string();
    }
    let common = current_dir.ancestors().find(|dir| path.starts_with(dir));
    let ups = common.and_then(|dir| current_dir.strip_prefix(dir).ok()).map_or(0, |rest| rest.components().count());
    match common.and_then(|dir| path.strip_prefix(dir).ok()) {
        Some(rest) if ups <= 3 && !rest.as_os_str().is_empty() => {
            std::iter::repeat_n(Path::new(".."), ups).collect::<PathBuf>().join(rest).display().to_string()
        }
        _ => path.display().to_string(),
    }
}

/// `path` from `base`, with `.` and `..` resolved by name, not by links: what the person typed stays recognisable.
pub fn absolute(base: &Path, path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for component in without_verbatim(base.join(path)).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            other => whole.push(other),
        }
    }
    whole
}

/// A path without Windows' `\\?\` prefix, which tools dislike: `\\?\C:\x` is `C:\x`, `\\?\UNC\server\x` is
/// `\\server\x`. Other paths, and those of other systems, stay as they are.
pub fn without_verbatim(path: PathBuf) -> PathBuf {
    let plain = path.to_str().filter(|_| cfg!(windows)).and_then(plain_form);
    plain.map_or(path, PathBuf::from)
}

fn plain_form(path: &str) -> Option<String> {
    let rest = path.strip_prefix(r"\\?\")?;
    match rest.strip_prefix(r"UNC\") {
        Some(share) => Some(format!(r"\\{share}")),
        None => (rest.as_bytes().get(1) == Some(&b':')).then(|| rest.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_where_the_person_stands() {
        let shown = |from: &str, path: &str| shown_from(Path::new(from), Path::new(path)).replace('\\', "/");
        assert_eq!(shown("/p", "/p/tasks.toml"), "tasks.toml");
        assert_eq!(shown("/p/a/b", "/p/tasks.toml"), "../../tasks.toml");
        assert_eq!(shown("/p/a/b", "/p"), "/p");
        assert_eq!(shown("/p/a/b/c/d", "/q/tasks.toml"), "/q/tasks.toml");
    }

    #[test]
    fn a_verbatim_path_has_a_plain_form() {
        assert_eq!(plain_form(r"\\?\C:\x").as_deref(), Some(r"C:\x"));
        assert_eq!(plain_form(r"\\?\UNC\server\x").as_deref(), Some(r"\\server\x"));
        assert_eq!(plain_form(r"\\?\Volume{1}\x"), None);
        assert_eq!(plain_form(r"\\server\x"), None);
    }

    #[cfg(windows)]
    #[test]
    fn a_path_of_windows_keeps_its_drive_or_share() {
        let absolute = |base: &str, path: &str| absolute(Path::new(base), Path::new(path)).display().to_string();
        assert_eq!(absolute(r"\\?\C:\p", "a/./b"), r"C:\p\a\b");
        assert_eq!(absolute(r"\\?\UNC\server\share\p", "../b/c"), r"\\server\share\b\c");
        assert_eq!(absolute(r"\\server\share\p", r"..\..\..\b"), r"\\server\share\b");
        assert_eq!(absolute(r"C:\p", r"\\?\D:\q\tasks.toml"), r"D:\q\tasks.toml");
        assert_eq!(absolute(r"C:\p", r"\q"), r"C:\q");
    }

    #[test]
    fn an_absolute_path_has_no_dots() {
        assert_eq!(absolute(Path::new("/p/q"), Path::new("../r/./s")), PathBuf::from("/p/r/s"));
    }
}
