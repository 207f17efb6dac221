//! What a person should know before the steps run: variables and files that have no effect, BuildKit turned off, cache
//! mounts that `--no-cache` empties.

use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::compose::which::ComposeCli;
use crate::compose::{env_file, files as compose_files, line};
use crate::docker::{endpoint, podman};
use crate::dockerfile::builds::mounts_of;
use crate::dockerfile::context as build_context;
use crate::installers::mounts;
use crate::project::context::{Context, Project};
use crate::run::step::{Step, Tool};
use crate::system::environment::Environment;
use crate::system::{files, paths};
use crate::tasks::variables as buildkit;
use crate::ui::text;

/// How long an engine may take to answer a `/_ping`, which is sent only where BuildKit is off.
const PING: Duration = Duration::from_millis(500);

/// Prints them on stderr. Starts no process.
pub fn tell(context: &Context, project: &Project, steps: &[Step]) {
    let calls_docker = |step: &&Step| match &step.tool {
        Tool::Compose(_) | Tool::Docker(_) => true,
        Tool::Program(name, _) => is_compose(name),
        Tool::File(..) | Tool::Rust(..) | Tool::Sh(_) | Tool::Say(..) => false,
    };
    let Some(first) = steps.iter().find(calls_docker) else { return };
    buildkit_is_off(context, steps, &first.environment(&context.environment));
    compose_goes_by(context, steps);
    no_cache_empties(context, project, steps);
    if let Some(first) = steps.iter().find(|step| step.compose().is_some()) {
        files_and_project(context, project, first.mode, &first.environment(&context.environment));
    }
}

fn is_compose(program: &OsStr) -> bool {
    program == "docker-compose"
}

/// A variable that turns BuildKit off.
fn buildkit_is_off(context: &Context, steps: &[Step], environment: &Environment) {
    let text = |name: &str| environment.text(name).unwrap_or_default();
    let is_1 = |step: &Step| match &step.tool {
        Tool::Compose(compose) => compose.cli.is_1,
        Tool::Program(name, _) if is_compose(name) => ComposeCli::new(vec![name.clone()], &step.dir, environment).is_1,
        Tool::File(..) | Tool::Program(..) | Tool::Docker(_) | Tool::Rust(..) | Tool::Sh(_) | Tool::Say(..) => false,
    };
    let (docker, compose) = (text("DOCKER_BUILDKIT"), text("COMPOSE_DOCKER_CLI_BUILD"));
    let setting = if buildkit::is_off(&docker) {
        format!("DOCKER_BUILDKIT={docker}")
    } else if buildkit::is_off_for_compose_1(&compose) && steps.iter().any(is_1) {
        format!("COMPOSE_DOCKER_CLI_BUILD={compose}")
    } else {
        return;
    };
    // Podman's own builder knows them.
    let look = || endpoint::look(environment, &[], None, Instant::now() + PING);
    if !context.globals.dry_run && podman::builds_by_itself(environment, look) {
        return;
    }
    context
        .ui
        .warning(format_args!("{setting} turns BuildKit off: a Dockerfile with `RUN --mount` does not build"), "");
}

/// A step that calls compose directly and so ignores `[compose]`.
fn compose_goes_by(context: &Context, steps: &[Step]) {
    let is_bare = |step: &&Step| match &step.tool {
        Tool::Docker(words) => words.first().is_some_and(|word| word == "compose"),
        Tool::Program(name, _) => is_compose(name),
        Tool::Compose(_) | Tool::File(..) | Tool::Rust(..) | Tool::Sh(_) | Tool::Say(..) => false,
    };
    if let Some(step) = steps.iter().find(is_bare) {
        let message = format!("a step of task `{}` ignores `[compose]` and does not wait for the services", step.task);
        let hint = "write `compose …`, without `docker` or a dash: it stands for the compose found on this machine";
        context.ui.warning(message, hint);
    }
}

/// `build --no-cache` also empties the cache mounts of what it builds, which nobody expects (measured on 20.10, 26.1 and
/// 28.5). The files are read without compose.
fn no_cache_empties(context: &Context, project: &Project, steps: &[Step]) {
    let mut builds = Vec::new();
    for step in steps.iter().filter(|step| step.built_in.is_none()) {
        let (Some(compose), Some(call)) = (step.compose(), step.compose_call()) else { continue };
        if !compose.line.is_build_without_cache() {
            continue;
        }
        let named = compose.line.built_services();
        let services = match compose_files::services(&call, &step.environment(&context.environment)) {
            Ok(services) => services,
            Err(why) => {
                context.ui.note(format_args!("can't tell which cache mounts `--no-cache` empties: {why}"));
                continue;
            }
        };
        let read = build_context::read(&services, project.file.root()).into_iter();
        builds.extend(read.filter(|build| named.is_empty() || build.services.iter().any(|it| named.contains(it))));
    }
    let mounts: Vec<String> = mounts_of(&builds).into_iter().map(|(_, target)| mounts::named(target)).collect();
    if !mounts.is_empty() {
        let keeps = context.built_in("build-fresh").map(|typed| format!("; `{typed}` keeps them")).unwrap_or_default();
        context.ui.note(format_args!(
            "`--no-cache` also empties the cache mounts of these builds: {}{keeps}",
            text::and_list(&mounts, "and")
        ));
    }
}

/// Settings that have no effect because tasks.toml names the files and the project.
fn files_and_project(context: &Context, project: &Project, mode: Option<usize>, environment: &Environment) {
    let (ui, root, compose) = (&context.ui, project.file.root(), &project.config.setting(mode).compose);
    let persons = environment.text("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty());
    let own = compose.project.as_deref().unwrap_or_default();
    if persons.is_some_and(|name| !own.is_empty() && name != own) {
        let message =
            "COMPOSE_PROJECT_NAME is set and has no effect: `[compose] project` in tasks.toml names the project";
        ui.warning(message, "");
    }
    let Some(file) = compose.files.first() else { return };
    let beside = Path::new(file.get_ref()).parent().unwrap_or(Path::new(""));
    let env_file = beside.join(".env");
    let no_effect = |what: &str| format!("{what} no effect: `[compose] files` in tasks.toml names the files");
    if environment.get("COMPOSE_FILE").is_some_and(|value| !value.is_empty()) {
        ui.warning(no_effect("COMPOSE_FILE is set and has"), "");
    } else if names_compose_files(&root.join(&env_file)) {
        ui.warning(no_effect(&format!("COMPOSE_FILE in `{}` has", env_file.display())), "");
    }
    for path in line::OVERRIDE_FILES.iter().map(|name| beside.join(name)) {
        let whole = |path: &Path| paths::absolute(root, path);
        let listed = compose.files.iter().any(|file| whole(Path::new(file.get_ref())) == whole(&path));
        if !listed && root.join(&path).is_file() {
            ui.warning(no_effect(&format!("`{}` has", path.display())), "add it there, last");
        }
    }
}

/// Whether a `.env` file sets COMPOSE_FILE.
pub fn names_compose_files(file: &Path) -> bool {
    files::text_of(file).is_some_and(|text| env_file::names(&text).iter().any(|name| name == "COMPOSE_FILE"))
}
