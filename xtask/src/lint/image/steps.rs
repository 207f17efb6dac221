//! The `RUN`s of a build, each with what holds before it.

use std::collections::BTreeMap;
use std::collections::HashMap;

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::Commands;
use crate::dockerfile::model::{Instruction, Run, Stage};
use crate::installers::command;
use crate::lint::image::accounts::Account;
use crate::lint::image::state::Image;

/// A `RUN` that installs, or does something else with an installer.
#[derive(Debug)]
pub struct Step<'a> {
    pub stage: &'a Stage,
    pub step: &'a Instruction,
    pub run: &'a Run,
    /// What holds before it.
    pub image: Image,
    pub script: Commands,
}

/// Every `RUN` of a build that calls an installer, in the order of the file.
pub fn of(build: &BuildFacts) -> Vec<Step<'_>> {
    let Ok(file) = &build.dockerfile else { return Vec::new() };
    let mut ends: HashMap<usize, Image> = HashMap::new();
    let mut steps = Vec::new();
    for stage in build.stages() {
        let of_stage = file.base(stage, &build.args).and_then(|base| ends.get(&base.at));
        // Of `python:$TAG` all is known but the tag.
        let name = || file.resolve(&stage.base, &build.args).unwrap_or_else(|| stage.base.clone());
        let mut image = of_stage.cloned().unwrap_or_else(|| Image::of_base(&name()));
        prove_user(&mut image, stage);
        for step in &stage.instructions {
            image.go_over(step, &build.args, &file.globals);
            let Some(run) = step.run() else { continue };
            let script = Commands::in_step(&run.script, &image.given(), &BTreeMap::new());
            let calls = script.iter().any(|command| command::installer(&command.words).is_some());
            let before = calls.then(|| image.clone());
            script.iter().for_each(|command| image.go_over_command(&command));
            if let Some(image) = before {
                steps.push(Step { stage, step, run, image, script });
            }
        }
        ends.insert(stage.at, image);
    }
    steps
}

/// A step that installs packages of the system, without `sudo`, shows that root runs the steps up to the next `USER`.
fn prove_user(image: &mut Image, stage: &Stage) {
    if image.is_user_known {
        return;
    }
    let up_to_user = stage.instructions.iter().take_while(|step| step.name != "USER");
    let installs = |run: &Run| {
        let script = Commands::read(&run.script);
        let mut commands = script.iter().filter(|command| command.read.user.is_none());
        commands.any(|command| command::install(&command.words).is_some() && command::is_of_system(&command.words))
    };
    if up_to_user.filter_map(Instruction::run).any(installs) {
        (image.user, image.is_user_known) = (Account::root(), true);
    }
}
