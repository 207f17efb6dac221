//! After `compose up --detach`: wait until the services are ready, then say where they are. The same on every
//! compose: version 1 has no `up --wait`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::compose::call::ComposeCall;
use crate::compose::stack::Stack;
use crate::docker::output::Container;
use crate::docker::{endpoint, programs as docker};
use crate::project::context::{Context, Project};
use crate::run::readiness::{Readiness, readiness};
use crate::run::step::Step;
use crate::system::exit::Exit;
use crate::system::{http, process};
use crate::ui::text;

/// Between two looks at the containers.
const INTERVAL: Duration = Duration::from_millis(300);
/// How long a service without a health check must have been running: one that ends at once is seen running first.
const SETTLED: Duration = Duration::from_secs(1);

/// Whether a step starts services and returns before they are ready, and the project wants to wait for them.
pub fn is_due(project: &Project, step: &Step) -> bool {
    project.config.compose.wait > 0 && step.detached_services().is_some()
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
    let limit = Duration::from_secs(context.project()?.config.compose.wait.into());
    let stack = Stack { compose: &compose, services: &services };
    let Some(ids) = unless_stopped(stack.ids(&context.environment))? else { return Ok(stay_up(context)) };
    if ids.is_empty() {
        return Ok(Exit::DONE);
    }
    let mut wait = Wait::new(context, stack, ids, limit);
    loop {
        match wait.look()? {
            ControlFlow::Break(End::Exit(exit)) => return Ok(exit),
            ControlFlow::Break(End::Stopped) => return Ok(stay_up(context)),
            ControlFlow::Continue(()) => process::pause(INTERVAL),
        }
        if process::stopped().is_some() {
            return Ok(stay_up(context));
        }
    }
}

/// A wait in progress: what it has seen and said so far.
struct Wait<'a> {
    context: &'a Context,
    stack: Stack<'a>,
    ids: Vec<OsString>,
    limit: Duration,
    start: Instant,
    /// The services that count. Asked once, after containers were seen.
    active: Option<Active>,
    first: Vec<Container>,
    last: Vec<Container>,
    /// When the last change was seen.
    steady_since: Instant,
    /// Containers whose last lines were shown.
    shown: BTreeSet<String>,
    has_said_waiting: bool,
}

enum Active {
    All,
    Only(Vec<String>),
}

enum End {
    Exit(Exit),
    /// The person stopped waiting.
    Stopped,
}

/// Gives the value, or leaves the look because the person wants to stop.
macro_rules! or_stop {
    ($said:expr) => {
        match unless_stopped($said)? {
            Some(value) => value,
            None => return Ok(ControlFlow::Break(End::Stopped)),
        }
    };
}

impl<'a> Wait<'a> {
    fn new(context: &'a Context, stack: Stack<'a>, ids: Vec<OsString>, limit: Duration) -> Wait<'a> {
        let start = Instant::now();
        Wait {
            context,
            stack,
            ids,
            limit,
            start,
            active: None,
            first: Vec::new(),
            last: Vec::new(),
            steady_since: start,
            shown: BTreeSet::new(),
            has_said_waiting: false,
        }
    }

    /// One look at the containers.
    fn look(&mut self) -> Result<ControlFlow<End>> {
        let Wait { context, stack, .. } = self;
        let mut containers = or_stop!(stack.containers(&self.ids, &context.environment));
        if containers.is_empty() {
            context.ui.problem("the containers are gone: something removed them");
            return Ok(ControlFlow::Break(End::Exit(Exit::FINDINGS)));
        }
        if self.active.is_none() {
            let asked = or_stop!(stack.active_services(&containers, &context.environment));
            self.active = Some(asked.map_or(Active::All, Active::Only));
        }
        if let Some(Active::Only(services)) = &self.active {
            containers.retain(|container| services.contains(&container.service));
        }
        if self.first.is_empty() {
            self.first.clone_from(&containers);
        }
        if containers != self.last {
            (self.last, self.steady_since) = (containers.clone(), Instant::now());
        }
        match readiness(&containers, self.steady_since.elapsed() >= SETTLED) {
            Readiness::Ready => {
                Ok(ControlFlow::Break(tell_ports(context, &containers, stack.compose).map_or(End::Stopped, End::Exit)))
            }
            Readiness::Died(container) => {
                let lines = or_stop!(self.last_lines(container));
                let (ui, happened) = (&self.context.ui, what_happened(container));
                ui.problem(format_args!("service `{}` {happened}; its last lines:", container.service));
                ui.quote(&lines);
                Ok(ControlFlow::Break(End::Exit(Exit::FINDINGS)))
            }
            Readiness::Waiting(waiting) => self.go_on(&waiting),
        }
    }

    /// Says what is waited for, and gives up when time is up.
    fn go_on(&mut self, waiting: &[&Container]) -> Result<ControlFlow<End>> {
        let ui = &self.context.ui;
        let states: Vec<String> = waiting.iter().map(|it| format!("`{}` ({})", it.service, state(it))).collect();
        let states = text::and_list(&states, "and");
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
            let lines = or_stop!(self.last_lines(container));
            let service = &container.service;
            ui.tell(match again {
                true => format!("service `{service}` ended and was restarted; its last lines:"),
                false => format!("the last lines of service `{service}`:"),
            });
            ui.quote(&lines);
        }
        if is_over {
            return Ok(ControlFlow::Break(End::Exit(Exit::FINDINGS)));
        }
        if !self.has_said_waiting && self.start.elapsed() >= SETTLED {
            ui.note(format_args!("waiting for {states}"));
            self.has_said_waiting = true;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether the engine started it again since the first look.
    fn restarted(&self, container: &Container) -> bool {
        let before = self.first.iter().find(|before| before.id == container.id);
        container.status == "restarting" || before.is_some_and(|before| container.restarts > before.restarts)
    }

    fn last_lines(&self, container: &Container) -> Result<String> {
        let lines = self.stack.last_lines(container, &self.context.environment)?;
        Ok(if lines.is_empty() { "(it printed nothing)".to_owned() } else { lines })
    }
}

/// What docker answered, unless the person wants to stop: Ctrl-C reached that docker too, and its answer then means
/// nothing.
fn unless_stopped<T>(said: Result<T>) -> Result<Option<T>> {
    if process::stopped().is_some() { Ok(None) } else { said.map(Some) }
}

fn stay_up(context: &Context) -> Exit {
    context.ui.note("not waiting any longer; the stack stays up");
    process::stopped().map_or(Exit::DONE, process::Stop::exit)
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

/// One line a published port: its URL where it answers HTTP, else host:port. `None` if the person wants to stop.
fn tell_ports(context: &Context, containers: &[Container], compose: &ComposeCall) -> Option<Exit> {
    // "All addresses" means those of the engine's machine.
    let engine = endpoint::host(&context.environment.with(&compose.env), &compose.engine_options())
        .unwrap_or_else(|| "localhost".to_owned());
    let running = containers.iter().filter(|container| container.status == "running" && !container.one_off);
    let published = running.flat_map(|container| container.ports.iter().map(move |port| (container, port)));
    let published: BTreeSet<(&str, bool, String, u16)> = published
        .map(|(container, port)| {
            let host = match port.host.as_str() {
                "" | "0.0.0.0" | "::" => &engine,
                host => host,
            };
            (container.service.as_str(), port.tcp, host.to_owned(), port.port)
        })
        .collect();
    let places = published.iter().filter(|(_, tcp, ..)| *tcp).map(|(.., host, port)| (host.clone(), *port));
    let places: Vec<(String, u16)> = places.collect();
    let speak = http::answer(&places, || process::stopped().is_some())?;
    let is_url = |tcp: bool, host: &str, port: u16| {
        let at = places.iter().position(|(other, number)| tcp && other == host && *number == port);
        at.is_some_and(|at| speak[at])
    };
    let lines = published.iter().map(|(service, tcp, host, port)| {
        let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        format!("{service}: {}", if is_url(*tcp, host, *port) { format!("http://{place}") } else { place })
    });
    for line in lines.collect::<BTreeSet<String>>() {
        context.ui.result(line);
    }
    Some(Exit::DONE)
}
