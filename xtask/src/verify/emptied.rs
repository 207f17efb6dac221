//! Steps that throw away what they have just kept in a mount.

use crate::dockerfile::commands::Command;
use crate::dockerfile::removal;
use crate::dockerfile::shell::Reached;
use crate::installers::command;
use crate::verify::causes::{Cause, NOT_SEEN_TO_RUN, cause};
use crate::verify::verdict::{Mount, Step};

/// Programs that only test something, so that what comes after their `&&` may well not run.
const TESTS: [&str; 10] = ["[", "[[", "test", "command", "type", "which", "grep", "id", "getent", "false"];

/// A command that throws away what is in a mount.
struct Removal {
    shown: String,
    /// All of it, and not only a folder or some of the files.
    is_whole: bool,
    has_run: bool,
}

/// The command that empties the mount.
pub fn surely(mount: &Mount, step: &Step, commands: &[Command<'_>]) -> Option<Cause> {
    let found = removals(mount, step, commands).find(|found| found.is_whole && found.has_run)?.shown;
    // A mount is not part of any layer, so emptying it gains nothing.
    Some(cause(
        format!("the step empties it itself, with `{found}`"),
        format!("remove `{found}` from line {} of `{}`: a mount is not part of the image", step.line, mount.file),
    ))
}

/// A command that may empty the mount: it removes a part of it, or may not have run.
pub fn maybe(mount: &Mount, step: &Step, commands: &[Command<'_>]) -> Option<Cause> {
    let found = removals(mount, step, commands).find(|found| !found.is_whole || !found.has_run)?;
    let shown = found.shown;
    let what = if found.is_whole { "empties it itself" } else { "removes a part of it" };
    let unseen = if found.has_run { "whether that is the cause was not seen" } else { NOT_SEEN_TO_RUN };
    Some(cause(
        format!("the step {what}, with `{shown}`; {unseen}"),
        format!("try it without `{shown}`, in line {} of `{}`", step.line, mount.file),
    ))
}

/// Whether nothing in the step decides if a command runs: the `&&` after a command that has to work does not.
pub fn has_run(commands: &[Command<'_>], at: usize) -> bool {
    let is_test =
        |command: &Command<'_>| command.words.first().is_some_and(|word| word.is_none_or(|word| TESTS.contains(&word)));
    match commands[at].read.reached {
        Reached::Always => true,
        Reached::OnSuccess => at.checked_sub(1).is_none_or(|before| {
            !is_test(&commands[before])
                && (commands[before].read.reached != Reached::OnSuccess || has_run(commands, before))
        }),
        Reached::OnFailure | Reached::Conditional => false,
    }
}

fn removals(mount: &Mount, step: &Step, commands: &[Command<'_>]) -> impl Iterator<Item = Removal> {
    let of = move |(at, command): (usize, &Command<'_>)| {
        let cleaned = cleaning(mount, command).map(|shown| (shown, true));
        let (shown, is_whole) = cleaned.or_else(|| removed(mount, step, command))?;
        Some(Removal { shown, is_whole, has_run: has_run(commands, at) })
    };
    commands.iter().enumerate().filter_map(of)
}

/// `pip cache purge`: the installer's own way.
fn cleaning(mount: &Mount, command: &Command<'_>) -> Option<String> {
    let (installer, shown) = command::cleaning(&command.words)?;
    mount.installer().is_none_or(|of_mount| of_mount == installer).then_some(shown)
}

/// `rm -r` of the mount, or of what is in it; and whether that is all of it.
fn removed(mount: &Mount, step: &Step, command: &Command<'_>) -> Option<(String, bool)> {
    let folder = step.look().and_then(|look| look.folder.as_deref());
    let found = removal::of(command, folder, mount.path())?;
    Some((command.words.iter().copied().flatten().collect::<Vec<_>>().join(" "), found.is_whole))
}
