//! `help`: the list of tasks, one task with its flags and its exact commands, or all of it as JSON.

use std::collections::BTreeMap;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use crate::cli::commands::{Target, find, unlisted};
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::{Context, Project};
use crate::project::globals;
use crate::run::resolve::Resolver;
use crate::system::exit::Exit;
use crate::tasks::config::step::{self, Step};
use crate::tasks::config::variable::{Content, Variable};
use crate::tasks::config::{Flag, Task, Variables};
use crate::tasks::plan::{self, Planned, Tool};
use crate::tasks::typed::Typed;
use crate::ui::escape::one_line;
use crate::ui::secret;
use crate::ui::source::LineIndex;
use crate::ui::style::Paint as _;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "help",
    about: "List the tasks, or show one with its flags and commands",
    needs_tasks: true,
    accepts,
    does: Does::Runs(help),
};

fn accepts(command: Command) -> Command {
    command.arg(Arg::new("task").value_name("TASK").help("The task to show")).arg(
        Arg::new("json").long("json").help("Print the tasks as JSON, with file and line").action(ArgAction::SetTrue),
    )
}

fn help(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let name = matches.get_one::<String>("task");
    match (name, matches.get_flag("json")) {
        (Some(name), false) => return one(context, name),
        (name, true) => context.ui.json(as_json(context, name.map(String::as_str))?),
        (None, false) => {
            context.ui.result(list(context, context.project()?).trim_end());
            if matches.get_flag("help") {
                context.ui.result(format_args!("\n{}", options()));
            }
        }
    }
    Ok(Exit::DONE)
}

/// The tasks, grouped, one line each.
fn list(context: &Context, project: &Project) -> String {
    let (styles, program) = (context.ui.out, context.program());
    // By heading, in the order of the file.
    let mut listed: Vec<(String, Vec<(String, String)>)> = vec![("Tasks:".to_owned(), Vec::new())];
    for task in &project.config.tasks {
        let body = &task.body;
        if body.is_hidden() {
            continue;
        }
        let mut about = crate::cli::commands::about(body);
        let aliases: Vec<&str> = body.aliases().map(|alias| alias.get_ref().as_str()).collect();
        if !aliases.is_empty() {
            about.push_str(&format!(" [also: {}]", aliases.join(", ")));
        }
        if !body.does_something() {
            about.push_str(&format!(" [only {}]", task.systems.join(", ")));
        }
        if project.config.takes_a_builtins_name(task) {
            about.push_str(" [in place of the built-in command]");
        }
        let heading = body.group.as_ref().map_or_else(|| "Tasks:".to_owned(), |group| format!("{}:", one_line(group)));
        let row = (task.name.clone(), about);
        match listed.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, rows)) => rows.push(row),
            None => listed.push((heading, vec![row])),
        }
    }
    let built_in = unlisted(project).map(|row| (row.name.to_owned(), row.about.to_owned())).collect();
    listed.push(("Built in:".to_owned(), built_in));
    let names = listed.iter().flat_map(|(_, rows)| rows).map(|(name, _)| name.chars().count());
    let width = names.max().unwrap_or(0);
    let mut text = format!("{} {program} <TASK> [OPTIONS] [-- ARGS]\n", "Usage:".style(styles.heading));
    for (heading, rows) in listed {
        if rows.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{}\n", heading.style(styles.heading)));
        for (name, about) in rows {
            let gap = " ".repeat(width - name.chars().count());
            text.push_str(format!("  {}{gap}  {}", name.style(styles.name), one_line(about.trim_start())).trim_end());
            text.push('\n');
        }
    }
    text.push_str(&format!("\n`{program} help TASK` shows a task's flags and commands.\n"));
    text
}

/// What can be typed, where there is no tasks.toml to list.
pub fn without_a_project(program: &str) -> String {
    format!("Usage: {program} <TASK> [OPTIONS] [-- ARGS]\n\n{}", options())
}

/// The global options alone.
fn options() -> String {
    let mut command = globals::add(Command::new("xtask")).help_template("{all-args}");
    command.render_help().to_string().trim_end().to_owned()
}

/// One task or built-in command: what it is for, what it takes, what it runs.
pub fn one(context: &Context, name: &str) -> Result<Exit> {
    let project = context.project.as_ref();
    let target = find(name, project, context.program())?;
    let command = target.command(name, project);
    let help = globals::add(command).bin_name(format!("{} {name}", context.program())).render_help().to_string();
    // Clap leaves blanks after a flag without help.
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    context.ui.result(lines.join("\n"));
    let Some(project) = project else { return Ok(Exit::DONE) };
    let of_row;
    let (task, typed) = match target {
        Target::Task(at) => (&project.config.tasks[at], Typed::anything(&project.config.tasks[at].body)),
        Target::BuiltIn(row) => {
            let Some(body) = row.task() else { return Ok(Exit::DONE) };
            of_row = Task::built_in(row.name);
            (&of_row, Typed::anything(&body))
        }
    };
    let named = project.config.task(name).unwrap_or(task);
    let body = &named.body;
    let aliases: Vec<&str> = body.aliases().map(|alias| alias.get_ref().as_str()).collect();
    if !aliases.is_empty() {
        context.ui.result(format_args!("\nAliases of {}: {}", named.name, aliases.join(", ")));
    }
    if let Some(path) = &body.unless {
        let path = body.below_dir(path.get_ref());
        context.ui.result(format_args!("\nLeft out when this is there: {}", one_line(path)));
    }
    if let Some(question) = &body.confirm {
        context.ui.result(format_args!("\nAsks first: {}", one_line(question)));
    }
    let commands = commands(context, project, task, &typed)?;
    if !commands.is_empty() {
        context.ui.result(format_args!("\n{}\n{commands}", "Commands:".style(context.ui.out.heading)));
    }
    Ok(Exit::DONE)
}

fn commands(context: &Context, project: &Project, task: &Task, typed: &Typed) -> Result<String> {
    let plan = plan::plan(&project.config, task, typed, None).map_err(|finding| project.mistake(finding))?;
    let resolver = Resolver::new(context, false)?;
    let mut lines = Vec::new();
    // For a command in Rust that would be the line that was typed.
    let is_itself = |planned: &&Planned| planned.tool == Tool::Rust && planned.task == task.name;
    for planned in plan.commands.iter().filter(|planned| !is_itself(planned)) {
        let folder = planned.dir.as_ref().map(|(dir, _)| format!("in {}", one_line(dir)));
        let may_fail = plan::may_fail(&plan.parts, planned.part).map(|_| "may fail".to_owned());
        let notes: Vec<String> = folder.into_iter().chain(may_fail).collect();
        let notes = if notes.is_empty() { String::new() } else { format!("  ({})", notes.join("; ")) };
        lines.push(format!("  $ {}{notes}", resolver.shown(planned)?));
    }
    Ok(lines.join("\n"))
}

/// All tasks, or the one that is named.
fn as_json(context: &Context, name: Option<&str>) -> Result<Value> {
    let project = context.project()?;
    let lines = LineIndex::new(&project.file.source);
    let file = project.file.path.display().to_string();
    if let Some(name) = name {
        // Reports an unknown name.
        find(name, Some(project), context.program())?;
        return Ok(match project.config.task(name) {
            Some(task) => task_as_json(task, &file, &lines),
            None => json!({ "name": name, "builtin": name }),
        });
    }
    let tasks: Vec<Value> = project.config.tasks.iter().map(|task| task_as_json(task, &file, &lines)).collect();
    let built_in: Vec<Value> = unlisted(project).map(|row| json!({ "name": row.name, "about": row.about })).collect();
    Ok(json!({ "file": file, "os": project.config.os.name(), "tasks": tasks, "builtins": built_in }))
}

fn task_as_json(task: &Task, file: &str, lines: &LineIndex) -> Value {
    let body = &task.body;
    // Not a command in Rust that the file does not name.
    let is_in_file = !task.span.is_empty();
    json!({
        "name": task.name,
        "file": is_in_file.then_some(file),
        "line": is_in_file.then(|| lines.line(task.span.start) + 1),
        "about": crate::cli::commands::about(body),
        "aliases": body.aliases().map(|alias| alias.get_ref().as_str()).collect::<Vec<_>>(),
        "hidden": body.is_hidden(),
        "builtin": body.builtin.as_ref().map(|name| name.get_ref()),
        "rust": body.rust,
        "needs": body.needs().iter().map(|need| need.get_ref().as_str()).collect::<Vec<_>>(),
        "steps": body.steps().iter().map(step_as_json).collect::<Vec<_>>(),
        "group": body.group,
        "unless": body.unless.as_ref().map(|path| path.get_ref()),
        "dir": body.dir.as_ref().map(|dir| dir.get_ref()),
        "confirm": body.confirm,
        "env": body.env.iter().map(|it| (it.name.as_str(), variable_as_json(it))).collect::<BTreeMap<_, _>>(),
        "mode": body.mode.as_ref().map(|mode| mode.get_ref()),
        "takes_args": body.takes_args(),
        "runs": body.does_something(),
        "systems": task.systems,
        "flags": body.flags.iter().map(flag_as_json).collect::<Vec<_>>(),
    })
}

/// A line alone is a text, and anything else a table, as in the file.
fn step_as_json(written: &Step) -> Value {
    let Some(keys) = &written.keys else { return json!(written.shown) };
    let does = match written.does {
        step::Does::Run(_) => "run",
        step::Does::Sh(_) => "sh",
        step::Does::Say(_) => "say",
    };
    let mut table = json!({ does: written.shown });
    if let Some(dir) = &keys.dir {
        table["dir"] = json!(dir.get_ref());
    }
    if !keys.env.is_empty() {
        table["env"] = json!(variables(&keys.env));
    }
    if keys.may_fail {
        table["may-fail"] = json!(true);
    }
    table
}

/// A text alone is a text, and anything else a table, as in the file.
fn variable_as_json(variable: &Variable) -> Value {
    let mut value = match &variable.content {
        Content::Text(text) if !variable.overrides => return json!(secret::shown(&variable.name, text)),
        Content::Text(text) => json!({ "value": secret::shown(&variable.name, text) }),
        Content::User(user) => json!({ "from": user.name() }),
        Content::Output(output) => json!({ "output": output.line }),
    };
    if variable.overrides {
        value["override"] = json!(true);
    }
    value
}

fn variables(variables: &Variables) -> BTreeMap<&str, String> {
    variables.iter().map(|(name, value)| (name.as_str(), secret::shown(name, value))).collect()
}

fn flag_as_json(flag: &Flag) -> Value {
    json!({
        "name": flag.name,
        "short": flag.short,
        "words": flag.shown_words(),
        "about": flag.about,
        "value": flag.value,
        "default": flag.shown_default(),
        "choices": flag.choices,
        "env": flag.env,
        "from_env": flag.from_env,
        "required": flag.required,
    })
}
