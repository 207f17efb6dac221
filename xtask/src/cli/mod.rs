//! argv in, exit code out.

pub mod commands;
pub mod completions;
pub mod cx;
pub mod env;
pub mod help;
pub mod runner;
pub mod schema;
pub mod shell_assignments;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::cli::commands::Target;
use crate::project::context::{self, Context, Project};
use crate::project::globals::{self, Scan};
use crate::project::program::{Package, Program};
use crate::run::shell;
use crate::system::environment::Environment;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::tasks::clap_errors;
use crate::ui::Ui;
use crate::ui::problem::Problem;

/// Commands that do their work all the same when XTASK_MODE has a mode that tasks.toml has not.
const WITHOUT_MODE: [&str; 4] = ["completions", "doctor", "help", "schema"];

/// Does what was typed. Every error is printed here, once.
pub fn main(package: Package) -> Exit {
    let environment = Environment::read(package.name);
    if completions::is_asked(&environment) {
        return completions::answer(&environment);
    }
    let mut words = std::env::args_os();
    let rust = runner::commands().iter().map(|command| command.name).collect();
    let program = Program::new(package, &environment, words.next(), rust);
    let words: Vec<OsString> = words.collect();
    let scan = globals::scan(&words);
    let ui = Ui::new(scan.color.as_deref().unwrap_or("auto"), |name| environment.text(name));
    let exit = run(words, scan, environment, ui, program).unwrap_or_else(|error| {
        ui.error(&error);
        Exit::CANNOT
    });
    let Some(why) = ui.unwritten() else { return exit };
    ui.problem(format_args!("can't write to standard output: {why}"));
    // Another code is that of a command which failed.
    if exit.is_success() || exit == Exit::FINDINGS { Exit::CANNOT } else { exit }
}

fn run(mut words: Vec<OsString>, scan: Scan, environment: Environment, mut ui: Ui, program: Program) -> Result<Exit> {
    let has_name = scan.name.is_some();
    if scan.version && !has_name {
        ui.result(program.version());
        return Ok(Exit::DONE);
    }
    let current_dir = context::current_dir()?;
    // What a script of a step calls as "$XTASK" has the file of that step.
    let of_script = || environment.get(shell::FILE).filter(|file| !file.is_empty()).map(PathBuf::from);
    let named = scan.file.clone().or_else(of_script);
    let file = Project::find(named.as_ref(), &current_dir, &environment, &ui);
    let os = scan.os.unwrap_or(Os::HERE);
    let opened = file.as_ref().map(|file| Project::read(file, &current_dir, commands::known(), os)).transpose();
    // `--help` without a name: what can be typed anywhere.
    let help_alone = scan.help && !has_name;
    if help_alone && !matches!(opened, Ok(Some(_))) {
        ui.result(help::without_a_project(&program.typed));
        return opened.map(|_| Exit::DONE);
    }
    let (at, name) = scan.name.unwrap_or_else(|| (0, "help".into()));
    if has_name {
        words.remove(at);
    }
    let name = name.to_string_lossy();
    let (project, broken) = match opened {
        Ok(project) => (project, None),
        // It works all the same.
        Err(error) if commands::built_in(&name).is_some_and(|command| !command.needs_tasks) => (None, Some(error)),
        Err(error) => return Err(error),
    };
    let target = match commands::built_in(&name).filter(|_| help_alone) {
        Some(command) => Target::BuiltIn(command),
        None => commands::find(&name, project.as_ref(), &program.typed)
            .map_err(|error| globals::misspelt(&words[..at]).map_or(error, anyhow::Error::new))?,
    };
    let command = globals::add(target.command(&name, project.as_ref()));
    let command = command.bin_name(format!("{} {name}", program.typed)).no_binary_name(true);
    let hides_value_of = |flag: &str, value: &str| target.hides_value_of(flag, value, project.as_ref());
    let matches = read(words, command, scan.help, hides_value_of)?;
    if matches.get_flag("version") {
        ui.result(program.version());
        return Ok(Exit::DONE);
    }
    (ui.quiet, ui.verbose) = (matches.get_flag("quiet"), matches.get_flag("verbose"));
    let (globals, state) = (globals::read(&matches), OnceLock::new());
    let mut project = project;
    let mut why_mode = String::new();
    if let Some(config) = project.as_mut().map(|project| &mut project.config) {
        match config.choose(globals.mode.as_deref(), &environment) {
            Ok(Some((mode, why))) => (config.mode, why_mode) = (Some(mode), why),
            Ok(None) => {}
            // A variable that another project has in mind.
            Err(problem) if globals.mode.is_none() && WITHOUT_MODE.contains(&&*name) => {
                ui.warning(problem.message, &problem.hint.unwrap_or_default());
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    let known = commands::known();
    let context =
        Context { environment, current_dir, globals, ui, program, known, file, project, why_mode, state, broken };
    if scan.help && !help_alone {
        return help::one(&context, &name);
    }
    target.run(&context, &matches)
}

/// Reads the words beside the name.
fn read(
    words: Vec<OsString>,
    mut command: Command,
    asks_for_help: bool,
    hides_value_of: impl Fn(&str, &str) -> bool,
) -> Result<ArgMatches> {
    powershell_habits(&words, &command)?;
    // With `--help` the rest need not be there.
    if asks_for_help {
        command = command.mut_args(|arg| arg.required(false));
    }
    command.try_get_matches_from_mut(&words).map_err(|error| {
        let (message, hint) = clap_errors::explain(&error, &hides_value_of);
        let typed = command.get_bin_name().unwrap_or_default();
        let hint = hint.or_else(|| misplaced_word(&error, &command, &words, typed));
        Problem::new(message).hint(hint.unwrap_or_else(|| format!("see its flags: {typed} --help"))).into()
    })
}

/// Flags that are typed as elsewhere: `-NoCache`, which would read as a cluster of letters, and what `build-fresh` has by
/// another name.
fn powershell_habits(words: &[OsString], command: &Command) -> Result<()> {
    let letters: Vec<char> = command.get_arguments().filter_map(clap::Arg::get_short).collect();
    let mut known: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    let is_renamed = known.contains(&"drop-caches");
    known.extend(is_renamed.then_some("no-cache"));
    for word in words.iter().take_while(|word| *word != "--") {
        let meant = match globals::powershell_habit(word, &known, &letters) {
            Some(near) => near,
            None if is_renamed && word == "--no-cache" => Some("no-cache"),
            None => continue,
        };
        let hint = match meant {
            Some("no-cache") if is_renamed => "did you mean `--drop-caches`?".to_owned(),
            Some(flag) => format!("did you mean `--{flag}`?"),
            None => "flags are typed as `--name`".to_owned(),
        };
        // What comes after its name may be secret.
        let word = word.to_string_lossy();
        let name = word.split([':', '=']).next().unwrap_or_default();
        return Err(Problem::new(format!("unexpected argument `{name}`")).hint(hint).into());
    }
    Ok(())
}

/// A word for the command behind the task (`logs api`) belongs after `--`, and one for a flag behind `=` if it looks like one.
fn misplaced_word(error: &clap::Error, command: &Command, words: &[OsString], typed: &str) -> Option<String> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return None };
    let takes_value = |arg: &clap::Arg| arg.get_action().takes_values() && arg.get_long().is_some();
    let flags: Vec<String> = command
        .get_arguments()
        .filter(|arg| takes_value(arg))
        .filter_map(clap::Arg::get_long)
        .map(|long| format!("--{long}"))
        .collect();
    let is_of_flag = |pair: &&[OsString]| {
        flags.iter().any(|flag| pair[0] == **flag) && pair[1].to_string_lossy().starts_with(word.as_str())
    };
    if let Some(pair) = words.windows(2).find(is_of_flag).filter(|_| word.starts_with('-')) {
        return Some(format!("a value that begins with `-` is typed as `{}=…`", pair[0].to_string_lossy()));
    }
    let takes_args = command.get_arguments().any(|arg| arg.get_id() == "args");
    let misplaced = error.kind() == ErrorKind::UnknownArgument && takes_args;
    misplaced.then(|| format!("to pass it on, put `--` before it: {typed} -- {word}"))
}
