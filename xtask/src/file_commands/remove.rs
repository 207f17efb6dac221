//! `rm`: removes files, links, and with `-r` folders with everything in them.

use std::fs;
use std::io;

use crate::file_commands::native;
use crate::file_commands::place::Place;
use crate::file_commands::{Job, go_on, is_missing, protected};
use crate::system::process::Stop;

pub fn remove(job: &mut Job<'_>, places: &[Place]) -> Result<(), Stop> {
    for place in places {
        go_on()?;
        one(job, place)?;
    }
    Ok(())
}

fn one(job: &mut Job<'_>, written: &Place) -> Result<(), Stop> {
    let place = written.without_last_separator();
    let found = match place.look() {
        Err(error) if is_missing(&error) && job.flags.force => return Ok(()),
        Err(error) => {
            job.fail_to_find(written, &error);
            return Ok(());
        }
        Ok(found) => found,
    };
    if written.is_written_as_folder() && !found.is_dir() {
        match found.is_symlink() {
            true => job.fail(format_args!("{written} is a link: write {place} to remove it")),
            false if job.flags.force => {}
            false => job.fail(format_args!("{written} is not a folder")),
        }
        return Ok(());
    }
    if !found.is_dir() {
        file(job, &place, &found);
        return Ok(());
    }
    if [".", ".."].iter().any(|name| place.last_name() == *name) {
        job.fail(format_args!("{written} can't be removed: name the folder"));
        return Ok(());
    }
    if !job.flags.recursive {
        job.fail(format_args!("{written} is a folder: -r removes it"));
        return Ok(());
    }
    match native::identity(&place.path).map(|identity| protected::reason(identity, job.here)) {
        Ok(Some(reason)) => job.fail(format_args!("{written} is {reason}, and is never removed")),
        Ok(None) => folder(job, place)?,
        Err(error) => job.fail_with("look at", written, &error),
    }
    Ok(())
}

fn file(job: &mut Job<'_>, place: &Place, found: &fs::Metadata) {
    match native::remove_file(&place.path, found) {
        Ok(()) => job.done(format_args!("removed {place}")),
        // Somebody else was faster.
        Err(error) if is_missing(&error) && job.flags.force => {}
        Err(error) => job.fail_with("remove", place, &error),
    }
}

enum Next {
    Look(Place),
    /// What was in it was tried; the failures before.
    Leave(Place, usize),
}

/// Removes what was moved elsewhere.
pub fn whole(job: &mut Job<'_>, place: Place, found: &fs::Metadata) -> Result<(), Stop> {
    match found.is_dir() {
        true => folder(job, place),
        false => {
            file(job, &place, found);
            Ok(())
        }
    }
}

/// Removes a folder: on a list and not on the program's stack, since there may be thousands in each other.
fn folder(job: &mut Job<'_>, place: Place) -> Result<(), Stop> {
    let mut list = vec![Next::Look(place)];
    while let Some(next) = list.pop() {
        go_on()?;
        match next {
            Next::Look(place) => match place.look() {
                Ok(found) if found.is_dir() => look_into(job, place, &mut list),
                Ok(found) => file(job, &place, &found),
                Err(error) if is_missing(&error) => {}
                Err(error) => job.fail_with("look at", &place, &error),
            },
            Next::Leave(place, failures) if failures == job.failures => empty(job, &place),
            Next::Leave(..) => {}
        }
    }
    Ok(())
}

/// The longest path of a folder whose entries have paths that Linux and macOS take.
const LONGEST: usize = if cfg!(target_os = "macos") { 700 } else { 3800 };

fn look_into(job: &mut Job<'_>, place: Place, list: &mut Vec<Next>) {
    if cfg!(unix) && place.path.as_os_str().len() > LONGEST {
        // The standard library needs no whole paths.
        return match fs::remove_dir_all(&place.path) {
            Ok(()) => job.done(format_args!("removed {place}")),
            Err(error) => job.fail_with("remove", &place, &error),
        };
    }
    match place.children() {
        Ok(children) => {
            list.push(Next::Leave(place, job.failures));
            list.extend(children.into_iter().rev().map(Next::Look));
        }
        // Nobody has to read what is empty.
        Err(_) if fs::remove_dir(&place.path).is_ok() => job.done(format_args!("removed {place}")),
        Err(error) => job.fail_with("read", &place, &error),
    }
}

fn empty(job: &mut Job<'_>, place: &Place) {
    let removed = fs::remove_dir(&place.path).or_else(|error| match error.kind() {
        io::ErrorKind::PermissionDenied if cfg!(windows) => {
            native::make_writable(&place.path);
            fs::remove_dir(&place.path)
        }
        _ => Err(error),
    });
    match removed {
        Ok(()) => job.done(format_args!("removed {place}")),
        Err(error) if is_missing(&error) => {}
        Err(error) => job.fail_with("remove", place, &error),
    }
}
