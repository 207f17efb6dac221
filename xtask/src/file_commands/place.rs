//! A file or folder that a line names, or that lies below one.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, Metadata};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::file_commands::native;
#[cfg(windows)]
use crate::system::paths;

/// Where it is, and what it is called.
#[derive(Clone, Debug)]
pub struct Place {
    /// Absolute, with the `..`, links and last `/` that were written: the system resolves them. Empty for an empty word.
    pub path: PathBuf,
    /// As it was written.
    pub shown: PathBuf,
}

impl Place {
    pub fn new(dir: &Path, written: &OsStr, shown: &OsStr) -> Place {
        let path = match written.is_empty() {
            true => PathBuf::new(),
            #[cfg(windows)]
            // Windows resolves `..` by name anyway, and nothing in a path with `\\?\`.
            false => paths::absolute(dir, Path::new(written)),
            #[cfg(not(windows))]
            false => dir.join(written),
        };
        Place { path, shown: shown.into() }
    }

    /// What lies in this folder under a name.
    pub fn child(&self, name: &OsStr) -> Place {
        Place { path: self.path.join(name), shown: self.shown.join(name) }
    }

    /// The last part of its name as it was written: `.` and `..` too.
    pub fn last_name(&self) -> OsString {
        let trimmed = without_last_separators(&self.shown);
        let bytes = trimmed.as_os_str().as_encoded_bytes();
        let start = bytes.iter().rposition(|byte| is_separator(*byte)).map_or(0, |at| at + 1);
        part(&trimmed, start..bytes.len()).to_owned()
    }

    /// Whether its name ends in `/`: then it can only be a folder.
    pub fn is_written_as_folder(&self) -> bool {
        self.shown.as_os_str().as_encoded_bytes().last().is_some_and(|byte| is_separator(*byte))
    }

    /// The same without a `/` at its end.
    pub fn without_last_separator(&self) -> Place {
        Place { path: without_last_separators(&self.path), shown: without_last_separators(&self.shown) }
    }

    /// What is there; a link is itself.
    pub fn look(&self) -> io::Result<Metadata> {
        self.as_written(fs::symlink_metadata(&self.path)?)
    }

    /// What is there, or where a link leads.
    pub fn follow(&self) -> io::Result<Metadata> {
        self.as_written(fs::metadata(&self.path)?)
    }

    /// Linux says it itself.
    fn as_written(&self, found: Metadata) -> io::Result<Metadata> {
        match self.is_written_as_folder() && found.is_file() {
            true => Err(io::ErrorKind::NotADirectory.into()),
            false => Ok(found),
        }
    }

    pub fn is_folder(&self) -> bool {
        self.path.is_dir()
    }

    /// The places in this folder, by name.
    pub fn children(&self) -> io::Result<Vec<Place>> {
        let mut names = native::names_in(&self.path)?;
        names.sort();
        Ok(names.iter().map(|name| self.child(name)).collect())
    }
}

fn is_separator(byte: u8) -> bool {
    byte == b'/' || (cfg!(windows) && byte == b'\\')
}

fn without_last_separators(path: &Path) -> PathBuf {
    let bytes = path.as_os_str().as_encoded_bytes();
    let end = bytes.iter().rposition(|byte| !is_separator(*byte)).map_or(bytes.len(), |at| at + 1);
    // `C:` is another place than `C:\`.
    if bytes[..end].ends_with(b":") { path.to_owned() } else { part(path, 0..end).into() }
}

/// A part that begins and ends beside a separator or at an end of the path.
fn part(path: &Path, range: Range<usize>) -> &OsStr {
    // SAFETY: the bytes are a system string's, and are cut only before or after an ASCII character.
    unsafe { OsStr::from_encoded_bytes_unchecked(&path.as_os_str().as_encoded_bytes()[range]) }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.shown.display())
    }
}
