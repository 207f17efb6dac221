//! What the first look at the engine's address says, in words with what to type.

use crate::docker::facts::{Engine, Reach, Source};
use crate::docker::install;
use crate::system::os::Os;
use crate::ui::finding::Finding;

/// What the look at the engine's address says for certain. None: it answers, or only docker can tell.
pub fn reach(engine: &Engine, os: Os) -> Option<Finding> {
    let url = engine.url.as_deref().unwrap_or_default();
    let nothing = "nothing can be built or started";
    let finding = match (engine.reach, &engine.source) {
        (Reach::Unknown | Reach::Answers, _) => return None,
        (Reach::Refused, Source::Context(name)) if name.starts_with("desktop") => {
            Finding::error("engine", format!("Docker Desktop is not started: nobody answers at `{url}`"))
                .fix(install::start_engine(engine, os))
        }
        (Reach::Refused, _) => {
            Finding::error("engine", format!("docker's engine is not running: nobody answers at `{url}`"))
                .fix(install::start_engine(engine, os))
        }
        (Reach::Denied, _) => Finding::error("engine", format!("no permission to talk to docker's engine at `{url}`"))
            .fix(install::permission(os)),
        (Reach::Silent, _) => Finding::error("engine", format!("docker's engine does not answer at `{url}`"))
            .fix(install::restart_engine(engine, os)),
        (Reach::NoSuchHost, source) => {
            let who = match source {
                Source::Context(name) => format!("docker's context `{name}`"),
                Source::DockerHost | Source::Default => "DOCKER_HOST".to_owned(),
            };
            Finding::error("engine", format!("{who} names no machine that is known here: `{url}`"))
                .fix(format!("mend it, or use this machine's engine: {}", install::another_engine(engine, os)))
        }
        (Reach::BadAddress, _) => Finding::error("engine", "DOCKER_HOST is no address that docker knows").fix(format!(
            "write it so: DOCKER_HOST=unix:///var/run/docker.sock, or use docker's own: {}",
            install::another_engine(engine, os)
        )),
        (Reach::NoSuchContext, Source::Context(name)) => {
            Finding::error("engine", format!("docker's context `{name}` does not exist"))
                .fix(format!("docker context ls lists them; choose another: {}", install::another_engine(engine, os)))
        }
        (Reach::NoSuchContext, _) => return None,
    };
    Some(finding.why(nothing))
}
