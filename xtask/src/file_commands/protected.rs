//! What `rm` never removes: the project, the home folder, and what holds them, however it is written.

use std::path::Path;

use crate::file_commands::Here;
use crate::file_commands::native::{self, Identity};

/// Why a folder must not be removed: the end of "`x` is …".
pub fn reason(folder: Identity, here: Here<'_>) -> Option<&'static str> {
    let kept = [
        (Some(here.root), "the project's folder", "a folder that holds the project"),
        (here.home, "the home folder", "a folder that holds the home folder"),
    ];
    kept.into_iter().find_map(|(kept, itself, above)| {
        let kept = kept?;
        let is_it = |path: &Path| native::identity(path).is_ok_and(|identity| identity == folder);
        if is_it(kept) {
            return Some(itself);
        }
        // By its name, and where links lead: without either, the path would lead nowhere.
        let real = kept.canonicalize().ok();
        let mut folders = kept.ancestors().skip(1).chain(real.iter().flat_map(|real| real.ancestors().skip(1)));
        folders.any(|path| !path.as_os_str().is_empty() && is_it(path)).then_some(above)
    })
}
