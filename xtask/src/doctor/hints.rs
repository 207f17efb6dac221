//! Below a docker or compose step that failed: the cause, looked for on this machine by doctor's checks. What the step
//! printed is not known here: it had the terminal for itself, and compose's live progress is worth more.

use std::time::{Duration, Instant};

use crate::dockerfile::builds::BuildFacts;
use crate::doctor::asked::Asked;
use crate::doctor::checks as doctor;
use crate::doctor::command::needs_buildkit;
use crate::doctor::gather::{self, Facts};
use crate::lint;
use crate::project::context::Context;
use crate::run::step::{Step, Tool};
use crate::system::os::Os;
use crate::system::process;
use crate::ui::finding::{Finding, Severity};

/// Short: the person is waiting for an error message. What has not answered by then is skipped.
const LIMIT: Duration = Duration::from_millis(1700);

const MOST_PORTS: usize = 4;

/// Prints one cause and what to type, if a check finds one.
pub fn after(context: &Context, step: &Step) {
    if let Tool::File(..) | Tool::Program(..) | Tool::Rust(..) | Tool::Sh(_) | Tool::Say(..) = step.tool {
        return;
    }
    let asked = Asked::below(context, step, Instant::now() + LIMIT);
    let mut facts = gather::facts(&asked);
    // In so little time a missing answer means nothing: the machine may be busy.
    facts.machine.unanswered.retain(|(_, why)| !why.is_silent());
    let by_docker = matches!(step.tool, Tool::Docker(_));
    let builds = asked.started.builds || facts.image_is_missing;
    let causes = causes(&facts, builds, asked.started.starts, by_docker, context.program());
    let mut errors = causes.into_iter().filter(|cause| cause.severity == Severity::Error).peekable();
    let Some(rule) = errors.peek().map(|first| first.rule) else { return };
    // Each taken port has to be freed, and docker names only the one that it tried first.
    let most = if rule == doctor::stack::PORTS { MOST_PORTS } else { 1 };
    for cause in errors.filter(|cause| cause.rule == rule).take(most) {
        // No advice after Ctrl-C.
        if process::stopped().is_some() {
            return;
        }
        let fix = cause.fix.map(|fix| format!(": {fix}")).unwrap_or_default();
        context.ui.hint(&format!("{}{fix}", cause.message));
    }
}

/// What could make such a step fail, the most likely first.
fn causes(facts: &Facts, builds: bool, starts: bool, by_docker: bool, program: &str) -> Vec<Finding> {
    let (machine, os) = (&facts.machine, Os::HERE);
    let mut findings = vec![doctor::engine::cli(machine, os)];
    findings.extend(doctor::engine::config(machine));
    findings.extend(doctor::engine::engine(machine, os));
    if !builds && !starts {
        return findings;
    }
    findings
        .extend(doctor::buildkit::refused(machine, os).filter(|_| builds || doctor::buildkit::refuses_all(machine)));
    if builds && machine.engine.podman.is_some() {
        findings.extend(doctor::podman::failed_build(machine, by_docker, os));
    } else if builds {
        // A build step knows its variables before it looks at anything else, so they come first.
        findings.extend(doctor::buildkit::variables(machine, &needs_buildkit(facts), program, os));
        findings.extend(doctor::buildkit::compose(machine, os).filter(|_| !by_docker));
        findings.extend(doctor::buildkit::buildx(machine, by_docker, os));
        findings.extend(doctor::buildkit::builder(machine, os).filter(|_| !by_docker));
        let is_built = |build: &&BuildFacts| build.services.iter().any(|name| facts.started.contains(name));
        findings.extend(facts.builds.iter().filter(is_built).flat_map(lint::refused));
    }
    findings.extend(doctor::cache::disk(machine));
    findings.extend(facts.stack.iter().filter(|_| starts).flat_map(|stack| doctor::stack::ports(stack, os)));
    findings
}
