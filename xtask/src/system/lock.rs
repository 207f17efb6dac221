//! Files that a process holds for as long as it lives. The system lets go of them when it ends, whatever ended it: no number
//! of a process and no time has to be trusted, and it is right across containers that share the file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A file that is in use: nothing removes it.
#[derive(Debug)]
pub struct Held(#[allow(dead_code, reason = "what counts is that it is open")] File);

impl Held {
    /// Holds a file; `None` if it is gone: another run took it for one that was left.
    pub fn of(path: &Path) -> io::Result<Option<Held>> {
        match here::shared(path) {
            Ok(file) => Ok(here::is_at(&file, path).then_some(Held(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same for a file that is in use until the processes that we start from now on have ended, too: a build goes on
    /// when we are killed.
    pub fn with_children(path: &Path) -> io::Result<Option<Held>> {
        let held = Held::of(path)?;
        held.iter().for_each(|Held(file)| here::pass_on(file));
        Ok(held)
    }
}

/// A file that nobody else has.
#[derive(Debug)]
pub struct Alone {
    file: File,
    path: PathBuf,
}

impl Alone {
    /// A file that nobody holds any more. `None` if somebody does, if it is gone, or if it is not ours.
    pub fn left(path: &Path) -> Option<Alone> {
        let file = here::alone(path, false).ok()?;
        (here::is_ours(&file) && here::is_at(&file, path)).then(|| Alone { file, path: path.to_owned() })
    }

    /// Makes the file, and waits until nobody else has it. Dropping it removes the file.
    ///
    /// # Errors
    ///
    /// It can't be made, or somebody still has it after `longest`.
    pub fn wait(path: &Path, longest: Duration) -> io::Result<Turn> {
        let until = Instant::now() + longest;
        loop {
            match here::alone(path, true) {
                Ok(file) if here::is_at(&file, path) => return Ok(Turn(Some(Alone { file, path: path.to_owned() }))),
                // Whoever had it has removed it.
                Ok(_) => continue,
                Err(error) if !here::is_in_use(&error) => return Err(error),
                Err(_) if Instant::now() > until => {
                    let holder = format!("another run has held `{}` for {} s", path.display(), longest.as_secs());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, holder));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// Removes the file while nobody else can take it.
    pub fn remove(self) -> io::Result<()> {
        let Alone { file, path } = self;
        // Windows removes no file that is open like this.
        let _open = (!cfg!(windows)).then_some(file);
        fs::remove_file(path)
    }
}

/// What a run has while others wait for it.
#[derive(Debug)]
pub struct Turn(Option<Alone>);

impl Drop for Turn {
    fn drop(&mut self) {
        let _ = self.0.take().map(Alone::remove);
    }
}

#[cfg(unix)]
mod here {
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
    use std::path::Path;

    pub fn shared(path: &Path) -> io::Result<File> {
        let file = open(OpenOptions::new().read(true), path)?;
        lock(&file, libc::LOCK_SH)?;
        Ok(file)
    }

    /// `makes`: makes the file if it is not there.
    pub fn alone(path: &Path, makes: bool) -> io::Result<File> {
        // NFS locks for one alone only what is open for writing.
        let mut options = OpenOptions::new();
        let file = match open(options.read(true).write(true).create(makes).truncate(false).mode(0o600), path) {
            // A draft of a file that only can be read.
            Err(error) if !makes && error.kind() == io::ErrorKind::PermissionDenied => {
                open(OpenOptions::new().read(true), path)?
            }
            opened => opened?,
        };
        lock(&file, libc::LOCK_EX | libc::LOCK_NB)?;
        Ok(file)
    }

    pub fn is_in_use(error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::WouldBlock
    }

    /// Neither follows a link nor waits for the other end of a pipe.
    fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
        let file = options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)?;
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")),
        }
    }

    fn lock(file: &File, how: i32) -> io::Result<()> {
        // SAFETY: flock has no preconditions, and the file is open.
        while unsafe { libc::flock(file.as_raw_fd(), how) } != 0 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether the file is still the one of that name.
    pub fn is_at(file: &File, path: &Path) -> bool {
        let (Ok(open), Ok(there)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
        (open.dev(), open.ino()) == (there.dev(), there.ino())
    }

    pub fn is_ours(file: &File) -> bool {
        // SAFETY: geteuid has no preconditions.
        file.metadata().is_ok_and(|file| file.uid() == unsafe { libc::geteuid() })
    }

    pub fn pass_on(file: &File) {
        // SAFETY: fcntl with F_SETFD takes an open file and a number.
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, 0) };
    }
}

/// Windows has no such locks; a file that is open in a certain way can't be removed, or opened in another.
#[cfg(windows)]
mod here {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::windows::fs::OpenOptionsExt as _;
    use std::path::Path;
    use std::time::Duration;

    /// ERROR_SHARING_VIOLATION: somebody has it open.
    const IN_USE: i32 = 32;

    /// Waits for the moment in which somebody takes it alone.
    pub fn shared(path: &Path) -> io::Result<File> {
        loop {
            // FILE_SHARE_READ
            match OpenOptions::new().read(true).share_mode(1).open(path) {
                Err(error) if is_in_use(&error) => std::thread::sleep(Duration::from_millis(10)),
                done => return done,
            }
        }
    }

    pub fn alone(path: &Path, makes: bool) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(makes).create(makes).truncate(false).share_mode(0).open(path)
    }

    pub fn is_in_use(error: &io::Error) -> bool {
        error.raw_os_error() == Some(IN_USE)
    }

    /// It could not have been removed.
    pub fn is_at(_file: &File, _path: &Path) -> bool {
        true
    }

    /// Its folder is the person's own.
    pub fn is_ours(_file: &File) -> bool {
        true
    }

    /// Children get no files there.
    pub fn pass_on(_file: &File) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::files::Scratch;

    #[test]
    fn what_somebody_holds_is_not_left() {
        let scratch = Scratch::new(&format!("xtask-lock-{}", std::process::id())).expect("a folder");
        let path = scratch.write("file", b"x").expect("a file");
        let (one, two) = (Held::of(&path).unwrap(), Held::with_children(&path).unwrap());
        assert!(one.is_some() && two.is_some(), "two may use it at once");
        drop(one);
        assert!(Alone::left(&path).is_none());
        drop(two);
        Alone::left(&path).expect("nobody has it").remove().unwrap();
        assert!(Held::of(&path).unwrap().is_none() && Alone::left(&path).is_none());
    }

    #[test]
    fn one_after_the_other() {
        let scratch = Scratch::new(&format!("xtask-turn-{}", std::process::id())).expect("a folder");
        let (lock, count) = (scratch.path.join("lock"), scratch.write("count", b"0").expect("a file"));
        let add = || {
            for _ in 0..50 {
                let _turn = Alone::wait(&lock, Duration::from_secs(60)).expect("a turn");
                let number: u32 = fs::read_to_string(&count).unwrap().parse().unwrap();
                fs::write(&count, (number + 1).to_string()).unwrap();
            }
        };
        std::thread::scope(|scope| drop([scope.spawn(add), scope.spawn(add), scope.spawn(add)]));
        assert_eq!(fs::read_to_string(&count).unwrap(), "150");
        assert!(!lock.exists());
    }

    #[test]
    fn whoever_keeps_it_is_not_waited_for_without_end() {
        let scratch = Scratch::new(&format!("xtask-keeper-{}", std::process::id())).expect("a folder");
        let lock = scratch.path.join("lock");
        let turn = Alone::wait(&lock, Duration::ZERO).expect("a turn");
        let error = Alone::wait(&lock, Duration::from_millis(20)).expect_err("it is taken");
        assert_eq!(error.to_string(), format!("another run has held `{}` for 0 s", lock.display()));
        drop(turn);
        Alone::wait(&lock, Duration::ZERO).expect("a turn");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_are_not_opened() {
        let scratch = Scratch::new(&format!("xtask-lock-links-{}", std::process::id())).expect("a folder");
        let file = scratch.write("file", b"x").expect("a file");
        let link = scratch.path.join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(Alone::left(&link).is_none() && Held::of(&link).is_err());
        assert!(Alone::left(&scratch.path).is_none() && Held::of(&scratch.path).is_err());
    }
}
