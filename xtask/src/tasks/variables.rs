//! The variables of a step: which one wins, those of `[env]` and of flags, and BuildKit's two.

use std::ffi::OsString;

use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::tasks::config::setting::Setting;
use crate::tasks::config::variable::{Content, Output, Variable};
use crate::tasks::config::{Body, Config, Variables};
use crate::tasks::typed::{Given, Typed, Value};

/// Variables by precedence.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// From flags that were typed: stronger than the person's own variables.
    pub typed: Variables,
    /// The step's own: stronger than the person's, too.
    pub of_step: Variables,
    /// Those with `override`, the first of each name counts: weaker than the step's, stronger than the person's.
    pub overriding: Vec<Variable>,
    /// Weaker than the person's own; the first of each name counts.
    pub fallback: Vec<Variable>,
    /// How those are printed that have the secret value of a flag.
    pub shown: Variables,
}

/// Variables to add to the person's own.
#[derive(Clone, Debug, Default)]
pub struct Added {
    pub env: Vec<(String, OsString)>,
    /// How many of them, from the first on, are stronger than the person's own.
    pub strong: usize,
    /// Those that a command has to be asked for.
    pub asked: Vec<(String, Output)>,
}

impl Layers {
    /// Those that every command gets, without a task's own.
    pub fn common(config: Option<&Config>) -> Layers {
        let mut layers = Layers::default();
        let setting = config.map(Config::here);
        layers.put(setting.iter().flat_map(|setting| setting.of_mode.iter().chain(&setting.env)));
        layers.fallback.extend(buildkit());
        layers
    }

    fn put<'a>(&mut self, variables: impl Iterator<Item = &'a Variable>) {
        for variable in variables {
            if variable.overrides { &mut self.overriding } else { &mut self.fallback }.push(variable.clone());
        }
    }

    /// The variables to add to the person's own: what was typed is stronger than theirs, the rest weaker.
    pub fn added(&self, persons: &Environment, os: Os) -> Added {
        let mut added = Added::default();
        let same = |left: &str, right: &str| os.same_variable(left, right);
        for (name, value) in self.of_step.iter().chain(&self.typed) {
            added.env.retain(|(other, _)| !same(other, name));
            added.env.push((name.clone(), value.into()));
        }
        added.strong = added.env.len();
        let of_layers = self.overriding.iter().map(|it| (it, true)).chain(self.fallback.iter().map(|it| (it, false)));
        for (variable, is_stronger) in of_layers {
            let name = &variable.name;
            let own = persons.get(name);
            // Docker takes an empty value of BuildKit's variables as not set.
            let is_set = own.is_some_and(|own| !own.is_empty() || !VARIABLES.iter().any(|(known, _)| known == name));
            let is_there = added.env.iter().any(|(other, _)| same(other, name))
                || added.asked.iter().any(|(other, _)| same(other, name));
            if is_there || is_set && !is_stronger {
                continue;
            }
            match &variable.content {
                Content::Text(value) => added.env.push((name.clone(), value.into())),
                Content::User(user) => added.env.extend(user.value(os).map(|value| (name.clone(), value.into()))),
                Content::Output(output) => added.asked.push((name.clone(), output.clone())),
            }
            if is_stronger {
                added.strong = added.env.len();
            }
        }
        added
    }
}

/// The variables of a task's commands in a mode.
pub fn layers(setting: &Setting, body: &Body, typed: &Typed) -> Layers {
    let mut variables = Layers::default();
    for flag in &body.flags {
        let Some(env) = &flag.env else { continue };
        let (is_typed, value) = match (typed.flag(&flag.name), &flag.default) {
            (Some(Given::Yes(Some(value))), _) => (true, value.clone()),
            (Some(Given::Yes(None)), _) => (true, Value::of(flag, "1")),
            (Some(Given::ByVariable(value)), _) => (false, value.clone()),
            (None, Some(default)) => (false, Value::of(flag, default)),
            (Some(Given::Maybe), _) | (None, None) => continue,
        };
        let is_hidden = value.shown != value.text;
        match is_typed {
            true => variables.typed.push((env.clone(), value.text)),
            false => variables.fallback.push(Variable::text(env, &value.text)),
        }
        variables.shown.extend(is_hidden.then(|| (env.clone(), value.shown)));
    }
    variables.put(setting.of_mode.iter().chain(&body.env).chain(&setting.env));
    variables.fallback.extend(buildkit());
    variables
}

/// BuildKit's, which every command gets unless they are set.
fn buildkit() -> impl Iterator<Item = Variable> {
    VARIABLES.iter().map(|(name, value)| Variable::text(name, value))
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
