//! `init --check`: whether each task runs what make would run for its target, word by word and variables included.

pub mod canonical;
pub mod compare;
pub mod difference;
pub mod flatten;
pub mod item;
pub mod make;
pub mod makes;
pub mod ours;
pub mod printed;
pub mod report;
pub mod scenario;
pub mod shell;
pub mod shown;

use std::path::Path;

use anyhow::Result;

use crate::compose::line;
use crate::project::context::Context;
use crate::project::root::FILE_NAME;
use crate::system::exit::Exit;
use crate::system::files;
use crate::system::paths;
use crate::system::process;
use crate::tasks::config::{Config, Task};
use crate::ui::problem::Problem;

use self::compare::{Outcome, Verdict};
use self::make::{Make, Target};
use self::report::Row;
use self::scenario::{Kind, Run};

/// What is to be compared.
pub struct Request<'a> {
    /// The folder with tasks.toml and the Makefile.
    pub dir: &'a Path,
    /// The Makefile, if it is not the one that make finds.
    pub from: Option<&'a Path>,
    /// The task that stands for a target. `None`: none does, on purpose.
    pub tasks: &'a dyn Fn(&str) -> Option<String>,
    /// How make gets what a task has as `{args}`, by the task. `None`: it is found out.
    pub args: &'a dyn Fn(&str) -> Option<Args>,
    pub json: bool,
}

/// How make gets further words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Args {
    /// `make test ARGS="a b"`
    Variable(String),
    /// `make test a b`
    Targets,
}

/// Compares, and prints what differs.
///
/// # Errors
///
/// There is nothing to compare, no make, or nobody said yes.
pub fn check(context: &Context, request: &Request<'_>) -> Result<Exit> {
    let dir = request.dir.canonicalize().map(paths::without_verbatim).unwrap_or_else(|_| request.dir.to_owned());
    let shown = |path: &Path| paths::shown_from(&context.current_dir, path);
    let no_makefile = || Problem::new(format!("there is no Makefile in `{}`", shown(&dir)));
    let makefile = match request.from {
        Some(file) => file.to_owned(),
        None => make::find(&dir).ok_or_else(|| no_makefile().hint("name it: --from FILE"))?,
    };
    let text = files::lossy_up_to(&makefile, files::LARGEST)
        .map_err(|why| Problem::new(format!("can't read `{}`: {}", shown(&makefile), why.why)))?;
    let tasks = dir.join(FILE_NAME);
    if !tasks.is_file() {
        let problem = Problem::new(format!("there is no {FILE_NAME} in `{}`", shown(&dir)));
        return Err(problem.hint("write one: docs/from-make.md").into());
    }
    if context.globals.dry_run {
        let file = request.from.map(|_| format!(" -f {}", shown(&makefile))).unwrap_or_default();
        context
            .ui
            .result(format_args!("make{file} -n -w TARGET    # for each target, with variables unset, set and typed"));
        return Ok(Exit::DONE);
    }
    let make = Make { dir: dir.clone(), file: request.from.map(|_| makefile.clone().into()) };
    let first = scenario::context(context, &tasks, context.environment.clone())?;
    if process::find("make".as_ref(), &dir, &context.environment).is_none() {
        return Err(Problem::new("there is no `make`, which is asked what it would run").hint("install make").into());
    }
    confirm(context, &shown(&makefile), &text)?;
    let clean = context.environment.without(make::OF_MAKE);
    let targets = make.targets(&clean)?;
    if let Some(stop) = process::stopped() {
        return Ok(stop.exit());
    }
    let project = first.project()?;
    let of_words = project.config.tasks.iter().filter_map(|task| match (request.args)(&task.name) {
        Some(Args::Variable(name)) => Some(name),
        _ => None,
    });
    let of_words: Vec<String> = of_words.collect();
    let settings = scenario::settings(context, &tasks, &project.config, &text, &of_words)?;
    let readers = scenario::readers(&text, &compose_files(&dir, &project.config));
    let (mut rows, mut named) = (Vec::new(), Vec::new());
    for Target { name: target, does_nothing } in &targets {
        let Some(name) = (request.tasks)(target) else { continue };
        let tasks = || project.config.tasks.iter();
        // A file that is made, `.env`, is the task that is left out where it is.
        let makes_it = |task: &&Task| task.body.unless.as_ref().is_some_and(|path| path.get_ref() == target);
        let Some(task) = tasks().find(|task| task.name == name).or_else(|| tasks().find(makes_it)) else {
            if !does_nothing || !dir.join(target).exists() {
                rows.push(Row::new(target, None, Verdict::NoTask));
            }
            continue;
        };
        named.push(task.name.clone());
        let verdict = match not_compared(task) {
            Some(why) => Verdict::NotCompared(why.to_owned()),
            None => {
                let runs = scenario::runs(task, (request.args)(&task.name), &text, &readers, &settings);
                of_target(&make, target, task, &runs)?
            }
        };
        if let Some(stop) = process::stopped() {
            return Ok(stop.exit());
        }
        rows.push(Row::new(target, Some(&task.name), verdict));
    }
    let alone = project.config.tasks.iter().filter(|task| !named.contains(&task.name) && !task.body.is_hidden());
    rows.extend(alone.map(|task| Row::new("", Some(&task.name), Verdict::NoTarget)));
    Ok(report::print(context, &dir.to_string_lossy(), &shown(&makefile), &rows, request.json))
}

/// The texts of the compose files that the tasks name, or that compose finds.
fn compose_files(dir: &Path, config: &Config) -> Vec<String> {
    let settings = std::iter::once(&config.base).chain(config.modes.iter().map(|mode| &mode.setting));
    let named = settings.flat_map(|setting| &setting.compose.files).map(|file| file.get_ref().as_str());
    let names = named.chain(line::FILES).chain(line::OVERRIDE_FILES);
    names.filter_map(|name| files::text_of(&dir.join(name))).collect()
}

/// Why a task can't be compared.
fn not_compared(task: &Task) -> Option<&'static str> {
    match () {
        () if task.body.builtin.is_some() => Some("it is a built-in command"),
        () if task.body.rust => Some("it is a command in Rust"),
        () => None,
    }
}

/// Makes sure that the person knows what make runs to answer.
fn confirm(context: &Context, makefile: &str, text: &str) -> Result<()> {
    for (line, command) in runs_anyhow(text) {
        context.ui.note(format_args!("`make -n` runs line {line} of `{makefile}`: {command}"));
    }
    let question = format!("`make -n` runs the `$(shell …)` of `{makefile}`, its lines with `+` and `$(MAKE)`. Go on?");
    if !context.globals.yes && !context.ui.confirm(&question)? {
        return Err(Problem::new("not confirmed: nothing has run").into());
    }
    Ok(())
}

/// The lines that make runs though it is to run nothing, but for plain calls of make.
fn runs_anyhow(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().enumerate().filter_map(|(at, line)| {
        let command = line.strip_prefix('\t')?.trim_start_matches(['@', '-', ' ']);
        let calls = ["$(MAKE)", "${MAKE}"].iter().any(|make| command.contains(make));
        let is_plain = ["$(MAKE)", "${MAKE}"].iter().any(|make| command.starts_with(make))
            && !command.contains(['&', '|', ';', '`', '<', '>']);
        (command.starts_with('+') || calls && !is_plain).then_some((at + 1, command))
    });
    lines.collect()
}

/// Compares one target in all runs.
fn of_target(make: &Make, target: &str, task: &Task, runs: &[Run<'_>]) -> Result<Verdict> {
    let mut outcomes: Vec<(Kind, Outcome)> = Vec::new();
    for run in runs {
        let has =
            |kind: Kind, is: fn(&Outcome) -> bool| outcomes.iter().any(|(of, outcome)| *of == kind && is(outcome));
        let differs = |outcome: &Outcome| matches!(outcome, Outcome::Different(_));
        let is_due = match run.kind {
            Kind::Plain | Kind::All | Kind::Typed => true,
            // All at once differ: which one does?
            Kind::Alone => has(Kind::All, differs) && !has(Kind::Plain, differs),
            // Of several guesses which variable has the words, the first that changes anything counts.
            Kind::Guess => !has(Kind::Guess, |_| true),
        };
        if !is_due {
            continue;
        }
        let mut outcome = compare::run(make, target, task, run)?;
        // What was asked may have changed meanwhile: the time.
        if matches!(outcome, Some(Outcome::Different(_))) && !run.shell_calls.is_empty() {
            outcome = compare::run(make, target, task, run)?;
        }
        if process::stopped().is_some() {
            return Ok(Verdict::Same);
        }
        outcomes.extend(outcome.map(|outcome| (run.kind, outcome)));
    }
    let is_found =
        outcomes.iter().any(|(kind, outcome)| *kind == Kind::Alone && matches!(outcome, Outcome::Different(_)));
    outcomes.retain(|(kind, _)| !is_found || *kind != Kind::All);
    Ok(compare::verdict(outcomes.into_iter().map(|(_, outcome)| outcome).collect()))
}
