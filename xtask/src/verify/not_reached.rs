//! Why a step with a mount did not run to its end.

use crate::docker::how_to_get;
use crate::docker::output::progress::State;
use crate::system::os::Os;
use crate::trial::marks;
use crate::verify::causes::{Cause, cause};
use crate::verify::index;
use crate::verify::not_writable;
use crate::verify::verdict::Mount;

const CLASSIC: &str = "the classic builder has no cache mounts, and stops at the first";

pub fn cause_of(mount: &Mount) -> Cause {
    if mount.classic_builder.is_some() {
        return cause(CLASSIC, how_to_get::unset("DOCKER_BUILDKIT", Os::HERE));
    }
    if mount.is_doubled {
        let why = "something listed the engine's build cache during each of the builds (`docker system df`, `docker builder du`), and \
                   the engine does not find a mount that is being measured";
        return cause(why, "run it again when nothing else lists the build cache");
    }
    let Some((step, build)) = mount.not_run() else { return cause("the step did not run", "") };
    let run = &step.runs[build];
    if let Some(refused) = mount.installer().and_then(|installer| index::refused(installer, step.line, &run.lines)) {
        return refused;
    }
    let said = || run.lines.iter().map(String::as_str);
    if said().any(|line| line.contains("Permission denied") && line.contains(mount.path())) {
        return not_writable::cause_of(mount, step, run.look.as_ref().and_then(|look| look.uid));
    }
    match &run.state {
        Some(State::Cached) => cause(
            "its layer was in the cache, so nothing was downloaded, and nothing is known about the mount",
            "an old `# syntax=` line at the top of the Dockerfile keeps the builder from running it again: remove it",
        ),
        Some(State::Failed(_)) => cause(
            format!("the step itself fails{}", reason(&run.lines)),
            format!("fix line {} of `{}` first", step.line, mount.file),
        ),
        _ => {
            let stop = mount.stopped_by.clone().unwrap_or_default();
            let why = if stop.why.is_empty() { "the build ended before" } else { stop.why.as_str() };
            let place = stop.line.map(|line| format!("line {line} of ")).unwrap_or_default();
            let fix = stop.fix.unwrap_or_else(|| format!("fix {place}`{}` first", mount.file));
            cause(format!("the build stops before it: {why}{}", reason(&stop.lines)), fix)
        }
    }
}

/// `: ` and the line of a failed step that says why.
fn reason(lines: &[String]) -> String {
    marks::reason(lines).map(|line| format!(": {line}")).unwrap_or_default()
}
