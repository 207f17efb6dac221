//! Installers whose downloads are read where they lie: a mount hides them from later steps, and from the image.

use std::ops::Range;

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::model::{Kind, Stage};
use crate::installers::command;
use crate::lint::image::steps::Step;
use crate::lint::installs::mounts::is_inside;
use crate::lint::installs::site::Site;

/// What a mount on the downloads of an install means for the rest of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// The other steps that need the same mount, among those of the build.
    pub others: Vec<usize>,
    /// Why it can't be seen that nothing else needs them.
    pub doubt: Option<String>,
}

/// Looks at the steps before and behind an install, in its stage and in those that are based on each other.
pub fn of(facts: &BuildFacts, steps: &[Step<'_>], site: &Site) -> Later {
    if !site.installer.reads_in_place || site.is_of_tool {
        return Later { others: Vec::new(), doubt: None };
    }
    let Ok(file) = &facts.dockerfile else { return Later { others: Vec::new(), doubt: None } };
    let own = steps[site.step].stage;
    let is_above = |above: &Stage, stage: &Stage| {
        let mut at = Some(stage);
        while let Some(stage) = at {
            if stage.at == above.at {
                return true;
            }
            at = file.base(stage, &facts.args);
        }
        false
    };
    let is_of_line = |stage: &Stage| is_above(own, stage) || is_above(stage, own);
    let needs = |step: &Step<'_>| {
        step.script
            .iter()
            .any(|command| command::install(&command.words).is_some_and(|install| install.installer == site.installer))
    };
    let others = (0..steps.len()).filter(|at| *at != site.step && is_of_line(steps[*at].stage) && needs(&steps[*at]));
    let stages = facts.stages();
    let below: Vec<&Stage> = stages.iter().copied().filter(|stage| is_above(own, stage)).collect();
    let start = steps[site.step].step.span.clone();
    let doubt = unseen(&below, &start).or_else(|| {
        let is_end = |stage: &&&Stage| !stages.iter().any(|other| takes_from(facts, other, stage));
        below.iter().find(is_end).map(|_| "the image itself may need what is downloaded".to_owned())
    });
    let copied = || {
        let folder = &site.folder.as_ref()?.path;
        let copies = stages.iter().flat_map(|stage| &stage.instructions).filter_map(|step| match &step.kind {
            Kind::Copy { sources, from: Some(from) } => Some((sources, from, step.line)),
            _ => None,
        });
        let is_of_below = |from: &str| below.iter().any(|stage| is_named(stage, from));
        let takes = |source: &String| is_inside(folder, source) || is_inside(source, folder);
        let mut taken = copies.filter(|(sources, from, _)| is_of_below(from) && sources.iter().any(takes));
        taken.next().map(|(_, _, line)| format!("line {line} copies it from there"))
    };
    Later { others: others.collect(), doubt: copied().or(doubt) }
}

fn is_named(stage: &Stage, name: &str) -> bool {
    stage.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name)) || name.parse() == Ok(stage.at)
}

/// Whether a stage is based on another, or copies from it or mounts it.
fn takes_from(facts: &BuildFacts, stage: &Stage, other: &Stage) -> bool {
    let Ok(file) = &facts.dockerfile else { return false };
    let is_base = file.base(stage, &facts.args).is_some_and(|base| base.at == other.at);
    is_base || stage.instructions.iter().flat_map(|step| step.comes_from()).any(|name| is_named(other, name))
}

/// A later step that may call it without saying so: `make`, a script.
fn unseen(stages: &[&Stage], start: &Range<usize>) -> Option<String> {
    const RUNNERS: [&str; 6] = ["make", "task", "just", "bazel", "npx", "ninja"];
    let steps = stages.iter().flat_map(|stage| &stage.instructions).filter(|step| step.span.start > start.start);
    let may_call = |step: &&crate::dockerfile::model::Instruction| {
        let Some(run) = step.run() else { return false };
        let script = crate::dockerfile::commands::Commands::read(&run.script);
        let is_runner = |command: crate::dockerfile::commands::Command<'_>| match command.words[0] {
            Some(program) => {
                let is_known = command::installer(&command.words).is_some();
                (program.contains('/')
                    && !is_known
                    && !program.starts_with("/bin/")
                    && !program.starts_with("/usr/bin/"))
                    || RUNNERS.contains(&program)
            }
            None => true,
        };
        script.unread().is_some() || script.iter().any(is_runner)
    };
    steps.into_iter().find(may_call).map(|step| format!("the step in line {} may need what is downloaded", step.line))
}
