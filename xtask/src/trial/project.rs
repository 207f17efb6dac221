//! The project whose builds we start, as compose reads its files.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::compose::config;
use crate::compose::files as compose_files;
use crate::compose::redact::Secrets;
use crate::compose::services::build_flags::LeftOut;
use crate::compose::services::{Build, Services};
use crate::compose::which;
use crate::docker::answer;
use crate::docker::build_cache::{BuildCache, LISTING};
use crate::docker::podman;
use crate::docker::programs as docker;
use crate::docker::runs;
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context as build_context;
use crate::dockerfile::model::{Dockerfile, Stage};
use crate::dockerfile::secret_values;
use crate::doctor::asked::Asked;
use crate::project::context::Context;
use crate::project::looking::changes_programs;
use crate::run::preflight;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::tasks::variables as buildkit;
use crate::ui::nearest;
use crate::ui::problem::Problem;
use crate::ui::secret::{SHORTEST, is_harmless, is_secret, secret_parts};

/// How long compose may take to read its files.
const LIMIT: Duration = Duration::from_secs(30);

/// What the project builds, by compose's own reading of its files.
pub struct Project {
    pub root: PathBuf,
    services: Services,
    /// The builds with what their Dockerfiles say.
    pub builds: Vec<BuildFacts>,
    /// Docker with the options that name an engine, and the variables that commands get.
    pub(super) docker: Invocation,
    pub(super) environment: Environment,
    /// The options of docker that name an engine.
    pub(super) engine: Vec<OsString>,
    /// The records of the build cache from before; `None` if docker could not list them.
    pub(super) before: Option<BTreeSet<String>>,
    /// What is taken out of what builds print.
    pub secrets: Secrets,
}

/// Reads the project. `wanted`: the services that were typed; empty for all.
pub fn open(context: &Context, wanted: &[String]) -> Result<Project> {
    let asked = Asked::to_build(context, Instant::now() + LIMIT);
    let environment = asked.environment.clone();
    docker::find_docker(&environment, &asked.root)?;
    if asked.compose.is_none() {
        which::find_compose(&environment, &asked.root, true)?;
    }
    let Some(compose) = &asked.compose_like else {
        return Err(Problem::new(format!("there is no compose file in `{}` or above", asked.root.display()))
            .hint("go to the project's folder, or name tasks.toml: --file path/to/tasks.toml")
            .into());
    };
    let options = compose.engine_options();
    let engine = preflight::check_engine(&environment, &asked.root, &options)?;
    podman::start(&context.ui, &engine, &options, &environment, &asked.root, &|why| asked.redacted(why))?;
    runs::remove_killed(&context.ui, &BuildCache::new(&environment, &asked.root, options.clone()));
    let words = std::iter::once("docker".into()).chain(options.iter().cloned()).collect();
    let docker = Invocation::new(words, asked.of_steps.clone(), asked.root.clone());
    // Both take a moment, so they run at once.
    let (services, before) = std::thread::scope(|scope| {
        let cache = BuildCache::new(&environment, &asked.root, options.clone());
        let before = scope.spawn(move || cache.records(Instant::now() + LISTING).ok());
        let services = config::services(compose, &context.environment, asked.deadline);
        (services, before.join().ok().flatten())
    });
    let (services, _) = services.map_err(|why| Problem::new(why.to_string()))?;
    for name in wanted {
        check_service(&services, name)?;
    }
    let mut builds = build_context::read(&services, &asked.root);
    // Services that share a build are named in it once.
    let is_seen = |name: &String| builds.iter().any(|build| build.services.contains(name));
    for service in services.services.iter().filter(|service| service.build.is_some() && !is_seen(&service.name)) {
        let message = format!("`{}` is not checked: its build context is not on this machine", service.name);
        context.ui.warning(message, "");
    }
    let written = compose_files::written(compose, &context.environment);
    let built = services.services.iter().filter_map(|service| service.build.as_ref());
    let args = built.flat_map(|build| build.args.iter().cloned());
    let secrets = Secrets::of_project(compose, &context.environment).and_variables(args);
    secret_values::builds(&mut builds, &written, &secrets);
    builds.retain(|build| wanted.is_empty() || build.services.iter().any(|name| wanted.contains(name)));
    let before = before.map(|records| records.into_iter().map(|record| record.id).collect());
    Ok(Project { root: asked.root, services, builds, docker, environment, engine: options, before, secrets })
}

/// Fails unless something is built for a service that was typed.
fn check_service(services: &Services, name: &str) -> Result<()> {
    let service = services.services.iter().find(|service| service.name == name);
    if service.is_some_and(|service| service.build.is_some()) {
        return Ok(());
    }
    let built = services.services.iter().filter(|service| service.build.is_some());
    let names: Vec<&str> = built.map(|service| service.name.as_str()).collect();
    let what = if service.is_none() { "there is no service" } else { "nothing is built for" };
    Err(Problem::new(format!("{what} `{name}`")).hint(instead(name, "built are", &names)).into())
}

/// The hint for a name that isn't there.
fn instead(name: &str, what: &str, names: &[&str]) -> String {
    match nearest::nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{what}: {}", names.join(", ")),
    }
}

/// The Dockerfile of a build, and the stage that it makes.
pub fn file_of(facts: &BuildFacts) -> Result<(&Dockerfile, &Stage)> {
    let file = match &facts.dockerfile {
        Ok(file) => file,
        Err(error) => return Err(Problem::new(format!("`{}` can't be read: {error}", facts.shown)).into()),
    };
    let stage = file.target(facts.target.as_deref()).ok_or_else(|| {
        let target = facts.target.as_deref().unwrap_or_default();
        let names: Vec<&str> = file.stages.iter().filter_map(|stage| stage.name.as_deref()).collect();
        let hint = match names.is_empty() {
            true => "none of its stages has a name".to_owned(),
            false => instead(target, "its stages are", &names),
        };
        Problem::new(format!("`{}` has no stage `{target}`", facts.shown)).hint(hint)
    })?;
    Ok((file, stage))
}

impl Project {
    /// What compose says about a build, apart from its Dockerfile.
    pub fn build_of(&self, facts: &BuildFacts) -> Result<&Build> {
        let service = self.services.services.iter().find(|service| facts.services.contains(&service.name));
        service.and_then(|service| service.build.as_ref()).context("the build is one of the project's")
    }

    /// Names the keys of a build that ours leave out.
    pub fn name_what_is_left_out(&self, context: &Context, build: &Build, shown: &str) {
        for LeftOut { key, why } in &build.left_out {
            context.ui.warning(format_args!("`{key}` of the build of `{shown}` is left out: {why}"), "");
        }
    }

    /// Whether docker can get the value of a build argument by a variable: one of this name changes nothing in docker itself,
    /// or docker has it anyway.
    pub(super) fn goes_by_variable(&self, name: &str, value: &str) -> bool {
        !changes_programs(name) && !name.starts_with("DOCKER_") || self.environment.text(name).as_deref() == Some(value)
    }

    /// Fails if docker could get a secret of a build only on its command line, which everybody on the machine can read.
    fn check_command_line(&self, build: &Build) -> Result<(), Problem> {
        if let Some((name, _)) = build.contexts.iter().find(|(_, place)| !secret_parts(place).is_empty()) {
            let why = format!("the address of `{name}` has a password, which docker would get on its command line");
            return Err(Problem::new(why).hint("take it out: git gets one by the build secret GIT_AUTH_TOKEN, too"));
        }
        let is_open = |(name, value): &&(String, String)| {
            let is_secret = is_secret(name) && !is_harmless(value) && value.chars().count() >= SHORTEST;
            (is_secret || !secret_parts(value).is_empty()) && !self.goes_by_variable(name, value)
        };
        if let Some((name, _)) = build.args.iter().find(is_open) {
            let why = format!("the build argument `{name}` is secret, and docker would get it on its command line");
            return Err(Problem::new(why).hint(format!("set {name} to the same value in your own environment")));
        }
        Ok(())
    }

    /// The named contexts of a build. In place of a service stands the image that compose built of it last; fails if there
    /// is none.
    pub fn contexts_of(&self, context: &Context, build: &Build) -> Result<Vec<(String, String)>, Problem> {
        self.check_command_line(build)?;
        let image_of = |name: &str| {
            let service = self.services.services.iter().find(|service| service.name == name);
            let named = || Some(format!("{}-{name}", self.services.project.as_deref()?));
            service.and_then(|service| service.image.clone()).or_else(named).unwrap_or_else(|| name.to_owned())
        };
        let place = |(name, place): &(String, String)| {
            let Some(service) = place.strip_prefix("service:") else { return Ok((name.clone(), place.clone())) };
            let image = image_of(service);
            if !self.has_image(&image)? {
                return Err(Problem::new(format!(
                    "`{name}` is the image of the service `{service}`, which has none yet"
                ))
                .hint(format!("build it first: docker compose build {service}")));
            }
            context.ui.note(format_args!("`{name}` is the image of `{service}` as it was built last: {image}"));
            Ok((name.clone(), format!("docker-image://{image}")))
        };
        build.contexts.iter().map(place).collect()
    }

    fn has_image(&self, image: &str) -> Result<bool, Problem> {
        let mut invocation = self.docker.clone();
        invocation.words.extend(["image", "inspect", "--format", "{{.Id}}", image].map(OsString::from));
        let answer = answer::ask(&invocation, &self.environment, Instant::now() + LIMIT);
        let answer = answer.map_err(|why| {
            let why = why.redacted(|said| self.secrets.redact(said));
            Problem::new(format!("can't tell whether there is an image `{image}`: {why}"))
        })?;
        Ok(answer.status.success())
    }

    /// The value of DOCKER_BUILDKIT that turns BuildKit off for the builds of the project.
    pub fn classic_builder(&self) -> Option<String> {
        self.environment.text("DOCKER_BUILDKIT").filter(|value| buildkit::is_off(value))
    }
}
