//! Steps that throw away what they have just kept in a mount.

use crate::dockerfile::commands::Command;
use crate::installers::command;
use crate::verify::causes::{Cause, cause};
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

/// The command that empties the mount.
pub fn cause_of(mount: &Mount, step: &Step, commands: &[Command<'_>]) -> Option<Cause> {
    let found = commands.iter().find_map(|command| cleaning(mount, command));
    let found = found.or_else(|| commands.iter().find_map(|command| removal(mount, step, command)))?;
    // A mount is not part of any layer, so emptying it gains nothing.
    Some(cause(
        format!("the step empties it itself, with `{found}`"),
        format!("remove `{found}` from line {} of `{}`: a mount is not part of the image", step.line, mount.file),
    ))
}

/// `pip cache purge`: the installer's own way.
fn cleaning(mount: &Mount, command: &Command<'_>) -> Option<String> {
    let (installer, shown) = command::cleaning(&command.words)?;
    mount.installer().is_none_or(|of_mount| of_mount == installer).then_some(shown)
}

/// `rm -r` of the mount, or of all that is in it; `find … -delete`.
fn removal(mount: &Mount, step: &Step, command: &Command<'_>) -> Option<String> {
    let words: Vec<&str> = command.words.iter().copied().flatten().collect();
    let is_here = |word: &str| is_inside_or_around(&place(step, command, word), mount.path());
    let is_it = match words.first()?.rsplit('/').next()? {
        "rm" => {
            let is_short = |word: &&str| word.starts_with('-') && !word.starts_with("--");
            let is_deep =
                words.iter().any(|word| *word == "--recursive" || (is_short(word) && word.contains(['r', 'R'])));
            words[1..].iter().any(|word| (is_deep || word.ends_with('*')) && is_here(word))
        }
        "find" => {
            let is_option = |word: &&&str| ["-L", "-H", "-P"].contains(*word);
            let places = words[1..].iter().skip_while(is_option).take_while(|word| !word.starts_with(['-', '(', '!']));
            let is_after =
                |own: &str, next: &str| words.windows(2).any(|pair| pair[0].starts_with(own) && pair[1] == next);
            let removes = words.contains(&"-delete") || is_after("-exec", "rm");
            removes && !words.iter().any(|word| CHOOSING.contains(word)) && places.into_iter().any(|word| is_here(word))
        }
        _ => false,
    };
    is_it.then(|| words.join(" "))
}

/// The path that a word means where the command runs, without what a pattern at its end stands for.
fn place(step: &Step, command: &Command<'_>, word: &str) -> String {
    let word = word.trim_end_matches(['*', '/', '.']);
    if word.starts_with('/') {
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

fn is_inside_or_around(path: &str, mount: &str) -> bool {
    let is_in = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    path.starts_with('/') && path.len() > 1 && (path == mount || is_in(path, mount) || is_in(mount, path))
}
