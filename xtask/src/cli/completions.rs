//! `completions`: a script for the person's shell. It asks this program at each Tab, which reads the names from
//! tasks.toml and runs nothing.

mod bash;
mod shells;

use std::ffi::OsStr;
use std::io::Write as _;

use anyhow::{Context as _, Result};
use clap::{Arg, ArgMatches, Command};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _, complete,
};

use crate::cli::commands::{self, Target, built_in, find, unlisted};
use crate::cli::completions::shells::SHELLS;
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::{self, Context, Project};
use crate::project::globals;
use crate::system::environment::Environment;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::ui::Ui;
use crate::ui::escape;
use crate::ui::secret;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "completions",
    about: "Print a script that completes task names and flags in your shell",
    needs_tasks: false,
    accepts,
    does: Does::Runs(completions),
};

/// Set by the script: the shell that asks.
const VARIABLE: &str = "XTASK_COMPLETE";

fn accepts(command: Command) -> Command {
    let shells = SHELLS.map(|shell| shell.name);
    command.arg(
        Arg::new("shell")
            .value_name("SHELL")
            .help("bash, zsh, fish, powershell or elvish")
            .required(true)
            .value_parser(shells)
            .hide_possible_values(true),
    )
}

fn completions(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let asked = matches.get_one::<String>("shell").map(String::as_str).unwrap_or_default();
    let exe = std::env::current_exe().context("can't tell where this program is")?;
    // Under cargo the name is the alias, and cargo's own completion is extended.
    let name = Some(context.program()).filter(|typed| !typed.contains(' ')).unwrap_or("xtask");
    for shell in SHELLS.iter().filter(|shell| shell.name == asked) {
        let script = shell.script.replace("PROGRAM", &(shell.quote)(name));
        let script = script.replace("COMPLETER", &(shell.quote)(&exe.to_string_lossy()));
        context.ui.result(script.trim_end());
    }
    Ok(Exit::DONE)
}

/// Whether a shell asks for completions, instead of a person for a task.
pub fn is_asked(environment: &Environment) -> bool {
    environment.get(VARIABLE).is_some_and(|shell| !shell.is_empty())
}

/// Answers a shell. Errors are silent: they would land in the middle of the line being typed.
pub fn answer(environment: &Environment) -> Exit {
    let asked = std::env::args_os().skip_while(|word| word != "--").skip(1).collect();
    let shell = environment.get(VARIABLE).and_then(|name| SHELLS.iter().find(|shell| name == shell.name));
    let Some(shell) = shell else { return Exit::CANNOT };
    let Some(line) = (shell.read)(asked, environment) else { return Exit::CANNOT };
    let Ok(current_dir) = context::current_dir() else { return Exit::CANNOT };
    let ui = Ui::new("never", |_| None);
    let words = line.words.get(1..).unwrap_or_default();
    let scan = globals::scan(words);
    let file = Project::find(scan.file.as_ref(), &current_dir, environment, &ui);
    let project = file.and_then(|file| Project::read(&file, &current_dir, commands::known(), Os::HERE).ok());
    // The word at the cursor is still being typed.
    let name = scan.name.filter(|(at, _)| at + 1 < words.len()).map(|(_, name)| name.to_string_lossy().into_owned());
    let mut command = command(name.as_deref(), project.as_ref());
    let Ok(candidates) = complete(&mut command, line.words.clone(), words.len(), Some(&current_dir)) else {
        return Exit::CANNOT;
    };
    let mut answer = String::new();
    for candidate in candidates {
        // No quotes hold a line break or what a terminal obeys.
        let value =
            candidate.get_value().to_str().filter(|value| !value.is_empty() && !value.contains(escape::is_control));
        let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        let help = escape::escaped(help.lines().next().unwrap_or_default()).replace('\t', " ");
        if let Some(written) = value.and_then(|value| (shell.write)(&line, value, &help)) {
            answer.push_str(&format!("{written}\n"));
        }
    }
    if std::io::stdout().write_all(answer.as_bytes()).is_ok() { Exit::DONE } else { Exit::CANNOT }
}

/// What can be typed: the flags of the task that was named, or the names.
fn command(name: Option<&str>, project: Option<&Project>) -> Command {
    let names = names(project);
    let candidates =
        ArgValueCandidates::new(move || names.iter().map(|(name, about)| candidate(name, about)).collect());
    match name.and_then(|name| Some((name, find(name, project, "").ok()?))) {
        Some((name, target)) => {
            let of_task = target.command(name, project);
            let shows_tasks = matches!(target, Target::BuiltIn(row) if row.name == "help");
            let of_task = if shows_tasks { of_task.mut_arg("task", |arg| arg.add(candidates)) } else { of_task };
            let with_globals =
                |command| globals::add(command).mut_args(with_paths).mut_arg("mode", |arg| arg.add(modes(project)));
            with_globals(Command::new("xtask")).subcommand(with_globals(of_task))
        }
        None => globals::add(Command::new("xtask"))
            .mut_args(with_paths)
            .mut_arg("mode", |arg| arg.add(modes(project)))
            .arg(Arg::new("name").add(candidates)),
    }
}

/// The modes that `--mode` takes.
fn modes(project: Option<&Project>) -> ArgValueCandidates {
    let modes = project.into_iter().flat_map(|project| &project.config.modes);
    let names: Vec<String> = modes.map(|mode| mode.name.clone()).collect();
    ArgValueCandidates::new(move || names.iter().map(|name| candidate(name, "")).collect())
}

/// Completes names of files. None that looks like a flag, which `./` before it does not, and none below `~/`, which only
/// the shell understands.
fn with_paths(arg: Arg) -> Arg {
    if !is_path(&arg) {
        return arg;
    }
    arg.add(ArgValueCompleter::new(|typed: &OsStr| {
        let mut paths = PathCompleter::any().complete(typed);
        paths.retain(|path| {
            !["-", "~/", "~\\"].iter().any(|start| path.get_value().as_encoded_bytes().starts_with(start.as_bytes()))
        });
        paths
    }))
}

fn is_path(arg: &Arg) -> bool {
    use clap::ValueHint::{AnyPath, DirPath, ExecutablePath, FilePath};
    matches!(arg.get_value_hint(), AnyPath | DirPath | ExecutablePath | FilePath)
}

fn candidate(name: &str, about: &str) -> CompletionCandidate {
    // The one text that does not go through `Ui`.
    let about = secret::hidden(about);
    CompletionCandidate::new(name).help((!about.is_empty()).then(|| about.into_owned().into()))
}

/// The names that can be typed, each with what it is for.
fn names(project: Option<&Project>) -> Vec<(String, String)> {
    let of_row = |row: &BuiltIn| (row.name.to_owned(), row.about.to_owned());
    let Some(project) = project else {
        return crate::cli::commands::NAMES.iter().filter_map(|name| built_in(name)).map(of_row).collect();
    };
    let mut names = Vec::new();
    for task in &project.config.tasks {
        if !task.body.is_hidden() {
            names.push((task.name.clone(), crate::cli::commands::about(&task.body)));
        }
    }
    names.extend(unlisted(project).map(of_row));
    names
}
