//! How to get, start or choose each part, on each system: the ends of hints.

use crate::docker::facts::{By, Source};
use crate::system::os::Os;

/// How to get docker.
pub fn docker(os: Os) -> &'static str {
    match os {
        Os::Linux => "install it: https://docs.docker.com/engine/install/",
        Os::Windows | Os::Mac => "install Docker Desktop: https://docs.docker.com/get-docker/",
    }
}

/// How to get compose for an installed docker.
pub fn compose(os: Os) -> &'static str {
    match os {
        Os::Linux => "install docker's plugin `docker-compose-plugin`: https://docs.docker.com/compose/install/linux/",
        Os::Windows | Os::Mac => "install Docker Desktop, which includes it: https://docs.docker.com/get-docker/",
    }
}

/// How to get buildx for an installed docker. Debian and Ubuntu call their own package `docker-buildx`.
pub fn buildx(os: Os) -> &'static str {
    match os {
        Os::Linux => {
            "install it: sudo apt-get install docker-buildx-plugin (Debian's and Ubuntu's own docker: docker-buildx)"
        }
        Os::Windows | Os::Mac => "update Docker Desktop, which includes it: https://docs.docker.com/get-docker/",
    }
}

/// How to unset variables (names with blanks between them): POSIX shells, and PowerShell.
pub fn unset(names: &str, os: Os) -> String {
    match os {
        Os::Linux | Os::Mac => format!("unset {names}"),
        Os::Windows => format!("Remove-Item Env:{}", names.replace(' ', ", Env:")),
    }
}

/// What named the engine, as the beginning of a sentence.
pub fn who_named(source: &Source) -> String {
    match source {
        Source::Host(By::Option) => "the option `--host`".to_owned(),
        Source::Host(_) | Source::Default => "DOCKER_HOST".to_owned(),
        Source::Context(name, By::Option) => format!("the option `--context {name}`"),
        Source::Context(name, _) => format!("the context `{name}`"),
    }
}

/// How to choose an engine other than the one that is named.
pub fn another_engine(source: &Source, os: Os) -> String {
    match source {
        Source::Host(By::Option) | Source::Context(_, By::Option) => {
            let option = who_named(source);
            format!("leave out {option} (`[compose] cli`, `--compose` or the step has it)")
        }
        Source::Host(_) => unset("DOCKER_HOST", os),
        Source::Context(_, By::Variable) => unset("DOCKER_CONTEXT", os),
        Source::Context(_, By::Config) | Source::Default => "docker context use default".to_owned(),
    }
}

/// How to start an engine, or to restart one that accepts connections and does not answer (`hangs`).
pub fn start_engine(source: &Source, hangs: bool, os: Os) -> String {
    let is_desktop = match source {
        Source::Default => os != Os::Linux,
        Source::Context(name, _) => name.starts_with("desktop"),
        Source::Host(_) => false,
    };
    match (source, hangs) {
        (_, true) if is_desktop => "restart Docker Desktop".to_owned(),
        (_, false) if is_desktop => "start Docker Desktop and wait until it says the engine is running".to_owned(),
        (Source::Default, true) => {
            "check its log (sudo journalctl -u docker), then restart it: sudo systemctl restart docker".to_owned()
        }
        (Source::Default, false) => "start it: sudo systemctl start docker (or start Docker Desktop)".to_owned(),
        (Source::Host(_) | Source::Context(..), _) => {
            let action = if hangs { "restart" } else { "start" };
            let (who, another) = (who_named(source), another_engine(source, os));
            format!("{who} points to it: {action} that engine, or use another: {another}")
        }
    }
}

/// How to get permission to talk to the engine.
pub fn permission(os: Os) -> &'static str {
    match os {
        Os::Linux => "add yourself to the socket's group, then log in again: sudo usermod -aG docker \"$USER\"",
        Os::Windows | Os::Mac => {
            "start Docker Desktop from your own account, or ask to be added to the group `docker-users`"
        }
    }
}
