//! Commands that remove a folder, or what is in it: `rm -r`, `find … -delete`.

use crate::dockerfile::commands::Command;

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

/// What a command removes of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The words of the command that mean it.
    pub words: Vec<usize>,
    /// All of it, and not only a folder or some of the files.
    pub is_whole: bool,
}

/// Whether a command is one that removes files at all.
pub fn may_remove(command: &Command<'_>) -> bool {
    let program = command.words[0].and_then(|word| word.rsplit('/').next());
    program.is_some_and(|program| ["rm", "find"].contains(&program))
}

/// What a command removes of `target`, an absolute path; `None` if nothing. `folder`: the step's WORKDIR, if it is known.
pub fn of(command: &Command<'_>, folder: Option<&str>, target: &str) -> Option<Removal> {
    let words: Vec<(usize, &str)> =
        command.words.iter().enumerate().filter_map(|(at, word)| Some((at, (*word)?))).collect();
    let whole = |word: &str| {
        let (above, name) = word.split_at(word.rfind('/').map_or(0, |slash| slash + 1));
        // `*.deb`
        let is_some = name.contains('*') && !name.trim_matches(['*', '.']).is_empty();
        let path = place(command, folder, if is_some { above } else { word });
        is_whole(&path, target).map(|is_whole| is_whole && !is_some)
    };
    // Of several words, one that means all of it counts.
    let of = |words: &mut dyn Iterator<Item = &(usize, &str)>| {
        let found: Vec<(usize, bool)> = words.filter_map(|(at, word)| Some((*at, whole(word)?))).collect();
        let is_whole = found.iter().map(|(_, is_whole)| *is_whole).max()?;
        Some(Removal { words: found.into_iter().map(|(at, _)| at).collect(), is_whole })
    };
    match words.first()?.1.rsplit('/').next()? {
        "rm" => {
            let is_short = |word: &str| word.starts_with('-') && !word.starts_with("--");
            let is_deep =
                words.iter().any(|(_, word)| *word == "--recursive" || (is_short(word) && word.contains(['r', 'R'])));
            of(&mut words[1..].iter().filter(|(_, word)| is_deep || word.contains('*')))
        }
        "find" => {
            let is_option = |word: &&(usize, &str)| ["-L", "-H", "-P"].contains(&word.1);
            let places =
                words[1..].iter().skip_while(is_option).take_while(|(_, word)| !word.starts_with(['-', '(', '!']));
            let is_after =
                |own: &str, next: &str| words.windows(2).any(|pair| pair[0].1.starts_with(own) && pair[1].1 == next);
            let removes = words.iter().any(|(_, word)| *word == "-delete") || is_after("-exec", "rm");
            let is_all = removes && !words.iter().any(|(_, word)| CHOOSING.contains(word));
            of(&mut places.filter(|_| is_all))
        }
        _ => None,
    }
}

/// The path that a word means where the command runs, without what a pattern at its end stands for.
fn place(command: &Command<'_>, of_step: Option<&str>, word: &str) -> String {
    let (is_absolute, word) = (word.starts_with('/'), word.trim_end_matches(['*', '/', '.']));
    if is_absolute {
        return word.to_owned();
    }
    let of_step = of_step.unwrap_or_default();
    let folder = match command.read.folder.known() {
        Some(folder) if folder.starts_with('/') => folder.to_owned(),
        Some("") => of_step.to_owned(),
        Some(folder) => format!("{of_step}/{folder}"),
        None => return word.to_owned(),
    };
    format!("{}/{}", folder.trim_end_matches('/'), word.trim_start_matches("./")).trim_end_matches('/').to_owned()
}

/// Whether a path has all of the folder in it; `None` if nothing of it.
fn is_whole(path: &str, target: &str) -> Option<bool> {
    let is_in = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    let is_path = path.starts_with('/') && path.len() > 1;
    let is_around = path == target || is_in(target, path);
    (is_path && (is_around || is_in(path, target))).then_some(is_around)
}
