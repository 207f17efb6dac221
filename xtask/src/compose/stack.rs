//! The containers of a stack that compose started.

use std::ffi::OsString;
use std::fmt;
use std::time::Instant;

use anyhow::Result;

use crate::compose::call::ComposeCall;
use crate::compose::files as compose_files;
use crate::compose::redact::Secrets;
use crate::docker::output::{self, CONTAINER_FORMAT, Container};
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::process::{self, Output};
use crate::ui::problem::Problem;

/// A question got no answer in its time.
#[derive(Debug)]
pub struct NoAnswer;

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("docker does not answer")
    }
}

impl std::error::Error for NoAnswer {}

fn answer(question: &Invocation, environment: &Environment, deadline: Instant) -> Result<Output> {
    process::output_until(question, environment, deadline)?.ok_or_else(|| NoAnswer.into())
}

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
        let output = answer(&ps, environment, deadline)?;
        if !output.status.success() {
            let said = output.stderr.trim();
            return Err(Problem::new(format!("compose can't list the containers: {said}")).into());
        }
        Ok(output.stdout.split_whitespace().map(OsString::from).collect())
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
        let output = answer(&self.compose.command(["config", "--services"]), environment, deadline)?;
        Ok(output.on_success().map(|names| names.lines().map(|line| line.trim().to_owned()).collect()))
    }

    /// What these containers do now. One that is gone is left out.
    pub fn containers(&self, ids: &[OsString], environment: &Environment, deadline: Instant) -> Result<Vec<Container>> {
        let mut inspect = self.compose.docker(&["inspect", "--type", "container", "--format", CONTAINER_FORMAT]);
        inspect.words.extend(ids.iter().cloned());
        let output = answer(&inspect, environment, deadline)?;
        let said = output.stderr.trim();
        let is_gone = |line: &str| line.to_lowercase().contains("no such");
        if !output.status.success() && (said.is_empty() || !said.lines().all(is_gone)) {
            // A docker that was killed says nothing.
            let why = if said.is_empty() { output.status.to_string() } else { said.to_owned() };
            return Err(Problem::new(format!("docker can't inspect the containers: {why}")).into());
        }
        let unread = || Problem::new(output::not_understood("docker inspect", &output.stdout)).into();
        output::containers(&output.stdout).ok_or_else(unread)
    }

    /// The last lines that a container printed, on both of its streams.
    pub fn last_lines(&self, container: &Container, environment: &Environment, deadline: Instant) -> Result<String> {
        let output = answer(&self.compose.docker(&["logs", "--tail", "20", &container.id]), environment, deadline)?;
        let streams = [output.stdout.trim_end(), output.stderr.trim_end()];
        let lines = streams.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
        let written = compose_files::written(self.compose, environment);
        Ok(Secrets::of_project(self.compose, environment, &written).redact(&lines))
    }
}
