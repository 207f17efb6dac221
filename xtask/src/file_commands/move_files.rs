//! `mv`: renames, and where the target is on another file system, copies and removes.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::path::PathBuf;

use crate::file_commands::copy::Copier;
use crate::file_commands::line::Flags;
use crate::file_commands::place::Place;
use crate::file_commands::{Job, go_on, native, remove, same_file, targets};
use crate::system::process::Stop;

pub fn move_all(job: &mut Job<'_>, places: &[Place]) -> Result<(), Stop> {
    let mut made: HashSet<PathBuf> = HashSet::new();
    for (from, to) in targets::pairs(job, places) {
        go_on()?;
        let failures = job.failures;
        one(job, &from, &to, &made)?;
        if job.failures == failures {
            made.insert(to.path);
        }
    }
    Ok(())
}

fn one(job: &mut Job<'_>, from: &Place, to: &Place, made: &HashSet<PathBuf>) -> Result<(), Stop> {
    let found = match from.look() {
        Ok(found) => found,
        Err(error) => {
            job.fail_to_find(from, &error);
            return Ok(());
        }
    };
    let there = match to.look() {
        Ok(there) => Some(there),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            job.fail_with("write", to, &error);
            return Ok(());
        }
    };
    if !is_allowed(job, (from, &found), (to, there.as_ref()), made) {
        return Ok(());
    }
    match rename(from, to, there.as_ref()) {
        Ok(()) => job.done(format_args!("moved {from} to {to}")),
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            if across(job, from, &found, to, there.as_ref())? {
                job.done(format_args!("moved {from} to {to}"));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
            job.fail(format_args!("{to} is there already, and is not empty"));
        }
        Err(error) => job.fail(format_args!("can't move {from} to {to}: {}", super::why(&error))),
    }
    Ok(())
}

/// Whether nothing is lost by the move; else that is told.
fn is_allowed(
    job: &mut Job<'_>,
    from: (&Place, &Metadata),
    to: (&Place, Option<&Metadata>),
    made: &HashSet<PathBuf>,
) -> bool {
    let ((from, found), (to, there)) = (from, to);
    let before = job.failures;
    if found.is_dir() && same_file::is_inside(to, from) && !there.is_some_and(|_| same_file::is_same_entry(from, to)) {
        job.fail(format_args!("{from} can't be moved into itself: {to}"));
    } else if let Some(there) = there {
        if is_same(from, found, to, there) {
            job.fail(format_args!("{from} and {to} are the same file"));
        } else if there.is_dir() && !found.is_dir() {
            job.fail(format_args!("{to} is a folder, and {from} is not"));
        } else if found.is_dir() && !there.is_dir() {
            job.fail(format_args!("{from} is a folder, and {to} is not"));
        } else if !found.is_dir() && made.contains(&to.path) {
            job.fail(format_args!("{from} would overwrite {to}, which was just moved there"));
        }
    } else if !found.is_dir() && to.is_written_as_folder() {
        job.fail(format_args!("there is no folder {to}"));
    }
    job.failures == before
}

/// Whether a move would destroy the only file, or do nothing. A link may be replaced by what it leads to.
fn is_same(from: &Place, found: &Metadata, to: &Place, there: &Metadata) -> bool {
    match (found.is_symlink(), there.is_symlink()) {
        (true, true) => native::is_one_entry(found, there) || same_file::is_same_entry(from, to),
        (false, true) => false,
        // One name, where the case of names is nothing.
        (_, false) => native::is_same(&from.path, &to.path) && !differ_in_case(from, to),
    }
}

/// Whether two names differ in case alone, and are one to the system.
fn differ_in_case(from: &Place, to: &Place) -> bool {
    let lower = |place: &Place| place.path.to_string_lossy().to_lowercase();
    !cfg!(target_os = "linux") && from.path != to.path && lower(from) == lower(to)
}

fn rename(from: &Place, to: &Place, there: Option<&Metadata>) -> io::Result<()> {
    let Err(error) = fs::rename(&from.path, &to.path) else { return Ok(()) };
    match there {
        // Windows alone wants an empty folder away first, and a file writable.
        Some(there) if cfg!(windows) && error.kind() != io::ErrorKind::CrossesDevices => {
            match there.is_dir() {
                true => fs::remove_dir(&to.path)?,
                false => native::make_writable(&to.path),
            }
            fs::rename(&from.path, &to.path)
        }
        _ => Err(error),
    }
}

/// Copies beside the target, puts the copy in its place when it is whole, and only then removes the source. Whether all of
/// that was done.
fn across(
    job: &mut Job<'_>,
    from: &Place,
    found: &Metadata,
    to: &Place,
    there: Option<&Metadata>,
) -> Result<bool, Stop> {
    let is_filled = |there: &Metadata| there.is_dir() && !to.children().is_ok_and(|children| children.is_empty());
    if there.is_some_and(is_filled) {
        job.fail(format_args!("{to} is there already, and is not empty"));
        return Ok(false);
    }
    let target = to.without_last_separator();
    let path = target.path.with_file_name(format!(".xtask-move-{}", std::process::id()));
    let draft = Place { path, shown: to.shown.clone() };
    // What an earlier process with our number left.
    discard(job, &draft);
    let (flags, failures) = (job.flags, job.failures);
    job.flags = Flags::default();
    let copied = Copier::new(job, true, true).all(from.without_last_separator(), draft.clone());
    let is_whole = copied.is_ok() && job.failures == failures;
    let placed = is_whole.then(|| rename(&draft, &target, there));
    if let Some(Err(error)) = &placed {
        job.fail_with("write", to, error);
    }
    if job.failures > failures || copied.is_err() {
        discard(job, &draft);
    } else {
        remove::whole(job, from.without_last_separator(), found)?;
    }
    job.flags = flags;
    copied.map(|()| job.failures == failures)
}

/// Removes a copy that is not whole.
fn discard(job: &Job<'_>, draft: &Place) {
    let removed = match draft.look() {
        Ok(found) if found.is_dir() => {
            open_folders(draft);
            fs::remove_dir_all(&draft.path)
        }
        Ok(found) => native::remove_file(&draft.path, &found),
        Err(_) => Ok(()),
    };
    if let Err(error) = removed {
        let path = draft.path.display();
        job.ui.warning(format_args!("mv: can't remove the copy `{path}`: {}", super::why(&error)), "");
    }
}

/// A folder that was copied with its mode may be one that nobody can remove from.
fn open_folders(draft: &Place) {
    let mut list = vec![draft.clone()];
    while let Some(place) = list.pop() {
        if place.look().is_ok_and(|found| found.is_dir()) {
            // What can't be removed then is told.
            let _ = native::restore_mode(&place.path, 0o700);
            list.extend(place.children().unwrap_or_default());
        }
    }
}
