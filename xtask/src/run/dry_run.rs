//! What the steps of a plan would run, printed as lines to paste.

use std::collections::HashSet;

use anyhow::Result;

use crate::project::context::{Context, Project};
use crate::run::hooks::{Hooks, Preview};
use crate::run::parts::{LeftOut, Parts};
use crate::run::step::Step;
use crate::run::{file_step, variables};
use crate::system::command_line::{Invocation, writing};
use crate::system::exit::Exit;
use crate::system::os::Os;

/// Prints each step as a line to paste.
///
/// # Errors
///
/// What a build would be can't be told.
pub fn print(
    context: &Context,
    project: &Project,
    hooks: &Hooks,
    steps: &[Step],
    parts: &mut Parts<'_>,
) -> Result<Exit> {
    let mut written = Vec::new();
    let mut said = Vec::new();
    let (mut mode, mut may_fail, mut begun) = (None, None, HashSet::new());
    let mut hides = false;
    let mut before: Vec<Step> = Vec::new();
    for step in steps {
        match parts.enter(step.part) {
            Ok(()) => {}
            Err(why) => {
                if let Some(LeftOut { task, path }) = why {
                    // A step before may remove it.
                    let now = if before.is_empty() { "" } else { " now" };
                    context.ui.result(format_args!("# task `{task}` is left out: `{path}` is there{now}"));
                }
                continue;
            }
        }
        for (part, LeftOut { task, path }) in parts.unless(step.part) {
            // Before the first step it is known.
            if begun.insert(part) && !before.is_empty() {
                context.ui.result(format_args!("# task `{task}`, unless `{path}` is there by then:"));
            }
        }
        let environment = step.environment(&context.environment);
        let is_set = |name: &str| environment.get(name).is_some();
        let files = project.config.setting(step.mode).env_files.iter().filter(|_| variables::has_any(step));
        let lines = files.map(|file| match variables::names(project, file) {
            Some(names) => {
                let names: Vec<String> = names.into_iter().filter(|name| file.overrides || !is_set(name)).collect();
                format!("# variables of `{}`: {}", file.path.get_ref(), names.join(", "))
            }
            None => format!("# variables of `{}`, which is not there", file.path.get_ref()),
        });
        let in_mode = step.in_mode(&project.config, &context.why_mode);
        if in_mode != mode {
            context.ui.result(format_args!("# {}", in_mode.as_deref().unwrap_or("no mode")));
            mode = in_mode;
        }
        for line in lines {
            if !said.contains(&line) {
                context.ui.result(&line);
                said.push(line);
            }
        }
        let part = parts.may_fail(step.part);
        if part != may_fail {
            context.ui.result(match part {
                Some((_, task)) => format!("# may fail, of task `{task}`:"),
                None => "# from here on, a failure ends it".to_owned(),
            });
            may_fail = part;
        }
        let beaten = variables::beaten_by_files(project, step);
        let step = &Step {
            env: step.env.iter().filter(|(name, _)| !beaten.contains(name)).cloned().collect(),
            ..step.clone()
        };
        let preview = match step.may_build() {
            true => (hooks.preview)(context, &before, step)?,
            false => Preview { invocation: step.invocation(), file: None },
        };
        // The command names a file, so the line that writes it comes first.
        if let Some((path, text)) = preview.file.filter(|file| !written.contains(file)) {
            context.ui.result(writing(&path, &text, context.globals.os));
            written.push((path, text));
        }
        let shown = step.masked(&preview.invocation);
        hides |= shown.without_secrets() != preview.invocation;
        let shown = Invocation { asked: step.asked_in(project.file.root()), ..shown };
        let (os, dir) = (context.globals.os, &context.current_dir);
        let line = file_step::in_powershell(step, &shown).filter(|_| os == Os::Windows);
        context.ui.result(match line {
            Some(line) => shown.pasteable_as(&line, os, dir),
            None => shown.pasteable(os, dir),
        });
        before.push(step.clone());
    }
    if hides {
        context.ui.note("`…` stands for a secret value, which is not printed");
    }
    Ok(Exit::DONE)
}
