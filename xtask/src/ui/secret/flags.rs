//! The values of a task's secret flags, in the lines of steps that call it.

use std::collections::HashSet;
use std::ops::Range;

use crate::ui::secret::spans::is_mark;

/// The values of `flags` (`--token`, `-t`) in each line that calls a task: `task deploy --token VALUE`, `--token=VALUE`,
/// `-t VALUE`, `-tVALUE`.
pub fn values_of(text: &str, flags: &HashSet<String>) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n').filter(|_| !flags.is_empty()) {
        if let Some(call) = line.find("task ") {
            in_call(line, call, flags, |span| spans.push(start + span.start..start + span.end));
        }
        start += line.len();
    }
    spans
}

fn in_call(line: &str, call: usize, flags: &HashSet<String>, mut found: impl FnMut(Range<usize>)) {
    let mut end = call;
    for (at, _) in line[call..].match_indices('-').map(|(at, dash)| (call + at, dash)) {
        // What is in a value is one already.
        if at < end || !line[..at].ends_with(|c: char| c.is_whitespace() || is_mark(c)) {
            continue;
        }
        let Some(behind) = behind(&line[at..], flags).map(|behind| at + behind) else { continue };
        let rest = &line[behind..];
        let gap = rest.len() - rest.trim_start_matches([' ', '\t', '=']).len();
        let begin = behind + gap;
        // A placeholder is no value.
        if line[begin..].starts_with('{') {
            continue;
        }
        end = begin + length(&line[begin..]);
        found(begin..end);
    }
}

/// How far a flag goes that stands at the start of this text, if it is one of them.
fn behind(text: &str, flags: &HashSet<String>) -> Option<usize> {
    let name = text.find(|c: char| c.is_whitespace() || is_mark(c) || c == '=').unwrap_or(text.len());
    if text.starts_with("--") {
        return flags.contains(&text[..name]).then_some(name);
    }
    let is_one = |c: char| flags.contains(format!("-{c}").as_str());
    let mut letters = text[1..name].char_indices().take_while(|(_, c)| c.is_ascii_alphanumeric());
    letters.find(|(_, c)| is_one(*c)).map(|(at, _)| 1 + at + 1)
}

/// The length of a word with its quotes, in a step or in a string of TOML's that holds one.
fn length(text: &str) -> usize {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let mark = ["\\\"", "\"", "'"].into_iter().find(|mark| text[at..].starts_with(mark));
        at += match mark {
            // A blank behind a backslash is part of the word.
            None if c == '\n' || c.is_whitespace() && !text[..at].ends_with('\\') => break,
            None => c.len_utf8(),
            // One that opens the value, or has more of it behind it. Another ends the line of the step.
            Some(mark) if at == 0 || text[at + mark.len()..].starts_with(|c: char| c.is_alphanumeric()) => {
                let inner = &text[at + mark.len()..];
                inner.find(mark).map_or(mark.len() + inner.len(), |end| end + 2 * mark.len())
            }
            Some(_) => break,
        };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::secret::{hidden_step, starred};

    #[test]
    fn values_of_secret_flags_are_hidden_where_a_task_is_called() {
        let flags = HashSet::from(["--x".to_owned(), "-t".to_owned()]);
        for (line, shown) in [
            ("task b --x geheim --y offen", "task b --x … --y offen"),
            ("task b --x=geheim", "task b --x=…"),
            ("task b --x 'ge heim' more", "task b --x … more"),
            ("task b --x ge'h ei'm more", "task b --x … more"),
            ("task b --x ge\\ heim more", "task b --x … more"),
            ("task b -t geheim -vtgeheim -t=geheim", "task b -t … -vt… -t=…"),
            ("task b --x -geheim --x geheim", "task b --x … --x …"),
            ("task b --x {x} --xy offen -v offen", "task b --x {x} --xy offen -v offen"),
            ("docker run -t image --x y", "docker run -t image --x y"),
            ("task b --x", "task b --x"),
        ] {
            assert_eq!(hidden_step(line, &flags), shown);
        }
        for (text, shown) in [
            ("steps = [\"task b --x geheim\"]", "steps = [\"task b --x ******\"]"),
            ("steps = ['task b --x \"ge heim\"', 'x']", "steps = ['task b --x \"** ****\"', 'x']"),
            ("steps = [\"task b --x \\\"ge heim\\\" | é\"]", "steps = [\"task b --x *\"** *****\" | é\"]"),
            ("'task b --x ge|heim'\n--x offen", "'task b --x *******'\n--x offen"),
        ] {
            assert_eq!(starred(text, &flags), shown);
        }
    }
}
