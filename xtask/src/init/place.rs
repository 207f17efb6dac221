//! The folder that is moved in, and the file that is read if one is named.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::project::context::Context;
use crate::system::command_line::quote;
use crate::system::os::Os;
use crate::system::paths;
use crate::ui::problem::Problem;

/// Where `init` works.
#[derive(Debug)]
pub struct Place {
    /// Absolute.
    pub folder: PathBuf,
    /// The folder with `.git`: it, or one above.
    pub top: PathBuf,
    /// The one file to read.
    pub from: Option<PathBuf>,
}

impl Place {
    /// # Errors
    ///
    /// The folder is not there, is a file or a link, or lies in no repository; or the file is not there, or elsewhere.
    pub fn find(context: &Context, dir: Option<&PathBuf>, from: Option<&PathBuf>) -> Result<Place> {
        let whole = |path: &PathBuf| paths::absolute(&context.current_dir, path);
        let shown = |path: &Path| paths::shown_from(&context.current_dir, path);
        let again = |words: String| format!("{} init {words}", context.program());
        let typed = |path: &Path| quote(shown(path).as_ref(), Os::HERE);
        let folder = dir.map_or_else(|| context.current_dir.clone(), whole);
        if let Ok(target) = folder.read_link() {
            let target = paths::absolute(folder.parent().unwrap_or(&folder), &target);
            let problem = Problem::new(format!("`{}` is a link to `{}`", shown(&folder), shown(&target)));
            return Err(problem.hint(format!("name the folder itself: {}", again(typed(&target)))).into());
        }
        if folder.is_file() {
            let problem = Problem::new(format!("`{}` is a file, not a folder", shown(&folder)));
            return Err(problem
                .hint(format!("to read this file: {}", again(format!("--from {}", typed(&folder)))))
                .into());
        }
        if !folder.is_dir() {
            let problem = Problem::new(format!("there is no folder `{}`", shown(&folder)));
            return Err(problem.hint(format!("name the folder of the repository: {}", again("DIR".to_owned()))).into());
        }
        // As where tasks.toml is looked for: no further than the home folder.
        let home = context.environment.home().and_then(|home| home.canonicalize().ok()).map(paths::without_verbatim);
        let is_home = |above: &Path| home.as_deref() == Some(above);
        let below_home = folder.ancestors().position(is_home).map_or(usize::MAX, |at| at + 1);
        let Some(top) = folder.ancestors().take(below_home).find(|above| above.join(".git").exists()) else {
            let problem =
                Problem::new(format!("`{}` is in no repository: no `.git` is there or above", folder.display()));
            let hint = "go to the repository, or make it one: git init";
            return Err(problem.hint(hint).into());
        };
        let from = from.map(whole);
        if let Some(from) = &from {
            if !from.exists() {
                let problem = Problem::new(format!("there is no file `{}`", shown(from)));
                return Err(problem.hint("--from takes a path from the current folder").into());
            }
            if let Some(beside) = from.parent().filter(|beside| *beside != folder) {
                let problem = Problem::new(format!("`{}` is not in the folder `{}`", shown(from), shown(&folder)));
                let line = again(format!("{} --from {}", typed(beside), typed(from)));
                return Err(problem.hint(format!("tasks.toml belongs beside it: {line}")).into());
            }
        }
        Ok(Place { top: top.to_owned(), from, folder })
    }
}
