//! The containers of a stack that compose started.

use std::ffi::OsString;

use anyhow::Result;

use crate::compose::call::ComposeCall;
use crate::compose::files as compose_files;
use crate::compose::redact::Secrets;
use crate::docker::output::{self, CONTAINER_FORMAT, Container};
use crate::system::environment::Environment;
use crate::system::process;
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
    pub fn ids(&self, environment: &Environment) -> Result<Vec<OsString>> {
        let mut ps = self.compose.command(["ps", "-a", "-q"]);
        ps.words.extend(self.services.iter().map(OsString::from));
        let output = process::output(&ps, environment)?;
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
    pub fn active_services(&self, containers: &[Container], environment: &Environment) -> Result<Option<Vec<String>>> {
        // A script may call either version (a pyenv shim, for example): the names of the containers tell which.
        let is_2 = |container: &Container| container.name.contains(&format!("-{}-", container.service));
        let is_docker = self.compose.cli.words[0] == "docker";
        let lists_others = is_docker || (!self.compose.cli.is_1 && containers.iter().any(is_2));
        if !self.services.is_empty() || !lists_others {
            return Ok(None);
        }
        let output = process::output(&self.compose.command(["config", "--services"]), environment)?;
        Ok(output.on_success().map(|names| names.lines().map(|line| line.trim().to_owned()).collect()))
    }

    /// What these containers do now. One that is gone is left out.
    pub fn containers(&self, ids: &[OsString], environment: &Environment) -> Result<Vec<Container>> {
        let mut inspect = self.compose.docker(&["inspect", "--type", "container", "--format", CONTAINER_FORMAT]);
        inspect.words.extend(ids.iter().cloned());
        let output = process::output(&inspect, environment)?;
        let said = output.stderr.trim();
        let is_gone = |line: &str| line.to_lowercase().contains("no such");
        if !output.status.success() && (said.is_empty() || !said.lines().all(is_gone)) {
            // A docker that was killed says nothing.
            let why = if said.is_empty() { output.status.to_string() } else { said.to_owned() };
            return Err(Problem::new(format!("docker can't inspect the containers: {why}")).into());
        }
        Ok(output::containers(&output.stdout))
    }

    /// The last lines that a container printed, on both of its streams.
    pub fn last_lines(&self, container: &Container, environment: &Environment) -> Result<String> {
        let output = process::output(&self.compose.docker(&["logs", "--tail", "20", &container.id]), environment)?;
        let streams = [output.stdout.trim_end(), output.stderr.trim_end()];
        let lines = streams.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
        let written = compose_files::written(self.compose, environment);
        Ok(Secrets::of_project(self.compose, environment, &written).redact(&lines))
    }
}
