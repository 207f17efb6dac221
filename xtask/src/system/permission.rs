//! Why a file can't be read or written, and what to type about it: most often root made it, in a run with sudo.

use std::io;
use std::path::Path;

use crate::system::command_line::quote;
use crate::system::os::Os;
use crate::ui::problem::Problem;

/// The error for a file that could not be read or written (`verb`). It names the owner of what is in the way.
pub fn problem(verb: &str, path: &Path, error: &io::Error) -> Problem {
    let shown = path.display();
    let denied = error.kind() == io::ErrorKind::PermissionDenied;
    match denied.then(|| here::in_the_way(path)).flatten() {
        None => Problem::new(format!("can't {verb} `{shown}`: {error}")),
        Some((other, owner)) => {
            let belongs = match other == path {
                true => format!("it belongs to {owner}"),
                false => format!("`{}` belongs to {owner}", other.display()),
            };
            let line = format!("sudo chown -R \"$USER\" {}", quote(other.as_os_str(), Os::HERE));
            Problem::new(format!("can't {verb} `{shown}`: {belongs}")).hint(format!("make it yours: {line}"))
        }
    }
}

#[cfg(unix)]
mod here {
    use std::os::unix::fs::MetadataExt as _;
    use std::path::{Path, PathBuf};

    use crate::system::files;

    /// The topmost file or folder on the way to `path` that belongs to another user and lies in a folder of ours, with its
    /// owner's name.
    pub fn in_the_way(path: &Path) -> Option<(PathBuf, String)> {
        // SAFETY: geteuid has no preconditions.
        let us = unsafe { libc::geteuid() };
        let owner = |path: &Path| path.symlink_metadata().ok().map(|file| file.uid());
        let first_of_ours = path.ancestors().position(|folder| owner(folder) == Some(us))?;
        let others: Vec<&Path> = path.ancestors().take(first_of_ours).collect();
        let other = others.into_iter().rev().find(|file| owner(file).is_some())?;
        Some((other.to_owned(), name(owner(other)?)))
    }

    fn name(user: u32) -> String {
        let users = files::text_of(Path::new("/etc/passwd")).unwrap_or_default();
        let is_it = |line: &&str| line.split(':').nth(2) == Some(&user.to_string());
        let name = users.lines().find(is_it).and_then(|line| line.split(':').next());
        name.map_or_else(|| format!("user {user}"), str::to_owned)
    }
}

#[cfg(not(unix))]
mod here {
    use std::path::{Path, PathBuf};

    pub fn in_the_way(_path: &Path) -> Option<(PathBuf, String)> {
        None
    }
}
