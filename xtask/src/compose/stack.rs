//! The containers of a stack that compose started.

use std::ffi::OsString;
use std::time::Instant;

use anyhow::Result;

use crate::compose::call::ComposeCall;
use crate::compose::redact::Secrets;
use crate::docker::answer::{self, Answer, Unanswered, Why};
use crate::docker::output::{self, CONTAINER_FORMAT, Container};
use crate::system::environment::Environment;
use crate::ui::problem::Problem;

/// A stack that compose started: how to ask for its containers.
pub struct Stack<'a> {
    /// Compose with its files and options, before any command.
    pub compose: &'a ComposeCall,
    /// The services that were started by name; empty: all.
    pub services: &'a [String],
}

impl Stack<'_> {
    /// The ids of its containers, ended ones too.
    pub fn ids(&self, environment: &Environment, deadline: Instant) -> Result<Vec<OsString>> {
        let mut ps = self.compose.command(["ps", "-a", "-q"]);
        ps.words.extend(self.services.iter().map(OsString::from));
        let ids = answer::ask(&ps, environment, deadline)
            .and_then(Answer::on_success)
            .and_then(|answer| answer.read(|said| Some(output::ids(said)?.into_iter().map(OsString::from).collect())));
        ids.map_err(|why| self.not_known("compose can't list the containers", why, environment))
    }

    /// The services that an `up` without names starts; `None` if the list of containers has no others.
    ///
    /// Compose 2 also lists containers of services that are no longer in the files, or whose profile is off. Version 1 leaves
    /// out the first and has no command for the second (its `config --services` has all of them), and takes a second for it.
    /// Its names have underscores.
    pub fn active_services(
        &self,
        containers: &[Container],
        environment: &Environment,
        deadline: Instant,
    ) -> Result<Option<Vec<String>>> {
        // A script may call either version (a pyenv shim, for example): the names of the containers tell which.
        let is_2 = |container: &Container| container.name.contains(&format!("-{}-", container.service));
        let is_docker = self.compose.cli.words[0] == "docker";
        let lists_others = is_docker || (!self.compose.cli.is_1 && containers.iter().any(is_2));
        if !self.services.is_empty() || !lists_others {
            return Ok(None);
        }
        let answer = answer::ask(&self.compose.command(["config", "--services"]), environment, deadline);
        let redacted = |why| self.redacted(why, environment);
        match answer.map_err(redacted)?.on_success() {
            Ok(answer) => Ok(Some(answer.read(output::names).map_err(redacted)?)),
            Err(_) => Ok(None),
        }
    }

    /// What these containers do now. One that is gone is left out.
    pub fn containers(&self, ids: &[OsString], environment: &Environment, deadline: Instant) -> Result<Vec<Container>> {
        let mut inspect = self.compose.docker(&["inspect", "--type", "container", "--format", CONTAINER_FORMAT]);
        inspect.words.extend(ids.iter().cloned());
        let mut answer = answer::ask(&inspect, environment, deadline).map_err(|why| self.redacted(why, environment))?;
        let said = answer.stderr.trim();
        let is_gone = |line: &str| line.to_lowercase().contains("no such");
        if said.is_empty() || !said.lines().all(is_gone) {
            answer = answer
                .on_success()
                .map_err(|why| self.not_known("docker can't inspect the containers", why, environment))?;
        }
        Ok(answer.read(output::containers).map_err(|why| self.redacted(why, environment))?)
    }

    /// The last lines that a container printed, on both of its streams.
    pub fn last_lines(&self, container: &Container, environment: &Environment, deadline: Instant) -> Result<String> {
        let logs = self.compose.docker(&["logs", "--tail", "20", &container.id]);
        let answer = answer::ask(&logs, environment, deadline).map_err(|why| self.redacted(why, environment))?;
        let streams = [answer.stdout.trim_end(), answer.stderr.trim_end()];
        let lines = streams.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
        Ok(Secrets::of_project(self.compose, environment).redact(&lines))
    }

    /// What can't be told, where the question was answered by what it says itself.
    fn not_known(&self, what: &str, why: Unanswered, environment: &Environment) -> anyhow::Error {
        let why = self.redacted(why, environment);
        match &why.why {
            Why::Failed(said) => Problem::new(format!("{what}: {said}")).into(),
            _ => why.into(),
        }
    }

    /// The same without the project's secrets.
    fn redacted(&self, why: Unanswered, environment: &Environment) -> Unanswered {
        why.redacted(|said| Secrets::of_project(self.compose, environment).redact(said))
    }
}
