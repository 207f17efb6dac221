//! A Makefile as a tasks.toml to be.
//!
//! It is evaluated for every world that its conditions tell apart. A target that is the same in all of them is translated; one
//! that is not, or that only make can know, stays make's.

mod branch;
pub mod command;
pub mod compose;
mod exports;
mod files;
mod flags;
mod lines;
mod made;
mod modes;
mod names;
mod script;
pub mod shell;
pub mod steps;
mod task;
mod words;
mod world;
mod worlds;

use std::path::Path;

use anyhow::Result;

use crate::init::draft::Draft;
use crate::init::makefile::evaluate::Includes;
use crate::system::files as system_files;
use crate::system::paths;
use crate::ui::problem::Problem;

/// Reads the Makefile `file` in `folder`. Nothing of it is run.
///
/// # Errors
///
/// It can't be read.
pub fn draft(folder: &Path, file: &Path) -> Result<Draft> {
    let shown = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = system_files::lossy_up_to(file, system_files::LARGEST)
        .map_err(|unread| Problem::new(format!("can't read `{shown}`: {}", unread.why)))?;
    let exists = |path: &str| folder.join(path).exists();
    let includes = |path: &str| {
        let is_inside = !Path::new(path).is_absolute() && !path.split('/').any(|part| part == "..");
        // A link may lead to a file of the person's.
        let is_inside = is_inside && paths::is_really_in(&folder.join(path), folder);
        is_inside.then(|| system_files::lossy_up_to(&folder.join(path), system_files::LARGEST).ok()).flatten()
    };
    Ok(of_text(&text, &shown, &exists, &includes))
}

/// The same for a text: `exists` says whether a path is there, `includes` has the texts of other files.
pub fn of_text(text: &str, shown: &str, exists: &dyn Fn(&str) -> bool, includes: Includes<'_>) -> Draft {
    let mut draft = worlds::draft(text, shown, exists, includes);
    compose::hoist(&mut draft);
    draft
}
