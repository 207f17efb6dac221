//! `--rust`: the thin `xtask` of a repository, and what cargo needs to find it.

use std::path::Path;

use anyhow::Result;

use crate::init::cargo_files::{self, MEMBER};
use crate::init::found::Found;
use crate::init::place::Place;
use crate::system::change::Change;
use crate::system::files;
use crate::ui::problem::Problem;

/// What to do about a copy of this program.
pub const INSTEAD: &str = "depend on it instead: commands of your own are functions now (README, \"Commands in Rust\"). \
                           Move them out, remove the folder, and type: init --rust";

/// The files that it takes.
///
/// # Errors
///
/// There is another `xtask`, or a file of cargo's can't be changed.
pub fn changes(place: &Place, found: &Found, shown: impl Fn(&Path) -> String) -> Result<Vec<Change>> {
    let at = |path: &str| path.split('/').fold(place.folder.clone(), |path, name| path.join(name));
    if found.has(MEMBER) {
        if is_copy(&place.folder) {
            return Err(copy(&shown(&at(MEMBER))).into());
        }
        let text = files::text_of(&at("xtask/Cargo.toml")).unwrap_or_default();
        if !text.contains("compose-xtask") {
            let problem = Problem::new(format!("there is an `{}` already", shown(&at(MEMBER))));
            let hint = "add `compose-xtask` to its dependencies, and `compose_xtask::runner!().main()` to its main";
            return Err(problem.hint(hint).into());
        }
    }
    if found.has(".cargo") && at(".cargo/config").is_file() {
        let problem = Problem::new(format!("cargo reads `{}` and no other", shown(&at(".cargo/config"))));
        return Err(problem.hint("give it the name that it has today: config.toml").into());
    }
    let mut changes = Vec::new();
    for (path, text) in [("xtask/Cargo.toml", cargo_files::manifest()), ("xtask/src/main.rs", cargo_files::main())] {
        let change = Change::of(at(path), &shown(&at(path)), text)?;
        // One that is there is theirs.
        changes.extend(change.old.is_none().then_some(change));
    }
    type With = fn(Option<&str>) -> Result<String, String>;
    let edits: [(&str, With); 2] =
        [("Cargo.toml", cargo_files::with_member), (".cargo/config.toml", cargo_files::with_alias)];
    for (path, with) in edits {
        let mut change = Change::of(at(path), &shown(&at(path)), String::new())?;
        change.new = with(change.old.as_deref()).map_err(|why| {
            Problem::new(format!("can't change `{}`: {why}", shown(&at(path))))
                .hint("README has its lines, under \"Use it in your own repository\"")
        })?;
        changes.extend((!change.is_nothing()).then_some(change));
    }
    Ok(changes)
}

/// Whether the repository has a thin xtask.
pub fn is_there(folder: &Path) -> bool {
    let manifest = files::text_of(&folder.join(MEMBER).join("Cargo.toml"));
    manifest.is_some_and(|text| text.contains("compose-xtask")) && !is_copy(folder)
}

/// Whether the repository copied this program's folder, as it was taken over before there was a library.
pub fn is_copy(folder: &Path) -> bool {
    let xtask = folder.join(MEMBER);
    xtask.join("src").join("cli").is_dir()
        || files::text_of(&xtask.join("Cargo.toml")).is_some_and(|text| cargo_files::is_copy(&text))
}

fn copy(shown: &str) -> Problem {
    Problem::new(format!("`{shown}` is a copy of this program")).hint(INSTEAD)
}
