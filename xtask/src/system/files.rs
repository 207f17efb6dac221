//! Text files, and changes to files of the system: written as a whole or not at all, with the owner and mode they had,
//! and with a backup beside them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
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

/// New content beside the file that it will replace. Dropping it without `replace` removes it.
#[derive(Debug)]
pub struct Draft {
    /// Where it is until it replaces the file.
    pub path: PathBuf,
    target: PathBuf,
    replaced: bool,
}

/// What our drafts are called, before the process id.
const DRAFT: &str = ".xtask-draft-";

/// Writes a draft in the folder of `target`, with its owner and mode, down to the disk.
pub fn draft(target: &Path, bytes: &[u8]) -> io::Result<Draft> {
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    remove_old_drafts(target);
    let path = folder.join(format!(".{}{DRAFT}{}", name_of(target), std::process::id()));
    write_new(&path, bytes, fs::metadata(target).ok().as_ref())?;
    Ok(Draft { path, target: target.to_owned(), replaced: false })
}

impl Draft {
    /// Puts it in the place of the file, in one step: a reader gets the old one or the new one, whole.
    pub fn replace(mut self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)?;
        self.replaced = true;
        // So that the rename survives a power cut. Not every system opens folders.
        if let Ok(folder) = File::open(self.target.parent().unwrap_or(Path::new("."))) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.replaced {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Copies the file beside itself under a new name, with its owner and mode.
pub fn back_up(target: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    for number in 0..1000 {
        let ending = if number == 0 { "backup".to_owned() } else { format!("backup{number}") };
        let path = target.with_file_name(format!("{}.{ending}", name_of(target)));
        match write_new(&path, bytes, Some(&fs::metadata(target)?)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(()) => return Ok(path),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "there are a thousand backups"))
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

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Writes a file that must not exist yet, down to the disk, with the owner and mode of `old`. Removes it if that fails.
fn write_new(path: &Path, bytes: &[u8], old: Option<&fs::Metadata>) -> io::Result<()> {
    let mut file = create_new(path, old.is_some())?;
    let mut write = || {
        if let Some(old) = old {
            keep_owner(&file, old)?;
            file.set_permissions(old.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().inspect_err(|_| drop(fs::remove_file(path)))
}

/// Creates a file. `is_copy`: only its owner can read it until it has the mode of the other.
fn create_new(path: &Path, is_copy: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if is_copy { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = is_copy;
    options.open(path)
}

#[cfg(unix)]
fn keep_owner(file: &File, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let new = file.metadata()?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _old: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Removes what a killed run left: drafts of this file, unless their process may still be running.
fn remove_old_drafts(target: &Path) {
    let ours = format!(".{}{DRAFT}", name_of(target));
    let entries = target.parent().and_then(|folder| fs::read_dir(folder).ok());
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.strip_prefix(&ours).and_then(|pid| pid.parse::<u32>().ok()) else { continue };
        if pid != std::process::id() && !is_running(pid) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(unix)]
fn is_running(pid: u32) -> bool {
    // SAFETY: signal 0 asks only whether the process is there.
    unsafe { libc::kill(pid as libc::pid_t, 0) == 0 || io::Error::last_os_error().raw_os_error() == Some(libc::EPERM) }
}

/// Unknown there. If it does run, it fails and has to be started again; the file stays whole.
#[cfg(not(unix))]
fn is_running(_pid: u32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-files-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_draft_replaces_the_file_or_is_gone() {
        let folder = folder("draft");
        let path = folder.join("d.json");
        fs::write(&path, "old").unwrap();
        drop(draft(&path, b"new").unwrap());
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), fs::read_dir(&folder).unwrap().count()), ("old", 1));
        draft(&path, b"new").unwrap().replace().unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), fs::read_dir(&folder).unwrap().count()), ("new", 1));
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_copy_is_never_readable_to_others_before_it_has_its_mode() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = folder("modes");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let path = folder.join("d.json");
        create_new(&path, true).unwrap();
        assert_eq!(mode(&path), 0o600);
        for wanted in [0o600, 0o640, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(wanted)).unwrap();
            let (draft, backup) = (draft(&path, b"new").unwrap(), back_up(&path, b"old").unwrap());
            assert_eq!((mode(&draft.path), mode(&backup)), (wanted, wanted));
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn backups_are_never_written_over() {
        let folder = folder("backup");
        let path = folder.join("d.json");
        fs::write(&path, "one").unwrap();
        assert_eq!(back_up(&path, b"one").unwrap(), folder.join("d.json.backup"));
        assert_eq!(back_up(&path, b"two").unwrap(), folder.join("d.json.backup1"));
        assert_eq!(fs::read_to_string(folder.join("d.json.backup")).unwrap(), "one");
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_killed_run_left_is_removed() {
        let folder = folder("left");
        let path = folder.join("d.json");
        // Larger than any process number of Linux.
        let left = folder.join(format!(".d.json{DRAFT}4194999"));
        let other = folder.join(format!(".e.json{DRAFT}4194999"));
        fs::write(&left, "half").unwrap();
        fs::write(&other, "half").unwrap();
        draft(&path, b"new").unwrap().replace().unwrap();
        assert!(!left.exists() && other.exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
