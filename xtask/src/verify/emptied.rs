//! Steps that throw away what they have just kept in a mount.

use crate::dockerfile::commands::Command;
use crate::dockerfile::shell::Reached;
use crate::installers::command;
use crate::verify::causes::{Cause, NOT_SEEN_TO_RUN, cause};
use crate::verify::verdict::{Mount, Step};

/// Tests of `find` that leave some of the files alone.
const CHOOSING: [&str; 12] = [
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-regex",
    "-iregex",
    "-size",
    "-mtime",
    "-atime",
    "-newer",
    "-empty",
];

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
        let (shown, is_whole) = cleaned.or_else(|| removal(mount, step, command))?;
        Some(Removal { shown, is_whole, has_run: has_run(commands, at) })
    };
    commands.iter().enumerate().filter_map(of)
}

/// `pip cache purge`: the installer's own way.
fn cleaning(mount: &Mount, command: &Command<'_>) -> Option<String> {
    let (installer, shown) = command::cleaning(&command.words)?;
    mount.installer().is_none_or(|of_mount| of_mount == installer).then_some(shown)
}

/// `rm -r` of the mount, or of what is in it; `find … -delete`. And whether that is all of it.
fn removal(mount: &Mount, step: &Step, command: &Command<'_>) -> Option<(String, bool)> {
    let words: Vec<&str> = command.words.iter().copied().flatten().collect();
    let whole = |word: &str| {
        let (folder, name) = word.split_at(word.rfind('/').map_or(0, |slash| slash + 1));
        // `*.deb`
        let is_some = name.contains('*') && !name.trim_matches(['*', '.']).is_empty();
        let path = place(step, command, if is_some { folder } else { word });
        is_whole(&path, mount.path()).map(|is_whole| is_whole && !is_some)
    };
    // Of several words, one that means all of it counts.
    let whole_of = |words: &mut dyn Iterator<Item = &&str>| words.filter_map(|word| whole(word)).max();
    let is_whole = match words.first()?.rsplit('/').next()? {
        "rm" => {
            let is_short = |word: &&str| word.starts_with('-') && !word.starts_with("--");
            let is_deep =
                words.iter().any(|word| *word == "--recursive" || (is_short(word) && word.contains(['r', 'R'])));
            whole_of(&mut words[1..].iter().filter(|word| is_deep || word.contains('*')))
        }
        "find" => {
            let is_option = |word: &&&str| ["-L", "-H", "-P"].contains(*word);
            let places = words[1..].iter().skip_while(is_option).take_while(|word| !word.starts_with(['-', '(', '!']));
            let is_after =
                |own: &str, next: &str| words.windows(2).any(|pair| pair[0].starts_with(own) && pair[1] == next);
            let removes = words.contains(&"-delete") || is_after("-exec", "rm");
            let is_all = removes && !words.iter().any(|word| CHOOSING.contains(word));
            whole_of(&mut places.filter(|_| is_all))
        }
        _ => None,
    };
    is_whole.map(|is_whole| (words.join(" "), is_whole))
}

/// The path that a word means where the command runs, without what a pattern at its end stands for.
fn place(step: &Step, command: &Command<'_>, word: &str) -> String {
    let (is_absolute, word) = (word.starts_with('/'), word.trim_end_matches(['*', '/', '.']));
    if is_absolute {
        return word.to_owned();
    }
    let of_step = step.look().and_then(|look| look.folder.as_deref()).unwrap_or_default();
    let folder = match command.read.folder.known() {
        Some(folder) if folder.starts_with('/') => folder.to_owned(),
        Some("") => of_step.to_owned(),
        Some(folder) => format!("{of_step}/{folder}"),
        None => return word.to_owned(),
    };
    format!("{}/{}", folder.trim_end_matches('/'), word.trim_start_matches("./")).trim_end_matches('/').to_owned()
}

/// Whether a path has all of the mount in it; `None` if nothing of it.
fn is_whole(path: &str, mount: &str) -> Option<bool> {
    let is_in = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    let is_path = path.starts_with('/') && path.len() > 1;
    let is_around = path == mount || is_in(mount, path);
    (is_path && (is_around || is_in(path, mount))).then_some(is_around)
}
