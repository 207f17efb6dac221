//! After `compose up --detach`: wait until the services are ready, then say where they are. The same on every
//! compose: version 1 has no `up --wait`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};

use crate::compose::call::ComposeCall;
use crate::compose::files;
use crate::compose::services::Services;
use crate::compose::stack::Stack;
use crate::docker::answer::Unanswered;
use crate::docker::output::{Container, PublishedPort};
use crate::docker::{endpoint, programs as docker};
use crate::project::context::{Context, Project};
use crate::run::readiness::{Readiness, has_died, readiness};
use crate::run::step::Step;
use crate::system::exit::Exit;
use crate::system::{http, process};
use crate::ui::text;

/// Between two looks at the containers.
const INTERVAL: Duration = Duration::from_millis(300);
/// How long a service without a health check must have been running: one that ends at once is seen running first.
const SETTLED: Duration = Duration::from_secs(1);

/// How long docker may take to show what is told besides: how services ended, and their last lines.
const LAST_LOOK: Duration = Duration::from_secs(3);
/// What a question gets at least, also at the end of the wait.
const LEAST: Duration = Duration::from_secs(1);

/// Whether a step starts services and returns before they are ready, and the project wants to wait for them.
pub fn is_due(project: &Project, step: &Step) -> bool {
    project.config.setting(step.mode).compose.wait > 0 && step.detached_services().is_some()
}

/// Waits for what a step has started.
///
/// 0 when everything is ready, 1 when a service died or time is up, 130 when the person stopped waiting; the stack stays up.
///
/// # Errors
///
/// Docker or compose can't say how the containers are.
pub fn until_ready(context: &Context, step: &Step) -> Result<Exit> {
    process::watch();
    let (Some(services), Some(compose)) = (step.detached_services(), step.compose_call()) else {
        return Ok(Exit::DONE);
    };
    if docker::find_docker(&step.environment(&context.environment), &step.dir).is_err() {
        context.ui.note("docker is not on PATH: can't tell when the services are ready");
        return Ok(Exit::DONE);
    }
    let limit = Duration::from_secs(context.project()?.config.setting(step.mode).compose.wait.into());
    let stack = Stack { compose: &compose, services: &services };
    let start = Instant::now();
    let wait = Wait {
        context,
        stack,
        start,
        limit,
        first: Vec::new(),
        done_without: Vec::new(),
        shown: BTreeSet::new(),
        has_said_waiting: false,
        answered: start,
        states: String::new(),
    };
    let end = wait.until_ready();
    if let Some(stop) = process::stopped() {
        context.ui.note("not waiting any longer; the stack stays up");
        return Ok(stop.exit());
    }
    end
}

/// After `up --detach` failed: shows the last lines of the services that others waited for in vain. Compose says only which
/// they are.
pub fn tell_what_ended(context: &Context, step: &Step) {
    let (Some(names), Some(compose)) = (step.detached_services(), step.compose_call()) else { return };
    let environment = &context.environment;
    let Ok(services) = files::services(&compose, environment) else { return };
    let stack = Stack { compose: &compose, services: &[] };
    if !services.services.iter().any(|service| !service.waits_for.is_empty()) {
        return;
    }
    let deadline = Instant::now() + LAST_LOOK;
    let ids = stack.ids(environment, deadline);
    let containers = ids.and_then(|ids| stack.containers(&ids, environment, deadline)).unwrap_or_default();
    // A service that was not started. Compose 1 makes no container for it.
    let has_waited = |name: &String| {
        let mut own = containers.iter().filter(|container| container.service == *name);
        (names.is_empty() || names.contains(name)) && own.all(|container| container.status == "created")
    };
    let waiting = services.services.iter().filter(|service| has_waited(&service.name));
    let in_vain: Vec<&String> = waiting.flat_map(|service| &service.waits_for).collect();
    for container in containers.iter().filter(|container| in_vain.contains(&&container.service) && has_died(container))
    {
        if let Ok(lines) = last_lines(&stack, container, context) {
            tell_end(context, container, &lines);
        }
    }
}

fn tell_end(context: &Context, container: &Container, lines: &str) {
    let service = &container.service;
    context.ui.problem(format_args!("service `{service}` {}; its last lines:", what_happened(container)));
    context.ui.quote(lines);
}

fn last_lines(stack: &Stack<'_>, container: &Container, context: &Context) -> Result<String> {
    let lines = match stack.last_lines(container, &context.environment, Instant::now() + LAST_LOOK) {
        Err(error) if is_silent(&error) => "(docker does not show them)".to_owned(),
        said => unless_stopped(said)?,
    };
    Ok(if lines.is_empty() { "(it printed nothing)".to_owned() } else { lines })
}

fn is_silent(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(Unanswered::is_silent)
}

/// A wait in progress: what it has seen and said so far.
struct Wait<'a> {
    context: &'a Context,
    stack: Stack<'a>,
    start: Instant,
    limit: Duration,
    /// The containers as they were at the first look.
    first: Vec<Container>,
    /// The ids of those that ended badly, and that nothing requires.
    done_without: Vec<String>,
    /// Containers whose last lines were shown.
    shown: BTreeSet<String>,
    has_said_waiting: bool,
    /// When docker answered last, and what it said of those that were not ready.
    answered: Instant,
    states: String,
}

impl Wait<'_> {
    /// An engine that stops answering ends it in time too.
    fn until_ready(mut self) -> Result<Exit> {
        match self.look_until_ready() {
            Err(error) if is_silent(&error) && process::stopped().is_none() => {
                let (limit, silent) = (self.limit.as_secs(), self.answered.elapsed().as_secs());
                let before = if self.states.is_empty() { "" } else { "; before that: " };
                let states = &self.states;
                let message =
                    format!("not ready after {limit} s: docker has not answered for {silent} s{before}{states}");
                self.context.ui.problem(message);
                Ok(Exit::FINDINGS)
            }
            end => end,
        }
    }

    /// When a question that is asked now has to be answered.
    fn deadline(&self) -> Instant {
        (self.start + self.limit).max(Instant::now() + LEAST)
    }

    /// The error also ends it when the person wants to stop.
    fn look_until_ready(&mut self) -> Result<Exit> {
        let environment = &self.context.environment;
        let ids = unless_stopped(self.stack.ids(environment, self.deadline()))?;
        if ids.is_empty() {
            return Ok(Exit::DONE);
        }
        let (mut last, mut steady_since) = (Vec::new(), self.start);
        let mut active = None;
        loop {
            let mut containers = unless_stopped(self.stack.containers(&ids, environment, self.deadline()))?;
            self.answered = Instant::now();
            if containers.is_empty() {
                self.context.ui.problem("the containers are gone: something removed them");
                return Ok(Exit::FINDINGS);
            }
            if self.first.is_empty() {
                active = unless_stopped(self.stack.active_services(&containers, environment, self.deadline()))?;
                self.first.clone_from(&containers);
            }
            containers.retain(|container| active.as_ref().is_none_or(|services| services.contains(&container.service)));
            containers.retain(|container| !self.done_without.contains(&container.id));
            if containers != last {
                (last, steady_since) = (containers, Instant::now());
            }
            match readiness(&last, steady_since.elapsed() >= SETTLED) {
                Readiness::Ready => return tell_ports(self.context, &last, self.stack.compose),
                Readiness::Died(container) => {
                    let lines = last_lines(&self.stack, container, self.context)?;
                    if !self.is_optional(&container.service) {
                        tell_end(self.context, container, &lines);
                        return Ok(Exit::FINDINGS);
                    }
                    let (service, happened) = (&container.service, what_happened(container));
                    let message =
                        format!("service `{service}` {happened}, and no service requires it; its last lines:");
                    self.context.ui.warning(message, "");
                    self.context.ui.quote(&lines);
                    self.done_without.push(container.id.clone());
                }
                Readiness::Waiting(waiting) => {
                    if self.is_over(&waiting)? {
                        return Ok(Exit::FINDINGS);
                    }
                }
            }
            process::pause(INTERVAL);
        }
    }

    /// Says what is waited for. Whether time is up.
    fn is_over(&mut self, waiting: &[&Container]) -> Result<bool> {
        let ui = &self.context.ui;
        let states: Vec<String> = waiting.iter().map(|it| format!("`{}` ({})", it.service, state(it))).collect();
        let states = text::and_list(&states, "and");
        self.states.clone_from(&states);
        let is_over = self.start.elapsed() >= self.limit;
        if is_over {
            ui.problem(format_args!("not ready after {} s: {states}", self.limit.as_secs()));
        }
        // A service that is restarted may still come up once what it needs is there; its last lines say why it ended.
        for container in waiting {
            let again = self.restarted(container);
            let due = is_over || (again && !ui.quiet);
            if !due || !self.shown.insert(container.id.clone()) {
                continue;
            }
            let lines = last_lines(&self.stack, container, self.context)?;
            let service = &container.service;
            ui.tell(match again {
                true => format!("service `{service}` ended and was restarted; its last lines:"),
                false => format!("the last lines of service `{service}`:"),
            });
            ui.quote(&lines);
        }
        if !is_over && !self.has_said_waiting && self.start.elapsed() >= SETTLED {
            ui.note(format_args!("waiting for {states}"));
            self.has_said_waiting = true;
        }
        Ok(is_over)
    }

    /// Whether the engine started it again since the first look.
    fn restarted(&self, container: &Container) -> bool {
        let before = self.first.iter().find(|before| before.id == container.id);
        container.status == "restarting" || before.is_some_and(|before| container.restarts > before.restarts)
    }

    /// Whether others start without this service: `required: false`. One that was named on the command line is wanted.
    fn is_optional(&self, service: &String) -> bool {
        let services = files::services(self.stack.compose, &self.context.environment);
        let Ok(Services { services, .. }) = services else { return false };
        let mut needing = services.iter().filter(|other| other.needs.contains(service)).peekable();
        let is_named = self.stack.services.contains(service);
        !is_named && needing.peek().is_some() && needing.all(|other| other.optional.contains(service))
    }
}

/// What docker answered, unless the person wants to stop: Ctrl-C reached that docker too, and its answer then means
/// nothing.
fn unless_stopped<T>(said: Result<T>) -> Result<T> {
    if process::stopped().is_some() { Err(anyhow!("stopped")) } else { said }
}

fn state(container: &Container) -> &str {
    match container.health.as_deref() {
        Some(health) if container.status == "running" => health,
        _ => &container.status,
    }
}

fn what_happened(container: &Container) -> String {
    match container.health.as_deref() {
        Some("unhealthy") if container.status == "running" => "is unhealthy".to_owned(),
        _ => format!("ended with exit code {}", container.exit_code),
    }
}

/// One line a published port: its URL where it answers HTTP, else host:port. An error if the person wants to stop.
fn tell_ports(context: &Context, containers: &[Container], compose: &ComposeCall) -> Result<Exit> {
    // "All addresses" means those of the engine's machine.
    let engine = endpoint::host(&context.environment.with(&compose.env), &compose.engine_options())
        .unwrap_or_else(|| "localhost".to_owned());
    let place = |port: &PublishedPort| match port.host.as_str() {
        "" | "0.0.0.0" | "::" => (engine.clone(), port.port),
        host => (host.to_owned(), port.port),
    };
    let running = containers.iter().filter(|container| container.status == "running" && !container.one_off);
    let published = running.flat_map(|container| container.ports.iter().map(move |port| (&container.service, port)));
    let tcp: BTreeSet<_> = published.clone().filter(|(_, port)| port.tcp).map(|(_, port)| place(port)).collect();
    let tcp: Vec<(String, u16)> = tcp.into_iter().collect();
    let speaks = http::answer(&tcp, || process::stopped().is_some()).context("stopped")?;
    let lines = published.map(|(service, port)| {
        let place = place(port);
        let is_url = port.tcp && tcp.iter().position(|other| *other == place).is_some_and(|at| speaks[at]);
        let (host, port) = place;
        let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        format!("{service}: {}{place}", if is_url { "http://" } else { "" })
    });
    for line in lines.collect::<BTreeSet<String>>() {
        context.ui.result(line);
    }
    Ok(Exit::DONE)
}
