//! Two texts, as a unified diff.

/// How many lines are shown around a change.
const AROUND: usize = 3;

/// Where more than this would have to be compared, the middle is shown as one change.
const MOST: usize = 4_000_000;

/// A line without its end, and whether it has one.
type Text<'a> = (&'a str, bool);

/// A line, and where it is: in the old text, the new one, or both.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    Same(Text<'a>),
    Old(Text<'a>),
    New(Text<'a>),
}

/// The changes from one text to the other, without the names of files; empty if there are none.
pub fn difference(old: &str, new: &str) -> String {
    let lines = lines(&of_text(old), &of_text(new));
    let is_change = |line: &Line<'_>| !matches!(line, Line::Same(_));
    let mut text = String::new();
    let mut at = 0;
    let (mut old_line, mut new_line) = (1, 1);
    while let Some(change) = lines[at..].iter().position(is_change).map(|step| at + step) {
        let start = change.saturating_sub(AROUND).max(at);
        // A hunk goes on until more lines are the same than are shown around two changes.
        let mut end = change;
        while let Some(next) = lines[end..].iter().take(2 * AROUND + 1).position(is_change) {
            end += next + 1;
        }
        let end = (end + AROUND).min(lines.len());
        let of_old = |lines: &[Line<'_>]| lines.iter().filter(|line| !matches!(line, Line::New(_))).count();
        let of_new = |lines: &[Line<'_>]| lines.iter().filter(|line| !matches!(line, Line::Old(_))).count();
        old_line += of_old(&lines[at..start]);
        new_line += of_new(&lines[at..start]);
        let hunk = &lines[start..end];
        let (olds, news) = (of_old(hunk), of_new(hunk));
        // An empty side names the line before it.
        let first = |line: usize, count: usize| if count == 0 { line - 1 } else { line };
        text.push_str(&format!("@@ -{},{olds} +{},{news} @@\n", first(old_line, olds), first(new_line, news)));
        for line in hunk {
            let (mark, line) = match line {
                Line::Same(line) => (' ', line),
                Line::Old(line) => ('-', line),
                Line::New(line) => ('+', line),
            };
            let (line, has_end) = line;
            text.push_str(&format!("{mark}{line}\n"));
            if !has_end {
                text.push_str("\\ No newline at end of file\n");
            }
        }
        old_line += olds;
        new_line += news;
        at = end;
    }
    if text.is_empty() && old != new {
        // `\n` and `\r\n`.
        text.push_str("the ends of lines differ\n");
    }
    text
}

/// The lines of a text, as `str::lines` has them.
fn of_text(text: &str) -> Vec<Text<'_>> {
    let line = |line: &'_ str| line.ends_with('\n');
    text.lines().zip(text.split_inclusive('\n').map(line)).collect()
}

/// All lines of both, by the longest common subsequence of what is between the same beginning and end.
fn lines<'a>(old: &[Text<'a>], new: &[Text<'a>]) -> Vec<Line<'a>> {
    let before = old.iter().zip(new).take_while(|(left, right)| left == right).count();
    let most = old.len().min(new.len()) - before;
    let after = old.iter().rev().zip(new.iter().rev()).take_while(|(left, right)| left == right).count().min(most);
    let (left, right) = (&old[before..old.len() - after], &new[before..new.len() - after]);
    let mut lines: Vec<Line<'a>> = old[..before].iter().map(|line| Line::Same(*line)).collect();
    lines.extend(middle(left, right));
    lines.extend(old[old.len() - after..].iter().map(|line| Line::Same(*line)));
    lines
}

fn middle<'a>(old: &[Text<'a>], new: &[Text<'a>]) -> Vec<Line<'a>> {
    let width = new.len() + 1;
    if old.len().saturating_mul(width) > MOST {
        return old.iter().map(|line| Line::Old(*line)).chain(new.iter().map(|line| Line::New(*line))).collect();
    }
    // How long the longest common subsequence is from each pair of places on.
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for (at, line) in old.iter().enumerate().rev() {
        for (other, new_line) in new.iter().enumerate().rev() {
            longest[at * width + other] = match line == new_line {
                true => longest[(at + 1) * width + other + 1] + 1,
                false => longest[(at + 1) * width + other].max(longest[at * width + other + 1]),
            };
        }
    }
    let (mut at, mut other) = (0, 0);
    let mut lines = Vec::new();
    while at < old.len() || other < new.len() {
        if at < old.len() && other < new.len() && old[at] == new[other] {
            lines.push(Line::Same(old[at]));
            (at, other) = (at + 1, other + 1);
        } else if other == new.len()
            || (at < old.len() && longest[(at + 1) * width + other] >= longest[at * width + other + 1])
        {
            lines.push(Line::Old(old[at]));
            at += 1;
        } else {
            lines.push(Line::New(new[other]));
            other += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::random::Random;

    #[test]
    fn changes_have_three_lines_around_them() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13\n";
        let expected = "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@@ -10,3 +10,4 @@\n 10\n 11\n 12\n+13\n";
        assert_eq!(difference(old, new), expected);
        assert_eq!(difference("", "a\n"), "@@ -0,0 +1,1 @@\n+a\n");
        assert_eq!(difference("a\n", "a\r\n"), "the ends of lines differ\n");
        assert_eq!(difference("a\n", "a"), "@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n");
        assert_eq!(difference(old, old), "");
    }

    /// What the hunks say, done to the old text, is the new one.
    #[test]
    fn any_difference_makes_the_new_text_of_the_old_one() {
        for seed in 0..500 {
            let random = &mut Random::new(seed);
            let mut text =
                |most| -> String { (0..random.below(most)).map(|_| format!("{}\n", random.below(6))).collect() };
            let (old, new) = (text(40), text(40));
            let mut made: Vec<&str> = Vec::new();
            let olds: Vec<&str> = old.lines().collect();
            let mut at = 0;
            let shown = difference(&old, &new);
            for line in shown.lines() {
                match (line.split_at(1), line.strip_prefix("@@ -")) {
                    (_, Some(places)) => {
                        let (first, rest) = places.split_once(',').expect("a place");
                        let start: usize = first.parse().expect("a number");
                        let start = if rest.starts_with("0 ") { start } else { start - 1 };
                        made.extend(&olds[at..start]);
                        at = start;
                    }
                    (("-", line), _) => {
                        assert_eq!(olds[at], line);
                        at += 1;
                    }
                    (("+", line), _) => made.push(line),
                    ((_, line), _) => {
                        assert_eq!(olds[at], line);
                        made.push(line);
                        at += 1;
                    }
                }
            }
            made.extend(&olds[at..]);
            assert_eq!(made, new.lines().collect::<Vec<_>>(), "{seed}: {old:?} {new:?}\n{shown}");
        }
    }
}
