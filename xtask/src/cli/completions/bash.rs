//! Bash, which takes a candidate as it is: it gives the line as it was typed, so that the words are read here, and what
//! comes back is quoted to go on from there.

use std::ffi::OsString;

use crate::cli::completions::shells::Line;
use crate::system::environment::Environment;

/// The quote that is open at the end of what bash keeps of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Open {
    #[default]
    None,
    Single,
    Double,
}

/// From the script: how many words stand before the program's own, the line up to the cursor, and its end that bash
/// replaces.
pub fn read(asked: Vec<OsString>, _: &Environment) -> Option<Line> {
    let asked: Vec<&str> = asked.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
    let [before, line, replaced] = asked[..] else { return None };
    let mut words = Vec::new();
    let mut rest = line.trim_start_matches(BLANKS);
    loop {
        let (word, _, end) = first_word(rest);
        words.push(OsString::from(word));
        let next = rest[end..].trim_start_matches(BLANKS);
        if end == rest.len() {
            break;
        }
        rest = next;
    }
    let (kept, open, _) = first_word(rest.strip_suffix(replaced)?);
    Some(Line { words: words.split_off(before.parse::<usize>().ok()?.min(words.len())), kept, open })
}

const BLANKS: [char; 3] = [' ', '\t', '\n'];

/// The first word of a line: what it means, the quote that is open at its end, and where it ends.
fn first_word(line: &str) -> (String, Open, usize) {
    let (mut meant, mut open) = (String::new(), Open::None);
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (open, c) {
            (Open::None, c) if BLANKS.contains(&c) => return (meant, open, at),
            (Open::None, '\'') => open = Open::Single,
            (Open::None, '"') => open = Open::Double,
            (Open::Single, '\'') | (Open::Double, '"') => open = Open::None,
            (Open::None, '\\') => meant.extend(chars.next().map(|(_, c)| c)),
            (Open::Double, '\\') => {
                let special = chars.next_if(|(_, c)| matches!(c, '$' | '`' | '"' | '\\'));
                meant.push(special.map_or('\\', |(_, c)| c));
            }
            (_, c) => meant.push(c),
        }
    }
    (meant, open, line.len())
}

/// The end of the line that means `value`: what bash puts in the place of what it replaces.
pub fn write(line: &Line, value: &str, _help: &str) -> Option<String> {
    value.strip_prefix(line.kept.as_str()).map(|rest| quoted(rest, line.open))
}

fn quoted(text: &str, open: Open) -> String {
    let mut quoted = String::new();
    for c in text.chars() {
        match (open, c) {
            // One backslash a character, and no quotes: what candidates have in common stays in common.
            (Open::None, c) if c.is_alphanumeric() || "_-./:=@%+,".contains(c) => quoted.push(c),
            (Open::None, c) => quoted.extend(['\\', c]),
            (Open::Single, '\'') => quoted.push_str(r"'\''"),
            (Open::Double, '$' | '`' | '"' | '\\') => quoted.extend(['\\', c]),
            // The history is looked up in double quotes, too, and there a backslash would stay.
            (Open::Double, '!') => quoted.push_str(r#""'!'""#),
            (_, c) => quoted.push(c),
        }
    }
    let quote = match open {
        Open::None => return quoted,
        Open::Single => '\'',
        Open::Double => '"',
    };
    // Readline closes the quote, unless it sees one at the end, whatever that is. And if it sees one at the start, it
    // puts that in the place of the one that is open.
    if quoted.starts_with(quote) {
        quoted.insert(0, quote);
    }
    quoted.push(quote);
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(before: &str, line: &str, replaced: &str) -> Option<Line> {
        let asked = [before, line, replaced].map(OsString::from).to_vec();
        read(asked, &Environment::read(""))
    }

    #[test]
    fn the_words_of_a_line_are_read_as_bash_reads_them() {
        let words = |text: &str| line("0", text, "").expect("a line").words;
        assert_eq!(words("x"), ["x"]);
        assert_eq!(words(" x \ty "), ["x", "y", ""]);
        assert_eq!(words(r#"x 'a b' "c d" e\ f g'h'"i"\'"#), ["x", "a b", "c d", "e f", "ghi'"]);
        assert_eq!(words(r#"x "\$\`\"\\\a" '\a'"#), ["x", r#"$`"\\a"#, r"\a"]);
        assert_eq!(words(r"x 'a b"), ["x", "a b"]);
        assert_eq!(words(r"x a\"), ["x", "a"]);
        assert_eq!(line("2", "cargo +x xtask de", "de").expect("a line").words, ["xtask", "de"]);
        assert_eq!(line("9", "x", "x").expect("a line").words, [""; 0]);
    }

    #[test]
    fn only_what_bash_replaces_is_written() {
        let written = |text: &str, replaced: &str, value: &str| write(&line("0", text, replaced)?, value, "");
        assert_eq!(written("x --y=a", "a", "--y=a b").as_deref(), Some(r"a\ b"));
        assert_eq!(written("x --y='a", "a", "--y=a b").as_deref(), Some("a b'"));
        assert_eq!(written(r#"x "a"#, "a", "a$b!").as_deref(), Some(r#"a\$b"'!'"""#));
        assert_eq!(written("x '", "", "'a'").as_deref(), Some(r"''\''a'\'''"));
        assert_eq!(written("x a:", "", "b:c"), None);
        // No bash does this: nothing is offered.
        assert_eq!(written("x ab", "c", "abc"), None);
    }

    /// With the history, which double quotes don't keep out.
    #[cfg(unix)]
    #[test]
    fn bash_takes_a_candidate_as_exactly_that_text() {
        use crate::cli::completions::shells::tests::{meant, odd_texts};
        let texts = odd_texts();
        for (open, quote) in [(Open::None, ""), (Open::Single, "'"), (Open::Double, "\"")] {
            let on_line = |text: &String| {
                let quoted = quoted(text, open);
                let is_kept = quote.is_empty() || !quoted.starts_with(quote);
                if text.is_empty() {
                    "''".to_owned()
                } else if is_kept {
                    format!("{quote}{quoted}")
                } else {
                    quoted
                }
            };
            let words: Vec<String> = texts.iter().map(on_line).collect();
            let line = format!("printf '%s\\0' {}", words.join(" "));
            let script = format!("set -o history -o histexpand\n: before\n{line}\n");
            if let Some(found) = meant(&["bash"], &script) {
                assert_eq!(found, texts, "{open:?}");
            }
        }
    }
}
