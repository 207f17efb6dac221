//! Where each part is got from, and how it is started, on each system: the ends of hints.

use crate::docker::facts::{Engine, Source};
use crate::system::os::Os;

/// How to get docker.
pub fn docker(os: Os) -> &'static str {
    match os {
        Os::Linux => "install it: https://docs.docker.com/engine/install/",
        Os::Windows | Os::Mac => "install Docker Desktop: https://docs.docker.com/get-docker/",
    }
}

/// How to get compose for a docker that is here.
pub fn compose(os: Os) -> &'static str {
    match os {
        Os::Linux => "install docker's plugin `docker-compose-plugin`: https://docs.docker.com/compose/install/linux/",
        Os::Windows | Os::Mac => "install Docker Desktop, which has it: https://docs.docker.com/get-docker/",
    }
}

/// How to get buildx for a docker that is here. Debian and Ubuntu call their own package `docker-buildx`.
pub fn buildx(os: Os) -> &'static str {
    match os {
        Os::Linux => {
            "install it: sudo apt-get install docker-buildx-plugin (Debian's and Ubuntu's own docker: docker-buildx)"
        }
        Os::Windows | Os::Mac => "update Docker Desktop, which has it: https://docs.docker.com/get-docker/",
    }
}

/// How to take a variable out of one's environment: POSIX shells, and PowerShell.
pub fn unset(name: &str, os: Os) -> String {
    match os {
        Os::Linux | Os::Mac => format!("unset {name}"),
        Os::Windows => format!("Remove-Item Env:{name}"),
    }
}

/// How to choose another engine than the one that is named.
pub fn another_engine(engine: &Engine, os: Os) -> String {
    match &engine.source {
        Source::DockerHost => unset("DOCKER_HOST", os),
        Source::Context(_) if engine.by_variable => unset("DOCKER_CONTEXT", os),
        Source::Context(_) | Source::Default => "docker context use default".to_owned(),
    }
}

/// How to start the engine.
pub fn start_engine(engine: &Engine, os: Os) -> String {
    let another = another_engine(engine, os);
    match &engine.source {
        Source::DockerHost => format!("DOCKER_HOST says so: start that engine, or use this machine's: {another}"),
        Source::Context(name) if name.starts_with("desktop") => start_desktop().to_owned(),
        Source::Context(name) => {
            format!("the context `{name}` says so: start that engine, or choose another: {another}")
        }
        Source::Default if os == Os::Linux => {
            "start it: sudo systemctl start docker (or start Docker Desktop)".to_owned()
        }
        Source::Default => start_desktop().to_owned(),
    }
}

fn start_desktop() -> &'static str {
    "start Docker Desktop, and wait until it says that the engine runs"
}

/// What to do with an engine that takes connections and does not answer.
pub fn restart_engine(engine: &Engine, os: Os) -> String {
    let another = another_engine(engine, os);
    match &engine.source {
        Source::DockerHost => format!("DOCKER_HOST says so: restart that engine, or use this machine's: {another}"),
        Source::Context(_) | Source::Default if os != Os::Linux => "restart Docker Desktop".to_owned(),
        Source::Context(name) if name.starts_with("desktop") => "restart Docker Desktop".to_owned(),
        Source::Context(name) => {
            format!("the context `{name}` says so: restart that engine, or choose another: {another}")
        }
        Source::Default => "look what it does, then restart it: sudo systemctl restart docker".to_owned(),
    }
}

/// How to be allowed to talk to the engine.
pub fn permission(os: Os) -> &'static str {
    match os {
        Os::Linux => "join the socket's group, then log in again: sudo usermod -aG docker \"$USER\"",
        Os::Windows | Os::Mac => "start Docker Desktop as yourself, or ask for membership in `docker-users`",
    }
}
