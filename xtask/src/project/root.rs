//! The project's folder, and the tasks.toml in it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::system::environment::Environment;
use crate::system::files;
use crate::system::paths::{shown_from, without_verbatim};
use crate::tasks::config::hidden;
use crate::ui::finding::Finding;
use crate::ui::problem::Problem;
use crate::ui::report::Report;
use crate::ui::source::Source;

/// The name of the file.
pub const FILE_NAME: &str = "tasks.toml";

/// Where tasks.toml is, and its content.
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
    pub fn report(&self, findings: Vec<Finding>) -> anyhow::Error {
        let text = if leads_out(&self.path) { hidden(&self.source) } else { self.source.clone() };
        Report::new(Source::new(self.shown.clone(), text), findings, &hidden::flags_in(&self.source)).into()
    }
}

/// Whether a file is a link out of its repository: then it may be any file of the person's, and its text is not shown.
fn leads_out(path: &Path) -> bool {
    let Some(folder) = path.parent() else { return false };
    let top = folder.ancestors().find(|dir| dir.join(".git").exists()).unwrap_or(folder);
    match (path.canonicalize(), top.canonicalize()) {
        (Ok(file), Ok(top)) => !file.starts_with(top),
        _ => false,
    }
}

/// A text of the same length in bytes, line by line, that shows nothing.
fn hidden(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_whitespace() { char::from(byte) } else { '*' }).collect()
}

/// The nearest tasks.toml upwards from `current_dir`, no further than the folder with `.git` or the home folder; when
/// there is none, the nearest one upwards from the package that cargo built. Then the files that were ignored: another
/// user's, in a folder that everybody can write to.
pub fn search(current_dir: &Path, environment: &Environment) -> (Option<PathBuf>, Vec<PathBuf>) {
    // The current folder's path has no links in it; the home folder's may.
    let home: Vec<PathBuf> = environment
        .home()
        .into_iter()
        .flat_map(|home| home.canonicalize().map(without_verbatim).into_iter().chain([home]))
        .collect();
    let mut distrusted = Vec::new();
    for start in [Some(current_dir), environment.manifest_dir.as_deref()].into_iter().flatten() {
        let start = without_verbatim(start.to_owned());
        for dir in start.ancestors() {
            let path = dir.join(FILE_NAME);
            if path.is_file() && !distrusted.contains(&path) {
                if is_trusted(dir, &path) {
                    return (Some(path), distrusted);
                }
                distrusted.push(path);
            }
            if dir.join(".git").exists() || home.iter().any(|home| is_same_folder(home, dir)) {
                break;
            }
        }
    }
    (None, distrusted)
}

/// By name; Windows ignores the case.
fn is_same_folder(left: &Path, right: &Path) -> bool {
    left == right || (cfg!(windows) && left.as_os_str().eq_ignore_ascii_case(right))
}

/// Whether a file can be trusted: in a folder that everybody can write to (`/tmp`), only the person's own can.
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
    let bytes = files::bytes_up_to(path, files::LARGEST).map_err(|error| {
        let problem = Problem::new(format!("can't read `{shown}`: {error}"));
        match error.kind() {
            ErrorKind::IsADirectory => problem.hint(format!("name the file in it: --file {shown}/{FILE_NAME}")),
            ErrorKind::FileTooLarge => problem,
            _ => problem.hint("--file takes the path of a tasks.toml, from the current folder"),
        }
    })?;
    let text = files::utf8(bytes, &shown)?;
    let source = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(TaskFile { path: path.to_owned(), shown, source })
}
