//! The table of built-in commands, and what a typed name means: a task, a command in Rust, or a built-in command.
//!
//! A new built-in command is one file with a `BUILT_IN`, and one row here.

use crate::bench::command as bench;
use crate::buildkit::command as buildkit;
use crate::cache::command as cache;
use crate::cli::{completions, env, help, runner, schema};
use crate::doctor::command as doctor;
use crate::fresh::command as build_fresh;
use crate::init::command as init;
use crate::lint::command as lint;
use crate::run::steps as run;
use crate::verify::command as verify;
use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::doctor::hints;
use crate::fresh::build::{build, preview};
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::{Context, Project};
use crate::project::globals;
use crate::run::hooks::Hooks;
use crate::system::exit::Exit;
use crate::tasks::config::step;
use crate::tasks::config::{Body, Known, Task};
use crate::tasks::typed as task;
use crate::ui::nearest;
use crate::ui::problem::Problem;
use crate::ui::text;

/// What other subjects add to a run of tasks.
pub static HOOKS: Hooks = Hooks { build, preview, after_failure: hints::after, rust: runner::run };

static ALL: [BuiltIn; 12] = [
    bench::BUILT_IN,
    build_fresh::BUILT_IN,
    buildkit::BUILT_IN,
    cache::BUILT_IN,
    completions::BUILT_IN,
    doctor::BUILT_IN,
    env::BUILT_IN,
    help::BUILT_IN,
    init::BUILT_IN,
    lint::BUILT_IN,
    schema::BUILT_IN,
    verify::BUILT_IN,
];

/// The names of the built-in commands: what `builtin` in tasks.toml can be.
pub static NAMES: &[&str] = &names();

const fn names() -> [&'static str; ALL.len()] {
    let mut names = [""; ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = ALL[at].name;
        at += 1;
    }
    names
}

/// What tasks.toml may refer to.
pub fn known() -> Known<'static> {
    Known {
        builtins: NAMES,
        rules: crate::lint::names,
        rust: runner::names,
        global_flags: globals::names,
        task_of: |name| built_in(name)?.task(),
    }
}

/// What a typed name means.
pub enum Target {
    BuiltIn(&'static BuiltIn),
    /// The task's place in the file.
    Task(usize),
}

pub fn built_in(name: &str) -> Option<&'static BuiltIn> {
    ALL.iter().find(|row| row.name == name)
}

/// The built-in commands that tasks.toml neither names nor replaces, for the list.
pub fn unlisted<'a>(project: &'a Project) -> impl Iterator<Item = &'static BuiltIn> + 'a {
    ALL.iter().filter(move |row| {
        let named = |task: &Task| {
            task.name == row.name || task.body.builtin.as_ref().is_some_and(|name| name.get_ref() == row.name)
        };
        !project.config.tasks.iter().any(named)
    })
}

/// What a task is for: its own words, the built-in command's, or else its first step, or what it needs.
pub fn about(body: &Body) -> String {
    let of_row = || Some(built_in(body.builtin.as_ref()?.get_ref())?.about.to_owned());
    let of_step = || {
        let step = body.steps().iter().find(|step| !matches!(step.does, step::Does::Say(_)))?;
        Some(step.shown.trim().lines().next()?.to_owned())
    };
    let of_needs = || {
        let needs: Vec<&str> = body.needs().iter().map(|need| need.get_ref().as_str()).collect();
        (!needs.is_empty()).then(|| format!("Run {}", text::and_list(&needs, "and")))
    };
    let of_rust = || body.rust.then(|| "A command in Rust".to_owned());
    body.about.clone().or_else(of_row).or_else(of_rust).or_else(of_step).or_else(of_needs).unwrap_or_default()
}

/// Looks a name up: tasks and their aliases first, then the built-in commands.
pub fn find(name: &str, project: Option<&Project>, program: &str) -> Result<Target> {
    if let Some(project) = project {
        if let Some(task) = project.config.task(name) {
            if let Some(row) = task.body.builtin.as_ref().and_then(|row| built_in(row.get_ref())) {
                return Ok(Target::BuiltIn(row));
            }
            let at = project.config.tasks.iter().position(|other| other.name == task.name);
            return Ok(Target::Task(at.unwrap_or_default()));
        }
    }
    if let Some(row) = built_in(name) {
        return Ok(Target::BuiltIn(row));
    }
    let Some(project) = project else {
        return Err(Problem::new(format!("there is no tasks.toml here or above, and no built-in command `{name}`"))
            .hint("go to the project's folder, or name the file: --file path/to/tasks.toml")
            .into());
    };
    let visible = project.config.tasks.iter().filter(|task| !task.body.is_hidden());
    let names = visible.flat_map(|task| {
        std::iter::once(task.name.as_str()).chain(task.body.aliases().map(|alias| alias.get_ref().as_str()))
    });
    let near = nearest::nearest(name, names.chain(NAMES.iter().copied()));
    let hint = near.map_or_else(|| format!("list the tasks: {program} help"), |near| format!("did you mean `{near}`?"));
    Err(Problem::new(format!("no task is called `{name}`")).hint(hint).into())
}

impl Target {
    /// Its flags, as a clap command of the name that was typed.
    pub fn command(&self, name: &str, project: Option<&Project>) -> Command {
        match self {
            Target::BuiltIn(row) => {
                let about = project.and_then(|project| project.config.task(name)?.body.about.clone());
                let about = about.unwrap_or_else(|| row.about.to_owned());
                (row.accepts)(Command::new(name.to_owned()).about(about)).disable_help_flag(true)
            }
            Target::Task(at) => match project {
                Some(project) => task::command(name, &project.config.tasks[*at].body),
                None => Command::new(name.to_owned()),
            },
        }
    }

    /// Whether this value of a flag is hidden.
    pub fn hides_value_of(&self, flag: &str, value: &str, project: Option<&Project>) -> bool {
        match (self, project) {
            (Target::Task(at), Some(project)) => project.config.tasks[*at].body.hides_value_of(flag, value),
            _ => false,
        }
    }

    pub fn run(&self, context: &Context, matches: &ArgMatches) -> Result<Exit> {
        match self {
            Target::BuiltIn(row) => match row.does {
                Does::Runs(run) => run(context, matches),
                Does::IsTask(body) => {
                    run::task(context, &HOOKS, &Task::built_in(row.name), &task::typed(matches, &body()))
                }
            },
            Target::Task(at) => {
                let task = &context.project()?.config.tasks[*at];
                run::task(context, &HOOKS, task, &task::typed(matches, &task.body))
            }
        }
    }
}
