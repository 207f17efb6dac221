//! Text files, and temporary folders.

use std::fs::{self, File, OpenOptions};
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
    match bytes_up_to(&path, LARGEST) {
        Ok(bytes) => Ok(Found { path, bytes: Some(bytes) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found { path, bytes: None }),
        Err(error) => Err(error),
    }
}

/// The largest file that is read whole, where nothing else is said.
pub const LARGEST: u64 = 4 << 20;

/// The text of a regular file, if it is there, is UTF-8 and not larger than any real one.
pub fn text_of(path: &Path) -> Option<String> {
    text_up_to(path, LARGEST).ok()
}

/// Why a file can't be read.
#[derive(Debug)]
pub struct Unread {
    pub why: String,
    /// Whether reading it could take all memory or never end: it is too large, a device or a pipe.
    pub has_no_bound: bool,
}

impl Unread {
    fn new(error: &io::Error) -> Unread {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        };
        Unread { why, has_no_bound: matches!(error.kind(), io::ErrorKind::FileTooLarge | NOT_REGULAR) }
    }
}

/// The text of a regular file of at most `largest` bytes.
pub fn text_up_to(path: &Path, largest: u64) -> Result<String, Unread> {
    let bytes = bytes_up_to(path, largest).map_err(|error| Unread::new(&error))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        Unread { why: format!("line {line} is not UTF-8"), has_no_bound: false }
    })
}

/// The same for a text that may have other bytes than UTF-8 in it.
pub fn lossy_up_to(path: &Path, largest: u64) -> Result<String, Unread> {
    let bytes = bytes_up_to(path, largest).map_err(|error| Unread::new(&error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The content of a regular file of at most `largest` bytes: the one place where a whole file is read.
///
/// # Errors
///
/// Those of the system; `IsADirectory`, `InvalidInput` for what is no regular file, and `FileTooLarge`.
pub fn bytes_up_to(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(largest.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        let why = format!("it is larger than {} MB", largest >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// The start of a regular file; empty if it can't be read.
pub fn start_up_to(path: &Path, bytes: u64) -> Vec<u8> {
    let mut start = Vec::new();
    // What was read before an error counts.
    let _ = open(path).map(|file| file.take(bytes).read_to_end(&mut start));
    start
}

/// The same as text.
pub fn start_of(path: &Path, bytes: u64) -> String {
    String::from_utf8_lossy(&start_up_to(path, bytes)).into_owned()
}

/// The kind of the error for what is no regular file.
pub const NOT_REGULAR: io::ErrorKind = io::ErrorKind::InvalidInput;

/// Opens a regular file to read it. A device has no end, and a pipe waits: they are an error at once, also when one is put
/// in the file's place between the two looks.
pub fn open(path: &Path) -> io::Result<File> {
    is_regular(&fs::metadata(path)?, path)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_CLOEXEC);
    let file = options.open(path)?;
    is_regular(&file.metadata()?, path)?;
    Ok(file)
}

fn is_regular(found: &fs::Metadata, path: &Path) -> io::Result<()> {
    if found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    // Many name it for "no file", and it has an end.
    let is_null = || path.canonicalize().is_ok_and(|path| path == Path::new("/dev/null"));
    match found.is_file() || is_null() {
        true => Ok(()),
        false => Err(io::Error::new(NOT_REGULAR, "it is not a regular file")),
    }
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
