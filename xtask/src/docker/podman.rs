//! Podman in docker's place (4.3.1). It has no BuildKit: buildx starts one in a container there, and then all of our
//! commands work as on docker's engine. With DOCKER_BUILDKIT=0 Podman's own builder builds. It knows `RUN --mount`, but
//! keeps its cache mounts where no docker command lists them, and refuses an extra host.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::docker::answer::{self, Answer, Unanswered};
use crate::docker::facts::{Engine, Podman};
use crate::docker::programs::{plugin_file, question};
use crate::docker::{how_to_get, output};
use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::tasks::variables as buildkit;
use crate::ui::Ui;
use crate::ui::problem::Problem;

/// The command that starts BuildKit there.
pub const START: &str = "docker buildx inspect --bootstrap";
/// How long that may take: it pulls an image of some 100 MB.
const STARTING: Duration = Duration::from_secs(600);
const LOOKING: Duration = Duration::from_secs(20);

/// Whether what buildx or docker says of the builds here is of the builder that builds.
pub fn finds_buildkit(engine: &Engine, environment: &Environment) -> bool {
    check(engine, environment).is_ok()
}

/// Whether the commands that look into BuildKit find one.
///
/// # Errors
///
/// They don't, and what to do.
pub fn check(engine: &Engine, environment: &Environment) -> Result<(), Problem> {
    let text = |name: &str| environment.text(name).unwrap_or_default();
    // A builder that was named may be anywhere.
    let Some(podman) = engine.podman.filter(|_| text("BUILDX_BUILDER").is_empty()) else { return Ok(()) };
    let chosen = text("DOCKER_BUILDKIT");
    if podman == Podman::Program {
        Err(Problem::new("`docker` is Podman here, which has no BuildKit to look into")
            .hint("put docker's own program and its plugin buildx first on PATH: they can build on Podman's socket"))
    } else if buildkit::is_off(&chosen) {
        Err(Problem::new(format!(
            "DOCKER_BUILDKIT={chosen}: Podman's own builder builds here, and docker can't look into it"
        ))
        .hint(how_to_get::unset("DOCKER_BUILDKIT", Os::HERE)))
    } else if plugin_file(environment, "docker-buildx").is_none() {
        Err(Problem::new(
            "Podman has no BuildKit, and docker's plugin buildx is missing, which starts one in a container",
        )
        .hint(how_to_get::buildx(Os::HERE)))
    } else {
        Ok(())
    }
}

/// Whether Podman's own builder builds here, which refuses an extra host.
pub fn builds_by_itself(environment: &Environment, look: impl FnOnce() -> Engine) -> bool {
    environment.text("DOCKER_BUILDKIT").is_some_and(|value| buildkit::is_off(&value)) && look().podman.is_some()
}

/// Starts BuildKit in a container where the engine is Podman, unless it runs. `redacted`: what docker says, without secrets.
///
/// # Errors
///
/// There is none to start, or it can't be started.
pub fn start(
    ui: &Ui,
    engine: &Engine,
    options: &[OsString],
    environment: &Environment,
    dir: &Path,
    redacted: &dyn Fn(Unanswered) -> Unanswered,
) -> Result<(), Problem> {
    check(engine, environment)?;
    if engine.podman.is_none() {
        return Ok(());
    }
    let ask = |words: &[&str], limit: Duration| {
        answer::ask(&question(options, words, dir), environment, Instant::now() + limit)
    };
    let builder = ask(&["buildx", "inspect"], LOOKING).and_then(|answer| answer.read(output::engine::builder));
    if builder.is_ok_and(|builder| builder.is_running == Some(false)) {
        ui.note("buildx starts BuildKit in a container on Podman, and pulls its image if it has to");
    }
    let Err(why) = ask(&["buildx", "inspect", "--bootstrap"], STARTING).and_then(Answer::on_success) else {
        return Ok(());
    };
    let said = redacted(why).said();
    let said = said.lines().last().unwrap_or_default().trim_start_matches("ERROR: ");
    Err(Problem::new(format!("buildx can't start BuildKit in a container on Podman: {said}"))
        .hint(format!("see what is wrong: {START}")))
}
