//! What must be there before anything runs: docker, compose and its files, the engine.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::compose::files as compose_files;
use crate::compose::line;
use crate::compose::which::ComposeCli;
use crate::docker::endpoint;
use crate::docker::facts::{Engine, Reach};
use crate::docker::programs as docker;
use crate::docker::reach::reach;
use crate::project::context::{Context, Project};
use crate::run::step::{ComposeStep, Step, Tool};
use crate::run::warnings::names_compose_files;
use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::system::process;
use crate::ui::finding::Finding;
use crate::ui::problem::Problem;

/// How long an engine may take to answer before a step starts. A healthy one needs a millisecond; without a limit
/// compose would wait for a hanging one forever, and say nothing.
const PATIENCE: Duration = Duration::from_secs(5);

/// What must be there before anything runs: docker, compose and its files, the engine. Nothing here starts the engine, and
/// at most one process is started.
///
/// # Errors
///
/// The first thing that is missing, with what to do.
pub fn check<'a>(context: &Context, project: &Project, steps: impl IntoIterator<Item = &'a Step>) -> Result<()> {
    let mut checked: Vec<Vec<OsString>> = Vec::new();
    for step in steps {
        let environment = step.environment(&context.environment);
        // The options that name the engine it needs.
        let engine = match &step.tool {
            Tool::File(..) | Tool::Program(..) | Tool::Sh(_) | Tool::Say(..) => None,
            Tool::Rust(..) => {
                check_rust(context, step)?;
                None
            }
            Tool::Docker(words) => {
                docker::find_docker(&environment, &step.dir)?;
                docker::needs_engine(words).then(Vec::new)
            }
            Tool::Compose(compose) => {
                check_files(project, step, compose, &environment)?;
                check_compose(&compose.cli, &step.dir, &environment)?;
                let is_needed = compose.line.needs_engine() && docker::is_bare(&compose.cli.words[0]);
                step.compose_call().filter(|_| is_needed).map(|call| call.engine_options())
            }
        };
        if let Some(engine) = engine.filter(|engine| !checked.contains(engine)) {
            check_engine(&environment, project.file.root(), &engine)?;
            checked.push(engine);
        }
    }
    Ok(())
}

fn check_compose(cli: &ComposeCli, dir: &Path, environment: &Environment) -> Result<()> {
    let program = &cli.words[0];
    if program == "docker" {
        docker::find_docker(environment, dir)?;
    } else if process::find(program, dir, environment).is_none() {
        let message = format!("there is no program `{}` to call compose with", program.to_string_lossy());
        let hint = "--compose or `[compose] cli` names it; leave them out and it is found";
        return Err(Problem::new(message).hint(hint).into());
    }
    Ok(())
}

/// A command in Rust has to be one of this program's.
fn check_rust(context: &Context, step: &Step) -> Result<()> {
    let name = &step.task;
    if context.program.has_rust(name) {
        return Ok(());
    }
    Err(match context.environment.manifest_dir {
        Some(_) => Problem::new(format!("`{name}` is written in Rust, and this program has no such command"))
            .hint(format!("add it in main: .command(\"{name}\", …), or remove [tasks.{name}]")),
        None => Problem::new(format!(
            "{name} is written in Rust: {}",
            step.masked(&step.invocation()).command_line(Os::HERE)
        )),
    }
    .into())
}

/// Checks that an engine answers: the one that these options name, or the variables, or docker's configuration. What only
/// docker can tell for certain is left to docker. Returns what was seen of it.
///
/// # Errors
///
/// It does not, with what to do.
pub fn check_engine(environment: &Environment, dir: &Path, engine: &[OsString]) -> Result<Engine> {
    let docker = process::find(OsStr::new("docker"), dir, environment);
    let engine = endpoint::look(environment, engine, docker.as_deref(), Instant::now() + PATIENCE);
    let certain = matches!(engine.reach, Reach::Refused | Reach::Denied | Reach::Silent | Reach::NoSuchHost);
    match reach(&engine, Os::HERE).filter(|_| certain) {
        Some(finding) => Err(Problem::from(finding).into()),
        None => Ok(engine),
    }
}

fn check_files(project: &Project, step: &Step, compose: &ComposeStep, environment: &Environment) -> Result<()> {
    let (line, config) = (&compose.line, &project.config.setting(step.mode).compose);
    let named_by_variable = environment.get("COMPOSE_PROJECT_NAME").is_some_and(|name| !name.is_empty());
    let project_is_named = line.has(&line::PROJECT) || config.project.is_some() || named_by_variable;
    if line.has(&line::FILE) || !line.needs_files(project_is_named && !compose.cli.is_1) {
        return Ok(());
    }
    if let Some(finding) = missing_file(project, step.mode) {
        return Err(project.mistake(finding));
    }
    if config.files.is_empty() && !line.has(&["--env-file"]) {
        let start = step.compose_call().map(|call| compose_files::search_from(&call)).unwrap_or_default();
        if let Some(finding) = no_file(environment, &start) {
            return Err(Problem::from(finding).into());
        }
    }
    Ok(())
}

/// The name of doctor's check.
const COMPOSE_FILE: &str = "compose-file";

/// A compose file that tasks.toml names in a mode but that does not exist.
pub fn missing_file(project: &Project, mode: Option<usize>) -> Option<Finding> {
    let root = project.file.root();
    // Standard input, and what compose fetches from elsewhere, are no files here.
    let is_here = |file: &str| file != "-" && !file.contains("://");
    let mut files = project.config.setting(mode).compose.files.iter().filter(|file| is_here(file.get_ref()));
    let file = files.find(|file| !root.join(file.get_ref()).is_file())?;
    let near = line::FILES.iter().find(|name| root.join(name).is_file());
    let hint =
        near.map_or_else(|| "paths are from the folder of tasks.toml".to_owned(), |name| format!("`{name}` is there"));
    let message = format!("there is no compose file `{}`", file.get_ref());
    Some(Finding::error(COMPOSE_FILE, message).at(file.span()).fix(hint))
}

/// No compose file is named, and compose finds none from a folder upwards.
pub fn no_file(environment: &Environment, dir: &Path) -> Option<Finding> {
    let named = ["COMPOSE_FILE", "COMPOSE_ENV_FILES"].iter().any(|name| environment.get(name).is_some());
    let found = || dir.ancestors().any(|folder| line::FILES.iter().any(|name| folder.join(name).is_file()));
    if named || names_compose_files(&dir.join(".env")) || found() {
        return None;
    }
    let hint = "write a compose.yaml, or name yours in tasks.toml: [compose] files = [\"path/to/compose.yaml\"]";
    Some(Finding::error(COMPOSE_FILE, format!("there is no compose file in `{}` or above", dir.display())).fix(hint))
}
