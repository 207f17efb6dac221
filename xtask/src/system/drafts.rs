//! Changes to files: written as a whole or not at all, with the owner and mode that they had, and with a backup beside them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::system::files;
use crate::system::lock::{Alone, Held};

/// New content beside the file that it will replace. Dropping it without `replace` removes it.
#[derive(Debug)]
pub struct Draft {
    /// Where it is until it replaces the file.
    pub path: PathBuf,
    target: PathBuf,
    /// As long as it is a draft. Without it, a later run removes it.
    held: Option<Held>,
}

/// What our drafts are called, before the process id.
const DRAFT: &str = ".xtask-draft-";

/// How many names are tried.
const MOST: usize = 1000;

/// Writes a draft in the folder of `target`, with its owner and mode, down to the disk.
pub fn draft(target: &Path, bytes: &[u8]) -> io::Result<Draft> {
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    remove_left(folder, &format!(".{}{DRAFT}", name_of(target)));
    let old = fs::metadata(target).ok();
    let is_file = old.as_ref().is_none_or(fs::Metadata::is_file);
    if !is_file {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    for number in 0..MOST {
        let path = folder.join(format!(".{}{DRAFT}{}-{number}", name_of(target), std::process::id()));
        match write_new(&path, bytes, old.as_ref()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            written => written?,
        }
        // Until it is held, another run may take it for one that was left.
        if let Some(held) = Held::of(&path).inspect_err(|_| drop(fs::remove_file(&path)))? {
            return Ok(Draft { path, target: target.to_owned(), held: Some(held) });
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "there are a thousand drafts"))
}

impl Draft {
    /// Puts it in the place of the file, in one step: a reader gets the old one or the new one, whole.
    pub fn replace(mut self) -> io::Result<()> {
        // Windows renames no file that is open like this.
        let held = self.held.take().filter(|_| !cfg!(windows));
        if let Err(error) = fs::rename(&self.path, &self.target) {
            self.held = held;
            let _ = fs::remove_file(&self.path);
            return Err(error);
        }
        sync_folder_of(&self.target);
        Ok(())
    }

    /// Gives it a name that nothing has yet.
    fn place(self, path: &Path) -> io::Result<()> {
        match fs::hard_link(&self.path, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            // Not every file system has links.
            Err(_) => fs::rename(&self.path, path)?,
            Ok(()) => {}
        }
        sync_folder_of(path);
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.held.take().is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// So that a new name survives a power cut. Not every system opens folders.
fn sync_folder_of(path: &Path) {
    if let Ok(folder) = File::open(path.parent().unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
}

/// Copies the file beside itself under a new name, with its owner and mode. The copy is whole or not there; one that has
/// these bytes already is enough.
pub fn back_up(target: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    for number in 0..MOST {
        let ending = if number == 0 { "backup".to_owned() } else { format!("backup{number}") };
        let path = target.with_file_name(format!("{}.{ending}", name_of(target)));
        if fs::symlink_metadata(&path).is_ok_and(|there| there.is_file() && there.len() == bytes.len() as u64)
            && files::bytes_up_to(&path, bytes.len() as u64).is_ok_and(|there| there == bytes)
        {
            return Ok(path);
        }
        if fs::symlink_metadata(&path).is_ok() {
            continue;
        }
        match draft(target, bytes)?.place(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(()) => return Ok(path),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "there are a thousand backups"))
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

/// Removes what killed runs left in a folder that is ours alone: drafts that nobody holds.
pub fn remove_all_left(folder: &Path) {
    remove_left(folder, ".");
}

/// Those whose names begin with `start`.
fn remove_left(folder: &Path, start: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(start) && name.contains(DRAFT) {
            let _ = Alone::left(&entry.path()).map(Alone::remove);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-drafts-{}-{name}", std::process::id()));
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
            let old = format!("{wanted:o}");
            let (draft, backup) = (draft(&path, b"new").unwrap(), back_up(&path, old.as_bytes()).unwrap());
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
        assert_eq!(back_up(&path, b"one").unwrap(), folder.join("d.json.backup"), "one is enough");
        assert_eq!(fs::read_to_string(folder.join("d.json.backup")).unwrap(), "one");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_a_killed_run_left_is_removed() {
        let folder = folder("left");
        let path = folder.join("d.json");
        let left = folder.join(format!(".d.json{DRAFT}1-0"));
        let other = folder.join(format!(".e.json{DRAFT}1-0"));
        fs::write(&left, "half").unwrap();
        fs::write(&other, "half").unwrap();
        // Two at once: none removes the other's.
        let (one, two) = (draft(&path, b"one").unwrap(), draft(&path, b"two").unwrap());
        assert!(!left.exists() && other.exists());
        one.replace().unwrap();
        two.replace().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        fs::remove_dir_all(folder).unwrap();
    }
}
