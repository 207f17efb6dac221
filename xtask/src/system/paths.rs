//! Paths, as a person would type them and as tools like them.

use std::path::{Component, Path, PathBuf};

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

/// Whether a path lies in a folder, or is it, wherever links lead. It need not be there.
pub fn is_really_in(path: &Path, folder: &Path) -> bool {
    let real = |path: &Path| {
        let there = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
        there.map_or_else(|| path.to_owned(), |(above, real)| real.join(path.strip_prefix(above).unwrap_or(path)))
    };
    real(path).starts_with(real(folder))
}

/// A path without Windows' `\\?\` prefix, which tools dislike, where it means the same without: long paths and reserved
/// names need it, and shares keep it. Other systems have no such prefix.
pub fn without_verbatim(path: PathBuf) -> PathBuf {
    #[cfg(windows)]
    let path = dunce::simplified(&path).to_owned();
    path
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

    #[cfg(windows)]
    #[test]
    fn a_path_of_windows_keeps_its_drive_or_share() {
        let absolute = |base: &str, path: &str| absolute(Path::new(base), Path::new(path)).display().to_string();
        assert_eq!(absolute(r"\\?\C:\p", "a/./b"), r"C:\p\a\b");
        assert_eq!(absolute(r"\\?\UNC\server\share\p", "../b/c"), r"\\?\UNC\server\share\b\c");
        assert_eq!(absolute(r"\\server\share\p", r"..\..\..\b"), r"\\server\share\b");
        assert_eq!(absolute(r"C:\p", r"\\?\D:\q\tasks.toml"), r"D:\q\tasks.toml");
        assert_eq!(absolute(r"C:\p", r"\q"), r"C:\q");
    }

    #[cfg(windows)]
    #[test]
    fn a_path_that_only_the_verbatim_form_can_name_keeps_it() {
        let long = format!(r"\\?\C:\{}\{}\b", "a".repeat(200), "b".repeat(60));
        for path in [r"\\?\C:\p\con.d\b", r"\\?\C:\p. \b", r"\\?\Volume{1}\b", &long] {
            assert_eq!(without_verbatim(PathBuf::from(path)), PathBuf::from(path));
            let folder = Path::new(path).parent().expect("a folder");
            assert_eq!(absolute(folder, Path::new("./x/../b")), PathBuf::from(path));
        }
    }

    #[test]
    fn an_absolute_path_has_no_dots() {
        assert_eq!(absolute(Path::new("/p/q"), Path::new("../r/./s")), PathBuf::from("/p/r/s"));
    }
}
