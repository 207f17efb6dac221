//! The paths in a tree, from the folder that they are from.

use std::path::Path;

use serde_json::{Value, json};

use crate::compose::model::{Tree, Variables, is_elsewhere};
use crate::system::paths;

/// Makes the paths of a tree absolute. `dir`: where they are from. A build without a context gets that folder.
pub fn resolve_paths(tree: &mut Tree, dir: &Path, variables: &Variables) {
    let services = tree.get_mut("services").and_then(Value::as_object_mut);
    for build in services.into_iter().flatten().filter_map(|(_, service)| service.get_mut("build")?.as_object_mut()) {
        build.entry("context").or_insert_with(|| json!("."));
    }
    resolve_written(tree, dir, variables);
}

/// Makes the paths that are written absolute: what extends a service may still give a build its context.
pub fn resolve_written(tree: &mut Tree, dir: &Path, variables: &Variables) {
    let from = From { dir, variables };
    let services = tree.get_mut("services").and_then(Value::as_object_mut);
    for service in services.into_iter().flatten().filter_map(|(_, service)| service.as_object_mut()) {
        if let Some(build) = service.get_mut("build").and_then(Value::as_object_mut) {
            build.get_mut("context").into_iter().for_each(|context| from.context(context));
            let contexts = build.get_mut("additional_contexts").and_then(Value::as_object_mut);
            contexts.into_iter().flatten().for_each(|(_, place)| from.context(place));
        }
        let env_files = service.get_mut("env_file").and_then(Value::as_array_mut);
        env_files.into_iter().flatten().filter_map(|file| file.get_mut("path")).for_each(|path| from.path(path));
        let label_files = service.get_mut("label_file");
        label_files.into_iter().for_each(|files| match files {
            Value::Array(files) => files.iter_mut().for_each(|file| from.path(file)),
            file => from.path(file),
        });
        service.get_mut("extends").and_then(|extends| extends.get_mut("file")).into_iter().for_each(|it| from.path(it));
    }
    for kind in ["secrets", "configs"] {
        let all = tree.get_mut(kind).and_then(Value::as_object_mut);
        all.into_iter().flatten().filter_map(|(_, it)| it.get_mut("file")).for_each(|file| from.path(file));
    }
}

struct From<'a> {
    dir: &'a Path,
    variables: &'a Variables,
}

impl From<'_> {
    /// A folder, or something that BuildKit fetches.
    fn context(&self, value: &mut Value) {
        let is_folder = |text: &str| !is_elsewhere(text) && !text.starts_with("service:");
        if value.as_str().is_some_and(is_folder) {
            self.path(value);
        }
    }

    fn path(&self, value: &mut Value) {
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { return };
        // `~app` too, as compose has it.
        let home = text
            .strip_prefix('~')
            .and_then(|rest| Some(self.variables.own.home()?.join(rest.trim_start_matches(['/', '\\']))));
        let path = home.unwrap_or_else(|| text.into());
        // Compose leaves one that is absolute as it is.
        if path.to_str() == Some(text) && path.is_absolute() {
            return;
        }
        *value = Value::String(paths::absolute(self.dir, &path).display().to_string());
    }
}
