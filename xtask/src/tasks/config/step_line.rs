//! One line of a step into words. There is no shell, and nothing pretends to be one.

use std::ops::Range;

use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;

/// A word of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    Literal(String),
    /// `{name}`: the words of a flag, or those that steps share.
    Named(String),
    /// `{args}`: what was typed after `--`.
    Args,
}

/// A word and its bytes in the line.
pub type PlacedWord = (Word, Range<usize>);

/// Splits one step into its words.
///
/// Blanks separate; single quotes keep everything literal, double quotes keep blanks, a backslash may stand before
/// a blank, a quote or a backslash. What a shell would treat specially is an error that names the way out, so that
/// one file does the same on every system. The errors' spans are bytes of `line`.
pub fn split(line: &str) -> Result<Vec<PlacedWord>, Vec<Finding>> {
    split_at(line, true)
}

/// Splits words that may stand anywhere in a step: the first need be no program.
pub fn split_part(line: &str) -> Result<Vec<PlacedWord>, Vec<Finding>> {
    split_at(line, false)
}

fn split_at(line: &str, begins: bool) -> Result<Vec<PlacedWord>, Vec<Finding>> {
    let mut splitter = Splitter { line, at: 0, words: Vec::new(), errors: Vec::new(), begins };
    splitter.run();
    if splitter.errors.is_empty() { Ok(splitter.words) } else { Err(splitter.errors) }
}

/// For a first word `NAME=…`, which shells take for a variable: the mistake that it is as a program.
pub fn variable_before_program(word: &str, span: &Range<usize>) -> Option<Finding> {
    let (name, _) = word.split_once('=').filter(|(name, _)| is_variable(name))?;
    let message = format!("`{name}=…` before a program is shell syntax, and there is no shell");
    let hint = format!("set it for the step: {{ run = \"…\", env = {{ {name} = \"…\" }} }}");
    Some(mistake(message, span.clone()).fix(hint))
}

struct Splitter<'a> {
    line: &'a str,
    at: usize,
    words: Vec<PlacedWord>,
    errors: Vec<Finding>,
    /// Whether the first word is a program.
    begins: bool,
}

impl Splitter<'_> {
    fn run(&mut self) {
        while let Some(c) = self.peek() {
            if is_blank(c) {
                self.at += c.len_utf8();
            } else {
                self.word();
            }
        }
        if self.words.is_empty() && self.errors.is_empty() {
            self.error("an empty step", 0..self.line.len(), "write a command, or remove the step");
        }
    }

    fn peek(&self) -> Option<char> {
        self.line[self.at..].chars().next()
    }

    /// Two of the same mistake side by side become one: `&&`.
    fn error(&mut self, message: impl Into<String>, span: Range<usize>, hint: impl Into<String>) {
        let next = mistake(message, span.clone()).fix(hint);
        match self.errors.last_mut() {
            Some(last) if last.span().end == span.start && last.message == next.message => {
                *last = next.at(last.span().start..span.end);
            }
            _ => self.errors.push(next),
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut text = String::new();
        let (mut quoted, mut braces) = (false, false);
        // The quote that is open, and where.
        let mut open = None;
        let before = self.errors.len();
        while let Some(c) = self.peek() {
            let here = self.at..self.at + c.len_utf8();
            match (open, c) {
                (None, _) if is_blank(c) => break,
                (None, '\'' | '"') => (quoted, open) = (true, Some((c, self.at))),
                (Some((quote, _)), _) if c == quote => open = None,
                (Some(('\'', _)), _) => text.push(c),
                (_, '\\') => self.backslash(&mut text),
                (Some(_), '$' | '`') => {
                    let message = format!("{} in double quotes is shell syntax, and there is no shell", named(c));
                    self.error(message, here, "single quotes keep it literal");
                }
                (None, '{' | '}') => {
                    braces = true;
                    text.push(c);
                }
                _ if c.is_control() => {
                    let hint = match c {
                        '\n' => {
                            "a step is one line: write two steps; in three double quotes, a `\\` at its end goes on in the next"
                        }
                        _ => "a step is one line: write two steps",
                    };
                    self.error("a control character in a step", here, hint);
                }
                _ => {
                    let hint = match c {
                        '&' if self.line.trim_start().starts_with("cd ") => {
                            Some("a step has a folder: { run = \"…\", dir = \"…\" }")
                        }
                        _ => shell_syntax(c, self.at == start),
                    };
                    if let Some(hint) = hint.filter(|_| open.is_none()) {
                        self.error(format!("{} is shell syntax, and there is no shell", named(c)), here, hint);
                    }
                    text.push(c);
                }
            }
            self.at += c.len_utf8();
        }
        if let Some((quote, at)) = open {
            let (name, other) = if quote == '"' { ("double", "'\"'") } else { ("single", "\"'\"") };
            return self.error(
                format!("a {name} quote that is never closed"),
                at..at + 1,
                format!("close it; to write a quote, put it in quotes of the other kind: {other}"),
            );
        }
        let span = start..self.at;
        if self.errors.len() > before {
            return;
        }
        let word = match (braces, quoted) {
            (true, false) => self.placeholder(&text, span.clone()),
            (true, true) => {
                self.error(
                    "braces and quotes in one word",
                    span.clone(),
                    "a `{flag}` is a whole word; put the whole word in single quotes to keep the braces",
                );
                return;
            }
            (false, _) => Some(Word::Literal(text)),
        };
        let Some(word) = word else { return };
        if let (true, false, Word::Literal(text)) = (self.begins && self.words.is_empty(), quoted, &word) {
            if let Some(finding) = variable_before_program(text, &span) {
                return self.errors.push(finding);
            }
        }
        self.words.push((word, span));
    }

    /// Reads a backslash and the character after it; leaves `at` on the last character that it used.
    fn backslash(&mut self, text: &mut String) {
        let next = self.line[self.at + 1..].chars().next();
        match next {
            Some(c @ (' ' | '\t' | '\'' | '"' | '\\')) => {
                text.push(c);
                self.at += 1;
            }
            _ => {
                let end = self.at + 1 + next.map_or(0, char::len_utf8);
                self.error(
                    "a backslash is allowed only before a blank, a quote or a backslash",
                    self.at..end,
                    "write paths with `/`, on Windows too, or put the word in single quotes",
                );
            }
        }
    }

    fn placeholder(&mut self, text: &str, span: Range<usize>) -> Option<Word> {
        let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match inner {
            Some("args") => Some(Word::Args),
            Some(name) if !name.is_empty() && !name.contains(['{', '}']) => Some(Word::Named(name.to_owned())),
            _ => {
                self.error(
                    format!("`{text}` is not a `{{flag}}` by itself"),
                    span,
                    "a `{flag}` is a whole word; single quotes keep braces literal: '{{.Names}}'",
                );
                None
            }
        }
    }
}

/// A character in backticks, unless it is one.
fn named(c: char) -> String {
    if c == '`' { "a backtick".to_owned() } else { format!("`{c}`") }
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

fn is_variable(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// For a character that a shell would treat specially: what to do without one.
fn shell_syntax(c: char, first_of_word: bool) -> Option<&'static str> {
    Some(match c {
        '|' => "run both in a shell: { sh = \"… | …\" }",
        '&' | ';' => "write two steps: the second runs only if the first succeeds",
        '<' | '>' => "run it in a shell: { sh = \"… > …\" }",
        '(' | ')' => "single quotes keep it literal; `dir` sets a task's folder",
        '*' | '?' => "nothing expands it here: name the files, or use { sh = \"…\" }; single quotes keep it literal",
        '~' if first_of_word => "nothing expands it here: write the path; single quotes keep it literal",
        '#' if first_of_word => "write comments outside the step; single quotes keep it literal",
        '~' | '#' => "single quotes keep it literal",
        '$' => "variables are not expanded here: use `env`, a flag with `env`, or { sh = \"…\" }",
        '`' => "single quotes keep it literal; { sh = \"…\" } runs a shell",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Word> {
        split(line).unwrap_or_else(|errors| panic!("{line}: {errors:?}")).into_iter().map(|(word, _)| word).collect()
    }

    fn literals(line: &str) -> Vec<String> {
        words(line)
            .into_iter()
            .map(|word| match word {
                Word::Literal(text) => text,
                other => panic!("{line}: {other:?}"),
            })
            .collect()
    }

    fn mistakes(line: &str) -> Vec<(String, Range<usize>)> {
        split(line).expect_err(line).into_iter().map(|error| (error.message.clone(), error.span())).collect()
    }

    #[test]
    fn blanks_quotes_and_backslashes() {
        assert_eq!(literals("cargo  test\t--all"), ["cargo", "test", "--all"]);
        assert_eq!(literals(r#"a '' "b c" d'e f'g"#), ["a", "", "b c", "de fg"]);
        assert_eq!(literals(r#"a\ b \" \' \\ "\" \\""#), ["a b", "\"", "'", "\\", "\" \\"]);
        assert_eq!(literals("docker ps --format '{{.Names}} $x |'"), ["docker", "ps", "--format", "{{.Names}} $x |"]);
        assert_eq!(literals("x \"a|b;c&d (e) *\""), ["x", "a|b;c&d (e) *"]);
        assert_eq!(literals("x A=b --env=C=d"), ["x", "A=b", "--env=C=d"]);
        assert_eq!(literals("é 'ü ß'"), ["é", "ü ß"]);
    }

    #[test]
    fn placeholders_are_whole_unquoted_words() {
        let expected = vec![Word::Literal("up".into()), Word::Named("no-cache".into()), Word::Args];
        assert_eq!(words("up {no-cache} {args}"), expected);
        for line in ["up --x={y}", "up {a}{b}", "up {}", "up {{.Names}}", "up {", "up }", "up '{'x{y}"] {
            mistakes(line);
        }
        assert_eq!(literals("up \"{y}\""), ["up", "{y}"]);
    }

    #[test]
    fn shell_syntax_is_an_error_with_its_place() {
        for c in "|&;<>()*?~#$`".chars() {
            let found = mistakes(&format!("a {c}"));
            assert_eq!(found, [(format!("{} is shell syntax, and there is no shell", named(c)), 2..3)]);
        }
        assert_eq!(
            mistakes(r#"a "$x""#),
            [("`$` in double quotes is shell syntax, and there is no shell".to_owned(), 3..4)]
        );
        assert_eq!(mistakes("A=b c")[0].0, "`A=…` before a program is shell syntax, and there is no shell");
        assert_eq!(mistakes(r"a b\c")[0].1, 3..5);
        assert_eq!(mistakes("a\u{7}")[0].0, "a control character in a step");
        assert_eq!(mistakes("a | b > c").len(), 2, "all of them in one go");
    }

    #[test]
    fn quotes_must_be_closed_and_steps_not_empty() {
        assert_eq!(mistakes("a 'b"), [("a single quote that is never closed".to_owned(), 2..3)]);
        assert_eq!(mistakes("a \"b"), [("a double quote that is never closed".to_owned(), 2..3)]);
        assert_eq!(mistakes("  ")[0].0, "an empty step");
        assert_eq!(mistakes("a \\")[0].1, 2..3);
    }

    /// Whatever stands in a file: no panic, spans on characters, and the same words again after quoting.
    #[test]
    fn any_line_is_words_or_errors_with_places() {
        let alphabet: Vec<char> = "ab{}'\"\\ |$=é\u{7}-/*#".chars().collect();
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..20_000 {
            let mut line = String::new();
            for _ in 0..state % 12 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                line.push(alphabet[(state >> 33) as usize % alphabet.len()]);
            }
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407) | 1;
            match split(&line) {
                Ok(words) => {
                    assert!(!words.is_empty(), "{line:?}");
                    let quoted: Vec<String> = words
                        .iter()
                        .map(|(word, span)| match word {
                            Word::Literal(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
                            _ => line[span.clone()].to_owned(),
                        })
                        .collect();
                    // These are literal only in single quotes, which the line had then.
                    if !quoted.concat().contains(['$', '`', '\u{7}']) {
                        let again: Vec<Word> =
                            split(&quoted.join(" ")).expect("quoted").into_iter().map(|(word, _)| word).collect();
                        assert_eq!(again, words.into_iter().map(|(word, _)| word).collect::<Vec<_>>(), "{line:?}");
                    }
                }
                Err(errors) => {
                    for error in errors {
                        assert!(line.get(error.span()).is_some(), "{line:?} {error:?}");
                    }
                }
            }
        }
    }
}
