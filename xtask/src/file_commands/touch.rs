//! `touch`: sets the times of files to now, and makes those that are missing.

use crate::file_commands::native;
use crate::file_commands::place::Place;
use crate::file_commands::{Job, go_on};
use crate::system::process::Stop;

pub fn touch(job: &mut Job<'_>, places: &[Place]) -> Result<(), Stop> {
    for place in places {
        go_on()?;
        let found = place.follow();
        let is_missing = found.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        let done = match found {
            Ok(_) => native::set_times_to_now(&place.path),
            Err(_) if is_missing && job.flags.no_create => continue,
            Err(_) if is_missing && place.path.as_os_str().is_empty() => {
                job.fail("a file can't have an empty name");
                continue;
            }
            Err(_) if is_missing && place.is_written_as_folder() => {
                job.fail(format_args!("there is no folder {place}"));
                continue;
            }
            Err(_) if is_missing => native::create_or_open(&place.path).map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            job.fail_with("touch", place, &error);
        }
    }
    Ok(())
}
