//! Finding out everything that the checks judge, once: docker's answers, compose's own reading of its files, what
//! these files build, and who has the ports.

use std::ffi::OsString;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use crate::build_context;
use crate::docker::{self, NoServices, Questions};
use crate::environment::Environment;
use crate::facts::builds::BuildFacts;
use crate::facts::stack::{self, StackFacts};
use crate::facts::{Machine, Variable};
use crate::invocation::Invocation;
use crate::services::{self, Services};
use crate::{compose_files, env_file, listeners, process, workspace};

/// What is asked for, and for whom.
pub struct Asked<'a> {
    /// The person's own variables.
    pub environment: &'a Environment,
    /// Those that the commands of tasks.toml get besides.
    pub added: Vec<(String, OsString)>,
    /// The folder of the project.
    pub root: PathBuf,
    /// The words that call compose; none when there is none.
    pub compose: Option<Vec<OsString>>,
    /// Compose with its files and options, as the tasks call it.
    pub compose_like: Option<Invocation>,
    /// Whether the project has cache mounts of its own.
    pub own_namespace: bool,
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
    /// The project's own namespace of cache mounts; empty without one.
    pub namespace: String,
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
        compose: asked.compose.as_deref(),
        variables: asked.variables(),
        whole: asked.whole,
        deadline: asked.deadline,
    };
    let mut facts = Facts::default();
    thread::scope(|scope| {
        let machine = scope.spawn(|| docker::machine(&questions));
        if let Some(compose) = &asked.compose_like {
            match read_services(asked, compose) {
                Ok((services, said)) => {
                    if asked.own_namespace {
                        let name = services.project.clone().or_else(|| compose_files::project(compose, &environment));
                        facts.namespace = name.unwrap_or_default();
                    }
                    let published = scope.spawn(|| published(asked, compose));
                    if asked.whole {
                        facts.builds = build_context::look(&services, &asked.root, asked.deadline);
                    } else {
                        facts.builds = build_context::read(&services, &asked.root);
                    }
                    let published = published.join().ok().flatten();
                    facts.stack = Some(stack_facts(asked, &environment, &services, &said, published));
                }
                Err(NoServices::Said(sentence)) => {
                    facts.stack = Some(StackFacts { refused: Some(sentence), ..StackFacts::default() });
                }
                Err(NoServices::NoAnswer) => {
                    facts.skipped.push("the compose file (compose does not answer)".to_owned())
                }
            }
        }
        facts.machine = machine.join().unwrap_or_default();
    });
    facts
}

/// Compose's own reading of its files, and what it said on the way.
fn read_services(asked: &Asked<'_>, compose: &Invocation) -> Result<(Services, String), NoServices> {
    // Compose 1 needs a second to start, which a hint has not.
    if compose.program() != "docker" && !asked.whole {
        let environment = asked.environment.with(&asked.added);
        return Ok((compose_files::read(&compose_files(compose, &environment), &environment), String::new()));
    }
    docker::services(compose, asked.environment, asked.deadline)
}

/// The files that compose reads.
fn compose_files(compose: &Invocation, environment: &Environment) -> Vec<PathBuf> {
    compose_files::of(compose, environment).map(|found| found.files).unwrap_or_default()
}

/// The ports that docker's containers have.
fn published(asked: &Asked<'_>, compose: &Invocation) -> Option<Vec<stack::Published>> {
    let mut ps = compose.clone();
    ps.words = std::iter::once("docker".into())
        .chain(crate::compose::engine_options(&compose.words))
        .chain(["ps", "--format", stack::PUBLISHED_FORMAT].map(OsString::from))
        .collect();
    let output = process::output_until(&ps, asked.environment, asked.deadline).ok().flatten()?;
    output.status.success().then(|| stack::containers(&String::from_utf8_lossy(&output.stdout)))
}

fn stack_facts(
    asked: &Asked<'_>,
    environment: &Environment,
    services: &Services,
    said: &str,
    published: Option<Vec<stack::Published>>,
) -> StackFacts {
    let is_here = docker::engine_host(environment).is_none();
    let published = published.unwrap_or_default();
    let look = |host: Option<&str>, port: u16, udp: bool| {
        if is_here { listeners::holder(host, port, udp) } else { stack::Listening::Unknown }
    };
    let file = asked.compose_like.as_ref().and_then(|compose| env_file_of(compose, environment));
    let names = file.as_ref().and_then(|path| workspace::text_of(path));
    let names = names.map(|text| env_file::names(&text)).unwrap_or_default();
    let compose_1 = || compose_files::project(asked.compose_like.as_ref()?, environment);
    let own = services.project.clone().or_else(compose_1);
    StackFacts {
        ports: stack::port_facts(services, &published, own.as_deref(), look),
        unset: services::unset_variables(said),
        hidden: stack::hidden(&names, |name| {
            let persons = asked.environment.get(name).is_some();
            let added = asked.added.iter().any(|(other, _)| other == name);
            (persons, added)
        }),
        ..StackFacts::default()
    }
}

/// The `.env` that compose reads: beside its first file.
fn env_file_of(compose: &Invocation, environment: &Environment) -> Option<PathBuf> {
    let file = compose_files(compose, environment).into_iter().next();
    let folder = file.as_deref().and_then(std::path::Path::parent).unwrap_or(&compose.dir);
    Some(folder.join(".env")).filter(|path| path.is_file())
}
