//! The page for a new colleague, in a file of its own: between two marks it is ours, the rest is theirs.

use std::path::{Path, PathBuf};

use crate::init::draft::Draft;
use crate::init::found::Found;
use crate::init::onboarding;
use crate::init::toml_text::one_line;

const BEGIN: &str = "<!-- written by `xtask init`: what stands outside of these two marks is yours -->";
const END: &str = "<!-- the end of what `xtask init` wrote -->";

/// Where the page is, or will be.
pub fn path(folder: &Path, found: &Found) -> PathBuf {
    let is_folder = found.has("docs") && folder.join("docs").is_dir();
    if is_folder { folder.join("docs").join("onboarding.md") } else { folder.join("ONBOARDING.md") }
}

/// The whole file. `old`: what is there; without the two marks in it, it is theirs alone, and stays.
pub fn text(old: Option<&str>, typed: &str, draft: &Draft) -> String {
    let listed = draft.tasks.iter().filter(|task| !task.hidden);
    let about = |about: &Option<String>| about.as_deref().map(one_line).unwrap_or_default();
    let tasks: Vec<(String, String)> = listed.map(|task| (task.name.clone(), about(&task.about))).collect();
    let page = format!("{BEGIN}\n{}\n{END}", onboarding::page(typed, &tasks).trim_end());
    let Some(old) = old else { return format!("{page}\n") };
    match old.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1))) {
        Some((before, after)) => format!("{before}{page}{after}"),
        None => old.to_owned(),
    }
}

/// What people there type for the program.
pub fn typed(found: &Found, has_rust: bool) -> &'static str {
    match has_rust {
        true => "cargo xtask",
        false if found.has("uv.lock") => "uv run xtask",
        false => "xtask",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_outside_of_the_marks_stays() {
        let draft = Draft::default();
        let new = text(None, "xtask", &draft);
        assert_eq!(text(Some(&new), "xtask", &draft), new);
        let own = format!("# Ours\n\n{BEGIN}\nold\n{END}\n\nMore\n");
        assert_eq!(text(Some(&own), "xtask", &draft), format!("# Ours\n\n{}\n\nMore\n", new.trim_end()));
        assert_eq!(text(Some("# Ours\n"), "xtask", &draft), "# Ours\n");
    }
}
