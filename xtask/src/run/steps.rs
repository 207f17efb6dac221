//! Runs the steps of a plan one after the other, until one fails or the person stops them.

use anyhow::Result;

use crate::project::context::{Context, Project};
use crate::run::hooks::{Hooks, Outcome};
use crate::run::parts::{LeftOut, Parts};
use crate::run::resolve::Resolver;
use crate::run::step::{Step, Tool};
use crate::run::variables::{Answers, OfModes};
use crate::run::{dry_run, file_step, preflight, shell, variables, wait, warnings};
use crate::system::command_line::Invocation;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::system::process;
use crate::tasks::config::Task;
use crate::tasks::mistake::mistake;
use crate::tasks::plan::{self, Confirmation, Plan};
use crate::tasks::typed::Typed;
use crate::ui::problem::Problem;
use crate::ui::secret;

/// Plans a task with what was typed, and runs the plan, or prints it in a dry run.
///
/// Gives the code of the step that failed, or of what stopped us.
///
/// # Errors
///
/// The task can't be planned, or something its steps need is missing; then nothing has run. Or a step can't start.
pub fn task(context: &Context, hooks: &Hooks, task: &Task, typed: &Typed) -> Result<Exit> {
    let project = context.project()?;
    let of_modes = OfModes::new(context, project);
    let seen = |mode| of_modes.seen_by_flags(mode);
    missing_flag(context, project, task, typed, &seen)?;
    let plan = plan::plan(&project.config, task, typed, Some(&seen)).map_err(|finding| project.mistake(finding))?;
    if project.file.root() != context.current_dir {
        context.ui.detail(format_args!("the project is in `{}`", project.file.root().display()));
    }
    if context.globals.os != Os::HERE && !context.globals.dry_run {
        let message =
            format!("`--os {}` shows what another system would run, and runs nothing", context.globals.os.name());
        return Err(Problem::new(message).hint("add --dry-run, or leave it out").into());
    }
    let resolver = Resolver::new(context, !context.globals.dry_run)?;
    let mut steps = resolver.steps(&plan.commands)?;
    let mut parts = Parts::new(&plan.parts, project.file.root());
    warnings::tell(context, project, &steps);
    if context.globals.dry_run {
        return dry_run::print(context, project, hooks, &steps, &mut parts);
    }
    let due = steps.iter().filter(|step| !parts.may_be_missed(step.part));
    // What a file would say that is not there yet is not known.
    let mut seen: Vec<Step> = due.cloned().collect();
    for step in &mut seen {
        let _ = variables::add_env_files(context, project, step);
    }
    preflight::check(context, project, &seen)?;
    let later = confirm(context, &plan, &parts)?;
    let mut answers = Answers::default();
    let mut due = steps.iter_mut().filter(|step| !parts.is_left_out(step.part));
    let asked = due.try_for_each(|step| answers.add_to(context, project, step));
    if let Some(stop) = process::stopped() {
        return Ok(stop.exit());
    }
    asked?;
    run(context, project, hooks, &steps, &mut parts, answers, later)
}

/// A flag that has to be given, of the task that was typed.
fn missing_flag(context: &Context, project: &Project, task: &Task, typed: &Typed, seen: plan::Seen<'_>) -> Result<()> {
    let (body, name, config) = (project.config.runs(task), &task.name, &project.config);
    let mut typed = typed.clone();
    let mistaken = |(message, hint): (String, String)| Problem::new(message).hint(hint);
    typed.add_variables(body, || seen(config.mode_of(task).or(config.mode))).map_err(mistaken)?;
    let Some(flag) = typed.missing(body) else { return Ok(()) };
    let hint = flag.or_variable().unwrap_or_else(|| format!("see its flags: {} {name} --help", context.program()));
    Err(Problem::new(format!("`{}` is missing", flag.shown())).hint(hint).into())
}

/// Runs one step that is resolved already.
///
/// # Errors
///
/// What it needs is not there, or it could not start.
pub fn one(context: &Context, hooks: &Hooks, step: Step) -> Result<Exit> {
    let (project, steps) = (context.project()?, [Step { part: None, ..step }]);
    warnings::tell(context, project, &steps);
    preflight::check(context, project, &steps)?;
    let mut parts = Parts::new(&[], project.file.root());
    run(context, project, hooks, &steps, &mut parts, Answers::default(), Vec::new())
}

/// Asks what has to be answered. What belongs to tasks that are left out as the files are now is not asked yet, and returned.
fn confirm<'a>(context: &Context, plan: &'a Plan, parts: &Parts<'_>) -> Result<Vec<&'a Confirmation>> {
    let (later, now): (Vec<_>, Vec<_>) = plan.confirmations.iter().partition(|asks| parts.is_left_out(asks.part));
    for confirmation in now {
        if !context.globals.yes && !context.ui.confirm(&confirmation.question)? {
            return Err(Problem::new(format!("task `{}` was not confirmed: nothing has run", confirmation.task)).into());
        }
    }
    Ok(later)
}

/// The questions of tasks that an earlier step made necessary: it removed what they were left out for.
fn confirm_now(context: &Context, step: &Step, later: &mut Vec<&Confirmation>, parts: &Parts<'_>) -> Result<()> {
    let (due, rest): (Vec<_>, Vec<_>) = later.drain(..).partition(|asks| parts.lies_in(step.part, asks.part));
    *later = rest;
    for confirmation in due {
        if !context.globals.yes && !context.ui.confirm(&confirmation.question)? {
            return Err(Problem::new(format!("task `{}` was not confirmed", confirmation.task)).into());
        }
    }
    Ok(())
}

fn run(
    context: &Context,
    project: &Project,
    hooks: &Hooks,
    steps: &[Step],
    parts: &mut Parts<'_>,
    mut answers: Answers,
    mut later: Vec<&Confirmation>,
) -> Result<Exit> {
    let mut is_idle = true;
    let mut mode = None;
    let mut left_out = None;
    for (at, step) in steps.iter().enumerate() {
        if let Some(stop) = process::stopped() {
            return Ok(stop.exit());
        }
        if let Err(why) = parts.enter(step.part) {
            if let Some(LeftOut { task, path }) = &why {
                context.ui.detail(format_args!("task `{task}` is left out: `{path}` is there"));
            }
            left_out = left_out.or(why);
            continue;
        }
        is_idle = false;
        confirm_now(context, step, &mut later, parts)?;
        let in_mode = step.in_mode(&project.config, &context.why_mode);
        if in_mode != mode {
            context.ui.note(in_mode.as_deref().unwrap_or("no mode"));
            mode = in_mode;
        }
        let mut ready = step.clone();
        // An earlier step may have made it due.
        let asked = answers.add_to(context, project, &mut ready);
        if let Some(stop) = process::stopped() {
            return Ok(stop.exit());
        }
        let outcome = asked
            .and_then(|()| variables::add_env_files(context, project, &mut ready))
            .and_then(|()| one_of(context, project, hooks, &ready, steps.len() > 1));
        let step = &ready;
        if process::stopped().is_none() && !matches!(outcome, Ok(Outcome::Step(exit)) if exit.is_success()) {
            let code = match &outcome {
                Ok(Outcome::Step(exit)) => *exit,
                Ok(Outcome::Findings) => Exit::FINDINGS,
                Err(_) => Exit::CANNOT,
            };
            if parts.fail(step.part) {
                outcome.err().iter().for_each(|error| context.ui.error(error));
                context.ui.note(format_args!("{}, as it may: going on", ended(steps, at, code)));
                continue;
            }
        }
        let exit = match outcome? {
            Outcome::Step(exit) => exit,
            Outcome::Findings => return Ok(Exit::FINDINGS),
        };
        let waits = wait::is_due(project, step);
        if let Some(stop) = process::stopped() {
            let work_remains = at + 1 < steps.len() || waits;
            return Ok(if exit.is_success() && work_remains { stop.exit() } else { exit });
        }
        if !exit.is_success() {
            if steps.len() > 1 || exit.signal().is_some() {
                context.ui.problem(ended(steps, at, exit));
            }
            if exit.signal().is_none() {
                wait::tell_what_ended(context, step);
                (hooks.after_failure)(context, step);
            }
            return Ok(exit);
        }
        if waits {
            let exit = wait::until_ready(context, step)?;
            if !exit.is_success() {
                if !parts.fail(step.part) {
                    return Ok(exit);
                }
                context.ui.note(format_args!("{}, as it may: going on", ended(steps, at, exit)));
            }
        }
    }
    if let Some(LeftOut { task, path }) = left_out.filter(|_| is_idle) {
        context.ui.note(format_args!("nothing to do for task `{task}`: `{path}` is there"));
    }
    Ok(Exit::DONE)
}

/// Runs one step of a plan. `is_among` says that there are others.
fn one_of(context: &Context, project: &Project, hooks: &Hooks, step: &Step, is_among: bool) -> Result<Outcome> {
    let mut show_and_run = |invocation: &Invocation| show_and_run(context, project, step, invocation);
    let exit = match &step.tool {
        Tool::Say(text, _) => {
            context.ui.result(text);
            Exit::DONE
        }
        Tool::Rust(..) => {
            // Alone it is what was typed.
            if is_among {
                context.ui.echo(&step.masked(&step.invocation()).command_line(Os::HERE));
            }
            (hooks.rust)(context, step)?
        }
        _ if step.may_build() => return (hooks.build)(context, step, &mut show_and_run),
        _ => show_and_run(&step.invocation())?,
    };
    Ok(Outcome::Step(exit))
}

/// Which step ended, and how. A child that was killed could not say so, and none knows which of several steps it was.
fn ended(steps: &[Step], at: usize, exit: Exit) -> String {
    let (total, task) = (steps.len(), &steps[at].task);
    let step = match total {
        1 => format!("task `{task}`"),
        _ => format!("step {} of {total} (task `{task}`)", at + 1),
    };
    match exit.signal() {
        Some(number) => format!("{step} was ended by signal {number}"),
        None => format!("{step} ended with exit code {}", exit.0),
    }
}

/// Shows a command and runs it. A missing folder or program is reported at its place in tasks.toml.
fn show_and_run(context: &Context, project: &Project, step: &Step, invocation: &Invocation) -> Result<Exit> {
    if let Some((dir, span)) = step.written_dir.as_ref().filter(|_| !invocation.dir.is_dir()) {
        let hint = "`dir` is relative to the folder of tasks.toml";
        return Err(project.mistake(mistake(format!("there is no folder `{dir}`"), span.clone()).fix(hint)));
    }
    let shown = step.masked(invocation);
    for (name, value) in &shown.env {
        context.ui.detail(format_args!("{name}={}", secret::shown(name, &value.to_string_lossy())));
    }
    if step.written_dir.is_some() {
        context.ui.detail(format_args!("in `{}`", invocation.dir.display()));
    }
    // Variables from flags go before the words: without them the line would not do the same.
    let is_typed = |name: &str| step.typed.iter().any(|typed| Os::HERE.same_variable(typed, name));
    context.ui.echo(&shown.announcement(Os::HERE, is_typed));
    if let Tool::File(command, words) = &step.tool {
        return file_step::run(context, project, step, *command, words);
    }
    let found = match step.tool {
        Tool::Sh(_) => Some(shell::find(&invocation.dir, &context.environment).ok_or_else(|| {
            Problem::new("there is no `sh`, and this step is a script for it").hint(shell::HOW_TO_GET)
        })?),
        _ => None,
    };
    let mut invocation = invocation.clone();
    if let Some(sh) = found {
        invocation.words[0] = sh.into();
    }
    process::run(&invocation, &context.environment).map_err(|error| {
        match (error.downcast::<Problem>(), &step.span, &step.tool) {
            (Ok(problem), Some(span), Tool::Program(..)) => {
                project.mistake(mistake(problem.message, span.clone()).fix_if(problem.hint))
            }
            (Ok(problem), ..) => problem.into(),
            (Err(error), ..) => error,
        }
    })
}
