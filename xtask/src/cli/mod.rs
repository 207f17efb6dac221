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

use anyhow::Result;
use clap::{ArgMatches, Command};

use crate::cli::commands::Target;
use crate::project::context::{self, Context, Project};
use crate::project::globals::{self, Scan};
use crate::project::program::{Package, Program};
use crate::system::environment::Environment;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::tasks::args;
use crate::ui::problem::Problem;
use crate::ui::style::ColorChoice;
use crate::ui::{Ui, text};

/// Does what was typed. Every error is printed here, once.
pub fn main(package: Package) -> Exit {
    let environment = Environment::read(package.name);
    if completions::is_asked(&environment) {
        return completions::answer(&environment);
    }
    let mut words = std::env::args_os();
    let rust = runner::commands().iter().map(|command| command.name).collect();
    let program = Program::new(package, &environment, words.next(), rust);
    let line = Line::new(words.collect());
    let ui = Ui::new(line.scan.color.unwrap_or(ColorChoice::Auto), |name| environment.text(name));
    let exit = run(line, environment, ui, program).unwrap_or_else(|error| {
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

/// What was typed, as far as it is known before tasks.toml is read.
struct Line {
    words: Vec<OsString>,
    scan: Scan,
    /// `-h` or `--help` is among the words.
    asks_for_help: bool,
}

impl Line {
    fn new(words: Vec<OsString>) -> Line {
        let scan = globals::scan(&words);
        let asks_for_help = has(&words, ["-h", "--help"]);
        Line { words, scan, asks_for_help }
    }

    /// `--help` without a name: what can be typed anywhere.
    fn is_help_alone(&self) -> bool {
        self.asks_for_help && self.scan.name.is_none()
    }

    /// `--version` without a name.
    fn is_version_alone(&self) -> bool {
        self.scan.name.is_none() && has(&self.words, ["-V", "--version"])
    }

    /// The name that was typed; without one it is `help`.
    fn name(&self) -> String {
        self.scan.name.as_ref().map_or_else(|| "help".to_owned(), |(_, name)| name.to_string_lossy().into_owned())
    }

    fn before_name(&self) -> &[OsString] {
        self.scan.name.as_ref().map_or(&[], |(at, _)| &self.words[..*at])
    }

    /// All words but the name.
    fn without_name(mut self) -> Vec<OsString> {
        if let Some((at, _)) = self.scan.name {
            self.words.remove(at);
        }
        self.words
    }
}

fn has<const N: usize>(words: &[OsString], flags: [&str; N]) -> bool {
    words.iter().take_while(|word| *word != "--").any(|word| flags.iter().any(|flag| word == flag))
}

fn run(line: Line, environment: Environment, ui: Ui, program: Program) -> Result<Exit> {
    if line.is_version_alone() {
        ui.result(program.version());
        return Ok(Exit::DONE);
    }
    let current_dir = context::current_dir()?;
    let file = Project::find(line.scan.file.as_ref(), &current_dir, &environment, &ui);
    let os = line.scan.os.unwrap_or(Os::HERE);
    let opened = file.as_ref().map(|file| Project::read(file, &current_dir, commands::known(), os)).transpose();
    let help_alone = line.is_help_alone();
    if help_alone && !matches!(opened, Ok(Some(_))) {
        ui.result(help::without_a_project(&program.typed));
        return opened.map(|_| Exit::DONE);
    }
    let name = line.name();
    let (project, broken) = without_tasks(opened, &name)?;
    let target = match commands::built_in(&name).filter(|_| help_alone || broken.is_some()) {
        Some(command) => Target::BuiltIn(command),
        None => commands::find(&name, project.as_ref(), &program.typed)
            .map_err(|error| misspelt_flag(line.before_name(), error))?,
    };
    let command = target.command(&name, project.as_ref());
    let matches = read(line, command, &program.typed, &name)?;
    let globals = globals::read(&matches);
    let mut context = Context::new(environment, current_dir, globals, ui, program, project);
    (context.file, context.broken) = (file, broken);
    if context.globals.version {
        context.ui.result(context.program.version());
        return Ok(Exit::DONE);
    }
    if context.globals.help && !help_alone {
        return help::one(&context, &name);
    }
    target.run(&context, &matches)
}

/// The project, or what is wrong with it where the command that was named works all the same.
fn without_tasks(opened: Result<Option<Project>>, name: &str) -> Result<(Option<Project>, Option<anyhow::Error>)> {
    match opened {
        Ok(project) => Ok((project, None)),
        Err(error) if commands::built_in(name).is_some_and(|command| !command.needs_tasks) => Ok((None, Some(error))),
        Err(error) => Err(error),
    }
}

/// Reads the words behind the name, and the global flags.
fn read(line: Line, of_target: Command, program: &str, name: &str) -> Result<ArgMatches> {
    let asks_for_help = line.asks_for_help;
    let mut command = globals::add(of_target).bin_name(format!("{program} {name}")).no_binary_name(true);
    let words = line.without_name();
    powershell_habits(&words, &command)?;
    // With `--help` the rest need not be there.
    if asks_for_help {
        command = command.mut_args(|arg| arg.required(false));
    }
    command.try_get_matches_from_mut(words).map_err(|error| {
        let (message, hint) = args::explain(&error);
        let hint = hint.or_else(|| misplaced_word(&error, &command, program, name));
        Problem::new(message).hint(hint.unwrap_or_else(|| format!("see what it takes: {program} {name} --help"))).into()
    })
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
