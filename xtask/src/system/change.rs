//! The files that are written: all of them or none.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::system::difference::difference;
use crate::system::drafts::{self, Draft};
use crate::system::files;
use crate::ui::problem::Problem;

/// A file as it is and as it will be.
#[derive(Debug)]
pub struct Change {
    pub path: PathBuf,
    /// `None`: it is not there.
    pub old: Option<String>,
    pub new: String,
}

impl Change {
    /// Of a file that may be there.
    ///
    /// # Errors
    ///
    /// It is a link, no file, or can't be read.
    pub fn of(path: PathBuf, shown: &str, new: String) -> Result<Change, Problem> {
        if let Ok(target) = path.read_link() {
            let problem = Problem::new(format!("`{shown}` is a link to `{}`", target.display()));
            return Err(problem.hint("put a file in its place, or remove it"));
        }
        let old = match files::bytes_up_to(&path, files::LARGEST) {
            Ok(bytes) => Some(files::utf8(bytes, shown)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Problem::new(format!("can't read `{shown}`: {error}"))),
        };
        Ok(Change { path, old, new })
    }

    /// Whether writing it changes nothing.
    pub fn is_nothing(&self) -> bool {
        self.old.as_ref() == Some(&self.new)
    }

    /// As a diff, with the names of the file.
    pub fn difference(&self, shown: &str) -> String {
        let old = self.old.as_deref().unwrap_or_default();
        let from = if self.old.is_some() { shown } else { "/dev/null" };
        format!("--- {from}\n+++ {shown}\n{}", difference(old, &self.new))
    }
}

/// Writes all of them: each is ready on the disk before the first takes its place.
pub fn write(changes: &[&Change], shown: impl Fn(&Path) -> String) -> Result<(), Problem> {
    let failed = |path: &Path, error: &io::Error| {
        let problem = Problem::new(format!("can't write `{}`: {error}", shown(path)));
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                problem.hint("you need the right to write to that folder; to see what it would be: add --dry-run")
            }
            _ => problem,
        }
    };
    let mut drafts: Vec<(&Path, Draft)> = Vec::new();
    for change in changes {
        let draft = drafts::draft(&change.path, change.new.as_bytes()).map_err(|error| failed(&change.path, &error))?;
        drafts.push((&change.path, draft));
    }
    for (path, draft) in drafts {
        draft.replace().map_err(|error| failed(path, &error))?;
    }
    Ok(())
}
