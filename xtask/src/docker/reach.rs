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
        (Reach::Refused, Source::Context(name, _)) if name.starts_with("desktop") => {
            Finding::error("engine", format!("Docker Desktop is not running: nothing is listening at `{url}`"))
                .fix(install::start_engine(&engine.source, os))
        }
        (Reach::Refused, _) => {
            Finding::error("engine", format!("docker's engine is not running: nothing is listening at `{url}`"))
                .fix(install::start_engine(&engine.source, os))
        }
        (Reach::Denied, _) => Finding::error("engine", format!("no permission to talk to docker's engine at `{url}`"))
            .fix(install::permission(os)),
        (Reach::Silent, _) => Finding::error("engine", format!("docker's engine does not answer at `{url}`"))
            .fix(install::restart_engine(&engine.source, os)),
        (Reach::NoSuchHost, source) => {
            let who = install::who_named(source);
            Finding::error("engine", format!("{who} names an unknown host: `{url}`"))
                .fix(format!("fix it, or use the local engine: {}", install::another_engine(&engine.source, os)))
        }
        (Reach::BadAddress, source) => {
            let who = install::who_named(source);
            Finding::error("engine", format!("{who} is not an address that docker understands")).fix(format!(
                "write it like this: unix:///var/run/docker.sock, or use the default engine: {}",
                install::another_engine(source, os)
            ))
        }
        (Reach::NoSuchContext, Source::Context(name, _)) => Finding::error(
            "engine",
            format!("docker's context `{name}` does not exist"),
        )
        .fix(format!("docker context ls lists them; choose another: {}", install::another_engine(&engine.source, os))),
        (Reach::NoSuchContext, _) => return None,
    };
    Some(finding.why(nothing))
}
