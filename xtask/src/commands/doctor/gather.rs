//! Finding out everything that the checks judge, once: docker's answers, compose's own reading of its files, what
//! these files build, and who has the ports.

use std::ffi::OsString;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use crate::build_context;
use crate::docker::{self, Questions};
use crate::environment::Environment;
use crate::facts::builds::BuildFacts;
use crate::facts::stack::{self, StackFacts};
use crate::facts::{Machine, Variable};
use crate::invocation::Invocation;
use crate::services::{self, Services};
use crate::{env_file, listeners, process, workspace};

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

/// Why nobody knows what compose builds.
pub enum NoServices {
    /// Compose's own sentence about its files.
    Said(String),
    NoAnswer,
}

/// Compose's own reading of its files, and what it said on the way. Version 1 knows no JSON.
pub fn read_services(asked: &Asked<'_>, compose: &Invocation) -> Result<(Services, String), NoServices> {
    let is_1 = compose.program() != "docker";
    // Compose 1 needs a second to start, which a hint has not.
    if is_1 && !asked.whole {
        return Ok((files_of_compose_1(asked, compose), String::new()));
    }
    let ask = |words: &[&str]| {
        let mut invocation = compose.clone();
        invocation.words.extend(words.iter().map(OsString::from));
        process::output_until(&invocation, asked.environment, asked.deadline).ok().flatten()
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut output = (!is_1).then(|| ask(&["config", "--format", "json"])).flatten();
    // A `docker-compose` may be version 2 as well: what it prints without a format, both read.
    if is_1 {
        output = ask(&["config"]);
    }
    let Some(output) = output else { return Err(NoServices::NoAnswer) };
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    if !output.status.success() {
        return Err(NoServices::Said(services::last_sentence(&stderr)));
    }
    let services = if is_1 { Services::from_yaml(&stdout) } else { Services::from_json(&stdout) };
    services.map(|services| (services, stderr)).map_err(NoServices::Said)
}

/// The files as they stand, with their variables filled in: enough to know what is built and published.
fn files_of_compose_1(asked: &Asked<'_>, compose: &Invocation) -> Services {
    let environment = asked.environment.with(&asked.added);
    let named = compose_files(compose);
    let folder = named.first().and_then(|file| file.parent()).unwrap_or(&compose.dir).to_owned();
    let values = workspace::text_of(&folder.join(".env")).unwrap_or_default();
    let mut all = Services::default();
    for file in &named {
        let text = workspace::text_of(file).unwrap_or_default();
        let text = env_file::fill_in(&text, |name| environment.text(name).or_else(|| env_file::value(&values, name)));
        all.add(Services::from_yaml(&text).unwrap_or_default(), &folder);
    }
    all
}

/// The files that compose reads: those that are named, else what it finds.
fn compose_files(compose: &Invocation) -> Vec<PathBuf> {
    let mut named = Vec::new();
    let mut words = compose.words.iter();
    while let Some(word) = words.next() {
        if word == "-f" || word == "--file" {
            named.extend(words.next().map(|file| workspace::absolute(&compose.dir, file.as_ref())));
        }
    }
    if named.is_empty() {
        let names = crate::compose::FILES.iter();
        let found = |dir: &std::path::Path| names.clone().map(|name| dir.join(name)).find(|file| file.is_file());
        if let Some(file) = compose.dir.ancestors().find_map(found) {
            let beside = crate::compose::OVERRIDE_FILES.iter().map(|name| file.with_file_name(name));
            let overrides: Vec<PathBuf> = beside.filter(|file| file.is_file()).collect();
            named.push(file);
            named.extend(overrides);
        }
    }
    named
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
    let file = asked.compose_like.as_ref().and_then(env_file_of);
    let names = file.as_ref().and_then(|path| workspace::text_of(path));
    let names = names.map(|text| env_file::names(&text)).unwrap_or_default();
    let compose_1 = || project_of_compose_1(asked.compose_like.as_ref()?, environment);
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
fn env_file_of(compose: &Invocation) -> Option<PathBuf> {
    let file = compose_files(compose).into_iter().next();
    let folder = file.as_deref().and_then(std::path::Path::parent).unwrap_or(&compose.dir);
    Some(folder.join(".env")).filter(|path| path.is_file())
}

/// The project's name for compose 1, which does not print it: what is typed, what is set, the folder of the first file.
fn project_of_compose_1(compose: &Invocation, environment: &Environment) -> Option<String> {
    let typed =
        compose.words.iter().skip_while(|word| *word != "-p").nth(1).map(|name| name.to_string_lossy().into_owned());
    let set = || environment.text("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty());
    let folder = || {
        let file = compose_files(compose).into_iter().next()?;
        Some(file.parent()?.file_name()?.to_string_lossy().into_owned())
    };
    let name = typed.or_else(set).or_else(folder)?;
    Some(name.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect())
}
