//! Where each part is got from, and how it is started, on each system: the ends of hints.

use crate::facts::Source;
use crate::os::Os;

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

/// How to start the engine that `source` names.
pub fn start_engine(source: &Source, os: Os) -> String {
    match source {
        Source::DockerHost => "DOCKER_HOST says so: start that engine, or unset the variable".to_owned(),
        Source::Context(name) if name.starts_with("desktop") => start_desktop().to_owned(),
        Source::Context(name) => {
            format!("the context `{name}` says so: start that engine, or choose another: docker context use default")
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
pub fn restart_engine(source: &Source, os: Os) -> String {
    match source {
        Source::DockerHost => "DOCKER_HOST says so: restart that engine, or unset the variable".to_owned(),
        Source::Context(_) | Source::Default if os != Os::Linux => "restart Docker Desktop".to_owned(),
        Source::Context(name) if name.starts_with("desktop") => "restart Docker Desktop".to_owned(),
        Source::Context(name) => format!("the context `{name}` says so: restart that engine"),
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
