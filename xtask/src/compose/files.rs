//! The files that compose would read, found as compose finds them, and what they say as they stand.
//!
//! `-f` turns compose's own search off, so whatever adds one has to name what compose would have found. Measured with
//! compose 1.29.2, 2.26.1 and 2.40.3.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::compose::call::ComposeCall;
use crate::compose::services::Services;
use crate::compose::{env_file, line as words};
use crate::system::environment::Environment;
use crate::system::{files, paths};

/// The files of one call of compose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Absolute, in compose's order. Without those that are no files of this machine.
    pub files: Vec<PathBuf>,
    /// Whether the call names them itself, by `-f`.
    pub named: bool,
}

/// The files that `compose` (with its options, without a command) reads; none when there are none, compose itself would
/// refuse them, or one is standard input.
pub fn of(compose: &ComposeCall, environment: &Environment) -> Option<Found> {
    let named = compose.values_of(&words::FILE);
    if !named.is_empty() {
        // Standard input can't be read twice.
        if named.iter().any(|file| file == "-") {
            return None;
        }
        let is_here = |file: &OsString| !file.to_string_lossy().contains("://");
        let files = named.iter().filter(|file| is_here(file));
        let files = files.map(|file| paths::absolute(&compose.dir, file.as_ref())).collect();
        return Some(Found { files, named: true });
    }
    if let Some(list) = variable(compose, environment, "COMPOSE_FILE") {
        // Set but empty: version 2 then takes the folder for the file, and says so.
        if list.is_empty() {
            return None;
        }
        let separator = variable(compose, environment, "COMPOSE_PATH_SEPARATOR").filter(|text| !text.is_empty());
        let separator = separator.unwrap_or_else(|| if cfg!(windows) { ";" } else { ":" }.to_owned());
        let files = list.split(separator.as_str()).filter(|file| !file.is_empty());
        let files = files.map(|file| paths::absolute(&compose.dir, Path::new(file))).collect();
        return Some(Found { files, named: false });
    }
    let start = search_from(compose);
    let names = if compose.cli.is_1 { words::FILES_OF_1 } else { words::FILES };
    let first = |dir: &Path| names.iter().map(|name| dir.join(name)).find(|file| file.is_file());
    let file = start.ancestors().find_map(first)?;
    let beside = words::OVERRIDE_FILES.iter().map(|name| file.with_file_name(name)).find(|file| file.is_file());
    Some(Found { files: std::iter::once(file).chain(beside).collect(), named: false })
}

/// The folder in which compose begins to look for its files. Version 1 heeds `--project-directory` for paths alone.
pub fn search_from(compose: &ComposeCall) -> PathBuf {
    let named = compose.values_of(&["--project-directory"]).pop().filter(|_| !compose.cli.is_1);
    named.map_or_else(|| compose.dir.clone(), |dir| paths::absolute(&compose.dir, dir.as_ref()))
}

/// The `.env` files that `--env-file` names, or COMPOSE_ENV_FILES.
fn named_env_files(compose: &ComposeCall, environment: &Environment) -> Vec<PathBuf> {
    let mut named = compose.values_of(&["--env-file"]);
    if named.is_empty() && !compose.cli.is_1 {
        let listed = environment.text("COMPOSE_ENV_FILES").unwrap_or_default();
        named.extend(listed.split(',').map(str::trim).filter(|file| !file.is_empty()).map(OsString::from));
    }
    named.iter().map(|file| paths::absolute(&compose.dir, file.as_ref())).collect()
}

/// The `.env` files that compose takes the variables of its files from: those that are named, else the one beside the
/// first file (measured with compose 1.29, 2.26 and 2.40). Whether they are there or not.
pub fn env_files(compose: &ComposeCall, environment: &Environment) -> Vec<PathBuf> {
    let named = named_env_files(compose, environment);
    if !named.is_empty() {
        return named;
    }
    let folder = compose.values_of(&["--project-directory"]).pop();
    let folder = folder.map(|folder| paths::absolute(&compose.dir, folder.as_ref()));
    let beside = || Some(of(compose, environment)?.files.first()?.parent()?.to_owned());
    vec![folder.or_else(beside).unwrap_or_else(|| compose.dir.clone()).join(".env")]
}

/// The active profiles: those in the command line, and those in COMPOSE_PROFILES.
pub fn profiles(compose: &ComposeCall, environment: &Environment) -> Vec<String> {
    let typed = compose.values_of(&["--profile"]);
    let set = variable(compose, environment, "COMPOSE_PROFILES").unwrap_or_default();
    let set = set.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    typed.iter().map(|name| name.to_string_lossy().into_owned()).chain(set).collect()
}

/// A variable that decides which files there are: the person's own, else the one of `.env`.
fn variable(compose: &ComposeCall, environment: &Environment, name: &str) -> Option<String> {
    environment.text(name).or_else(|| {
        // Not the one beside the files: this is what decides which files there are.
        let named = named_env_files(compose, environment);
        let files = if named.is_empty() { vec![compose.dir.join(".env")] } else { named };
        let text = files.iter().filter_map(|file| files::text_of(file)).collect::<Vec<_>>().join("\n");
        let value = env_file::value(&text, name)?;
        Some(env_file::fill_in(&value, |name| environment.text(name).or_else(|| env_file::value(&text, name))))
    })
}

/// What the files of a call say as they stand.
pub fn services(compose: &ComposeCall, environment: &Environment) -> Services {
    read(&of(compose, environment).unwrap_or_default().files, environment)
}

/// What the files say as they stand, with their variables filled in and without asking compose: enough to know what is
/// built and published.
pub fn read(files: &[PathBuf], environment: &Environment) -> Services {
    let env_file = files.first().map(|file| file.with_file_name(".env"));
    let values = env_file.and_then(|file| files::text_of(&file)).unwrap_or_default();
    read_with(files, |name| environment.text(name).or_else(|| env_file::value(&values, name)))
}

/// What the files say with their variables as they are written, each as `${NAME}`.
pub fn written(compose: &ComposeCall, environment: &Environment) -> Services {
    read_with(&of(compose, environment).unwrap_or_default().files, |name| Some(format!("${{{name}}}")))
}

/// Paths are from the folder of the first file.
fn read_with(files: &[PathBuf], value: impl Fn(&str) -> Option<String>) -> Services {
    let folder = files.first().and_then(|file| file.parent()).unwrap_or(Path::new(""));
    let mut all = Services::default();
    for file in files {
        let text = env_file::fill_in(&files::text_of(file).unwrap_or_default(), &value);
        all.add(Services::from_yaml(&text).unwrap_or_default(), folder);
    }
    all
}

/// The project's name, without asking compose: from the command line, the variable, `name:` of the last file that has it
/// (compose 1 does not know the key), or the folder of the first file.
pub fn project(compose: &ComposeCall, environment: &Environment) -> Option<String> {
    let typed = compose.values_of(&words::PROJECT).pop();
    let typed = typed.map(|name| name.to_string_lossy().into_owned());
    let set = || variable(compose, environment, "COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty());
    let by_files = || {
        let files = of(compose, environment)?.files;
        let folder = || Some(files.first()?.parent()?.file_name()?.to_string_lossy().into_owned());
        read(&files, environment).project.or_else(folder)
    };
    let name = typed.or_else(set).or_else(by_files)?;
    Some(name.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect())
}

/// What `version:` says at the top of a compose file.
pub fn version(file: &Path) -> Option<String> {
    Services::version(&files::text_of(file)?)
}
