//! The files of a context that say what to install, each with what its installer reads besides.

use std::fs;
use std::path::Path;

use crate::dockerfile::builds::Manifest;
use crate::installers::table;
use crate::system::files;

const DEPTH: u32 = 4;
const MOST_ENTRIES: u32 = 3000;
const LARGEST: u64 = 256 * 1024;

/// Those of a folder and the folders in it, in the order of their paths.
pub fn of(folder: &Path) -> Vec<Manifest> {
    let (mut found, mut entries) = (Vec::new(), MOST_ENTRIES);
    look(folder, "", DEPTH, &mut entries, &mut found);
    found.sort_by(|left, right| left.path.cmp(&right.path));
    found
}

fn look(folder: &Path, inside: &str, depth: u32, entries: &mut u32, found: &mut Vec<Manifest>) {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        *entries = entries.saturating_sub(1);
        if *entries == 0 {
            return;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth > 0 && !name.starts_with('.') && !table::is_unpacked_into(&name) {
            folders.push((entry.path(), path));
        } else if !is_folder && table::is_requirement(&name) {
            let text = files::start_of(&entry.path(), LARGEST);
            found.push(Manifest { path, besides: table::besides(&name, &text), open: table::open(&name, &text) });
        }
    }
    // The files of a folder first: where there are too many entries, a lock file is not missed beside its project.
    for (folder, path) in folders {
        look(&folder, &path, depth - 1, entries, found);
    }
}
