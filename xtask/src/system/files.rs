//! Text files, and temporary folders.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::ui::problem::Problem;

/// The file that a path leads to, with its content.
#[derive(Debug)]
pub struct Found {
    /// The file itself: links are followed, so that they stay links.
    pub path: PathBuf,
    /// None when there is no file yet.
    pub bytes: Option<Vec<u8>>,
}

/// Reads a file. A missing file is not an error.
pub fn find(path: &Path) -> io::Result<Found> {
    let path = end_of_links(path)?;
    match fs::read(&path) {
        Ok(bytes) => Ok(Found { path, bytes: Some(bytes) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found { path, bytes: None }),
        Err(error) => Err(error),
    }
}

/// The largest file that a text is made of.
const LARGEST: u64 = 4 << 20;

/// The text of a regular file, if it is there, is UTF-8 and not larger than any real one.
pub fn text_of(path: &Path) -> Option<String> {
    text_up_to(path, LARGEST).ok()
}

/// Why a file can't be read.
#[derive(Debug)]
pub struct Unread {
    pub why: String,
    pub too_large: bool,
}

/// The text of a regular file of at most `largest` bytes: a device has no end, and a pipe waits.
pub fn text_up_to(path: &Path, largest: u64) -> Result<String, Unread> {
    String::from_utf8(bytes_up_to(path, largest)?).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        Unread { why: format!("line {line} is not UTF-8"), too_large: false }
    })
}

/// The same for a text that may have other bytes than UTF-8 in it.
pub fn lossy_up_to(path: &Path, largest: u64) -> Result<String, Unread> {
    bytes_up_to(path, largest).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn bytes_up_to(path: &Path, largest: u64) -> Result<Vec<u8>, Unread> {
    let unread = |why: &str| Unread { why: why.to_owned(), too_large: false };
    let io = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => unread("there is no such file"),
        _ => Unread { why: error.to_string(), too_large: false },
    };
    let found = fs::metadata(path).map_err(io)?;
    if !found.is_file() {
        return Err(unread(if found.is_dir() { "it is a folder" } else { "it is not a regular file" }));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(io)?.take(largest + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > largest {
        return Err(Unread { why: format!("it is larger than {} MB", largest >> 20), too_large: true });
    }
    Ok(bytes)
}

/// The start of a regular file as text; empty if it can't be read.
pub fn start_of(path: &Path, bytes: u64) -> String {
    let mut start = Vec::new();
    let is_file = fs::metadata(path).is_ok_and(|file| file.is_file());
    let file = is_file.then(|| fs::File::open(path)).and_then(Result::ok);
    // What was read before an error counts.
    let _ = file.map(|file| file.take(bytes).read_to_end(&mut start));
    String::from_utf8_lossy(&start).into_owned()
}

/// The text of a file that a person sees as `shown`.
pub fn utf8(bytes: Vec<u8>, shown: &str) -> Result<String, Problem> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        Problem::new(format!("`{shown}` is not valid UTF-8 (line {line}, byte {good})")).hint("save it as UTF-8")
    })
}

/// Follows links, to a file that may not be there yet.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    // As many as Linux follows.
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many links"))
}

/// A temporary folder that other users can't read. Dropping it removes it with everything in it.
#[derive(Debug)]
pub struct Scratch {
    pub path: PathBuf,
}

impl Scratch {
    /// `name` has to be unique; a process id in it makes it so.
    pub fn new(name: &str) -> io::Result<Scratch> {
        let path = std::env::temp_dir().join(name);
        let mut folder = fs::DirBuilder::new();
        // Fails if the folder exists: another user may have made it.
        folder.recursive(false);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(&path)?;
        Ok(Scratch { path })
    }

    /// Writes a file in it, with its folders.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.path))?;
        fs::write(&path, bytes)?;
        Ok(path)
    }
}

/// Overwrites a file of our own.
pub fn overwrite(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
