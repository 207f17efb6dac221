//! Whether a copy would write over its own source.

use std::fs::Metadata;
use std::path::PathBuf;

use crate::file_commands::native;
use crate::file_commands::place::Place;

/// Whether two names are one entry of one folder.
pub fn is_same_entry(left: &Place, right: &Place) -> bool {
    let folder = |place: &Place| {
        let parent = place.path.parent().unwrap_or(&place.path);
        if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() }
    };
    left.last_name() == right.last_name() && native::is_same(&folder(left), &folder(right))
}

/// Whether two files are one, as a copy sees them that keeps links: two links are one only if they are one entry.
pub fn is_same_for_copy(from: (&Place, &Metadata), to: (&Place, &Metadata)) -> bool {
    match from.1.is_symlink() && to.1.is_symlink() {
        true => is_same_entry(from.0, to.0),
        false => native::is_same(&from.0.path, &to.0.path),
    }
}

/// Whether a target lies in a folder that is copied or moved there.
pub fn is_inside(to: &Place, folder: &Place) -> bool {
    let Ok(identity) = native::identity(&folder.path) else { return false };
    let there = to.path.canonicalize().or_else(|_| to.path.parent().unwrap_or(&to.path).canonicalize());
    let is_it = |path: &std::path::Path| native::identity(path).is_ok_and(|found| found == identity);
    there.is_ok_and(|there| there.ancestors().any(is_it))
}
