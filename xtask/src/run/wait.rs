//! After `compose up --detach`: wait until the services are ready, then say where they are. The same on every
//! compose: version 1 has no `up --wait`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::compose::line::Line;
use crate::compose::stack::Stack;
use crate::docker::output::Container;
use crate::docker::programs as docker;
use crate::project::context::{Context, Project};
use crate::run::readiness::{Readiness, readiness};
use crate::system::command_line::Invocation;
use crate::system::exit::Exit;
use crate::system::{http, process};
use crate::tasks::plan::{Planned, Tool};
use crate::ui::text;

/// Between two looks at the containers.
const INTERVAL: Duration = Duration::from_millis(300);
/// How long a service without a health check has to have run: one that ends at once is seen running first.
const SETTLED: Duration = Duration::from_secs(1);

fn services(planned: &Planned) -> Option<Vec<OsString>> {
    let words = planned.exact_words();
    (planned.tool == Tool::Compose).then(|| Line::parse(&words).detached_services()).flatten()
}

/// Whether a command starts services and returns before they are ready, and somebody wants to wait for them.
pub fn is_due(project: &Project, planned: &Planned) -> bool {
    project.config.compose.wait > 0 && services(planned).is_some()
}

/// Waits for what `planned` started. `compose` is compose with its files and options.
///
/// 0 when all is ready, 1 when a service died or time is up, 130 when the person stopped waiting: the stack stays up.
pub fn until_ready(context: &Context, planned: &Planned, compose: &Invocation) -> Result<Exit> {
    process::watch();
    let services = services(planned).unwrap_or_default();
    let stack = Stack { compose, services: &services };
    let limit = Duration::from_secs(context.project()?.config.compose.wait.into());
    if docker::find_docker(&context.environment.with(&compose.env), &compose.dir).is_err() {
        context.ui.note("docker is not on PATH: nobody can tell when the services are ready");
        return Ok(Exit::DONE);
    }
    let Some(ids) = unless_stopped(stack.ids(&context.environment))? else { return Ok(stay_up(context)) };
    if ids.is_empty() {
        return Ok(Exit::DONE);
    }
    let start = Instant::now();
    let mut told = false;
    let mut shown: BTreeSet<String> = BTreeSet::new();
    let mut active: Option<Option<Vec<String>>> = None;
    let (mut first, mut last, mut steady_since) = (Vec::new(), Vec::new(), start);
    loop {
        let looked = unless_stopped(stack.containers(&ids, &context.environment))?;
        let Some(mut containers) = looked else { return Ok(stay_up(context)) };
        if containers.is_empty() {
            context.ui.problem("the containers are gone: somebody removed them");
            return Ok(Exit::FINDINGS);
        }
        if active.is_none() {
            let asked = unless_stopped(stack.active_services(&containers, &context.environment))?;
            let Some(asked) = asked else { return Ok(stay_up(context)) };
            active = Some(asked);
        }
        if let Some(Some(active)) = &active {
            containers.retain(|container| active.contains(&container.service));
        }
        if first.is_empty() {
            first.clone_from(&containers);
        }
        if containers != last {
            (last, steady_since) = (containers.clone(), Instant::now());
        }
        match readiness(&containers, steady_since.elapsed() >= SETTLED) {
            Readiness::Ready => return Ok(tell_ports(context, &containers, compose)),
            Readiness::Died(container) => {
                let Some(lines) = last_lines(context, &stack, container)? else { return Ok(stay_up(context)) };
                let happened = what_happened(container);
                context.ui.problem(format_args!("service `{}` {happened}; its last lines:", container.service));
                context.ui.quote(&lines);
                return Ok(Exit::FINDINGS);
            }
            Readiness::Waiting(waiting) => {
                let states: Vec<String> =
                    waiting.iter().map(|it| format!("`{}` ({})", it.service, state(it))).collect();
                let states = text::and_list(&states, "and");
                let is_over = start.elapsed() >= limit;
                if is_over {
                    context.ui.problem(format_args!("not ready after {} s: {states}", limit.as_secs()));
                }
                // What ends and is started again may come yet, when what it needs is there; its lines say why not.
                for container in waiting {
                    let again = restarted(&first, container);
                    let due = is_over || (again && !context.ui.quiet);
                    if !due || !shown.insert(container.id.clone()) {
                        continue;
                    }
                    let Some(lines) = last_lines(context, &stack, container)? else { return Ok(stay_up(context)) };
                    let service = &container.service;
                    context.ui.tell(match again {
                        true => format!("service `{service}` ended and is started again; its last lines:"),
                        false => format!("the last lines of service `{service}`:"),
                    });
                    context.ui.quote(&lines);
                }
                if is_over {
                    return Ok(Exit::FINDINGS);
                }
                if !told && start.elapsed() >= SETTLED {
                    context.ui.note(format_args!("waiting for {states}"));
                    told = true;
                }
            }
        }
        process::pause(INTERVAL);
        if process::stopped().is_some() {
            return Ok(stay_up(context));
        }
    }
}

/// Whether the engine started it again since the first look.
fn restarted(first: &[Container], container: &Container) -> bool {
    let before = first.iter().find(|before| before.id == container.id);
    container.status == "restarting" || before.is_some_and(|before| container.restarts > before.restarts)
}

/// None: the person wants to stop.
fn last_lines(context: &Context, stack: &Stack<'_>, container: &Container) -> Result<Option<String>> {
    let lines = unless_stopped(stack.last_lines(container, &context.environment))?;
    Ok(lines.map(|lines| if lines.is_empty() { "(it printed nothing)".to_owned() } else { lines }))
}

/// What a docker of ours said, unless the person wants to stop: Ctrl-C reached that docker, too, and what it said then
/// is not to be judged.
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

/// One line a published port: its URL where it answers HTTP, else host:port.
fn tell_ports(context: &Context, containers: &[Container], compose: &Invocation) -> Exit {
    // "All addresses" of a far engine are its own.
    let engine = docker::engine_host(&context.environment.with(&compose.env)).unwrap_or_else(|| "localhost".to_owned());
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
    let Some(speak) = http::answer(&places, || process::stopped().is_some()) else { return stay_up(context) };
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
    Exit::DONE
}
