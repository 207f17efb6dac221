//! Finding out everything that the checks judge, once: docker's answers, compose's own reading of its files, what
//! these files build, and who has the ports.

use std::ffi::OsString;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::compose::cli::{ComposeCall, ComposeCli};
use crate::compose::config::{self, NoServices};
use crate::compose::line::Started;
use crate::compose::secrets::Secrets;
use crate::compose::services::{self, Build, Service, Services};
use crate::compose::{env_file, files as compose_files};
use crate::docker::facts::{Machine, Question, Variable};
use crate::docker::listeners;
use crate::docker::programs::{self as docker, Questions};
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context as build_context;
use crate::dockerfile::context::facts::ContextFacts;
use crate::doctor::stack_facts::{self as stack, StackFacts, Stronger};
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::{files, paths, process};

/// What is asked for, and for whom.
pub struct Asked<'a> {
    /// The person's own variables.
    pub environment: &'a Environment,
    /// Those that the commands of tasks.toml get besides.
    pub added: Vec<(String, OsString)>,
    /// The names of `[env]` in tasks.toml.
    pub env_of_tasks: Vec<String>,
    /// The folder of the project.
    pub root: PathBuf,
    /// The compose that is called; `None` when there is none.
    pub compose: Option<ComposeCli>,
    /// Compose with its files and options, as the tasks call it.
    pub compose_like: Option<ComposeCall>,
    /// Whether the project has cache mounts of its own.
    pub own_namespace: bool,
    /// What is started: whose ports are looked at.
    pub started: Started,
    /// Everything, or what can be the reason of a failure.
    pub whole: bool,
    pub deadline: Instant,
}

/// What was found out.
#[derive(Default)]
pub struct Facts {
    pub machine: Machine,
    /// None when compose could not be asked for its files.
    pub stack: Option<StackFacts>,
    pub builds: Vec<BuildFacts>,
    /// The folders that they take files from.
    pub contexts: Vec<ContextFacts>,
    /// The project's own namespace of cache mounts; empty without one.
    pub namespace: String,
    /// Whether an image of what is started is not there, so that compose builds it first.
    pub image_is_missing: bool,
    /// Builds whose Dockerfile is not on this machine.
    pub unread_builds: usize,
    /// What nobody could look at, each with the reason.
    pub skipped: Vec<String>,
}

/// The variables that decide about builds and about where the engine is.
const DECISIVE: [&str; 7] = [
    "DOCKER_BUILDKIT",
    "COMPOSE_DOCKER_CLI_BUILD",
    "BUILDX_BUILDER",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "COMPOSE_FILE",
];

/// What is left for Dockerfiles and contexts when compose takes all of its time.
const FOR_FILES: Duration = Duration::from_millis(400);

impl Asked<'_> {
    fn variables(&self) -> Vec<Variable> {
        let with = self.environment.with(&self.added);
        let of = |name: &&str| {
            let persons = self.environment.get(name).is_some_and(|value| !value.is_empty());
            Some(Variable { name: (*name).to_owned(), value: with.text(name)?, persons })
        };
        DECISIVE.iter().filter_map(of).collect()
    }
}

/// Finds out what was asked for, all at the same time.
pub fn facts(asked: &Asked<'_>) -> Facts {
    let environment = asked.environment.with(&asked.added);
    let questions = Questions {
        environment: &environment,
        dir: &asked.root,
        compose: asked.compose.as_ref().map(|compose| compose.words.as_slice()),
        is_compose_1: asked.compose.as_ref().is_some_and(ComposeCli::is_1),
        variables: asked.variables(),
        whole: asked.whole,
        deadline: asked.deadline,
    };
    let mut facts = Facts::default();
    thread::scope(|scope| {
        let machine = scope.spawn(|| docker::machine(&questions));
        if let Some(compose) = &asked.compose_like {
            let written = compose_files::written(&compose_files(compose, &environment));
            let secrets = secrets(compose, &environment, &written);
            let published = scope.spawn(|| published(asked, compose));
            let mut read = read_services(asked, compose);
            if let Err(NoServices::NoAnswer) = read {
                facts.unread_builds += 1;
                facts.skipped.push("the compose file as compose reads it (it does not answer)".to_owned());
                read = Ok((as_they_stand(asked, compose), String::new()));
            }
            match read {
                Ok((mut services, said)) => {
                    redact_inline(&mut services, &secrets);
                    for service in services.services.iter().filter(|service| is_elsewhere(service)) {
                        facts.unread_builds += 1;
                        facts.skipped.push(format!("the build of `{}` (its context is on no disk here)", service.name));
                    }
                    if asked.own_namespace {
                        let name = services.project.clone().or_else(|| compose_files::project(compose, &environment));
                        facts.namespace = name.unwrap_or_default();
                    }
                    let profiles = compose_files::profiles(compose, &environment);
                    let started = stack::started(&services, &asked.started, &profiles);
                    let of_images = started.clone();
                    let missing =
                        (!asked.whole).then(|| scope.spawn(move || image_is_missing(asked, compose, &of_images)));
                    if asked.whole {
                        (facts.builds, facts.contexts) = build_context::look(&services, &asked.root, asked.deadline);
                        let cut_short = facts.contexts.iter().filter(|context| context.cut_short);
                        let all = |context: &ContextFacts| {
                            format!("all of the build context `{}` (too many files, or too little time)", context.shown)
                        };
                        facts.skipped.extend(cut_short.map(all));
                    } else {
                        facts.builds = build_context::read(&services, &asked.root);
                    }
                    compare_with_written(&mut facts, &written, &secrets);
                    let published = published.join().unwrap_or(Containers::None);
                    if matches!(published, Containers::NoAnswer) {
                        facts.skipped.push(Question::Containers.shown().to_owned());
                    }
                    facts.stack = Some(stack_facts(asked, &environment, &started, &said, published));
                    facts.image_is_missing = missing.is_some_and(|missing| missing.join().unwrap_or(false));
                }
                Err(NoServices::Said(sentence)) => {
                    let sentence = secrets.redact(&sentence);
                    let compose = compose.shown();
                    facts.stack = Some(StackFacts { refused: Some(sentence), compose, ..StackFacts::default() });
                }
                Err(NoServices::NoAnswer) => {}
            }
        }
        facts.machine = machine.join().unwrap_or_default();
        facts.skipped.extend(facts.machine.unanswered.iter().map(|question| question.shown().to_owned()));
    });
    facts
}

/// Compose's own reading of its files, and what it said on the way.
fn read_services(asked: &Asked<'_>, compose: &ComposeCall) -> Result<(Services, String), NoServices> {
    // Compose 1 needs a second to start, which a hint has not.
    if compose.cli.is_1() && !asked.whole {
        return Ok((as_they_stand(asked, compose), String::new()));
    }
    // Those of all profiles: `up SERVICE` starts and builds one of a profile, too.
    let compose = compose.with(["--profile", "*"]);
    // What it says is looked at as well.
    let deadline = asked.deadline.checked_sub(FOR_FILES).unwrap_or(asked.deadline);
    config::services(&compose, asked.environment, deadline)
}

/// Compose's files without compose: near enough where it is too slow.
fn as_they_stand(asked: &Asked<'_>, compose: &ComposeCall) -> Services {
    let environment = asked.environment.with(&asked.added);
    compose_files::read(&compose_files(compose, &environment), &environment)
}

/// The files that compose reads.
fn compose_files(compose: &ComposeCall, environment: &Environment) -> Vec<PathBuf> {
    compose_files::of(compose, environment).map(|found| found.files).unwrap_or_default()
}

/// Whether a service is built from what lies elsewhere: a repository's address.
fn is_elsewhere(service: &Service) -> bool {
    service.build.as_ref().is_some_and(|build| build.context.is_none() && build.inline.is_none())
}

/// The values that nobody may see: those of every `.env` file that compose reads here.
fn secrets(compose: &ComposeCall, environment: &Environment, written: &Services) -> Secrets {
    let mut files = compose_files::env_files(compose, environment);
    files.push(compose.dir.join(".env"));
    files.extend(written.services.iter().flat_map(|service| service.env_files.iter().cloned()));
    Secrets::of(&files.iter().filter_map(|file| files::text_of(file)).collect::<Vec<_>>())
}

/// A Dockerfile that stands in the compose file has values of variables in it.
fn redact_inline(services: &mut Services, secrets: &Secrets) {
    let builds = services.services.iter_mut().filter_map(|service| service.build.as_mut());
    for inline in builds.filter_map(|build| build.inline.as_mut()) {
        *inline = secrets.redact(inline);
    }
}

/// What only the compose file as it is written tells: which parts of a build come from a variable. Values of `.env` are
/// taken out of them.
fn compare_with_written(facts: &mut Facts, written: &Services, secrets: &Secrets) {
    let is_variable = |text: &str| text.contains("${");
    let place = |written: &&Build| {
        let context = written.context.iter().map(|path| path.as_path());
        context.chain([written.dockerfile.as_path()]).any(|path| is_variable(&path.to_string_lossy()))
    };
    let written_of = |names: &[String]| -> Vec<&Build> {
        let services = written.services.iter().filter(|service| names.contains(&service.name));
        services.filter_map(|service| service.build.as_ref()).collect()
    };
    for build in &mut facts.builds {
        let of = written_of(&build.services);
        for written in &of {
            let by_variable = written.args.iter().filter(|(_, value)| is_variable(value)).map(|(name, _)| name);
            build.variable_args.extend(by_variable.chain(&written.open_args).cloned());
        }
        if of.is_empty() || of.iter().any(place) {
            build.shown = secrets.redact(&build.shown);
        }
        // The name of a stage stands in the Dockerfile. Any other may be a secret.
        let is_stage = |target: &str| build.dockerfile.as_ref().is_ok_and(|file| file.target(Some(target)).is_some());
        build.target = build.target.take().map(|it| if is_stage(&it) { it } else { secrets.redact(&it) });
    }
    for context in &mut facts.contexts {
        let of = written_of(&context.services);
        if of.is_empty() || of.iter().any(place) {
            context.shown = secrets.redact(&context.shown);
            context.ignore_place = secrets.redact(&context.ignore_place);
            context.ignore_file = context.ignore_file.as_deref().map(|file| secrets.redact(file));
            for taken in &mut context.taken {
                taken.dockerfile = secrets.redact(&taken.dockerfile);
            }
        }
    }
}

/// What docker said of its containers.
enum Containers {
    Known(Vec<stack::Published>),
    /// Without an engine there are none.
    None,
    NoAnswer,
}

/// The ports that docker's containers have.
fn published(asked: &Asked<'_>, compose: &ComposeCall) -> Containers {
    let ps = docker_beside(compose, &["ps", "--format", stack::PUBLISHED_FORMAT]);
    match process::output_until(&ps, asked.environment, asked.deadline) {
        Ok(Some(output)) if output.status.success() => {
            Containers::Known(stack::containers(&String::from_utf8_lossy(&output.stdout)))
        }
        Ok(None) => Containers::NoAnswer,
        Ok(Some(_)) | Err(_) => Containers::None,
    }
}

/// Whether compose has to build one of these before it starts them. Only where that is not certain anyway.
fn image_is_missing(asked: &Asked<'_>, compose: &ComposeCall, started: &Services) -> bool {
    let environment = asked.environment.with(&asked.added);
    let project = started.project.clone().or_else(|| compose_files::project(compose, &environment)).unwrap_or_default();
    // Compose 1 names them otherwise.
    let dash = if compose.cli.is_1() { '_' } else { '-' };
    let built = started.services.iter().filter(|service| service.build.is_some());
    let image = |service: &Service| service.image.clone().unwrap_or_else(|| format!("{project}{dash}{}", service.name));
    let images: Vec<OsString> = built.map(|service| image(service).into()).collect();
    if images.is_empty() || asked.started.builds {
        return false;
    }
    let mut inspect = docker_beside(compose, &["image", "inspect", "--format", "{{.Id}}"]);
    inspect.words.extend(images);
    let output = process::output_until(&inspect, asked.environment, asked.deadline).ok().flatten();
    output.is_some_and(|output| String::from_utf8_lossy(&output.stderr).to_lowercase().contains("no such image"))
}

/// Docker itself, at the engine that compose is pointed at. As every question to docker it has no bad value of the
/// variable, with which it refuses to answer.
fn docker_beside(compose: &ComposeCall, words: &[&str]) -> Invocation {
    let mut docker = compose.docker(words);
    docker.env.retain(|(name, _)| name != "DOCKER_BUILDKIT");
    docker.env.push(("DOCKER_BUILDKIT".to_owned(), OsString::new()));
    docker
}

fn stack_facts(
    asked: &Asked<'_>,
    environment: &Environment,
    services: &Services,
    said: &str,
    published: Containers,
) -> StackFacts {
    let is_here = docker::engine_host(environment).is_none();
    let knows_containers = !matches!(published, Containers::NoAnswer);
    let published = match published {
        Containers::Known(published) => published,
        Containers::None | Containers::NoAnswer => Vec::new(),
    };
    let look = |host: Option<&str>, port: u16, udp: bool| {
        let held = if is_here { listeners::holder(host, port, udp) } else { listeners::Listening::Unknown };
        if knows_containers { held } else { held.without_containers() }
    };
    let files: Vec<PathBuf> =
        asked.compose_like.iter().flat_map(|compose| compose_files::env_files(compose, environment)).collect();
    let names_of = |file: &PathBuf| files::text_of(file).map(|text| env_file::names(&text)).unwrap_or_default();
    let names: Vec<String> = files.iter().flat_map(names_of).collect();
    let unset = services::unset_variables(said);
    let top = asked.root.join(".env");
    let sets_unset = || names_of(&top).iter().any(|name| unset.contains(name));
    let unread_env_file = (!files.contains(&top) && sets_unset()).then(|| paths::shown_from(&asked.root, &top));
    let compose_1 = || compose_files::project(asked.compose_like.as_ref()?, environment);
    let own = services.project.clone().or_else(compose_1);
    StackFacts {
        ports: stack::port_facts(services, &published, own.as_deref(), look),
        unset,
        hidden: stack::hidden(&names, |name| {
            let added = || asked.added.iter().any(|(other, _)| other == name);
            match asked.environment.get(name).is_some() {
                true => Some(Stronger::Person),
                false if asked.env_of_tasks.iter().any(|other| other == name) => Some(Stronger::Tasks),
                false => added().then_some(Stronger::Xtask),
            }
        }),
        refused: None,
        compose: asked.compose_like.as_ref().map(ComposeCall::shown).unwrap_or_default(),
        env_file: files.first().map(|file| paths::shown_from(&asked.root, file)).unwrap_or_default(),
        unread_env_file,
    }
}
