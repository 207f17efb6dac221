//! A step that is a file command of our own.

use std::ffi::OsString;

use anyhow::Result;

use crate::file_commands::line::{self, Line};
use crate::file_commands::{self, FileCommand, Here, powershell};
use crate::project::context::{Context, Project};
use crate::run::step::{Step, Tool};
use crate::system::command_line::Invocation;
use crate::system::exit::Exit;
use crate::tasks::mistake::mistake;
use crate::ui::problem::Problem;

/// Runs it.
///
/// # Errors
///
/// A word that a placeholder stands for is a flag that is not known, or an operand is missing.
pub fn run(
    context: &Context,
    project: &Project,
    step: &Step,
    command: FileCommand,
    words: &[OsString],
) -> Result<Exit> {
    let masked = step.masked(&step.invocation()).words;
    let (line, places) = Line::parse(command, words).map_err(|refusal| {
        // A secret is no flag, either.
        let secret = refusal.at.filter(|at| masked[at + 1] != words[*at]);
        let refusal = secret.map_or(refusal, |at| line::unknown(command, &masked[at + 1].to_string_lossy(), at));
        match &step.span {
            Some(span) => project.mistake(mistake(refusal.message, span.clone()).fix(refusal.hint)),
            None => Problem::new(refusal.message).hint(refusal.hint).into(),
        }
    })?;
    let shown: Vec<OsString> = places.iter().map(|at| masked[at + 1].clone()).collect();
    let home = context.environment.home();
    let here = Here { dir: &step.dir, root: project.file.root(), home: home.as_deref() };
    Ok(file_commands::run(&line, &shown, here, &context.ui))
}

/// The line that does the same in PowerShell, for the step as it may be printed. `None` for other steps.
pub fn in_powershell(step: &Step, shown: &Invocation) -> Option<String> {
    match &step.tool {
        Tool::File(command, _) => powershell::line(*command, &shown.without_secrets().words[1..]),
        _ => None,
    }
}
