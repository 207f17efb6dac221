//! Finds what to cut out of a step's script so that the rest means what it meant.

use std::ops::Range;

use crate::dockerfile::commands::Command;
use crate::lint::image::steps::Now;
use crate::lint::installs::changes::Change;

/// One word of a command, if it stands in the script as a word of its own.
pub fn word(now: &Now<'_>, command: &Command<'_>, at: usize) -> Option<Change> {
    let words = &command.read.words;
    let span = &words[at].span;
    let written = now.run.script.get(span.clone())?;
    // What `$FILES` stands for may be several words.
    let is_one = words.iter().filter(|word| word.span == *span).count() == 1;
    let is_plain = !written.is_empty() && !written.contains([' ', '\t', '\n', '$', '`']);
    (is_one && is_plain).then(|| of_script(now, span.clone()))
}

/// `NAME=value` in front of a command, or an `export` of nothing else.
pub fn assignment(now: &Now<'_>, command: &Command<'_>, name: &str) -> Option<Vec<Change>> {
    let script = &now.run.script;
    let before = command.read.span.start..command.read.words[0].span.start;
    let start = format!("{name}=");
    let mut at = before.start;
    for word in script.get(before)?.split(' ') {
        let span = at..at + word.len();
        at = span.end + 1;
        if word.starts_with(&start) && !word.contains(['"', '\'', '`', '$', '\\']) {
            return Some(vec![of_script(now, span)]);
        }
    }
    let exports = |other: &Command<'_>| match other.words.as_slice() {
        [Some("export"), Some(pair)] => pair.starts_with(&start),
        _ => false,
    };
    let export = now.commands.iter().find(|other| exports(other))?;
    Some(vec![self::command(now, &export.read.span)?])
}

/// A whole command, with the `&&` or `;` that joins it to its neighbours. `None` where what is left would mean something
/// else: a part of a pipe, of an `||`, of a loop.
pub fn command(now: &Now<'_>, span: &Range<usize>) -> Option<Change> {
    let script = &now.run.script;
    let (before, behind) = (script.get(..span.start)?, script.get(span.end..)?);
    let left = before.trim_end_matches([' ', '\t']);
    let right = behind.trim_start_matches([' ', '\t']);
    let joined_left = ["&&", ";", "\n"].into_iter().find(|joint| left.ends_with(joint) && !left.ends_with(";;"));
    let is_first = left.is_empty();
    let joined_right = match right {
        "" => Some(""),
        right if right.starts_with(";;") || right.starts_with("||") => None,
        right => ["&&", ";", "\n"].into_iter().find(|joint| right.starts_with(joint)),
    };
    let with_left = || left.len() - joined_left.map_or(0, str::len)..span.end;
    let with_right = |joint: &str| span.start..script.len() - right.len() + joint.len();
    let is_on_its_line = |range: &Range<usize>| {
        let places = &now.run.places;
        let text = &places.span(range);
        text.end - text.start == range.len()
    };
    let range = match (joined_left, joined_right?) {
        (None, _) if !is_first => return None,
        // Nothing else is in the script.
        (None, "") => return None,
        (None, joint) => with_right(joint),
        // A line of a here-document.
        (Some("\n"), "\n" | "") => span.clone(),
        (Some("&&"), "&&") if !is_on_its_line(&with_left()) && is_on_its_line(&with_right("&&")) => with_right("&&"),
        (Some("&&"), _) => with_left(),
        (Some(_), "") => with_left(),
        (Some(_), joint) => with_right(joint),
    };
    Some(of_script(now, range))
}

/// A part of the script, by its pieces in the file.
fn of_script(now: &Now<'_>, range: Range<usize>) -> Change {
    Change::Cut { ranges: now.run.places.pieces(&range), instruction: now.step.span.clone() }
}
