//! `mkdir`: makes folders.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::file_commands::place::Place;
use crate::file_commands::{Job, go_on};
use crate::system::process::Stop;

pub fn mkdir(job: &mut Job<'_>, places: &[Place]) -> Result<(), Stop> {
    for place in places {
        go_on()?;
        if place.path.as_os_str().is_empty() {
            job.fail("a folder can't have an empty name");
        } else if job.flags.parents {
            with_parents(job, place);
        } else {
            one(job, place, place);
        }
    }
    Ok(())
}

/// Makes a folder and those above it that are missing.
fn with_parents(job: &mut Job<'_>, place: &Place) {
    // Without `.` and a last `/`.
    let path: PathBuf = place.path.components().collect();
    let mut shown = place.shown.ancestors();
    let mut missing: Vec<Place> = Vec::new();
    for path in path.ancestors() {
        let folder = Place { path: path.to_owned(), shown: shown.next().unwrap_or(&place.shown).to_owned() };
        if folder.is_folder() {
            break;
        }
        missing.push(folder);
    }
    for folder in missing.iter().rev() {
        // `new/..` is there once `new` is.
        if !folder.is_folder() && !one(job, folder, place) {
            return;
        }
    }
    if let Err(error) = fs::metadata(&place.path) {
        job.fail_with("make", place, &error);
    }
}

/// Whether it could be made. `whole` is what the line names.
fn one(job: &mut Job<'_>, folder: &Place, whole: &Place) -> bool {
    match fs::create_dir(&folder.path) {
        Ok(()) => job.done(format_args!("made {folder}")),
        // Somebody else was faster.
        Err(_) if job.flags.parents && folder.is_folder() => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            job.fail(format_args!("{folder} is there already"));
            return false;
        }
        Err(error) => {
            job.fail_with("make", whole, &error);
            return false;
        }
    }
    true
}
