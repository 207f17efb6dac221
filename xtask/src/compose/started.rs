//! Which services a command builds and starts, and which ports of the host it takes.

use std::ffi::OsString;

use crate::compose::line::{ALL, BUILD_VALUED, Line, UP_VALUED, Words};

/// Options of `run` that take a value as the next word: compose's (1.29, 2.40), and docker's most common ones.
const RUN_VALUED: [&str; 25] = [
    "--cap-add",
    "--cap-drop",
    "--entrypoint",
    "-e",
    "--env",
    "--env-from-file",
    "-l",
    "--label",
    "--name",
    "-p",
    "--publish",
    "--pull",
    "-u",
    "--user",
    "-v",
    "--volume",
    "-w",
    "--workdir",
    "--scale",
    "--timeout",
    "--env-file",
    "--mount",
    "--network",
    "--platform",
    "--restart",
];

/// The option that publishes a port.
const PUBLISH: [&str; 2] = ["-p", "--publish"];

/// The services that a command speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    Nothing,
    /// All that the active profiles have.
    Everything,
    Named(Vec<String>),
}

impl Scope {
    /// Without names, a command is about everything.
    fn of(names: Vec<String>) -> Scope {
        if names.is_empty() { Scope::Everything } else { Scope::Named(names) }
    }
}

/// What a command builds and starts: that is where causes of a failure are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Started {
    pub scope: Scope,
    /// Whether they get the ports that the compose file gives them: `run` does so only with `--service-ports`.
    pub own_ports: bool,
    /// Whether their dependencies are started too.
    pub dependencies: bool,
    /// Ports that the command itself publishes: `8000:80`.
    pub published: Vec<String>,
    /// How many containers of a service the command itself asks for: `web=2`.
    pub scale: Vec<String>,
    /// Whether it builds in any case, not only where an image is missing.
    pub builds: bool,
    /// Whether it starts or makes containers; compose builds before it, where an image is missing.
    pub starts: bool,
}

impl Started {
    /// Everything, as `up` does.
    pub fn everything() -> Started {
        Started { scope: Scope::Everything, own_ports: true, starts: true, ..Started::default() }
    }

    /// What `docker` with these words starts: containers of no compose file.
    pub fn by_docker(words: &[OsString]) -> Started {
        let mut line = Line::parse(words.to_vec());
        if line.command_name() == "container" {
            line = Line::parse(line.rest);
        }
        let starts = Started { starts: true, ..Started::default() };
        match line.command_name() {
            "build" | "buildx" | "builder" => Started { builds: true, ..Started::default() },
            "run" => Started { published: Words::read(&line.rest, &RUN_VALUED, 1).values(&PUBLISH), ..starts },
            "start" | "restart" | "create" => starts,
            _ => Started::default(),
        }
    }
}

impl Line {
    /// What it builds and starts.
    pub fn started(&self) -> Started {
        let is_run = self.command_name() == "run";
        let words = match self.command_name() {
            "up" | "start" | "restart" | "watch" => Words::read(&self.rest, &UP_VALUED, ALL),
            "run" => Words::read(&self.rest, &RUN_VALUED, 1),
            "build" => {
                let names = Words::read(&self.rest, &BUILD_VALUED, ALL).names;
                return Started { builds: true, scope: Scope::of(names), ..Started::default() };
            }
            "create" => return Started { starts: true, ..Started::default() },
            _ => return Started::default(),
        };
        Started {
            starts: true,
            own_ports: !is_run || words.has(&["--service-ports", "-P"]),
            dependencies: !words.has(&["--no-deps"]),
            published: if is_run { words.values(&PUBLISH) } else { Vec::new() },
            builds: words.has(&["--build"]),
            scale: if is_run { Vec::new() } else { words.values(&["--scale"]) },
            scope: Scope::of(words.names),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn started(line: &str) -> Started {
        Line::parse(words(line)).started()
    }

    fn named(names: &[&str]) -> Scope {
        Scope::Named(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn up_starts_what_it_names_and_what_that_needs() {
        let up = started("up --exit-code-from worker worker");
        assert_eq!((up.scope, up.own_ports, up.dependencies, up.builds), (named(&["worker"]), true, true, false));
        assert_eq!(started("up -d --build").scope, Scope::Everything);
        assert!(started("up -d --build").builds);
        assert!(!started("up --no-deps --scale=api=2 api").dependencies);
        assert_eq!(started("ps api"), Started::default());
        assert_eq!(started("create"), Started { starts: true, ..Started::default() });
        assert_eq!(started("build"), Started { builds: true, scope: Scope::Everything, ..Started::default() });
        assert_eq!(started("build --build-arg A=1 web").scope, named(&["web"]));
        assert_eq!(started("up --scale web=2 --scale=api=0").scale, ["web=2", "api=0"]);
    }

    #[test]
    fn run_publishes_what_it_is_told_to() {
        let run = started("run --rm -e A=1 worker false --service-ports -p 1:1");
        assert_eq!((run.scope, run.own_ports, run.published), (named(&["worker"]), false, vec![]));
        let run = started("run --service-ports -p 8001:80 --publish=8002:80 worker");
        assert!(run.own_ports);
        assert_eq!(run.published, ["8001:80", "8002:80"]);
    }

    #[test]
    fn docker_run_publishes_its_own_ports_alone() {
        let published = |line: &str| Started::by_docker(&words(line)).published;
        assert_eq!(published("run --rm image false"), [""; 0]);
        assert_eq!(
            published("run -it --name x -p 8000:80 --publish=81:80 -p82:80 image -p 9:9"),
            ["8000:80", "81:80", "82:80"]
        );
        assert_eq!(published("container run -d -e A=1 -p 1:1 image"), ["1:1"]);
        assert_eq!(published("start x"), [""; 0]);
    }
}
