//! Before anything runs: what a person should know, and what must be there.

use std::ffi::OsStr;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::compose::files as compose_files;
use crate::compose::line::{self as compose, Line};
use crate::docker::facts::Reach;
use crate::docker::programs as docker;
use crate::docker::reach::reach;
use crate::dockerfile::context as build_context;
use crate::installers::mounts;
use crate::project::context::{Context, Project};
use crate::run::resolve::Tools;
use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::system::{paths, process};
use crate::tasks::buildkit_variables as buildkit;
use crate::tasks::mistake::mistake;
use crate::tasks::plan::{Planned, Tool};
use crate::ui::problem::Problem;
use crate::ui::text;

/// How long an engine may take to answer before a step is not begun. A healthy one needs a millisecond; without a limit
/// compose would wait for one that hangs, forever and silently.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a person should know before the commands run: a variable or a file of theirs that has no effect, or a bad one.
pub fn warn(context: &Context, tools: &Tools<'_>, project: &Project, commands: &[Planned]) {
    let ui = &context.ui;
    let is_dockers = |planned: &&Planned| match &planned.tool {
        Tool::Compose | Tool::Docker => true,
        Tool::Program(name) => name == "docker-compose",
    };
    let Some(first) = commands.iter().find(is_dockers) else {
        return;
    };
    let environment = tools.environment(first);
    if let Some(setting) = what_turns_buildkit_off(tools, commands, &environment) {
        let breaks = "turns BuildKit off: a Dockerfile with `RUN --mount` does not build";
        ui.warning(format_args!("{setting} {breaks}"), "");
    }
    let is_bare_compose = |planned: &&Planned| match &planned.tool {
        Tool::Docker => planned.exact_words().first().is_some_and(|word| word == "compose"),
        Tool::Program(name) => name == "docker-compose",
        Tool::Compose => false,
    };
    if let Some(planned) = commands.iter().find(is_bare_compose) {
        let message =
            format!("a step of task `{}` leaves out what `[compose]` says, and the wait for services", planned.task);
        ui.warning(message, "write `compose …`, without `docker` or a dash: it is the compose that is found here");
    }
    tell_what_no_cache_empties(context, tools, project, commands);
    let Some(first) = commands.iter().find(|planned| planned.tool == Tool::Compose) else { return };
    let environment = tools.environment(first);
    let persons = environment.text("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty());
    let own = project.config.compose.project.as_deref().unwrap_or_default();
    if persons.is_some_and(|name| !own.is_empty() && name != own) {
        let message =
            "COMPOSE_PROJECT_NAME is set and has no effect: `[compose] project` in tasks.toml names the project";
        ui.warning(message, "");
    }
    let files = &project.config.compose.files;
    let Some(file) = files.first() else { return };
    let is_set = environment.get("COMPOSE_FILE").is_some_and(|value| !value.is_empty());
    if is_set {
        ui.warning("COMPOSE_FILE is set and has no effect: `[compose] files` in tasks.toml names the files", "");
    }
    let beside = Path::new(file.get_ref()).parent().unwrap_or(Path::new(""));
    let env_file = beside.join(".env");
    if !is_set && names_compose_files(&project.file.root().join(&env_file)) {
        ui.warning(
            format_args!(
                "COMPOSE_FILE in `{}` has no effect: `[compose] files` in tasks.toml names the files",
                env_file.display()
            ),
            "",
        );
    }
    for name in compose::OVERRIDE_FILES {
        let path = beside.join(name);
        let whole = |path: &Path| paths::absolute(project.file.root(), path);
        let listed = files.iter().any(|file| whole(Path::new(file.get_ref())) == whole(&path));
        if !listed && project.file.root().join(&path).is_file() {
            ui.warning(
                format_args!("`{}` has no effect: `[compose] files` in tasks.toml names the files", path.display()),
                "add it there, last",
            );
        }
    }
}

/// The variable, with its value, that has a build go without BuildKit.
fn what_turns_buildkit_off(tools: &Tools<'_>, commands: &[Planned], environment: &Environment) -> Option<String> {
    let value = environment.text("DOCKER_BUILDKIT").unwrap_or_default();
    if buildkit::is_off(&value) {
        return Some(format!("DOCKER_BUILDKIT={value}"));
    }
    let value = environment.text("COMPOSE_DOCKER_CLI_BUILD").unwrap_or_default();
    // Which compose it is may cost a process, and matters in this case alone.
    let is_1 = |planned: &Planned| match &planned.tool {
        Tool::Compose => tools.compose().is_ok_and(|words| words[0] != "docker"),
        Tool::Program(name) => name == "docker-compose",
        Tool::Docker => false,
    };
    let is_off = buildkit::is_off_for_compose_1(&value) && commands.iter().any(is_1);
    is_off.then(|| format!("COMPOSE_DOCKER_CLI_BUILD={value}"))
}

/// `build --no-cache` empties the cache mounts of what it builds, too, which nobody expects (measured on 20.10, 26.1 and
/// 28.5). The files are read as they stand: no process is started for this.
fn tell_what_no_cache_empties(context: &Context, tools: &Tools<'_>, project: &Project, commands: &[Planned]) {
    let mut mounts: Vec<String> = Vec::new();
    for planned in commands.iter().filter(|planned| planned.tool == Tool::Compose && planned.built_in.is_none()) {
        let words = planned.exact_words();
        let line = Line::parse(&words);
        if !line.is_build_without_cache() {
            continue;
        }
        let Ok(compose) = tools.before_command(planned) else { continue };
        let environment = tools.environment(planned);
        let files = compose_files::of(&compose, &environment).map(|found| found.files).unwrap_or_default();
        let services = line.built_services();
        for build in build_context::read(&compose_files::read(&files, &environment), project.file.root()) {
            let is_meant = services.is_empty() || build.services.iter().any(|service| services.contains(service));
            for (_, target) in build.cache_mounts().filter(|_| is_meant) {
                let mount = mounts::named(target);
                if !mounts.contains(&mount) {
                    mounts.push(mount);
                }
            }
        }
    }
    if !mounts.is_empty() {
        context.ui.note(format_args!(
            "`--no-cache` empties the cache mounts of these builds, too: {}; `{} build-fresh` keeps them",
            text::and_list(&mounts, "and"),
            context.program()
        ));
    }
}

/// What must be there before anything runs: compose, its files, the engine. Nothing here starts the engine, and
/// at most one process is started.
pub fn check(tools: &Tools<'_>, project: &Project, commands: &[Planned]) -> Result<()> {
    let mut engine_is_checked = false;
    for planned in commands {
        let environment = tools.environment(planned);
        let words = planned.exact_words();
        let needs_engine = match planned.tool {
            Tool::Program(_) => false,
            Tool::Docker => {
                docker::find_docker(&environment, &tools.dir(planned))?;
                docker::needs_engine(&words)
            }
            Tool::Compose => {
                let compose = tools.compose()?;
                let line = Line::parse(&words);
                if line.needs_engine() {
                    check_files(tools, project, planned, &line)?;
                }
                let program = &compose[0];
                if program == "docker" {
                    docker::find_docker(&environment, &tools.dir(planned))?;
                } else if process::find(program, &tools.dir(planned), &environment).is_none() {
                    let message = format!("there is no program `{}` to call compose by", program.to_string_lossy());
                    return Err(Problem::new(message)
                        .hint("--compose and `[compose] cli` name it; without them it is found")
                        .into());
                }
                let elsewhere = compose.iter().chain(line.globals).cloned().collect::<Vec<_>>();
                line.needs_engine() && docker::is_dockers(program) && compose::engine_options(&elsewhere).is_empty()
            }
        };
        if needs_engine && !engine_is_checked {
            check_engine(&environment, project.file.root())?;
            engine_is_checked = true;
        }
    }
    Ok(())
}

/// The engine has to answer. What is not certain without docker is left to docker to say.
pub fn check_engine(environment: &Environment, dir: &Path) -> Result<()> {
    let docker = process::find(OsStr::new("docker"), dir, environment);
    let engine = docker::look_at_engine(environment, docker.as_deref(), Instant::now() + PATIENCE);
    let certain = matches!(engine.reach, Reach::Refused | Reach::Denied | Reach::Silent | Reach::NoSuchHost);
    match reach(&engine, Os::HERE).filter(|_| certain) {
        Some(finding) => Err(Problem::new(finding.message).hint(finding.fix.unwrap_or_default()).into()),
        None => Ok(()),
    }
}

fn check_files(tools: &Tools<'_>, project: &Project, planned: &Planned, line: &Line<'_>) -> Result<()> {
    if line.names_files() || line.command == Some(OsStr::new("ls")) {
        return Ok(());
    }
    if let Some((file, message, hint)) = missing_file(project) {
        return Err(project.mistake(mistake(message, file).fix(hint)));
    }
    let dir = tools.dir(planned);
    if project.config.compose.files.is_empty() && !line.names_env_file() {
        if let Some((message, hint)) = no_file(&tools.environment(planned), &dir) {
            return Err(Problem::new(message).hint(hint).into());
        }
    }
    Ok(())
}

/// A compose file that tasks.toml names and that is not there: its place in tasks.toml, the message, the hint.
pub fn missing_file(project: &Project) -> Option<(Range<usize>, String, String)> {
    let root = project.file.root();
    // Standard input, and what compose fetches from elsewhere, are no files here.
    let is_here = |file: &str| file != "-" && !file.contains("://");
    let mut files = project.config.compose.files.iter().filter(|file| is_here(file.get_ref()));
    let file = files.find(|file| !root.join(file.get_ref()).is_file())?;
    let near = compose::FILES.iter().find(|name| root.join(name).is_file());
    let hint =
        near.map_or_else(|| "paths are from the folder of tasks.toml".to_owned(), |name| format!("`{name}` is there"));
    Some((file.span(), format!("there is no compose file `{}`", file.get_ref()), hint))
}

/// Whether compose, when nobody names a file, finds none from a folder: the message and the hint.
pub fn no_file(environment: &Environment, dir: &Path) -> Option<(String, String)> {
    let named = ["COMPOSE_FILE", "COMPOSE_ENV_FILES"].iter().any(|name| environment.get(name).is_some());
    let found = || dir.ancestors().any(|folder| compose::FILES.iter().any(|name| folder.join(name).is_file()));
    if named || names_compose_files(&dir.join(".env")) || found() {
        return None;
    }
    let hint = "write a compose.yaml, or name yours in tasks.toml: [compose] files = [\"path/to/compose.yaml\"]";
    Some((format!("there is no compose file in `{}` or above", dir.display()), hint.to_owned()))
}

/// Whether a `.env` file sets COMPOSE_FILE.
fn names_compose_files(env_file: &Path) -> bool {
    let sets = |line: &str| {
        let name = line.trim_start().trim_start_matches("export ").split(['=', ':']).next().unwrap_or_default();
        line.contains(['=', ':']) && name.trim() == "COMPOSE_FILE"
    };
    paths::text_of(env_file).is_some_and(|text| text.lines().any(sets))
}
