//! What the first look at the engine's address says, in words with what to type.

use crate::docker::facts::{Engine, Reach, Source};
use crate::docker::how_to_get;
use crate::system::os::Os;
use crate::ui::finding::Finding;

/// What the look at the engine's address says for certain. `None`: it answers, or only docker can tell.
pub fn reach(engine: &Engine, os: Os) -> Option<Finding> {
    let (url, source) = (engine.url.as_deref().unwrap_or_default(), &engine.source);
    let place = engine.url.as_deref().map(|url| format!(" at `{url}`")).unwrap_or_default();
    let (who, another) = (how_to_get::who_named(source), how_to_get::another_engine(source, os));
    let context = if let Source::Context(name, _) = source { name } else { "" };
    let (seen, fix) = match engine.reach {
        Reach::Unknown | Reach::Answers => return None,
        Reach::Refused => {
            let what = if context.starts_with("desktop") { "Docker Desktop" } else { "docker's engine" };
            (
                format!("{what} is not running: nothing is listening at `{url}`"),
                how_to_get::start_engine(source, false, os),
            )
        }
        Reach::Denied => {
            (format!("no permission to talk to docker's engine at `{url}`"), how_to_get::permission(os).to_owned())
        }
        Reach::Silent => {
            (format!("docker's engine does not answer{place}"), how_to_get::start_engine(source, true, os))
        }
        Reach::NoSuchHost => {
            (format!("{who} names an unknown host: `{url}`"), format!("fix it, or use the local engine: {another}"))
        }
        Reach::BadAddress => (
            format!("{who} is not an address that docker understands"),
            format!("write it like this: unix:///var/run/docker.sock, or use the default engine: {another}"),
        ),
        Reach::NoSuchContext => (
            format!("docker's context `{context}` does not exist"),
            format!("docker context ls lists them; choose another: {another}"),
        ),
    };
    Some(Finding::error("engine", seen).why("nothing can be built or started").fix(fix))
}
