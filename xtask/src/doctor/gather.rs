//! Gathers everything that the checks judge, once: docker's answers, compose's own reading of its files, what
//! these files build, and what uses the ports.

mod containers;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::compose::call::ComposeCall;
use crate::compose::config::{self, NoServices};
use crate::compose::redact::Secrets;
use crate::compose::said;
use crate::compose::services::{Port, Service, Services};
use crate::compose::{env_file, files as compose_files};
use crate::docker::answer::{Unanswered, Why};
use crate::docker::facts::{Machine, Question};
use crate::docker::listeners::{self, Listening};
use crate::docker::machine::{Questions, machine};
use crate::docker::{endpoint, programs};
use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::context as build_context;
use crate::dockerfile::context::facts::ContextFacts;
use crate::dockerfile::secret_values;
use crate::doctor::asked::Asked;
use crate::doctor::stack_facts::{self as stack, Published, StackFacts};
use crate::project::looking;
use crate::system::environment::Environment;
use crate::system::{files, paths};

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
    /// The names of the services that are built or started.
    pub started: Vec<String>,
    /// Whether an image is missing, so that compose builds it before it starts anything.
    pub image_is_missing: bool,
    /// Builds whose Dockerfile is not on this machine.
    pub unread_builds: usize,
    /// What docker did not answer, besides what the machine lists.
    pub unanswered: Vec<(Question, Unanswered)>,
    /// What could not be looked at, each with the reason.
    pub skipped: Vec<String>,
}

/// What is left for Dockerfiles and contexts when compose takes all of its time.
const FOR_FILES: Duration = Duration::from_millis(400);

/// Finds out what was asked for, all at the same time.
pub fn facts(asked: &Asked<'_>) -> Facts {
    let questions = Questions {
        environment: &asked.environment,
        dir: &asked.root,
        engine: &asked.engine,
        compose: asked.compose.as_ref().map(|compose| compose.words.as_slice()),
        no_compose: asked.no_compose.as_ref(),
        is_compose_1: asked.compose.as_ref().is_some_and(|compose| compose.is_1),
        whole: asked.whole,
        deadline: asked.deadline,
    };
    thread::scope(|scope| {
        let machine = scope.spawn(|| machine(&questions));
        let stack = asked.compose_like.as_ref().map(|compose| Stack::new(asked, compose));
        let mut facts = stack.map(|stack| stack.facts()).unwrap_or_default();
        facts.machine = machine.join().unwrap_or_default();
        redact(&mut facts.machine, asked);
        facts.machine.variables = asked.variables();
        facts.machine.unanswered.append(&mut facts.unanswered);
        let unanswered =
            facts.machine.unanswered.iter().filter(|(question, why)| is_left(&facts.machine, *question, why));
        let skipped: Vec<String> =
            unanswered.map(|(question, why)| format!("{} ({why})", question.subject())).collect();
        facts.skipped.extend(skipped);
        facts.skipped.extend(asked.left_out.iter().cloned());
        facts
    })
}

/// Whether no check says that a question has no answer. Where the engine can't be reached, that is why the others fail.
fn is_left(machine: &Machine, question: Question, why: &Unanswered) -> bool {
    match question {
        Question::Cli => false,
        Question::Version => why.is_silent(),
        Question::Compose => why.is_silent() && machine.compose.words.is_some(),
        _ => machine.server.is_some() || !matches!(why.why, Why::Failed(_)),
    }
}

/// Takes the secrets out of what docker said.
fn redact(machine: &mut Machine, asked: &Asked<'_>) {
    let said = [&mut machine.server_error, &mut machine.builder.error].into_iter().flatten();
    let said: Vec<&mut String> = said.collect();
    if said.is_empty() && machine.unanswered.is_empty() {
        return;
    }
    let secrets = asked.secrets();
    said.into_iter().for_each(|said| *said = secrets.redact(said));
    for (_, why) in &mut machine.unanswered {
        *why = why.clone().redacted(|said| secrets.redact(said));
    }
}

/// What is known of the services.
#[derive(Default)]
struct Reading {
    services: Services,
    /// What compose said while it read its files.
    said: String,
    /// What is unknown because compose did not read them, if that is worth reporting.
    unread: Option<String>,
}

/// Compose's files here.
struct Stack<'a> {
    asked: &'a Asked<'a>,
    compose: &'a ComposeCall,
    environment: &'a Environment,
    /// What the files say with their variables as they are written.
    written: Services,
    secrets: Secrets,
}

impl<'a> Stack<'a> {
    fn new(asked: &'a Asked<'a>, compose: &'a ComposeCall) -> Stack<'a> {
        let environment = &asked.environment;
        let written = compose_files::written(compose, environment);
        let secrets = Secrets::of_project(compose, environment);
        Stack { asked, compose, environment, written, secrets }
    }

    fn facts(&self) -> Facts {
        let asked = self.asked;
        thread::scope(|scope| {
            let containers = scope.spawn(|| self.containers());
            let Reading { mut services, said, unread } = match self.read() {
                Ok(reading) => reading,
                Err(why) => return self.refused(&why),
            };
            secret_values::inline(&mut services, &self.secrets);
            let profiles = compose_files::profiles(self.compose, self.environment);
            let started = stack::started(&services, &asked.started, &profiles);
            let of_images = started.clone();
            let image_is_missing = (!asked.whole).then(|| scope.spawn(move || self.image_is_missing(&of_images)));
            let mut facts = self.builds(&services);
            facts.unread_builds += usize::from(unread.is_some());
            facts.skipped.splice(0..0, unread);
            if asked.own_namespace {
                facts.namespace = self.project(&services).unwrap_or_default();
            }
            let containers = match containers.join() {
                Ok(Ok(containers)) => Some(containers),
                Ok(Err(why)) => {
                    facts.unanswered.push((Question::Containers, why));
                    None
                }
                Err(_) => None,
            };
            facts.started = started.services.iter().map(|service| service.name.clone()).collect();
            let of_stack = self.stack_facts(&started, &said, containers.as_deref());
            if of_stack.ports.len() >= stack::MOST_PORTS {
                facts.skipped.push(format!("the ports beyond the first {}", stack::MOST_PORTS));
            }
            facts.stack = Some(of_stack);
            facts.image_is_missing = image_is_missing.is_some_and(|missing| missing.join().unwrap_or(false));
            facts
        })
    }

    fn refused(&self, why: &NoServices) -> Facts {
        let (sentence, too_much) = match why {
            NoServices::TooMuch(file) => (file.to_string(), true),
            NoServices::Said(Some(sentence)) => (sentence.clone(), false),
            NoServices::Said(None) | NoServices::Unanswered(_) | NoServices::OnlyLooking(_) => (why.to_string(), false),
        };
        let refused = Some(self.secrets.redact(&sentence));
        let stack = StackFacts { refused, too_much, compose: self.compose.shown(), ..StackFacts::default() };
        Facts { stack: Some(stack), ..Facts::default() }
    }

    /// Compose's own reading of its files, or ours where compose is too slow. The error is compose's own sentence about files
    /// that it can't read, or why it is not asked.
    fn read(&self) -> Result<Reading, NoServices> {
        let as_written = |unread, besides: &str| {
            Ok(match compose_files::services(self.compose, self.environment) {
                Ok(services) => Reading { services, said: String::new(), unread },
                Err(why) => Reading {
                    unread: Some(format!(
                        "what the services build and start ({}{besides})",
                        self.secrets.redact(&why.to_string())
                    )),
                    ..Reading::default()
                },
            })
        };
        // Compose 1 takes a second to start: too long for a hint.
        if !self.asked.whole && self.compose.cli.is_1 {
            return as_written(None, "");
        }
        // Those of all profiles: `up SERVICE` also starts and builds services of a profile.
        let compose = self.compose.with(["--profile", "*"]);
        // Leaves time to look at what it says.
        let deadline = self.asked.deadline.checked_sub(FOR_FILES).unwrap_or(self.asked.deadline);
        match config::services(&compose, self.environment, deadline) {
            Ok((services, said)) => Ok(Reading { services, said, unread: None }),
            Err(NoServices::Unanswered(why)) => as_written(Some(format!("how compose reads its files ({why})")), ""),
            Err(NoServices::OnlyLooking(why)) => {
                let is_started = looking::cli(&self.compose.cli.words).is_some();
                let version = if is_started { "" } else { ", and its version" };
                as_written(Some(format!("how compose reads its files{version} ({why})")), &format!("; {why}"))
            }
            // A hint has to do with what it can read.
            Err(_) if !programs::is_bare(&self.compose.cli.words[0]) && !self.asked.whole => as_written(None, ""),
            Err(why) => Err(why),
        }
    }

    /// What the services are built from, and the folders that this takes files from.
    fn builds(&self, services: &Services) -> Facts {
        let asked = self.asked;
        let mut facts = Facts::default();
        let is_elsewhere = |service: &&Service| {
            service.build.as_ref().is_some_and(|build| build.context.is_none() && build.inline.is_none())
        };
        for service in services.services.iter().filter(is_elsewhere) {
            facts.unread_builds += 1;
            facts.skipped.push(format!("the build of `{}` (its context is not on this machine)", service.name));
        }
        if asked.whole {
            (facts.builds, facts.contexts) = build_context::look(services, &asked.root, asked.deadline);
            let cut_short = facts.contexts.iter().filter(|context| context.cut_short);
            facts.skipped.extend(cut_short.map(|context| {
                format!("all of the build context `{}` (too many files, or too little time)", context.shown)
            }));
        } else {
            facts.builds = build_context::read(services, &asked.root);
        }
        secret_values::compare_with_written(&mut facts.builds, &mut facts.contexts, &self.written, &self.secrets);
        facts
    }

    /// The project's name.
    fn project(&self, services: &Services) -> Option<String> {
        services.project.clone().or_else(|| compose_files::project(self.compose, self.environment))
    }

    /// The ports and variables of what is started. `said`: what compose printed besides its reading.
    fn stack_facts(&self, services: &Services, said: &str, containers: Option<&[Published]>) -> StackFacts {
        let (asked, environment) = (self.asked, self.environment);
        // Without its containers, a port of docker's own would be taken for another program's.
        let may_look = endpoint::host(environment, &asked.engine).is_none() && containers.is_some();
        let look = |port: &Port| match may_look {
            true => listeners::holder(port.host.as_deref(), port.published.0, port.udp),
            false => Listening::Unknown,
        };
        let containers = containers.unwrap_or_default();
        let env_files = compose_files::env_files(self.compose, environment);
        let names_of = |file: &PathBuf| -> Vec<String> {
            let text = files::text_of(file).unwrap_or_default();
            env_file::names(&text)
        };
        let names: Vec<String> = env_files.iter().flat_map(names_of).collect();
        let (hidden_by_person, rest): (Vec<String>, Vec<String>) =
            names.into_iter().partition(|name| asked.persons.get(name).is_some());
        let is_added = |name: &String| asked.of_steps.iter().any(|(added, _)| added == name);
        let hidden_by_tasks = rest.into_iter().filter(is_added).collect();
        let (parts, unset): (Vec<String>, Vec<String>) =
            said::unset_variables(said).into_iter().partition(|name| self.secrets.secret_containing(name).is_some());
        let cut_secrets: BTreeSet<&str> =
            parts.iter().filter_map(|name| self.secrets.secret_containing(name)).collect();
        let top = asked.root.join(".env");
        let sets_unset = || names_of(&top).iter().any(|name| unset.contains(name));
        let unread_env_file = (!env_files.contains(&top) && sets_unset()).then(|| paths::shown_from(&asked.root, &top));
        StackFacts {
            ports: stack::port_facts(services, containers, self.project(services).as_deref(), look),
            unset,
            cut_secrets: cut_secrets.into_iter().map(str::to_owned).collect(),
            hidden_by_tasks,
            hidden_by_person,
            refused: None,
            too_much: false,
            compose: self.compose.shown(),
            env_file: env_files.first().map(|file| paths::shown_from(&asked.root, file)).unwrap_or_default(),
            unread_env_file,
        }
    }
}
