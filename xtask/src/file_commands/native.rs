//! What differs from system to system, and what the standard library has no function for.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

pub use imp::{
    identity, is_loop, is_one_entry, keep, make_folder, make_link, make_writable, mode_of, remove_file, restore_mode,
    set_times_to_now,
};

/// The same for two paths that lead to the same file or folder.
pub type Identity = (u64, u64);

/// Whether a path leads to the same as another does.
pub fn is_same(left: &Path, right: &Path) -> bool {
    matches!((identity(left), identity(right)), (Ok(left), Ok(right)) if left == right)
}

pub fn names_in(folder: &Path) -> io::Result<Vec<OsString>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
}

/// Makes a file to write to. What is there is an error: a link, too.
pub fn create(path: &Path, mode: u32) -> io::Result<File> {
    open(OpenOptions::new().write(true).create_new(true), mode, path)
}

/// Makes a file, or opens the one that is there, or where a link leads.
pub fn create_or_open(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().write(true).create(true).truncate(false), 0o666, path)
}

/// Opens a file that is there, to write it anew.
pub fn open_to_overwrite(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().write(true).truncate(true), 0, path)
}

fn open(options: &mut OpenOptions, mode: u32, path: &Path) -> io::Result<File> {
    // A pipe that was put there meanwhile must not make us wait.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NONBLOCK).mode(mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

#[cfg(unix)]
mod imp {
    use super::*;
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};

    pub fn identity(path: &Path) -> io::Result<Identity> {
        let found = fs::metadata(path)?;
        Ok((found.dev(), found.ino()))
    }

    /// Whether two names are of one file, link or folder.
    pub fn is_one_entry(left: &Metadata, right: &Metadata) -> bool {
        (left.dev(), left.ino()) == (right.dev(), right.ino())
    }

    /// Whether links lead to each other.
    pub fn is_loop(error: &io::Error) -> bool {
        error.raw_os_error() == Some(libc::ELOOP)
    }

    /// The bits of a mode that a copy begins with: the system takes those of the umask away.
    pub fn mode_of(found: &Metadata) -> u32 {
        found.mode() & if found.is_dir() { 0o1777 } else { 0o777 }
    }

    /// Makes a folder with a mode that we can fill it in. Returns the mode to give it then, if that is another.
    pub fn make_folder(path: &Path, mode: u32) -> io::Result<Option<u32>> {
        fs::DirBuilder::new().mode(mode).create(path)?;
        let made = fs::symlink_metadata(path)?.mode() & 0o7777;
        if made & 0o700 == 0o700 {
            return Ok(None);
        }
        restore_mode(path, made | 0o700)?;
        Ok(Some(made))
    }

    pub fn restore_mode(path: &Path, mode: u32) -> io::Result<()> {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }

    pub fn make_link(from: &Path, to: &Path) -> io::Result<()> {
        std::os::unix::fs::symlink(fs::read_link(from)?, to)
    }

    pub fn remove_file(path: &Path, _found: &Metadata) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Here no mode of a file keeps it from being replaced.
    pub fn make_writable(_path: &Path) {}

    /// Gives a copy the owner, the mode and the times of what was copied.
    pub fn keep(found: &Metadata, to: &Path) -> io::Result<()> {
        let path = CString::new(to.as_os_str().as_bytes())?;
        let is_link = found.is_symlink();
        let flags = if is_link { libc::AT_SYMLINK_NOFOLLOW } else { 0 };
        // SAFETY: the path is a string with its NUL that outlives the call, as below.
        let owned = unsafe { libc::fchownat(libc::AT_FDCWD, path.as_ptr(), found.uid(), found.gid(), flags) } == 0;
        if !is_link {
            // Who may not give files away may not make them run as another user, either.
            restore_mode(to, found.mode() & if owned { 0o7777 } else { 0o777 })?;
        }
        let time = |seconds: i64, nanoseconds: i64| libc::timespec {
            tv_sec: seconds as libc::time_t,
            tv_nsec: nanoseconds as libc::c_long,
        };
        let times = [time(found.atime(), found.atime_nsec()), time(found.mtime(), found.mtime_nsec())];
        // SAFETY: there are two times, as the call wants.
        result(unsafe { libc::utimensat(libc::AT_FDCWD, path.as_ptr(), times.as_ptr(), flags) })
    }

    pub fn set_times_to_now(path: &Path) -> io::Result<()> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: as above; without times it is now, which who may write to the file may set.
        result(unsafe { libc::utimensat(libc::AT_FDCWD, path.as_ptr(), std::ptr::null(), 0) })
    }

    fn result(code: libc::c_int) -> io::Result<()> {
        if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }
}

#[cfg(windows)]
mod imp {
    use super::*;
    use std::fs::FileTimes;
    use std::os::windows::fs::{FileTypeExt as _, OpenOptionsExt as _};
    use std::os::windows::io::AsRawHandle as _;
    use std::time::SystemTime;

    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    const FILE_READ_ATTRIBUTES: u32 = 0x80;
    const FILE_WRITE_ATTRIBUTES: u32 = 0x100;

    /// `BY_HANDLE_FILE_INFORMATION`.
    #[repr(C)]
    #[derive(Default)]
    struct Information {
        attributes: u32,
        times: [u32; 6],
        volume: u32,
        size: [u32; 2],
        links: u32,
        index: [u32; 2],
    }

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetFileInformationByHandle(file: *mut std::ffi::c_void, information: *mut Information) -> i32;
    }

    /// Files and folders.
    fn open_attributes(path: &Path, access: u32) -> io::Result<File> {
        OpenOptions::new().access_mode(access).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path)
    }

    pub fn identity(path: &Path) -> io::Result<Identity> {
        let file = open_attributes(path, FILE_READ_ATTRIBUTES)?;
        let mut found = Information::default();
        // SAFETY: the handle is open, and the information is ours to write to.
        if unsafe { GetFileInformationByHandle(file.as_raw_handle().cast(), &mut found) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok((found.volume.into(), u64::from(found.index[0]) << 32 | u64::from(found.index[1])))
    }

    /// Nobody makes two names of one link here.
    pub fn is_one_entry(_left: &Metadata, _right: &Metadata) -> bool {
        false
    }

    pub fn is_loop(_error: &io::Error) -> bool {
        false
    }

    pub fn mode_of(_found: &Metadata) -> u32 {
        0
    }

    pub fn make_folder(path: &Path, _mode: u32) -> io::Result<Option<u32>> {
        fs::create_dir(path).map(|()| None)
    }

    pub fn restore_mode(_path: &Path, _mode: u32) -> io::Result<()> {
        Ok(())
    }

    pub fn make_link(from: &Path, to: &Path) -> io::Result<()> {
        let target = fs::read_link(from)?;
        match fs::symlink_metadata(from)?.file_type().is_symlink_dir() {
            true => std::os::windows::fs::symlink_dir(target, to),
            false => std::os::windows::fs::symlink_file(target, to),
        }
    }

    /// Removes a file or a link. A read-only one, too: on other systems that is the folder's business.
    pub fn remove_file(path: &Path, found: &Metadata) -> io::Result<()> {
        if found.permissions().readonly() && !found.is_symlink() {
            make_writable(path);
        }
        match found.file_type().is_symlink_dir() {
            true => fs::remove_dir(path),
            false => fs::remove_file(path),
        }
    }

    /// Takes the read-only attribute away, which keeps a file from being replaced.
    #[allow(clippy::permissions_set_readonly_false, reason = "here it opens the file to nobody else")]
    pub fn make_writable(path: &Path) {
        if let Ok(found) = fs::metadata(path) {
            let mut permissions = found.permissions();
            permissions.set_readonly(false);
            let _ = fs::set_permissions(path, permissions);
        }
    }

    pub fn keep(found: &Metadata, to: &Path) -> io::Result<()> {
        if found.is_symlink() {
            return Ok(());
        }
        let times = FileTimes::new().set_accessed(found.accessed()?).set_modified(found.modified()?);
        open_attributes(to, FILE_WRITE_ATTRIBUTES)?.set_times(times)?;
        let mut permissions = fs::metadata(to)?.permissions();
        permissions.set_readonly(found.permissions().readonly());
        fs::set_permissions(to, permissions)
    }

    pub fn set_times_to_now(path: &Path) -> io::Result<()> {
        let now = SystemTime::now();
        open_attributes(path, FILE_WRITE_ATTRIBUTES)?.set_times(FileTimes::new().set_accessed(now).set_modified(now))
    }
}
