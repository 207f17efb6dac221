//! Which services a command starts, and whose ports of the host it takes with that.

use std::ffi::OsString;

use crate::compose::line::{Line, UP_VALUED};

/// Options of `run` that take a value as the next word (compose 1.29, 2.40).
const RUN_VALUED: [&str; 20] = [
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
];

/// Options of `docker run` that take no value. All others do (docker 20.10, 28.5).
const DOCKER_ALONE: [&str; 13] = [
    "--detach",
    "--disable-content-trust",
    "--help",
    "--init",
    "--interactive",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--privileged",
    "--publish-all",
    "--quiet",
    "--read-only",
    "--rm",
    "--tty",
];

/// The services that a command speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    Nothing,
    /// All that the active profiles have.
    Everything,
    Named(Vec<String>),
}

/// What a command starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Started {
    pub scope: Scope,
    /// Whether they get the ports that the compose file gives them: `run` does so only with `--service-ports`.
    pub own_ports: bool,
    /// Whether their dependencies are started too.
    pub dependencies: bool,
    /// Ports that the command itself publishes: `8000:80`.
    pub published: Vec<String>,
    /// Whether it builds in any case, not only where an image is missing.
    pub builds: bool,
}

impl Started {
    /// Everything, as `up` does.
    pub fn everything() -> Started {
        Started { scope: Scope::Everything, own_ports: true, ..Started::default() }
    }

    /// What `docker` with these words starts: containers of no compose file.
    pub fn by_docker(words: &[OsString]) -> Started {
        let mut words = words.iter().map(|word| word.to_string_lossy()).skip_while(|word| word == "container");
        let mut published = Vec::new();
        if words.next().is_none_or(|word| word != "run") {
            return Started::default();
        }
        while let Some(word) = words.next().filter(|word| word.starts_with('-')) {
            let (option, joined) = word.split_once('=').map_or((&*word, None), |(name, value)| (name, Some(value)));
            let is_short = !option.starts_with("--");
            if matches!(option, "-p" | "--publish") {
                published.extend(joined.map(str::to_owned).or_else(|| words.next().map(|value| value.into_owned())));
            } else if let Some(value) = option.strip_prefix("-p").filter(|_| is_short) {
                published.push(value.to_owned());
            } else {
                // `-it`, `-d`: letters without values. `-eNAME`, `-v/a:/b` have theirs joined.
                let alone = if is_short {
                    option.len() > 2 || option[1..].chars().all(|letter| "ditPq".contains(letter))
                } else {
                    joined.is_some() || DOCKER_ALONE.contains(&option) || option == "--sig-proxy"
                };
                if !alone {
                    words.next();
                }
            }
        }
        Started { published, ..Started::default() }
    }
}

impl Line {
    /// What it starts; nothing for what starts no container.
    pub fn started(&self) -> Started {
        let command = self.command_name();
        let valued: &[&str] = match command {
            "up" | "start" | "restart" | "watch" => &UP_VALUED,
            "run" => &RUN_VALUED,
            _ => return Started::default(),
        };
        let is_run = command == "run";
        let mut started = Started { own_ports: !is_run, dependencies: true, ..Started::default() };
        let mut names = Vec::new();
        let mut words = self.rest.iter().map(|word| word.to_string_lossy());
        while let Some(word) = words.next() {
            let (option, joined) = word.split_once('=').map_or((&*word, None), |(name, value)| (name, Some(value)));
            match option {
                "--service-ports" => started.own_ports = true,
                "-P" if is_run => started.own_ports = true,
                "--no-deps" => started.dependencies = false,
                "--build" => started.builds = true,
                "-p" | "--publish" if is_run => {
                    let value = joined.map(str::to_owned).or_else(|| words.next().map(|value| value.into_owned()));
                    started.published.extend(value);
                }
                "--" => {}
                option if option.starts_with('-') && option.len() > 1 => {
                    if joined.is_none() && valued.contains(&option) {
                        words.next();
                    }
                }
                name => {
                    names.push(name.to_owned());
                    // What follows is the command in the container.
                    if is_run {
                        break;
                    }
                }
            }
        }
        started.scope = if names.is_empty() { Scope::Everything } else { Scope::Named(names) };
        started
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
        assert_eq!(started("create"), Started::default());
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
