//! What a task can be told: its flags for clap, and what was typed.

use std::ffi::OsString;
use std::rc::Rc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::system::environment::Environment;
use crate::tasks::config::{Body, Flag};
use crate::ui::secret;
use crate::ui::text::and_list;

/// What was typed for a task.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// By the flag's name. A flag that is missing was not given.
    pub flags: Vec<(String, Given)>,
    /// What comes after `--`.
    pub args: Vec<PlanWord>,
}

/// How a flag was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// With its value, if it takes one.
    Yes(Option<Value>),
    /// By the person's variable, `from-env`.
    ByVariable(Value),
    /// Possibly given: only where a task's help shows its commands.
    Maybe,
}

/// A flag's value, and how it is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub text: String,
    pub shown: String,
}

impl Value {
    pub fn of(flag: &Flag, text: &str) -> Value {
        let shown = if flag.hides(text) { "…" } else { text };
        Value { text: text.to_owned(), shown: shown.to_owned() }
    }
}

/// A word of a planned command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanWord {
    /// `shown` is its form without the secret values of flags.
    Exact { word: OsString, shown: OsString },
    /// Words that are there when a flag is given: only in a task's help. `shown` is their form there.
    Optional { shown: String, words: Vec<String> },
}

impl PlanWord {
    /// A word that no flag is part of.
    pub fn plain(word: impl Into<OsString>) -> PlanWord {
        let word = word.into();
        PlanWord::Exact { shown: word.clone(), word }
    }

    /// The word, and how it is shown. `None` if it is optional.
    pub fn exact(&self) -> Option<(OsString, OsString)> {
        match self {
            PlanWord::Exact { word, shown } => Some((word.clone(), shown.clone())),
            PlanWord::Optional { .. } => None,
        }
    }
}

impl Typed {
    /// Everything that can be typed, marked as possible: for a task's help.
    pub fn anything(body: &Body) -> Typed {
        let open = |flag: &&Flag| flag.default.is_none();
        Typed {
            flags: body.flags.iter().filter(open).map(|flag| (flag.name.clone(), Given::Maybe)).collect(),
            args: vec![PlanWord::Optional { shown: "[ARGS]...".to_owned(), words: Vec::new() }],
        }
    }

    /// Adds the flags that the person's variables give, if they are not given.
    ///
    /// # Errors
    ///
    /// A value is none of the flag's choices: a message, and what to do.
    pub fn add_variables(
        &mut self,
        body: &Body,
        variables: impl Fn() -> Rc<Environment>,
    ) -> Result<(), (String, String)> {
        for flag in &body.flags {
            let Some(name) = flag.from_env.as_ref().filter(|_| self.flag(&flag.name).is_none()) else { continue };
            let Some(value) = variables().text(name).filter(|value| !value.is_empty()) else { continue };
            let mut value = Value::of(flag, &value);
            if secret::is_secret(name) && !secret::is_harmless(&value.text) {
                value.shown = "…".to_owned();
            }
            if !flag.choices.is_empty() && !flag.choices.contains(&value.text) {
                let choices: Vec<String> = flag.choices.iter().map(|choice| format!("`{choice}`")).collect();
                let message = format!("`{}` in {name} is not a value for `{}`", value.shown, flag.shown());
                return Err((message, format!("use {}", and_list(&choices, "or"))));
            }
            self.flags.push((flag.name.clone(), Given::ByVariable(value)));
        }
        Ok(())
    }

    /// The first flag that has to be given and is not; one that a variable may give comes last.
    pub fn missing<'a>(&self, body: &'a Body) -> Option<&'a Flag> {
        let missing = || body.flags.iter().filter(|flag| flag.required && self.flag(&flag.name).is_none());
        missing().find(|flag| flag.from_env.is_none()).or_else(|| missing().next())
    }

    pub fn flag(&self, name: &str) -> Option<&Given> {
        self.flags.iter().find(|(flag, _)| flag == name).map(|(_, given)| given)
    }
}

/// The flags of a task as a clap command called `name`.
pub fn command(name: &str, body: &Body) -> Command {
    let command = Command::new(name.to_owned()).disable_help_flag(true).disable_version_flag(true);
    arguments(body.about.iter().fold(command, Command::about), body)
}

/// Adds a task's flags, and what it takes after `--`.
pub fn arguments(mut command: Command, body: &Body) -> Command {
    for flag in &body.flags {
        command = command.arg(argument(flag));
    }
    if body.takes_args() {
        command = command.arg(
            Arg::new("args")
                .value_name("ARGS")
                .help("Passed on unchanged")
                .last(true)
                .num_args(0..)
                .value_parser(value_parser!(OsString)),
        );
    }
    command
}

fn argument(flag: &Flag) -> Arg {
    let mut help = secret::hidden(flag.about.as_deref().unwrap_or_default()).into_owned();
    if let Some(env) = &flag.env {
        help.push_str(&format!(" [sets {env}]"));
    }
    if let Some(variable) = &flag.from_env {
        help.push_str(&format!(" [from {variable}]"));
    }
    if flag.required {
        help.push_str(" [required]");
    }
    if let Some(default) = flag.shown_default() {
        help.push_str(&format!(" [default: {default}]"));
    }
    if !flag.choices.is_empty() {
        help.push_str(&format!(" [one of: {}]", flag.choices.join(", ")));
    }
    let name = || flag.name.clone();
    let arg = Arg::new(name()).long(name()).short(flag.short).overrides_with(name()).help(help.trim_start().to_owned());
    match &flag.value {
        None => arg.action(ArgAction::SetTrue),
        Some(value) => {
            let arg = arg.value_name(value.clone()).hide_possible_values(true);
            // A choice may look like a flag.
            let arg = arg.allow_hyphen_values(flag.choices.iter().any(|choice| choice.starts_with('-')));
            if flag.choices.is_empty() { arg } else { arg.value_parser(flag.choices.clone()) }
        }
    }
}

/// Reads the words after a task's name, as a `task NAME …` step has them.
pub fn parse(body: &Body, words: impl IntoIterator<Item = OsString>) -> Result<Typed, clap::Error> {
    let matches = command("task", body).no_binary_name(true).try_get_matches_from(words)?;
    Ok(typed(&matches, body))
}

/// The same where the values are not known: flags take any.
pub fn parse_any(body: &Body, words: impl IntoIterator<Item = OsString>) -> Result<Typed, clap::Error> {
    let flags = body.flags.iter().filter(|flag| !flag.choices.is_empty());
    let any =
        |command: Command, flag: &Flag| command.mut_arg(&flag.name, |arg| arg.value_parser(value_parser!(String)));
    let command = flags.fold(command("task", body), any);
    Ok(typed(&command.no_binary_name(true).try_get_matches_from(words)?, body))
}

/// What clap found, read by the task's flags.
pub fn typed(matches: &ArgMatches, body: &Body) -> Typed {
    let flags = body.flags.iter().filter_map(|flag| {
        let given = match &flag.value {
            None => matches.get_flag(&flag.name).then_some(Given::Yes(None)),
            Some(_) => matches.get_one::<String>(&flag.name).map(|value| Given::Yes(Some(Value::of(flag, value)))),
        };
        Some((flag.name.clone(), given?))
    });
    Typed { flags: flags.collect(), args: args(matches).map(PlanWord::plain).collect() }
}

/// What was typed after `--`.
pub fn args(matches: &ArgMatches) -> impl Iterator<Item = OsString> {
    matches.try_get_many::<OsString>("args").ok().flatten().into_iter().flatten().cloned()
}
