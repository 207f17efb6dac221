//! What a task would run, as values: its plan, resolved as for a run, with nothing run but what variables are asked from.

use std::collections::BTreeMap;
use std::ffi::OsString;

use anyhow::Result;

use crate::compose::line::MENU;
use crate::file_commands::FileCommand;
use crate::project::context::{Context, Project};
use crate::run::parts::Parts;
use crate::run::resolve::Resolver;
use crate::run::shell;
use crate::run::step::{Step, Tool};
use crate::run::variables::{Answers, OfModes, add_env_files};
use crate::system::environment::Environment;
use crate::system::os::Os;
use crate::tasks::config::Task;
use crate::tasks::config::setting::MODE;
use crate::tasks::plan;
use crate::tasks::typed;
use crate::ui::secret::is_secret;

use super::item::{Item, Place, is_buildkits};
use super::shell::fill::{self, Values, one_blank};
use super::shell::{script, words};
use super::{canonical, flatten};

/// What a task would run.
pub enum Ours {
    Items {
        items: Vec<Item>,
        /// What commands print that are asked for variables, by the command.
        answers: BTreeMap<String, String>,
        /// Names of variables that a script uses: they may only bring a value into it, which make has in the line.
        carried: Vec<String>,
    },
    /// It does not begin: why.
    Refuses(String),
}

/// The task with what is typed for it. `known`: variables that a script may use. `shell`: gives what a command of the
/// Makefile prints, if it is one of those that make has run.
///
/// # Errors
///
/// A command that is asked for a variable fails, or an env file is not there.
pub fn items(
    context: &Context,
    task: &Task,
    typed: &[OsString],
    known: &[String],
    shell: &dyn Fn(&str) -> BTreeMap<String, String>,
) -> Result<Ours> {
    let project = context.project()?;
    // The same task, as this context has read it.
    let task = project.config.tasks.iter().find(|own| own.name == task.name).unwrap_or(task);
    let typed = match typed::parse(project.config.runs(task), typed.iter().cloned()) {
        Ok(typed) => typed,
        Err(error) => return Ok(Ours::Refuses(error.to_string())),
    };
    let of_modes = OfModes::new(context, project);
    let plan = match plan::plan(&project.config, task, &typed, Some(&|mode| of_modes.seen_by_flags(mode))) {
        Ok(plan) => plan,
        Err(finding) => return Ok(Ours::Refuses(finding.message)),
    };
    let steps = Resolver::new(context, false)?.steps(&plan.commands)?;
    let mut parts = Parts::new(&plan.parts, project.file.root());
    let mut asks = Answers::default();
    let (mut items, mut answers, mut carried) = (Vec::new(), BTreeMap::new(), Vec::new());
    for mut step in steps {
        if parts.enter(step.part).is_err() {
            continue;
        }
        let asked = step.asked.clone();
        add_variables(context, project, &mut asks, &mut step)?;
        for (name, output) in asked {
            let value = step.env.iter().find(|(other, _)| *other == name);
            let value = value.map(|(_, value)| value.to_string_lossy().into_owned());
            answers.extend(value.map(|value| (one_blank(&output.line), value)));
        }
        let may_fail = parts.may_fail(step.part).is_some();
        if let Tool::Sh(words) = &step.tool {
            let script = words.get(2).map(|script| script.to_string_lossy()).unwrap_or_default();
            answers.extend(shell(&script));
            carried.extend(words::used_variables(&script));
        }
        items.extend(of_step(context, &step, may_fail, known, &answers));
    }
    Ok(Ours::Items { items, answers, carried })
}

/// Those of commands and of env files.
fn add_variables(context: &Context, project: &Project, asks: &mut Answers, step: &mut Step) -> Result<()> {
    asks.add_to(context, project, step)?;
    add_env_files(context, project, step)
}

/// An error in few words.
pub fn why(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("error: ").unwrap_or(first).to_owned()
}

fn of_step(
    context: &Context,
    step: &Step,
    may_fail: bool,
    known: &[String],
    answers: &BTreeMap<String, String>,
) -> Vec<Item> {
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    let dir = step.dir.to_string_lossy().into_owned();
    let env = env(context, step);
    let place = Place { dir: canonical::joined(&dir, "."), env, may_fail, ..Place::default() };
    match &step.tool {
        Tool::Say(text, _) => vec![Item::Say(text.clone())],
        Tool::Sh(words) => {
            let script = words.get(2).map(text).unwrap_or_default();
            let environment = step.environment(&context.environment);
            let variables = known.iter().chain(place.env.keys());
            let variables = variables.map(|name| (name.clone(), environment.text(name))).collect();
            let args = words.iter().skip(4).map(text).collect();
            let values = Values { variables, args: Some(args), answers: answers.clone() };
            of_script(&script, &place, &values, &environment, true)
        }
        _ => {
            let words: Vec<String> = step.invocation().words.iter().map(text).collect();
            let words = match &step.tool {
                Tool::Compose(compose) => {
                    let own = words.into_iter().skip(compose.cli.words.len());
                    std::iter::once("compose".to_owned()).chain(own).collect()
                }
                _ => words,
            };
            vec![run(words, place, context)]
        }
    }
}

/// A plain command.
fn run(mut words: Vec<String>, mut place: Place, context: &Context) -> Item {
    if FileCommand::from_name(&words[0]).is_some() {
        place.env.clear();
    }
    while words.len() > 3 && words[0] == "env" && words[1] == "-u" {
        let removed = words.remove(2);
        words.remove(1);
        place.removed.extend(Some(removed).filter(|name| context.environment.get(name).is_some()));
        if !words[1].starts_with('-') {
            words.remove(0);
        }
    }
    let words = canonical::words(words, &place.dir);
    Item::Run { place, words }
}

/// What a script runs, with these values in it. One that can't be read is compared as it is written.
pub fn of_script(
    text: &str,
    place: &Place,
    values: &Values,
    environment: &Environment,
    ends_at_failure: bool,
) -> Vec<Item> {
    let mut values = values.clone();
    let dir = place.dir.clone();
    values.variables.insert("PWD".to_owned(), Some(dir.clone()));
    values.answers.insert("pwd".to_owned(), dir);
    if let Some((user, group)) = crate::system::user::ids() {
        values.answers.insert("id -u".to_owned(), user.to_string());
        values.answers.insert("id -g".to_owned(), group.to_string());
    }
    let Some(list) = script::parse(text) else {
        let lines = text.replace("\\\n", " ");
        let lines = lines.lines().map(one_blank).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let text = lines.collect::<Vec<_>>().join("\n");
        let ends_at_failure = Some(ends_at_failure);
        return vec![Item::Script { place: place.clone(), list: Vec::new(), ends_at_failure, text }];
    };
    for name in words::used_variables(text) {
        // A secret one stays a variable: its value would be printed.
        if !values.variables.contains_key(&name) && !is_secret(&name) {
            let value = environment.text(&name);
            values.variables.insert(name, value);
        }
    }
    let mut items = flatten::items(&fill::script(&list, &values), place, ends_at_failure);
    for item in &mut items {
        if let Item::Run { place, words } = item {
            if FileCommand::from_name(&words[0]).is_some() {
                place.env.clear();
            }
        }
    }
    items
}

/// What a step gets beside the person's own, as far as a Makefile could say it.
fn env(context: &Context, step: &Step) -> BTreeMap<String, String> {
    let is_persons = |name: &str, value: &OsString| context.environment.get(name).is_some_and(|own| own == value);
    let is_ours = |name: &str, value: &OsString| {
        is_buildkits(name, &value.to_string_lossy())
            || name == MENU
            || name == "SHELL"
            || [shell::XTASK, shell::FILE, MODE].iter().any(|own| Os::HERE.same_variable(own, name))
    };
    let env = step.env.iter().filter(|(name, value)| !is_persons(name, value) && !is_ours(name, value));
    env.map(|(name, value)| (name.clone(), value.to_string_lossy().into_owned())).collect()
}
