//! Words as the line of a step, quoted as a person would.

use crate::init::draft::Word;
use crate::tasks::config::validate::steps::SHELLS_OWN;

/// The line of a step. `None`: a step can't say this, and `sh` can. Shared words are written out.
pub fn line_of(words: &[Word]) -> Option<String> {
    let line = part_with(words, &|_| false)?;
    let first = words.iter().find_map(first_literal)?;
    let is_of_shells = matches!(first, Word::Literal(first) if SHELLS_OWN.contains(&first.as_str()));
    (!line.is_empty() && !is_of_shells).then_some(line)
}

/// Words that may stand anywhere in a line, and may be none. Those that `is_shared` says are a `{name}`.
pub fn part_with(words: &[Word], is_shared: &dyn Fn(&Word) -> bool) -> Option<String> {
    let mut line = Vec::new();
    push(words, is_shared, &mut line)?;
    Some(line.join(" "))
}

/// The first word that there is, behind shared ones that are empty.
fn first_literal(word: &Word) -> Option<&Word> {
    match word {
        Word::Shared { words, .. } => words.iter().find_map(first_literal),
        word => Some(word),
    }
}

fn push(words: &[Word], is_shared: &dyn Fn(&Word) -> bool, line: &mut Vec<String>) -> Option<()> {
    for word in words {
        match word {
            Word::Literal(text) => line.push(quoted(text, line.is_empty())?),
            Word::Placeholder(name) => line.push(format!("{{{name}}}")),
            Word::Shared { name, .. } if is_shared(word) => line.push(format!("{{{name}}}")),
            Word::Shared { words, .. } => push(words, is_shared, line)?,
        }
    }
    Some(())
}

/// A word as it stands in a line. `None` for what would break the line.
fn quoted(word: &str, is_first: bool) -> Option<String> {
    if word.contains(|c: char| c.is_control() && c != '\t') {
        return None;
    }
    let is_plain = |c: char| !c.is_whitespace() && !"'\"\\{}|&;<>()*?~#$`".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) && !(is_first && word.contains('=')) {
        return Some(word.to_owned());
    }
    if !word.contains('\'') {
        return Some(format!("'{word}'"));
    }
    if !word.contains(['$', '`']) {
        return Some(format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")));
    }
    // Each quote by itself, in quotes of the other kind.
    let parts: Vec<String> =
        word.split('\'').map(|part| if part.is_empty() { String::new() } else { format!("'{part}'") }).collect();
    Some(parts.join("\"'\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str]) -> Option<String> {
        line_of(&words.iter().map(|word| Word::literal(word)).collect::<Vec<_>>())
    }

    #[test]
    fn words_are_quoted_where_a_step_needs_it() {
        for (words, expected) in [
            (&["compose", "up", "-d"][..], "compose up -d"),
            (&["docker", "ps", "--format", "{{.Names}}"], "docker ps --format '{{.Names}}'"),
            (&["x", "{args}", "", "a b", "*.py"], "x '{args}' '' 'a b' '*.py'"),
            (&["x", "it's", "a=b"], "x \"it's\" a=b"),
            (&["x", "'$a'"], "x \"'\"'$a'\"'\""),
            (&["A=b"], "'A=b'"),
        ] {
            assert_eq!(line(words).as_deref(), Some(expected));
        }
        for words in [&[][..], &["x", "a\nb"], &["cd", "x"], &["export", "A=b"]] {
            assert_eq!(line(words), None, "{words:?}");
        }
    }
}
