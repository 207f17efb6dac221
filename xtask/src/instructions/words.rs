//! Splits words the way BuildKit does: flags, `NAME=value` words, and the words in which it finds here-documents.

use std::ops::Range;

use serde_json::Value;

/// The parts of an instruction, in its joined lines.
pub struct Parts<'a> {
    pub name: &'a str,
    pub flags: Vec<Flag>,
    pub arguments: Range<usize>,
}

/// One `--name` or `--name=value` between an instruction and its arguments.
pub struct Flag {
    pub name: String,
    /// Without its quotes.
    pub value: Option<String>,
    /// All of it, as written.
    pub span: Range<usize>,
}

impl Parts<'_> {
    /// The name is the first word of the text (BuildKit, `splitCommand` and `extractBuilderFlags`).
    pub fn of(text: &str, escape: char) -> Parts<'_> {
        let start = past_blanks(text, 0);
        let end = text[start..].find(is_blank).map_or(text.len(), |length| start + length);
        let (mut flags, mut at) = (Vec::new(), past_blanks(text, end));
        while text[at..].starts_with("--") {
            let (word, end) = word(text, at, escape);
            let span = at..end;
            at = past_blanks(text, end);
            if word == "--" {
                break;
            }
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            flags.push(Flag { name: name.trim_start_matches("--").to_owned(), value, span });
        }
        Parts { name: &text[start..end], flags, arguments: at..at + text[at..].trim_end().len() }
    }
}

/// What separates the words of `FROM` and `COPY` (BuildKit, `reWhitespace`). A no-break space belongs to its word.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// The words of `FROM` and `COPY`, as written.
pub fn plain(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_blank).filter(|word| !word.is_empty())
}

fn past_blanks(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start().len()
}

/// The word at `start` without its quotes and escapes, and where it ends.
fn word(text: &str, start: usize, escape: char) -> (String, usize) {
    let (mut word, mut quote) = (String::new(), None);
    let mut chars = text[start..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == escape && quote != Some('\'') => word.extend(chars.next().map(|(_, c)| c)),
            c if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            c if c.is_whitespace() && quote.is_none() => return (word, start + at),
            c => word.push(c),
        }
    }
    (word, text.len())
}

/// The words of `ENV`, `LABEL` and `ARG`, as written (BuildKit, `parseWords`).
pub fn words(text: &str, escape: char) -> Vec<&str> {
    spans(text, escape).into_iter().map(|span| &text[span]).collect()
}

/// Where these words stand.
pub fn spans(text: &str, escape: char) -> Vec<Range<usize>> {
    let (mut words, mut at) = (Vec::new(), past_blanks(text, 0));
    while at < text.len() {
        let (_, end) = word(text, at, escape);
        words.push(at..end);
        at = past_blanks(text, end);
    }
    words
}

/// A word without its quotes and escapes.
pub fn unquoted(text: &str, escape: char) -> String {
    word(text, 0, escape).0
}

/// Several words without their quotes and escapes, with a blank between them.
pub fn unquoted_all(text: &str, escape: char) -> String {
    words(text, escape).into_iter().map(|word| unquoted(word, escape)).collect::<Vec<_>>().join(" ")
}

/// The words of `["a", "b"]`, the exec form of a command; `None` for plain text, even if it begins like a list. BuildKit
/// refuses a list of anything else.
pub fn list(text: &str) -> Result<Option<Vec<String>>, &'static str> {
    let Some(Ok(values)) = text.starts_with('[').then(|| serde_json::from_str::<Vec<Value>>(text)) else {
        return Ok(None);
    };
    let words = values.into_iter().map(|value| if let Value::String(word) = value { Ok(word) } else { Err(()) });
    words.collect::<Result<_, _>>().map(Some).map_err(|()| "only strings can be in a JSON list")
}

/// The here-documents that a joined instruction opens, each with its name, and whether its lines lose their leading tabs
/// (BuildKit, `heredocsFromLine`). None if a quote or a brace is left open: BuildKit gives up on such a line.
pub fn openings(line: &str, escape: char) -> Vec<(String, bool)> {
    if !line.contains("<<") || !can_open(line, escape) {
        return Vec::new();
    }
    shell_words(line).into_iter().flatten().filter_map(opening).collect()
}

/// True for `RUN`, `COPY` and `ADD`, also after `ONBUILD`, unless their arguments are a JSON list.
fn can_open(mut line: &str, escape: char) -> bool {
    loop {
        let Parts { name, arguments, .. } = Parts::of(line, escape);
        let arguments = &line[arguments];
        match name.to_ascii_uppercase().as_str() {
            "RUN" | "COPY" | "ADD" => return !matches!(list(arguments), Ok(Some(_))),
            "ONBUILD" => line = arguments,
            _ => return false,
        }
    }
}

/// Reads a word that opens a here-document: `<<NAME`, `<<-NAME`, `<<"NAME"`, with or without a file descriptor before it.
pub fn opening(word: &str) -> Option<(String, bool)> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (strips_tabs, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim_start();
    if rest.contains('<') || shell_words(rest)?.len() != 1 {
        return None;
    }
    let (name, _) = self::word(rest, 0, '\\');
    (!name.is_empty()).then_some((name, strips_tabs))
}

/// The words of a line, split as BuildKit splits them: it knows quotes, `\` and `${…}`, and allows blanks after `<<`.
/// `None` if something is left open.
fn shell_words(line: &str) -> Option<Vec<&str>> {
    let (mut words, mut at) = (Vec::new(), past_blanks(line, 0));
    while at < line.len() {
        let start = at;
        while line[at..].starts_with(|c: char| !c.is_whitespace()) {
            at = past(line, at, DEEPEST)?;
        }
        words.push(&line[start..at]);
        at = past_blanks(line, at);
    }
    Some(words)
}

/// How deep quotes and braces may be nested.
const DEEPEST: usize = 50;

/// The position after the character at `at`, or after what it opens.
fn past(line: &str, at: usize, depth: usize) -> Option<usize> {
    let rest = &line[at..];
    let c = rest.chars().next()?;
    Some(match c {
        '\\' => at + 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        '\'' => at + 1 + rest[1..].find('\'')? + 1,
        '"' => {
            let mut inside = at + 1;
            while !line[inside..].starts_with('"') {
                inside = match line[inside..].chars().next()? {
                    '\'' => inside + 1,
                    _ => past(line, inside, depth.checked_sub(1)?)?,
                };
            }
            inside + 1
        }
        '$' if rest.starts_with("${") => {
            if rest[2..].starts_with(['{', '}', ':']) {
                return None;
            }
            let mut inside = at + 2;
            while !line[inside..].starts_with('}') {
                inside = past(line, inside, depth.checked_sub(1)?)?;
            }
            inside + 1
        }
        '<' if rest.starts_with("<<") => at + 2 + (rest[2..].len() - rest[2..].trim_start().len()),
        c => at + c.len_utf8(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_end_where_the_arguments_begin() {
        let text = "RUN  --network=none --mount=type=cache,\"target=/a b\" --link x --y=z ";
        let Parts { name, flags, arguments } = Parts::of(text, '\\');
        let seen: Vec<(&str, Option<&str>)> =
            flags.iter().map(|flag| (flag.name.as_str(), flag.value.as_deref())).collect();
        assert_eq!(seen, [("network", Some("none")), ("mount", Some("type=cache,target=/a b")), ("link", None)]);
        assert_eq!((name, flags[0].span.clone(), &text[arguments]), ("RUN", 5..19, "x --y=z"));
    }

    #[test]
    fn words_lose_their_quotes() {
        let unquoted = |text: &'static str| -> Vec<String> {
            words(text, '\\').into_iter().map(|word| unquoted(word, '\\')).collect()
        };
        assert_eq!(unquoted(" A=\"x y\"  B='q \\' C=a\\ b D"), ["A=x y", "B=q \\", "C=a b", "D"]);
        assert_eq!(unquoted("\"a \\\"b\\\"\"'\\c'd\\ e"), ["a \"b\"\\cd e"]);
    }

    /// As BuildKit 0.29 reads them (`parser_heredoc_test.go`, and tried on engine 28.5).
    #[test]
    fn here_documents_are_found_by_their_words() {
        let names =
            |line: &str| openings(&format!("RUN {line}"), '\\').into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("cat <<EOF > /x && cat 3<<-\"B\" << 'C'"), ["EOF", "B", "C"]);
        assert_eq!(names("<<E\"O\"F <<\\X"), ["EOF", "X"]);
        for none in ["echo $((1<<2))", "cat <<<word", "cat<<EOF", "\"<<EOF\"", "it's <<EOF", "${} <<EOF", "<<", "a < b"]
        {
            assert_eq!(names(none), [""; 0], "{none}");
        }
        assert!(opening("<<-EOF").unwrap().1 && opening("<<EOF bash").is_none());
    }
}
