//! Installers whose downloads are read where they lie: a mount hides them from later steps, and from the image.

use std::collections::HashMap;
use std::rc::Rc;

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::{Command, Commands};
use crate::dockerfile::model::{Dockerfile, Instruction, Kind, Stage};
use crate::installers::command;
use crate::lint::build::Build;
use crate::lint::installs::mounts::is_inside;
use crate::lint::installs::site::Site;

/// What a mount on the downloads of an install means for the rest of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Later {
    /// All steps that need the same mount, among those of the build; its own, too.
    pub steps: Rc<[usize]>,
    /// Why it can't be seen that nothing else needs them.
    pub doubt: Option<String>,
}

/// What was found out about the stages so far: by stage and installer.
#[derive(Default)]
pub struct Known {
    groups: HashMap<(usize, &'static str), Rc<Group>>,
}

/// The stages that a stage is based on, or that are based on it, seen by one installer.
struct Group {
    steps: Rc<[usize]>,
    /// The last step that may call it without saying so: where it begins, and its line.
    last_runner: Option<(usize, usize)>,
    /// The line of a `COPY --from` that takes the downloads, or what they lie in.
    copied: Option<usize>,
    /// One of them is an image that somebody builds.
    is_image: bool,
}

impl Known {
    /// Looks at the steps before and behind an install, in its stage and in those that are based on each other.
    pub fn later(&mut self, build: &Build<'_>, site: &Site) -> Later {
        let Ok(file) = &build.facts.dockerfile else { return Later::default() };
        if !site.installer.reads_in_place || site.is_of_tool {
            return Later::default();
        }
        let own = build.steps[site.step].stage;
        let key = (own.at, site.installer.name);
        let group = self.groups.entry(key).or_insert_with(|| Rc::new(Group::of(build, file, own, site)));
        let start = build.steps[site.step].step.span.start;
        let runner = group.last_runner.filter(|(at, _)| *at > start);
        let doubt = match (group.copied, runner) {
            (Some(line), _) => Some(format!("line {line} copies it from there")),
            (_, Some((_, line))) => Some(format!("the step in line {line} may need what is downloaded")),
            _ if group.is_image => Some("the image itself may need what is downloaded".to_owned()),
            _ => None,
        };
        Later { steps: Rc::clone(&group.steps), doubt }
    }
}

impl Group {
    fn of(build: &Build<'_>, file: &Dockerfile, own: &Stage, site: &Site) -> Group {
        let facts = build.facts;
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
        let steps = build.steps.iter().enumerate().filter(|(_, step)| step.installs.contains(&site.installer));
        let steps = steps.filter(|(_, step)| is_above(own, step.stage) || is_above(step.stage, own));
        let stages = facts.stages();
        let below: Vec<&Stage> = stages.iter().copied().filter(|stage| is_above(own, stage)).collect();
        let runners = below.iter().flat_map(|stage| &stage.instructions).filter(|step| may_call(step));
        let is_taken = |stage: &&Stage| stages.iter().any(|other| takes_from(facts, other, stage));
        let takes = |source: &String| {
            let folder = site.folder.as_ref().map_or("", |folder| &folder.path);
            is_inside(folder, source) || is_inside(source, folder)
        };
        let copies = stages.iter().flat_map(|stage| &stage.instructions).filter(|step| match &step.kind {
            Kind::Copy { sources, from: Some(from) } => {
                below.iter().any(|stage| is_named(stage, from)) && sources.iter().any(takes)
            }
            _ => false,
        });
        Group {
            steps: steps.map(|(at, _)| at).collect(),
            last_runner: runners.map(|step| (step.span.start, step.line)).max(),
            copied: copies.map(|step| step.line).min(),
            is_image: !below.iter().all(is_taken),
        }
    }
}

fn is_named(stage: &Stage, name: &str) -> bool {
    stage.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name)) || name.parse() == Ok(stage.at)
}

/// Whether a stage is based on another, or copies from it or mounts it.
fn takes_from(facts: &BuildFacts, stage: &Stage, other: &Stage) -> bool {
    let Ok(file) = &facts.dockerfile else { return false };
    let is_base = file.base(stage, &facts.args).is_some_and(|base| base.at == other.at);
    is_base || stage.instructions.iter().flat_map(Instruction::comes_from).any(|name| is_named(other, name))
}

/// A step that may call an installer without saying so: `make`, a script.
fn may_call(step: &Instruction) -> bool {
    const RUNNERS: [&str; 6] = ["make", "task", "just", "bazel", "npx", "ninja"];
    const OF_SYSTEM: [&str; 3] = ["/bin/", "/usr/bin/", "/sbin/"];
    let Some(run) = step.run() else { return false };
    let script = Commands::read(&run.script);
    let is_runner = |command: Command<'_>| {
        let Some(program) = command.words[0] else { return true };
        let is_script = program.contains('/')
            && !OF_SYSTEM.iter().any(|folder| program.starts_with(folder))
            && command::installer(&command.words).is_none();
        is_script || RUNNERS.contains(&program)
    };
    script.unread().is_some() || script.iter().any(is_runner)
}
