//! `cp`: copies files, and with `-r` folders with everything in them. Links in a folder are copied as links.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::file_commands::native::Identity;
use crate::file_commands::place::Place;
use crate::file_commands::{Job, go_on, native, same_file, targets};
use crate::system::files;
use crate::system::process::Stop;

pub fn copy(job: &mut Job<'_>, places: &[Place]) -> Result<(), Stop> {
    let pairs = targets::pairs(job, places);
    let flags = job.flags;
    let mut copier = Copier::new(job, flags.recursive, flags.preserve);
    let mut seen: HashSet<(Option<Identity>, OsString, OsString)> = HashSet::new();
    for (from, to) in pairs {
        // A folder by whatever name; of a file, only the same name is no mistake. As texts: to paths, `a/` is `a`.
        let text = |path: &Path| path.as_os_str().to_owned();
        let once = match from.look() {
            Ok(found) if found.is_dir() => (native::identity(&from.path).ok(), text(&to.path), OsString::new()),
            _ => (None, text(&from.path), text(&from.shown)),
        };
        if !seen.insert(once) {
            copier.job.ui.warning(format_args!("cp: {from} is named twice"), "");
            continue;
        }
        copier.all(from, to)?;
    }
    Ok(())
}

/// How much is copied before we look whether to stop.
const PIECE: u64 = 64 << 20;

/// Copies, and remembers what it made.
pub struct Copier<'a, 'b> {
    pub job: &'a mut Job<'b>,
    recursive: bool,
    preserve: bool,
    /// What lines name as targets, to copy no two files to one name.
    made: HashSet<PathBuf>,
    /// Links that it made: what it writes next must not go where they lead.
    links: HashSet<PathBuf>,
}

enum Next {
    Copy(Place, Place),
    /// A folder that was filled: what it was copied from, and the mode to give it.
    Leave(Place, Metadata, Option<u32>),
}

impl<'a, 'b> Copier<'a, 'b> {
    pub fn new(job: &'a mut Job<'b>, recursive: bool, preserve: bool) -> Copier<'a, 'b> {
        Copier { job, recursive, preserve, made: HashSet::new(), links: HashSet::new() }
    }

    /// Copies a file, or a folder with everything in it: on a list and not on the program's stack.
    pub fn all(&mut self, from: Place, to: Place) -> Result<(), Stop> {
        let top = to.path.clone();
        let mut list = vec![Next::Copy(from, to)];
        while let Some(next) = list.pop() {
            go_on()?;
            match next {
                Next::Copy(from, to) => {
                    let is_top = to.path == top;
                    self.one(from, to, is_top, &mut list)?;
                }
                Next::Leave(to, found, mode) => self.leave(&to, &found, mode),
            }
        }
        Ok(())
    }

    fn one(&mut self, from: Place, to: Place, is_top: bool, list: &mut Vec<Next>) -> Result<(), Stop> {
        let found = match if self.recursive { from.look() } else { from.follow() } {
            Ok(found) => found,
            Err(error) => {
                self.job.fail_to_find(&from, &error);
                return Ok(());
            }
        };
        if found.is_dir() && !self.recursive {
            self.job.fail(format_args!("{from} is a folder: -r copies it"));
        } else if !found.is_dir() && !found.is_symlink() && !is_file(&from, &found) {
            self.job.fail(format_args!("{from} is not a file, folder or link: it can't be copied"));
        } else if let Some(there) = self.target(&from, &found, &to, is_top) {
            if found.is_dir() {
                self.folder(from, to, found, there.is_some(), is_top, list);
            } else if found.is_symlink() {
                self.link(&from, &to, &found, there.as_ref(), is_top);
            } else {
                self.file(&from, &to, &found, there.as_ref(), is_top)?;
            }
        }
        Ok(())
    }

    /// What is at the target, if anything; outer `None` when it is told that nothing can be copied there.
    fn target(&mut self, from: &Place, found: &Metadata, to: &Place, is_top: bool) -> Option<Option<Metadata>> {
        // A file is written where a link leads.
        let is_written_through = !found.is_dir() && !found.is_symlink();
        let there = match if is_written_through { to.follow() } else { to.look() } {
            Ok(there) => Some(there),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            // A link to itself: -f puts the file in its place.
            Err(error) if is_written_through && self.job.flags.force && native::is_loop(&error) => to.look().ok(),
            Err(error) => {
                self.job.fail_with("write", to, &error);
                return None;
            }
        };
        let Some(there) = there else {
            if !found.is_dir() && to.is_written_as_folder() {
                self.job.fail(format_args!("there is no folder {to}"));
                return None;
            }
            return Some(None);
        };
        let is_same = match self.recursive {
            true => same_file::is_same_for_copy((from, found), (to, &there)),
            false => native::is_same(&from.path, &to.path),
        };
        if is_same {
            self.job.fail(format_args!("{from} and {to} are the same file"));
        } else if there.is_dir() && !found.is_dir() {
            self.job.fail(format_args!("{to} is a folder, and {from} is not"));
        } else if found.is_dir() && !there.is_dir() {
            self.job.fail(format_args!("{from} is a folder, and {to} is not"));
        } else if is_top && !found.is_dir() && self.made.contains(&to.path) {
            self.job.fail(format_args!("{from} would overwrite {to}, which was just copied"));
        } else if is_written_through && self.links.contains(&to.path) {
            self.job.fail(format_args!("{from} would be written where the link {to} leads, which was just copied"));
        } else if is_written_through && !there.is_symlink() && !is_file(to, &there) {
            self.job.fail(format_args!("{to} is not a file: it can't be written to"));
        } else {
            return Some(Some(there));
        }
        None
    }

    fn folder(&mut self, from: Place, to: Place, found: Metadata, is_there: bool, is_top: bool, list: &mut Vec<Next>) {
        if is_top && same_file::is_inside(&to, &from) {
            return self.job.fail(format_args!("{from} can't be copied into itself: {to}"));
        }
        let mut mode = None;
        if !is_there {
            let wanted = native::mode_of(&found);
            // Others see it when it is whole, and has its owner.
            let wanted = if self.preserve { wanted & 0o700 } else { wanted };
            match native::make_folder(&to.path, wanted) {
                Ok(restore) => mode = restore,
                Err(error) => return self.job.fail_with("make", &to, &error),
            }
            self.tell(&from, &to);
        }
        let children = from.children();
        list.push(Next::Leave(to.clone(), found, mode));
        match children {
            Ok(children) => {
                let pairs = children.into_iter().rev().map(|child| {
                    let target = to.child(&child.last_name());
                    Next::Copy(child, target)
                });
                list.extend(pairs);
            }
            Err(error) => self.job.fail_with("read", &from, &error),
        }
    }

    fn leave(&mut self, to: &Place, found: &Metadata, mode: Option<u32>) {
        if self.preserve {
            self.keep(to, found);
        } else if let Some(Err(error)) = mode.map(|mode| native::restore_mode(&to.path, mode)) {
            self.job.fail_with("set the mode of", to, &error);
        }
    }

    fn link(&mut self, from: &Place, to: &Place, found: &Metadata, there: Option<&Metadata>, is_top: bool) {
        if let Some(Err(error)) = there.map(|there| native::remove_file(&to.path, there)) {
            return self.job.fail_with("replace", to, &error);
        }
        if let Err(error) = native::make_link(&from.path, &to.path) {
            return self.job.fail_with("make", to, &error);
        }
        self.links.insert(to.path.clone());
        self.made(from, to, found, is_top);
    }

    fn file(
        &mut self,
        from: &Place,
        to: &Place,
        found: &Metadata,
        there: Option<&Metadata>,
        is_top: bool,
    ) -> Result<(), Stop> {
        let mut source = match files::open(&from.path) {
            Ok(source) => source,
            Err(error) => {
                self.job.fail_with("read", from, &error);
                return Ok(());
            }
        };
        let (mut target, is_new) = match self.open(&to.path, found, there) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.job.fail(format_args!("{to} is a link to nothing: it can't be written to"));
                return Ok(());
            }
            Err(error) => {
                self.job.fail_with("write", to, &error);
                return Ok(());
            }
        };
        loop {
            go_on()?;
            match io::copy(&mut (&mut source).take(PIECE), &mut target) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    self.job.fail_with("write", to, &error);
                    return Ok(());
                }
            }
        }
        drop(target);
        // Elsewhere it was made with its mode.
        if cfg!(windows) && is_new && found.permissions().readonly() {
            if let Err(error) = fs::set_permissions(&to.path, found.permissions()) {
                self.job.fail_with("set the mode of", to, &error);
            }
        }
        self.made(from, to, found, is_top);
        Ok(())
    }

    /// Opens a target to write to, and tells whether it is new.
    fn open(&self, to: &Path, found: &Metadata, there: Option<&Metadata>) -> io::Result<(File, bool)> {
        if let Some(there) = there {
            match native::open_to_overwrite(to) {
                Ok(file) => return Ok((file, false)),
                Err(error) if !self.job.flags.force || error.kind() == io::ErrorKind::NotFound => return Err(error),
                Err(_) => native::remove_file(to, there)?,
            }
        }
        let mode = native::mode_of(found);
        native::create(to, if self.preserve { mode & 0o700 } else { mode }).map(|file| (file, true))
    }

    fn made(&mut self, from: &Place, to: &Place, found: &Metadata, is_top: bool) {
        if is_top {
            self.made.insert(to.path.clone());
        }
        self.tell(from, to);
        if self.preserve {
            self.keep(to, found);
        }
    }

    fn keep(&mut self, to: &Place, found: &Metadata) {
        if let Err(error) = native::keep(found, &to.path) {
            self.job.fail_with("set the mode and times of", to, &error);
        }
    }

    fn tell(&self, from: &Place, to: &Place) {
        self.job.done(format_args!("copied {from} to {to}"));
    }
}

/// A file with an end; `/dev/null` is an empty one.
fn is_file(place: &Place, found: &Metadata) -> bool {
    found.is_file() || (cfg!(unix) && place.path.canonicalize().is_ok_and(|path| path == Path::new("/dev/null")))
}
