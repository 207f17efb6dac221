//! The variables of a step: which one wins, those of `[env]` and of flags, and BuildKit's two.

use std::ffi::OsString;

use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::tasks::config::{Body, Config, Variables};
use crate::tasks::typed::{Given, Typed, Value};

/// Variables by precedence.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// From flags that were typed: stronger than the person's own variables.
    pub typed: Variables,
    /// The step's own: stronger than the person's, too.
    pub of_step: Variables,
    /// Weaker than the person's own; the first of each name counts.
    pub fallback: Variables,
    /// How those are printed that have the secret value of a flag.
    pub shown: Variables,
}

impl Layers {
    /// Those that every command gets, without a task's own.
    pub fn common(config: Option<&Config>) -> Layers {
        let fallback = config.map_or_else(buildkit, common);
        Layers { fallback, ..Layers::default() }
    }

    /// The variables to add to the person's own: what was typed is stronger than theirs, the rest weaker.
    pub fn added(&self, persons: &Environment, os: Os) -> Vec<(String, OsString)> {
        let mut added: Vec<(String, OsString)> = Vec::new();
        let same = |left: &str, right: &str| os.same_variable(left, right);
        for (name, value) in self.of_step.iter().chain(&self.typed) {
            added.retain(|(other, _)| !same(other, name));
            added.push((name.clone(), value.into()));
        }
        for (name, value) in &self.fallback {
            let own = persons.get(name);
            // Docker takes an empty value of BuildKit's variables as not set.
            let is_set = own.is_some_and(|own| !own.is_empty() || !VARIABLES.iter().any(|(known, _)| known == name));
            if !is_set && !added.iter().any(|(other, _)| same(other, name)) {
                added.push((name.clone(), value.into()));
            }
        }
        added
    }
}

/// The variables of a task's commands.
pub fn layers(config: &Config, body: &Body, typed: &Typed) -> Layers {
    let mut variables = Layers::default();
    for flag in &body.flags {
        let Some(env) = &flag.env else { continue };
        let (layer, value) = match (typed.flag(&flag.name), &flag.default) {
            (Some(Given::Yes(Some(value))), _) => (&mut variables.typed, value.clone()),
            (Some(Given::Yes(None)), _) => (&mut variables.typed, Value::of(flag, "1")),
            (Some(Given::ByVariable(value)), _) => (&mut variables.fallback, value.clone()),
            (None, Some(default)) => (&mut variables.fallback, Value::of(flag, default)),
            (Some(Given::Maybe), _) | (None, None) => continue,
        };
        let is_hidden = value.shown != value.text;
        layer.push((env.clone(), value.text));
        variables.shown.extend(is_hidden.then(|| (env.clone(), value.shown)));
    }
    variables.fallback.extend(body.env.iter().cloned());
    variables.fallback.extend(common(config));
    variables
}

/// The variables that every command gets unless they are set: `[env]`, and BuildKit's.
fn common(config: &Config) -> Variables {
    config.env.iter().cloned().chain(buildkit()).collect()
}

/// BuildKit's alone: where there is no tasks.toml.
fn buildkit() -> Variables {
    VARIABLES.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What every command gets unless it is set: BuildKit is chosen before a build starts, and neither a
/// Dockerfile nor a compose file can choose it. `COMPOSE_DOCKER_CLI_BUILD` is read by compose 1.25 to 1.29 alone
/// (1.25 to 1.27 need both); compose 2 and later ignore it.
pub const VARIABLES: [(&str, &str); 2] = [("DOCKER_BUILDKIT", "1"), ("COMPOSE_DOCKER_CLI_BUILD", "1")];

/// Whether a value of `COMPOSE_DOCKER_CLI_BUILD` has compose 1 build without docker's own command, and so without
/// BuildKit (compose 1.29, `Environment.get_boolean`; an empty value never arrives: ours takes its place).
pub fn is_off_for_compose_1(value: &str) -> bool {
    value == "0" || value.eq_ignore_ascii_case("false")
}

/// Whether a value of `DOCKER_BUILDKIT` turns BuildKit off. Docker reads it as Go's `strconv.ParseBool` does; an
/// empty value counts as not set (measured on 20.10, 26.1 and 28.5).
pub fn is_off(value: &str) -> bool {
    matches!(value, "0" | "f" | "F" | "false" | "False" | "FALSE")
}

/// Whether docker accepts a value of `DOCKER_BUILDKIT`; any other makes every build fail.
pub fn is_boolean(value: &str) -> bool {
    value.is_empty() || is_off(value) || matches!(value, "1" | "t" | "T" | "true" | "True" | "TRUE")
}
