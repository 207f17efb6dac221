//! Running a task: the plan, then its commands, one after the other, until one fails or the person stops them.

use anyhow::Result;

use crate::doctor::hints;
use crate::fresh::build::{self as fresh_build, Outcome};
use crate::fresh::overlay::{self, Purpose, Ready};
use crate::project::context::Context;
use crate::run::resolve::Tools;
use crate::run::{preflight, wait};
use crate::system::command_line::{Invocation, writing};
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::system::process;
use crate::tasks::config::Task;
use crate::tasks::mistake::mistake;
use crate::tasks::plan::{self, Plan, Planned, Tool};
use crate::tasks::typed::Typed;
use crate::ui::problem::Problem;

/// Plans a task with what was typed, and runs the plan.
pub fn task(context: &Context, task: &Task, typed: &Typed) -> Result<Exit> {
    let project = context.project()?;
    let plan =
        plan::plan(&project.config, context.globals.os, task, typed).map_err(|finding| project.mistake(finding))?;
    execute(context, &plan)
}

/// Runs a plan, or prints it in a dry run. The code is that of the command that failed, or of what stopped us.
pub fn execute(context: &Context, plan: &Plan) -> Result<Exit> {
    let project = context.project()?;
    if project.file.root() != context.current_dir {
        context.ui.detail(format_args!("the project is in `{}`", project.file.root().display()));
    }
    if context.globals.os != Os::HERE && !context.globals.dry_run {
        let message =
            format!("`--os {}` shows what another system would run, and runs nothing", context.globals.os.name());
        return Err(Problem::new(message).hint("add --dry-run, or leave it out").into());
    }
    let tools = Tools::new(context, !context.globals.dry_run)?;
    preflight::warn(context, &tools, project, &plan.commands);
    if context.globals.dry_run {
        let mut written = Vec::new();
        for (planned, (invocation, overlay)) in plan.commands.iter().zip(tools.with_overlays(&plan.commands)?) {
            let before_command = tools.before_command(planned)?;
            let preview = overlay
                .and_then(|overlay| overlay::preview(context, project, overlay, &before_command, tools.new_host()));
            // A file that the command names has to be there: the line that writes it comes first.
            if let Some((path, text)) = preview.filter(|(path, _)| !written.contains(path)) {
                context.ui.result(writing(&path, &text, context.globals.os));
                written.push(path);
            }
            context.ui.result(invocation.pasteable(context.globals.os, &context.current_dir));
        }
        return Ok(Exit::DONE);
    }
    preflight::check(&tools, project, &plan.commands)?;
    let invocations = tools.invocations(&plan.commands)?;
    for confirmation in &plan.confirmations {
        if !context.globals.yes && !context.ui.confirm(&confirmation.question)? {
            return Err(Problem::new(format!("task `{}` was not confirmed: nothing has run", confirmation.task)).into());
        }
    }
    let total = plan.commands.len();
    for (at, (planned, invocation)) in plan.commands.iter().zip(&invocations).enumerate() {
        if let Some(stop) = process::stopped() {
            return Ok(stop.exit());
        }
        let waits = wait::is_due(project, planned);
        let (mut invocation, overlay) = tools.due(planned, invocation)?;
        let exit = match overlay {
            Some(overlay) if overlay.purpose != Purpose::Kept => {
                let step = || step(context, planned, &invocation);
                match fresh_build::run(context, &tools, planned, &invocation, overlay, step)? {
                    Outcome::Child(exit) => exit,
                    Outcome::NotFresh => return Ok(Exit::FINDINGS),
                }
            }
            Some(overlay) => {
                let before_command = tools.before_command(planned)?;
                let ready = overlay::prepare(context, project, overlay, &before_command, tools.new_host())?;
                if matches!(ready, Ready::Unread) {
                    invocation = tools.without_overlay(planned, &invocation)?;
                }
                step(context, planned, &invocation)?
            }
            None => step(context, planned, &invocation)?,
        };
        if let Some(stop) = process::stopped() {
            let work_remains = at + 1 < total || waits;
            return Ok(if exit.is_success() && work_remains { stop.exit() } else { exit });
        }
        if !exit.is_success() {
            let step = if total > 1 {
                format!("step {} of {total} (task `{}`)", at + 1, planned.task)
            } else {
                format!("task `{}`", planned.task)
            };
            match exit.signal() {
                // Who was killed could not say so.
                Some(number) => context.ui.problem(format_args!("{step} was ended by signal {number}")),
                None if total > 1 => context.ui.problem(format_args!("{step} ended with exit code {}", exit.0)),
                None => {}
            }
            if exit.signal().is_none() {
                hints::after(context, &tools, planned, &invocation);
            }
            return Ok(exit);
        }
        if waits {
            let exit = wait::until_ready(context, planned, &tools.compose_like(planned, &invocation))?;
            if !exit.is_success() {
                return Ok(exit);
            }
        }
    }
    Ok(Exit::DONE)
}

/// Runs one command, and shows it first. A folder or a program that is missing is shown where tasks.toml names it.
fn step(context: &Context, planned: &Planned, invocation: &Invocation) -> Result<Exit> {
    let project = context.project()?;
    if let Some((dir, span)) = planned.dir.as_ref().filter(|_| !invocation.dir.is_dir()) {
        let hint = "`dir` is a folder from the folder of tasks.toml";
        return Err(project.mistake(mistake(format!("there is no folder `{dir}`"), span.clone()).fix(hint)));
    }
    for (name, value) in &invocation.env {
        context.ui.detail(format_args!("{name}={}", value.to_string_lossy()));
    }
    if planned.dir.is_some() {
        context.ui.detail(format_args!("in `{}`", invocation.dir.display()));
    }
    // What was typed goes before the words: without it the line would not do the same.
    let is_typed = |name: &str| planned.variables.typed.iter().any(|(typed, _)| Os::HERE.same_variable(typed, name));
    context.ui.echo(&invocation.announcement(Os::HERE, is_typed));
    process::run(invocation, &context.environment).map_err(|error| {
        match (error.downcast::<Problem>(), &planned.span, &planned.tool) {
            (Ok(problem), Some(span), Tool::Program(_)) => {
                project.mistake(mistake(problem.message, span.clone()).fix_if(problem.hint))
            }
            (Ok(problem), ..) => problem.into(),
            (Err(error), ..) => error,
        }
    })
}
