//! `include`: other files with their own folder and their own `.env`, whose services and secrets become part of this one.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::compose::model::{Loader, Place, Tree, Unreadable, is_elsewhere};
use crate::system::paths;

/// What an included file may add.
const KINDS: [&str; 5] = ["services", "volumes", "networks", "secrets", "configs"];

impl Loader<'_> {
    /// Adds what a file includes. The place has that file as the last one that led there.
    pub(super) fn include(&mut self, tree: &mut Tree, file: &Path, place: Place<'_>) -> Result<(), Unreadable> {
        let includes = match tree.remove("include") {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Array(includes)) => includes,
            Some(_) => return Err(self.at(file, "`include` has to be a list")),
        };
        for include in includes {
            let included = self.included(&include, file, place)?;
            for kind in KINDS {
                let Some(Value::Object(theirs)) = included.get(kind) else { continue };
                let own = tree.entry(kind).or_insert_with(|| Value::Object(Tree::new()));
                let Value::Object(own) = own else { continue };
                for (name, value) in theirs {
                    match own.get(name) {
                        Some(other) if other != value => {
                            let why = format!("`{name}` in `{kind}` is also in a file that it includes");
                            return Err(self.at(file, why));
                        }
                        Some(_) => {}
                        None => drop(own.insert(name.clone(), value.clone())),
                    }
                }
            }
        }
        Ok(())
    }

    fn included(&mut self, include: &Value, file: &Path, place: Place<'_>) -> Result<Tree, Unreadable> {
        let files = match include {
            Value::String(path) => vec![path.clone()],
            long => texts(long.get("path")),
        };
        if let Some(elsewhere) = files.iter().find(|path| is_elsewhere(path)) {
            return Err(self.at(file, format!("it includes `{elsewhere}`, which is not on this machine")));
        }
        let files: Vec<PathBuf> = files.iter().map(|path| paths::absolute(place.dir, Path::new(path))).collect();
        // Compose takes one without a `path` for nothing.
        let Some(first) = files.first() else { return Ok(Tree::new()) };
        if place.through.contains(first) {
            return Err(self.at(file, "it includes itself"));
        }
        let named = include.get("project_directory").and_then(Value::as_str).filter(|dir| !dir.is_empty());
        let dir = match named {
            Some(dir) => paths::absolute(place.dir, Path::new(dir)),
            None => first.parent().unwrap_or(place.dir).to_owned(),
        };
        let env_files: Vec<PathBuf> =
            texts(include.get("env_file")).iter().map(|path| paths::absolute(place.dir, Path::new(path))).collect();
        let mut variables = place.variables.clone();
        match env_files.as_slice() {
            [] => variables.add_file_beside(&dir, self.shown_from)?,
            named => variables.add_files(named, self.shown_from)?,
        }
        self.files(&files, Place { dir: &dir, variables: &variables, through: place.through })
    }
}

/// One text, or a list of them.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}
