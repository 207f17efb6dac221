//! The `RUN`s of a build that call an installer, each with what is asked about it later.

use std::collections::{BTreeMap, HashMap};

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::commands::{Command, Commands};
use crate::dockerfile::model::{Instruction, Run, Stage};
use crate::dockerfile::removal;
use crate::installers::command;
use crate::installers::installer::Installer;
use crate::lint::image::accounts::Account;
use crate::lint::image::state::Image;

/// A `RUN` that calls an installer.
#[derive(Debug)]
pub struct Step<'a> {
    pub stage: &'a Stage,
    pub step: &'a Instruction,
    pub run: &'a Run,
    /// The targets of its mounts, in their order: absolute, `None` where only the build knows one.
    pub targets: Vec<Option<String>>,
    /// The installers that it calls, for whatever.
    pub calls: Vec<&'static Installer>,
    /// Those that it has install something.
    pub installs: Vec<&'static Installer>,
}

/// A step while its commands and what holds before it are at hand. What is asked for each install is found out once.
pub struct Now<'a> {
    pub step: &'a Instruction,
    pub run: &'a Run,
    pub image: &'a Image,
    pub script: &'a Commands,
    pub commands: &'a [Command<'a>],
    pub targets: &'a [Option<String>],
    /// Whether a command, or a variable of the image, names the target of a mount.
    pub are_named: Vec<bool>,
    /// Each installer that it calls, once.
    pub installers: Vec<&'static Installer>,
    /// Those that it configures.
    pub configures: Vec<&'static Installer>,
    /// Files and settings that decide whether its installers keep anything, and that it names.
    pub mentions: Vec<&'static str>,
    /// The places of commands that may remove what was kept.
    pub removers: Vec<usize>,
}

/// More commands that remove something are not looked at. Real steps have a few.
const MOST_REMOVERS: usize = 50;

impl<'a> Now<'a> {
    fn new(
        (step, run): (&'a Instruction, &'a Run),
        image: &'a Image,
        script: &'a Commands,
        commands: &'a [Command<'a>],
        targets: &'a [Option<String>],
        calls: &[&'static Installer],
    ) -> Now<'a> {
        let is_named = |target: &Option<String>| {
            target.as_ref().is_some_and(|target| {
                commands.iter().any(|command| command.may_name(target)) || image.is_in_variable(target)
            })
        };
        let mut installers: Vec<&'static Installer> = Vec::new();
        for installer in calls {
            if !installers.contains(installer) {
                installers.push(installer);
            }
        }
        let deciding = installers.iter().flat_map(|installer| installer.deciding());
        let removes =
            |at: &usize| command::cleaning(&commands[*at].words).is_some() || removal::may_remove(&commands[*at]);
        Now {
            step,
            run,
            image,
            script,
            commands,
            targets,
            are_named: targets.iter().map(is_named).collect(),
            configures: commands.iter().filter_map(|command| command::configures(&command.words)).collect(),
            mentions: deciding.filter(|word| run.script.contains(word)).collect(),
            removers: (0..commands.len()).filter(removes).take(MOST_REMOVERS).collect(),
            installers,
        }
    }
}

/// Goes over the stages of a build. Hands each step that calls an installer to `look`, with its place among those that are
/// returned.
pub fn of<'a>(build: &'a BuildFacts, mut look: impl FnMut(usize, &Now<'_>)) -> Vec<Step<'a>> {
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
            let script = Commands::in_step(&run.script, &image.given(&run.script), &BTreeMap::new());
            let commands: Vec<Command<'_>> = script.iter().collect();
            let calls: Vec<&'static Installer> =
                commands.iter().filter_map(|command| command::installer(&command.words)).collect();
            if !calls.is_empty() {
                let installs = commands.iter().filter_map(|command| command::install(&command.words));
                let installs = installs.map(|install| install.installer).collect();
                let targets: Vec<Option<String>> = run.mounts.iter().map(|mount| image.target(mount)).collect();
                let now = Now::new((step, run), &image, &script, &commands, &targets, &calls);
                look(steps.len(), &now);
                steps.push(Step { stage, step, run, targets, calls, installs });
            }
            commands.iter().for_each(|command| image.go_over_command(command));
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
