//! The project's folder, and the tasks.toml in it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use crate::diagnostic::{Diagnostic, Problem, Report};
use crate::environment::Environment;

/// The name of the file.
pub const FILE_NAME: &str = "tasks.toml";

/// Where tasks.toml is, and what stands in it.
#[derive(Debug)]
pub struct TaskFile {
    /// Absolute, and never in the `\\?\` form: tools dislike it.
    pub path: PathBuf,
    /// As the person would type it from where they stand.
    pub shown: String,
    /// Without a byte order mark.
    pub source: String,
}

impl TaskFile {
    /// The project's folder.
    pub fn root(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Mistakes in this file, as an error.
    pub fn report(&self, diagnostics: Vec<Diagnostic>) -> anyhow::Error {
        Report { path: self.shown.clone(), source: self.source.clone(), diagnostics }.into()
    }
}

/// What the search for tasks.toml came to.
pub struct Search {
    /// The file's path; none when there is none.
    pub path: Option<PathBuf>,
    /// Files that were passed over, because another user put them where everybody can write.
    pub distrusted: Vec<PathBuf>,
}

/// The nearest tasks.toml upwards from `current_dir`, no further than the folder with `.git` or the home folder; when
/// there is none, the one of the folder that cargo built from.
pub fn search(current_dir: &Path, environment: &Environment) -> Search {
    // The current folder's path has no links in it; the home folder's may.
    let home: Vec<PathBuf> = environment
        .home()
        .into_iter()
        .flat_map(|home| home.canonicalize().map(without_verbatim).into_iter().chain([home]))
        .collect();
    let mut distrusted = Vec::new();
    for dir in current_dir.ancestors() {
        let path = dir.join(FILE_NAME);
        if path.is_file() {
            if is_trusted(dir, &path) {
                return Search { path: Some(path), distrusted };
            }
            distrusted.push(path);
        }
        if dir.join(".git").exists() || home.iter().any(|home| is_same_folder(home, dir)) {
            break;
        }
    }
    let built_from = environment.manifest_dir.as_deref().and_then(Path::parent);
    let path = built_from.map(|root| without_verbatim(root.join(FILE_NAME))).filter(|path| path.is_file());
    Search { path, distrusted }
}

/// By name; Windows does not look at the case.
fn is_same_folder(left: &Path, right: &Path) -> bool {
    left == right || (cfg!(windows) && left.as_os_str().eq_ignore_ascii_case(right))
}

/// Whether a file is the person's to run: in a folder that everybody can write to (`/tmp`), only their own is.
#[cfg(unix)]
fn is_trusted(dir: &Path, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(dir), Ok(file)) = (dir.metadata(), path.symlink_metadata()) else { return false };
    // SAFETY: geteuid has no preconditions and can't fail.
    dir.mode() & 0o002 == 0 || file.uid() == unsafe { libc::geteuid() }
}

#[cfg(not(unix))]
fn is_trusted(_dir: &Path, _path: &Path) -> bool {
    true
}

/// Reads a tasks.toml.
pub fn read(path: &Path, current_dir: &Path) -> Result<TaskFile> {
    let shown = shown_from(current_dir, path);
    let bytes = fs::read(path).map_err(|error| {
        let problem = Problem::new(format!("can't read `{shown}`: {error}"));
        if path.is_dir() {
            problem.hint(format!("that is a folder: --file {shown}/{FILE_NAME}"))
        } else {
            problem.hint("--file names a tasks.toml, from the current folder")
        }
    })?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
            let message = format!("`{shown}` is not valid UTF-8 (line {line}, byte {good})");
            return Err(Problem::new(message).hint("save it as UTF-8").into());
        }
    };
    let source = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(TaskFile { path: path.to_owned(), shown, source })
}

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
