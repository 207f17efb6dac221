//! `completions`: a script for the person's shell. It asks this program at each Tab, which reads the names from
//! tasks.toml and runs nothing.

use std::ffi::{OsStr, OsString};

use anyhow::{Context as _, Result};
use clap::{Arg, ArgMatches, Command};
use clap_complete::CompleteEnv;
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::cli::commands::{self, Target, built_in, find, unlisted};
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::{self, Context, Project};
use crate::project::globals;
use crate::system::environment::Environment;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::ui::Ui;
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

const SHELLS: [(&str, &dyn EnvCompleter, &str); 5] = [
    ("bash", &Bash, include_str!("completions/cargo.bash")),
    ("zsh", &Zsh, include_str!("completions/cargo.zsh")),
    ("fish", &Fish, include_str!("completions/cargo.fish")),
    ("powershell", &Powershell, ""),
    ("elvish", &Elvish, include_str!("completions/cargo.elv")),
];

fn accepts(command: Command) -> Command {
    let shells = SHELLS.map(|(name, ..)| name);
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
    let exe = exe.to_string_lossy();
    // Cargo's own completion is extended below: there the name is the alias.
    let name = Some(context.program()).filter(|typed| !typed.contains(' ')).unwrap_or("xtask");
    for (_, completer, under_cargo) in SHELLS.iter().filter(|(name, ..)| *name == asked) {
        let mut script = Vec::new();
        completer.write_registration(VARIABLE, "xtask", name, &exe, &mut script)?;
        let quoted = shlex::try_quote(&exe).unwrap_or_else(|_| exe.as_ref().into());
        // Clap's script for bash quotes the quoted path again.
        let script = String::from_utf8_lossy(&script).replace(&format!("\"{quoted}\""), &quoted);
        // Fall back to file names. Only the script for bash has these words.
        let script = script.replace("-o bashdefault", "-o bashdefault -o default");
        // Ours joins words that bash has split, and calls clap's. Again, only bash's script has these words.
        let script = script.replace("-F _clap_complete_xtask ", "-F _xtask_complete ");
        let under_cargo = under_cargo.replace("COMPLETER", &quoted).replace("[xtask]", &format!("[{name}]"));
        context.ui.result(format_args!("{}\n{under_cargo}", script.trim_end()));
    }
    Ok(Exit::DONE)
}

/// Whether a shell asks for completions, instead of a person for a task.
pub fn is_asked(environment: &Environment) -> bool {
    environment.get(VARIABLE).is_some_and(|shell| !shell.is_empty())
}

/// Answers a shell. Errors are silent: they would land in the middle of the line being typed.
pub fn answer(environment: &Environment) -> Exit {
    let words: Vec<OsString> = std::env::args_os().skip_while(|word| word != "--").skip(2).collect();
    let Ok(current_dir) = context::current_dir() else { return Exit::CANNOT };
    let silent = Ui::new("never", |_| None);
    let scan = globals::scan(&words);
    let file = Project::find(scan.file.as_ref(), &current_dir, environment, &silent);
    let project = file.and_then(|file| Project::read(&file, &current_dir, commands::known(), Os::HERE).ok());
    // The word at the cursor is still being typed.
    let name = scan.name.filter(|(at, _)| at + 1 < words.len()).map(|(_, name)| name.to_string_lossy().into_owned());
    let command = || command(name.as_deref(), project.as_ref());
    match CompleteEnv::with_factory(command).var(VARIABLE).try_complete(std::env::args_os(), Some(&current_dir)) {
        Ok(_) => Exit::DONE,
        Err(_) => Exit::CANNOT,
    }
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
            let with_globals = |command| globals::add(command).mut_args(plain_values);
            with_globals(Command::new("xtask")).subcommand(with_globals(of_task))
        }
        None => globals::add(Command::new("xtask")).mut_args(plain_values).arg(Arg::new("name").add(candidates)),
    }
}

/// Leaves only values that can stand on a line of any shell as they are: bash's script puts them there without quotes, and bash
/// would take the others apart, or run what is in them.
fn plain_values(arg: Arg) -> Arg {
    if is_path(&arg) {
        return arg.add(ArgValueCompleter::new(|typed: &OsStr| {
            let mut paths = PathCompleter::any().complete(typed);
            paths.retain(|path| path.get_value().to_str().is_some_and(is_plain));
            paths
        }));
    }
    let all: Vec<String> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if all.iter().all(|choice| is_plain(choice)) {
        return arg;
    }
    let plain = move || all.iter().filter(|choice| is_plain(choice)).map(CompletionCandidate::new).collect();
    arg.add(ArgValueCandidates::new(plain))
}

fn is_path(arg: &Arg) -> bool {
    use clap::ValueHint::{AnyPath, DirPath, ExecutablePath, FilePath};
    matches!(arg.get_value_hint(), AnyPath | DirPath | ExecutablePath | FilePath)
}

/// Whether a word means itself in all five shells.
fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with(['-', '=', '~', '@', '+'])
        && word.chars().all(|c| c.is_alphanumeric() || "_-./:+@".contains(c))
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
