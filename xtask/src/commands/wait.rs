//! After `compose up --detach`: wait until the services are ready, then say where they are. The same on every
//! compose: version 1 has no `up --wait`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::compose::Line;
use crate::context::{Context, Project};
use crate::docker::Stack;
use crate::docker_output::Container;
use crate::exit::Exit;
use crate::invocation::Invocation;
use crate::plan::{Planned, Tool};
use crate::stack::{Readiness, readiness};
use crate::{docker, http, process, text};

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
    let (mut last, mut steady_since) = (Vec::new(), start);
    loop {
        let looked = unless_stopped(stack.containers(&ids, &context.environment))?;
        let Some(containers) = looked else { return Ok(stay_up(context)) };
        if containers.is_empty() {
            context.ui.problem("the containers are gone: somebody removed them");
            return Ok(Exit::FINDINGS);
        }
        if containers != last {
            (last, steady_since) = (containers.clone(), Instant::now());
        }
        match readiness(&containers, steady_since.elapsed() >= SETTLED) {
            Readiness::Ready => {
                tell_ports(context, &containers, compose);
                return Ok(Exit::DONE);
            }
            Readiness::Died(container) => {
                let lines = unless_stopped(stack.last_lines(container, &context.environment))?;
                let Some(lines) = lines else { return Ok(stay_up(context)) };
                context.ui.problem(format_args!(
                    "service `{}` {}; its last lines:",
                    container.service,
                    what_happened(container)
                ));
                context.ui.quote(if lines.is_empty() { "(it printed nothing)" } else { &lines });
                return Ok(Exit::FINDINGS);
            }
            Readiness::Waiting(waiting) => {
                let states: Vec<String> =
                    waiting.iter().map(|(service, state)| format!("`{service}` ({state})")).collect();
                let states = text::and_list(&states, "and");
                if start.elapsed() >= limit {
                    context.ui.problem(format_args!("not ready after {} s: {states}", limit.as_secs()));
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

/// What a docker of ours said, unless the person wants to stop: Ctrl-C reached that docker, too, and what it said then
/// is not to be judged.
fn unless_stopped<T>(said: Result<T>) -> Result<Option<T>> {
    if process::stopped().is_some() { Ok(None) } else { said.map(Some) }
}

fn stay_up(context: &Context) -> Exit {
    context.ui.note("not waiting any longer; the stack stays up");
    process::stopped().map_or(Exit::DONE, process::Stop::exit)
}

fn what_happened(container: &Container) -> String {
    match container.health.as_deref() {
        Some("unhealthy") if container.status == "running" => "is unhealthy".to_owned(),
        _ => format!("ended with exit code {}", container.exit_code),
    }
}

/// One line a published port: its URL where it answers HTTP, else host:port.
fn tell_ports(context: &Context, containers: &[Container], compose: &Invocation) {
    // "All addresses" of a far engine are its own.
    let engine = docker::engine_host(&context.environment.with(&compose.env)).unwrap_or_else(|| "localhost".to_owned());
    let running = containers.iter().filter(|container| container.status == "running" && !container.one_off);
    let mut lines = BTreeSet::new();
    for container in running {
        for port in &container.ports {
            let host = match port.host.as_str() {
                "" | "0.0.0.0" | "::" => &engine,
                host => host,
            };
            let place =
                if host.contains(':') { format!("[{host}]:{}", port.port) } else { format!("{host}:{}", port.port) };
            let url = port.tcp && http::answers(host, port.port);
            lines.insert(format!("{}: {}", container.service, if url { format!("http://{place}") } else { place }));
        }
    }
    for line in lines {
        context.ui.result(line);
    }
}
