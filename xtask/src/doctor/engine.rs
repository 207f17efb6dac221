//! Docker itself: the program on PATH, and the engine that it talks to.

use crate::facts::{Engine, Machine, Question, Reach, Source};
use crate::finding::Finding;
use crate::os::Os;
use crate::version::Version;
use crate::{explain, install};

/// BuildKit is there from here on, behind the variables (Docker 18.09's release notes).
pub const FIRST_WITH_BUILDKIT: Version = Version::new(18, 9, 0);
/// BuildKit is the default from here on (Docker 23.0's release notes; measured on 26.1 and 28.5).
pub const FIRST_BY_DEFAULT: Version = Version::new(23, 0, 0);
/// The newest API that compose 1 speaks (docker-py 5.0; its `auto` stops there).
const NEWEST_OF_COMPOSE_1: Version = Version::new(1, 41, 0);

/// The docker that runs when somebody types `docker`, and those behind it.
pub fn cli(machine: &Machine, os: Os) -> Finding {
    let Some(first) = machine.dockers.first() else {
        return Finding::error("docker", "docker is not installed, or not on PATH")
            .why("nothing can be built or started")
            .fix(install::docker(os));
    };
    let path = first.path.display();
    let Some(version) = first.version else {
        if machine.unanswered.contains(&Question::Cli) {
            return Finding::ok("docker", format!("`{path}`"));
        }
        return Finding::warning("docker", format!("`{path}` does not tell its version"))
            .why("it may be another program by docker's name")
            .fix("try it: docker --version");
    };
    if version < FIRST_WITH_BUILDKIT {
        return Finding::error("docker", format!("`{path}` is {version}, which has no BuildKit"))
            .why("`RUN --mount` needs at least 18.09")
            .fix(install::docker(os));
    }
    let others: Vec<String> = machine.dockers[1..]
        .iter()
        .filter(|other| other.version.is_some_and(|other| other != version))
        .map(|other| format!("`{}` ({})", other.path.display(), other.version.unwrap_or(version)))
        .collect();
    let behind = if others.is_empty() { String::new() } else { format!("; behind it on PATH: {}", others.join(", ")) };
    Finding::ok("docker", format!("{version}, `{path}`{behind}"))
}

/// The engine: whether it answers, and what it can. Also what the check before a step says.
pub fn engine(machine: &Machine, os: Os) -> Option<Finding> {
    if let Some(finding) = reach(&machine.engine, os) {
        return Some(finding);
    }
    let Some(server) = &machine.server else {
        // It takes connections, may even answer a ping, and then says no more. Not when docker itself is that slow.
        if machine.unanswered.contains(&Question::Version) && !machine.unanswered.contains(&Question::Cli) {
            return reach(&Engine { reach: Reach::Silent, ..machine.engine.clone() }, os);
        }
        let error = machine.server_error.as_deref()?;
        let names_nobody = ["no such host", "could not resolve hostname"];
        if names_nobody.iter().any(|part| error.to_lowercase().contains(part)) {
            return reach(&Engine { reach: Reach::NoSuchHost, ..machine.engine.clone() }, os);
        }
        let said = error.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("docker says nothing");
        let finding = Finding::error("engine", format!("docker can't talk to its engine: {said}"));
        return Some(match explain::find(error).first() {
            Some(row) => finding.why(row.meaning).fix(row.remedy(os)),
            None => finding.why("nothing can be built or started").fix("try it: docker version"),
        });
    };
    let place = machine.engine.url.as_deref().map(|url| format!(" at `{url}`")).unwrap_or_default();
    let shown = &server.shown;
    if let (Some(oldest), Some(api)) = (server.min_api, machine.client.as_ref().and_then(|client| client.api)) {
        if oldest > api {
            return Some(too_old("docker", shown, oldest, api).fix(install::docker(os)));
        }
    }
    let is_compose_1 = machine.compose.version.is_some_and(|version| version.major == 1);
    if let (Some(oldest), true) = (server.min_api, is_compose_1) {
        if oldest > NEWEST_OF_COMPOSE_1 {
            return Some(too_old("compose 1", shown, oldest, NEWEST_OF_COMPOSE_1).fix(install::compose(os)));
        }
    }
    if machine.info.as_ref().is_some_and(|info| info.os_type == "windows") {
        return Some(
            Finding::warning("engine", format!("{shown}{place} runs Windows containers, which BuildKit can't build"))
                .why("a Dockerfile for Linux does not build there, and cache mounts have no effect")
                .fix("switch Docker Desktop to Linux containers (its menu)"),
        );
    }
    let Some(version) = server.version else { return Some(Finding::ok("engine", format!("{shown}{place}"))) };
    Some(if version < FIRST_WITH_BUILDKIT {
        Finding::error("engine", format!("{shown}{place} has no BuildKit"))
            .why("`RUN --mount` needs at least 18.09")
            .fix(install::docker(os))
    } else if version < FIRST_BY_DEFAULT {
        Finding::ok("engine", format!("{shown}{place}: BuildKit is there, and on only where a variable says so"))
    } else {
        Finding::ok("engine", format!("{shown}{place}: BuildKit is on by default"))
    })
}

fn too_old(who: &str, shown: &str, oldest: Version, api: Version) -> Finding {
    let short = |version: Version| format!("{}.{}", version.major, version.minor);
    let (oldest, api) = (short(oldest), short(api));
    Finding::error("engine", format!("{who} is too old for this engine"))
        .why(format!("engine {shown} talks to API {oldest} and later, {who} speaks {api} at most"))
}

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
