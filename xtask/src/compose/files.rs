//! The files that compose would read, found as compose finds them, and what they say without asking compose.
//!
//! `-f` turns compose's own search off, so whatever adds one has to name what compose would have found. Measured with
//! compose 1.29.2, 2.26.1 and 2.40.3.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::compose::call::ComposeCall;
use crate::compose::interpolate::Filler;
use crate::compose::line as words;
use crate::compose::model::{Loader, Met, Unreadable, Variables, is_elsewhere};
use crate::compose::redact::Secrets;
use crate::compose::services::Services;
use crate::compose::yaml;
use crate::system::environment::Environment;
use crate::system::{files, paths};
use crate::tasks::variables as tasks;

/// The files of one call of compose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Absolute, in compose's order. Without those that are no files of this machine.
    pub files: Vec<PathBuf>,
    /// Whether the call names them itself, by `-f`.
    pub named: bool,
    /// One that compose fetches from elsewhere.
    pub elsewhere: Option<String>,
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
        let is_elsewhere = |file: &&OsString| is_elsewhere(&file.to_string_lossy());
        let (elsewhere, here): (Vec<&OsString>, Vec<&OsString>) = named.iter().partition(is_elsewhere);
        let files = here.into_iter().map(|file| paths::absolute(&compose.dir, file.as_ref())).collect();
        let elsewhere = elsewhere.first().map(|file| file.to_string_lossy().into_owned());
        return Some(Found { files, named: true, elsewhere });
    }
    let variables = variables_of_call(compose, environment).unwrap_or_else(|_| Variables::new(environment));
    if let Some(list) = variables.get("COMPOSE_FILE") {
        // Set but empty: version 2 then takes the folder for the file, and says so.
        if list.is_empty() {
            return None;
        }
        let separator = variables.get("COMPOSE_PATH_SEPARATOR").filter(|text| !text.is_empty());
        let separator = separator.unwrap_or_else(|| if cfg!(windows) { ";" } else { ":" }.to_owned());
        let files = list.split(separator.as_str()).filter(|file| !file.is_empty());
        let files = files.map(|file| paths::absolute(&compose.dir, Path::new(file))).collect();
        return Some(Found { files, ..Found::default() });
    }
    let start = search_from(compose);
    let names = if compose.cli.is_1 { words::FILES_OF_1 } else { words::FILES };
    let first = |dir: &Path| names.iter().map(|name| dir.join(name)).find(|file| file.is_file());
    let file = start.ancestors().find_map(first)?;
    let beside = words::OVERRIDE_FILES.iter().map(|name| file.with_file_name(name)).find(|file| file.is_file());
    Some(Found { files: std::iter::once(file).chain(beside).collect(), ..Found::default() })
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
        let listed = compose.environment(environment).text("COMPOSE_ENV_FILES").unwrap_or_default();
        named.extend(listed.split(',').filter(|file| !file.is_empty()).map(OsString::from));
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
    let found = of(compose, environment).unwrap_or_default();
    vec![folder(compose, &found).join(".env")]
}

/// The folder that the paths of the files are from.
fn folder(compose: &ComposeCall, found: &Found) -> PathBuf {
    let named = compose.values_of(&["--project-directory"]).pop();
    let named = named.map(|dir| paths::absolute(&compose.dir, dir.as_ref()));
    let beside = || Some(found.files.first()?.parent()?.to_owned());
    named.or_else(beside).unwrap_or_else(|| compose.dir.clone())
}

/// The variables before compose has found its files: the person's own, and those of `.env` where it begins to look.
fn variables_of_call(compose: &ComposeCall, environment: &Environment) -> Result<Variables, Unreadable> {
    let mut variables = Variables::new(&compose.environment(environment));
    let named = named_env_files(compose, environment);
    if named.is_empty() && !is_off(&variables) {
        let file = compose.values_of(&words::FILE).into_iter().find(|file| file != "-");
        let first = file.map(|file| paths::absolute(&compose.dir, file.as_ref())).filter(|_| !compose.cli.is_1);
        let found = Found { files: first.into_iter().collect(), ..Found::default() };
        variables.add_file_beside(&folder(compose, &found), &compose.dir)?;
    }
    variables.add_files(&named, &compose.dir)?;
    Ok(variables)
}

/// Whether `.env` is not read unless it is named.
fn is_off(variables: &Variables) -> bool {
    let off = variables.get("COMPOSE_DISABLE_ENV_FILE").unwrap_or_default();
    !off.is_empty() && tasks::is_boolean(&off) && !tasks::is_off(&off)
}

/// The variables that compose fills in.
fn variables(compose: &ComposeCall, environment: &Environment, found: &Found) -> Result<Variables, Unreadable> {
    let mut variables = variables_of_call(compose, environment)?;
    if named_env_files(compose, environment).is_empty() && !is_off(&variables) {
        variables.add_file_beside(&folder(compose, found), &compose.dir)?;
    }
    Ok(variables)
}

/// The active profiles: those in the command line, and those in COMPOSE_PROFILES. Compose 2 takes no notice of the variable
/// where the command line has one; compose 1 takes both (measured with 1.29, 2.26 and 2.40).
pub fn profiles(compose: &ComposeCall, environment: &Environment) -> Vec<String> {
    let typed = compose.values_of(&["--profile"]);
    let mut all: Vec<String> = typed.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if all.is_empty() || compose.cli.is_1 {
        let found = of(compose, environment).unwrap_or_default();
        let variables = variables(compose, environment, &found).unwrap_or_else(|_| Variables::new(environment));
        let set = variables.get("COMPOSE_PROFILES").unwrap_or_default();
        all.extend(set.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
    }
    all
}

/// What the files of a call say, read without compose: the services of all profiles.
///
/// # Errors
///
/// The file that can't be read, and why, without secret values.
pub fn services(compose: &ComposeCall, environment: &Environment) -> Result<Services, Unreadable> {
    services_and_used(compose, environment).map(|(services, _)| services)
}

/// The same, with the names of the variables that the files use.
///
/// # Errors
///
/// As for [`services`].
pub fn services_and_used(
    compose: &ComposeCall,
    environment: &Environment,
) -> Result<(Services, BTreeSet<String>), Unreadable> {
    let (services, met) = read_call(compose, environment, |variables| variables);
    services.map(|services| (services, met.used)).map_err(|mut unreadable| {
        unreadable.why = Secrets::of_project(compose, environment).redact(&unreadable.why);
        unreadable
    })
}

/// `how`: how the variables are filled in.
fn read_call(
    compose: &ComposeCall,
    environment: &Environment,
    how: fn(Variables) -> Variables,
) -> (Result<Services, Unreadable>, Met) {
    let found = here(compose, environment);
    let found = found.and_then(|found| Ok((how(variables(compose, environment, &found)?), found)));
    let (mut variables, found) = match found {
        Ok(found) => found,
        Err(unreadable) => return (Err(unreadable), Met::default()),
    };
    let services = project_of(compose, &found, &variables).and_then(|project| {
        variables.add("COMPOSE_PROJECT_NAME", project.as_deref().unwrap_or_default());
        let mut services = load(compose, &found, &variables)?;
        services.project = project;
        Ok(services)
    });
    let met = variables.met();
    let with_content = |mut services: Services| {
        for held in &mut services.held {
            held.content = held.content.take().or_else(|| variables.get(held.variable.as_ref()?));
        }
        services
    };
    (services.map(with_content), met)
}

/// What else compose reads to answer `config`, where that is past our bound: the files of `env_file` and `label_file`.
pub fn without_bound(compose: &ComposeCall, environment: &Environment, services: &Services) -> Option<Unreadable> {
    let read: BTreeSet<&PathBuf> = services.services.iter().flat_map(|service| &service.env_files).collect();
    let mut variables = Variables::new(&compose.environment(environment));
    read.into_iter().filter(|file| file.exists()).find_map(|file| {
        let unreadable = variables.add_files(std::slice::from_ref(file), &compose.dir).err()?;
        unreadable.too_much.then_some(unreadable)
    })
}

/// Whether the files of a call that can't be read here name no others, which compose would fetch from elsewhere: by git or
/// from a registry (measured with 2.40; 2.26 does it only where a variable or `.env` turns that on).
pub fn stand_alone(compose: &ComposeCall, environment: &Environment) -> bool {
    // Without files that can be found, compose reads none either, but for its standard input.
    let Some(found) = of(compose, environment) else { return compose.values_of(&words::FILE).is_empty() };
    if found.elsewhere.is_some() {
        return false;
    }
    found.files.iter().all(|file| {
        let Ok(text) = files::text_up_to(file, yaml::LARGEST) else { return !file.exists() };
        // YAML can write a key with escapes, but not without a backslash.
        !["include", "extends", "\\"].iter().any(|word| text.contains(word))
    })
}

/// The files of a call, if all of them are on this machine.
fn here(compose: &ComposeCall, environment: &Environment) -> Result<Found, Unreadable> {
    let none = |why: String| Unreadable { file: String::new(), line: None, why, too_much: false };
    let Some(found) = of(compose, environment) else {
        return Err(none("compose's file is standard input, or is not there".to_owned()));
    };
    match &found.elsewhere {
        Some(file) => Err(none(format!("`{file}` is not on this machine"))),
        None => Ok(found),
    }
}

fn load(compose: &ComposeCall, found: &Found, variables: &Variables) -> Result<Services, Unreadable> {
    let dir = folder(compose, found);
    Loader::new(&compose.dir).load(&found.files, &dir, variables).map(Services::from_tree)
}

/// What files in a folder say, of whatever project. They are shown by their whole paths.
///
/// # Errors
///
/// The file that can't be read, and why.
pub fn read(files: &[PathBuf], dir: &Path, environment: &Environment) -> Result<Services, Unreadable> {
    let mut variables = Variables::new(environment);
    variables.add_file_beside(dir, Path::new(""))?;
    Loader::new(Path::new("")).load(files, dir, &variables).map(Services::from_tree)
}

/// What the files say with their variables as they are written, each as `${NAME}`; nothing where that can't be read.
pub fn written(compose: &ComposeCall, environment: &Environment) -> Services {
    let Some(found) = of(compose, environment) else { return Services::default() };
    load(compose, &found, &Variables::new(environment).left_as_written()).unwrap_or_default()
}

/// What the files say, and which were read; what can't be filled in stays as it is written.
pub fn as_far_as_readable(compose: &ComposeCall, environment: &Environment) -> (Services, Met) {
    let (services, mut met) = read_call(compose, environment, Variables::filled_where_possible);
    met.files.extend(of(compose, environment).unwrap_or_default().files);
    (services.unwrap_or_else(|_| written(compose, environment)), met)
}

/// The project's name, without asking compose: from the command line, the variable, `name:` of the last file that has it
/// (compose 1 does not know the key), or the folder of the first file.
pub fn project(compose: &ComposeCall, environment: &Environment) -> Option<String> {
    let found = of(compose, environment).unwrap_or_default();
    let variables = variables(compose, environment, &found).ok()?;
    project_of(compose, &found, &variables).ok().flatten()
}

fn project_of(compose: &ComposeCall, found: &Found, variables: &Variables) -> Result<Option<String>, Unreadable> {
    let typed = compose.values_of(&words::PROJECT).pop();
    let typed = typed.map(|name| name.to_string_lossy().into_owned());
    let set = || variables.get("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty());
    let name = match typed.or_else(set) {
        Some(name) => Some(name),
        None if compose.cli.is_1 => None,
        None => name_in(compose, found, variables)?,
    };
    let folder = || Some(folder(compose, found).file_name()?.to_string_lossy().into_owned());
    let normal = |name: String| {
        let name = name.to_lowercase();
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
        name.trim_start_matches(['-', '_']).to_owned()
    };
    Ok(name.or_else(folder).map(normal))
}

/// `name:` of the last file that has it.
fn name_in(compose: &ComposeCall, found: &Found, variables: &Variables) -> Result<Option<String>, Unreadable> {
    let mut last = None;
    for file in &found.files {
        let Ok(text) = files::text_up_to(file, yaml::LARGEST) else { continue };
        // Whoever reads the whole file says what is wrong with it.
        for document in yaml::documents(&text).unwrap_or_default() {
            last = document
                .value
                .get("name")
                .and_then(Value::as_str)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .or(last);
        }
    }
    let value = |name: &str| variables.get(name);
    let filled = last.map(|name| Filler::new(&value).fill(&name)).transpose();
    let shown = || found.files.first().map(|file| paths::shown_from(&compose.dir, file)).unwrap_or_default();
    filled.map_err(|why| Unreadable {
        file: shown(),
        line: None,
        why: format!("{}, in `name`", why.why()),
        too_much: false,
    })
}

/// What `version:` says at the top of a compose file.
pub fn version(file: &Path) -> Option<String> {
    let text = files::text_up_to(file, yaml::LARGEST).ok()?;
    let documents = yaml::documents(&text).ok()?;
    documents.first()?.value.get("version").map(yaml::shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::which::ComposeCli;
    use crate::project::looking::Purpose;

    #[test]
    fn typed_profiles_win_with_compose_2() {
        let of = |options: &[&str], is_1: bool| {
            let call = ComposeCall {
                cli: ComposeCli { words: vec!["docker".into(), "compose".into()], is_1 },
                options: options.iter().map(Into::into).collect(),
                env: vec![("COMPOSE_PROFILES".to_owned(), "q, r".into())],
                dir: PathBuf::from("/nowhere"),
                purpose: Purpose::Step,
            };
            profiles(&call, &Environment::read("none")).join(" ")
        };
        assert_eq!(of(&[], false), "q r");
        assert_eq!(of(&["--profile", "p"], false), "p");
        assert_eq!(of(&["--profile", "p"], true), "p q r");
    }
}
