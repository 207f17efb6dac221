//! argv in, exit code out.

pub mod commands;
pub mod completions;
pub mod env;
pub mod help;
#[cfg(test)]
mod schema;
pub mod shell_assignments;

use std::ffi::OsString;

use anyhow::Result;
use clap::Command;

use crate::cli::commands::Target;
use crate::project::context::{self, Context, Project};
use crate::project::globals::{self, Scan};
use crate::system::environment::Environment;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::tasks::args;
use crate::ui::problem::Problem;
use crate::ui::style::ColorChoice;
use crate::ui::{Ui, text};

/// Does what was typed. Every error is told here, once.
pub fn main() -> Exit {
    let environment = Environment::read();
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if completions::is_asked(&environment) {
        return completions::answer(&environment);
    }
    let scan = globals::scan(&words);
    let ui = Ui::new(scan.color.unwrap_or(ColorChoice::Auto), |name| environment.text(name));
    let exit = run(words, scan, environment, ui).unwrap_or_else(|error| {
        ui.error(&error);
        Exit::CANNOT
    });
    match ui.unwritten().filter(|_| exit.is_success()) {
        Some(why) => {
            ui.problem(format_args!("can't write to standard output: {why}"));
            Exit::CANNOT
        }
        None => exit,
    }
}

fn run(mut words: Vec<OsString>, scan: Scan, environment: Environment, ui: Ui) -> Result<Exit> {
    let asks_for_help = words.iter().take_while(|word| *word != "--").any(|word| word == "-h" || word == "--help");
    let only_help = asks_for_help && scan.name.is_none();
    let (at, name) = match scan.name {
        Some((at, name)) => (at, name.to_string_lossy().into_owned()),
        None if words.iter().any(|word| word == "--version" || word == "-V") => {
            ui.result(concat!("xtask ", env!("CARGO_PKG_VERSION")));
            return Ok(Exit::DONE);
        }
        None => {
            words.insert(0, "help".into());
            (0, "help".to_owned())
        }
    };
    let os = scan.os.unwrap_or(Os::HERE);
    let current_dir = context::current_dir()?;
    let opened = Project::open(scan.file.as_ref(), &current_dir, &environment, commands::known(), &ui);
    let mut broken = None;
    let (project, target) = match opened {
        // `--help` alone says what can be typed anywhere, whatever is wrong with the project.
        Ok(None) if only_help => {
            ui.result(help::without_a_project(context::program(&environment)));
            return Ok(Exit::DONE);
        }
        Err(error) if only_help => {
            ui.result(help::without_a_project(context::program(&environment)));
            return Err(error);
        }
        Ok(project) => {
            // Nobody typed a name: a task `help` of the project's is not meant, and not run.
            let target = match commands::built_in(&name).filter(|_| only_help) {
                Some(row) => Target::BuiltIn(row),
                None => {
                    commands::find(&name, project.as_ref(), os).map_err(|error| misspelt_flag(&words[..at], error))?
                }
            };
            (project, target)
        }
        // What needs no tasks works when their file is broken, too.
        Err(error) => match commands::built_in(&name).filter(|row| !row.needs_tasks) {
            Some(row) => {
                broken = Some(error);
                (None, Target::BuiltIn(row))
            }
            None => return Err(error),
        },
    };
    let program = context::program(&environment);
    let of_target = target.command(&name, project.as_ref(), os);
    let mut command = globals::add(of_target).bin_name(format!("{program} {name}")).no_binary_name(true);
    words.remove(at);
    powershell_habits(&words, &command)?;
    // Who asks for help does not have to give the rest.
    if asks_for_help {
        command = command.mut_args(|arg| arg.required(false));
    }
    let matches = command.try_get_matches_from_mut(words).map_err(|error| {
        let (message, hint) = args::explain(&error);
        let hint = hint.or_else(|| misplaced_word(&error, &command, program, &name));
        Problem::new(message).hint(hint.unwrap_or_else(|| format!("see what it takes: {program} {name} --help")))
    })?;
    let globals = globals::read(&matches);
    let mut context = Context::new(environment, current_dir, globals, ui, project);
    context.broken = broken;
    if context.globals.version {
        context.ui.result(concat!("xtask ", env!("CARGO_PKG_VERSION")));
        return Ok(Exit::DONE);
    }
    if context.globals.help && !only_help {
        return help::one(&context, &name);
    }
    target.run(&context, &matches)
}

/// `--colour never`: `never` is no task, since it was to be a value.
fn misspelt_flag(before_name: &[OsString], error: anyhow::Error) -> anyhow::Error {
    match globals::misspelt(before_name) {
        Some((flag, near)) => {
            Problem::new(format!("unexpected argument `{flag}`")).hint(format!("did you mean `--{near}`?")).into()
        }
        None => error,
    }
}

/// Flags that have another name than elsewhere: what `build-fresh` is asked by `--no-cache` has a name of its own there.
const RENAMED: [(&str, &str); 1] = [("no-cache", "drop-caches")];

/// `-NoCache` would read as a cluster of short flags: say what was meant.
fn powershell_habits(words: &[OsString], command: &Command) -> Result<()> {
    let known: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    let letters: Vec<char> = command.get_arguments().filter_map(clap::Arg::get_short).collect();
    let renamed = || RENAMED.iter().filter(|(name, own)| known.contains(own) && !known.contains(name));
    for word in words.iter().take_while(|word| *word != "--") {
        let text = word.to_string_lossy();
        let other = renamed().find(|(name, _)| {
            globals::powershell_habit(word, [*name]).is_some() || text.strip_prefix("--") == Some(name)
        });
        let meant = globals::powershell_habit(word, known.iter().copied()).or(other.map(|(_, own)| *own));
        if meant.is_none() && !globals::is_powershells(word, &letters) {
            continue;
        }
        let near = meant.or_else(|| text::nearest(&text, known.iter().copied()));
        let problem = Problem::new(format!("unexpected argument `{text}`"));
        let hint = near.map(|flag| format!("did you mean `--{flag}`?"));
        return Err(problem.hint(hint.unwrap_or_else(|| "flags are typed as `--name`".to_owned())).into());
    }
    Ok(())
}

/// A word for the command behind the task (`logs api`) belongs behind `--`.
fn misplaced_word(error: &clap::Error, command: &Command, program: &str, name: &str) -> Option<String> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return None };
    let takes_args = command.get_arguments().any(|arg| arg.get_id() == "args");
    let misplaced = error.kind() == ErrorKind::UnknownArgument && takes_args;
    misplaced.then(|| format!("to pass it on, put `--` before it: {program} {name} -- {word}"))
}
