//! Splits words the way BuildKit does: flags, `NAME=value` words, and the words in which it finds here-documents.

use std::ops::Range;

use serde_json::Value;

use crate::dockerfile::placed::Placed;

/// One `--name` or `--name=value` between an instruction and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    pub name: String,
    /// Without its quotes.
    pub value: Option<Placed>,
    /// All of it, as written.
    pub span: Range<usize>,
}

/// The flags at the start of `text`, and where the rest begins (BuildKit, `extractBuilderFlags`).
pub fn flags(text: &Placed, escape: char) -> (Vec<Flag>, usize) {
    let mut flags = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        if !text[at..].starts_with("--") {
            return (flags, at);
        }
        let (word, end) = unquoted_word(text, at, escape);
        let span = text.span(at..end);
        at = end;
        if word.text == "--" {
            return (flags, at);
        }
        let (name, value) = match word.find('=') {
            Some(equals) => (&word[2..equals.max(2)], Some(word.slice(equals + 1..word.text.len()))),
            None => (&word[2..], None),
        };
        flags.push(Flag { name: name.to_owned(), value, span });
    }
}

/// The word at `start` without quotes and escapes, and where it ends.
fn unquoted_word(text: &Placed, start: usize, escape: char) -> (Placed, usize) {
    let mut word = Placed::default();
    let mut quote = None;
    let mut chars = text[start..].char_indices().map(|(at, c)| (start + at, c));
    while let Some((at, c)) = chars.next() {
        let taken = match c {
            c if quote == Some(c) => {
                quote = None;
                continue;
            }
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                continue;
            }
            c if c == escape => chars.next(),
            c if c.is_whitespace() && quote.is_none() => return (word, at),
            c => Some((at, c)),
        };
        if let Some((at, c)) = taken {
            word.push(c.encode_utf8(&mut [0; 4]), text.span(at..at + c.len_utf8()).start);
        }
    }
    (word, text.text.len())
}

/// The words of `ENV` and `ARG`, with their quotes (BuildKit, `parseWords`).
pub fn words(text: &str, escape: char) -> Vec<Range<usize>> {
    let (mut words, mut start, mut quote) = (Vec::new(), None, None);
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c.is_whitespace() && quote.is_none() {
            words.extend(start.take().map(|start| start..at));
            continue;
        }
        start = start.or(Some(at));
        match c {
            c if c == escape && quote != Some('\'') => drop(chars.next()),
            c if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ => {}
        }
    }
    words.extend(start.map(|start| start..text.len()));
    words
}

/// A value without its quotes and escapes.
pub fn unquoted(text: &str, escape: char) -> String {
    let (mut plain, mut quote) = (String::new(), None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c == escape && quote != Some('\'') => plain.extend(chars.next()),
            c if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            c => plain.push(c),
        }
    }
    plain
}

/// `["a", "b"]`, the exec form of a command, or plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    Words(Vec<String>),
    /// A JSON list that holds something other than strings: BuildKit refuses it.
    NotOfTexts,
    /// Plain text, even if it begins like a list.
    Text,
}

pub fn list(text: &str) -> List {
    let values: Vec<Value> = match text.starts_with('[').then(|| serde_json::from_str(text)) {
        Some(Ok(values)) => values,
        _ => return List::Text,
    };
    let word = |value: Value| if let Value::String(word) = value { Some(word) } else { None };
    values.into_iter().map(word).collect::<Option<Vec<String>>>().map_or(List::NotOfTexts, List::Words)
}

/// A word that opens a here-document: `<<NAME`, `<<-NAME`, `<<"NAME"`, with or without a file descriptor before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub name: String,
    /// `<<-`: leading tabs are stripped from its lines.
    pub strips_tabs: bool,
}

/// The here-documents that a joined line opens (BuildKit, `heredocsFromLine`). Nothing if a quote or a brace is left open:
/// BuildKit gives up on such a line.
pub fn openings(line: &str) -> Vec<Opening> {
    shell_words(line).into_iter().flatten().filter_map(|word| opening(&line[word])).collect()
}

/// Reads one word.
pub fn opening(word: &str) -> Option<Opening> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (strips_tabs, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim_start();
    if rest.contains('<') || !matches!(shell_words(rest)?.as_slice(), [_]) {
        return None;
    }
    let name = unquoted(rest, '\\');
    (!name.is_empty()).then_some(Opening { name, strips_tabs })
}

/// The words of a line, split as BuildKit splits them: it knows quotes, `\` and `${…}`, and allows blanks after `<<`.
/// `None` if something is left open.
fn shell_words(line: &str) -> Option<Vec<Range<usize>>> {
    let (mut words, mut start) = (Vec::new(), None);
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        if c.is_whitespace() {
            words.extend(start.take().map(|start| start..at));
            at += c.len_utf8();
            continue;
        }
        start = start.or(Some(at));
        at = past(line, at)?;
    }
    words.extend(start.map(|start| start..line.len()));
    Some(words)
}

/// The place after the character at `at`, or after what it opens.
fn past(line: &str, at: usize) -> Option<usize> {
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
                    _ => past(line, inside)?,
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
                inside = past(line, inside)?;
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
        let mut text = Placed::default();
        text.push("  --network=none --mount=type=cache,\"target=/a b\" --link x --y=z", 100);
        let (flags, behind) = flags(&text, '\\');
        let seen: Vec<(&str, Option<&str>)> =
            flags.iter().map(|flag| (flag.name.as_str(), flag.value.as_deref())).collect();
        assert_eq!(seen, [("network", Some("none")), ("mount", Some("type=cache,target=/a b")), ("link", None)]);
        assert_eq!((flags[0].span.clone(), &text[behind..]), (102..116, "x --y=z"));
    }

    #[test]
    fn words_keep_their_quotes() {
        let split = |text: &'static str| words(text, '\\').into_iter().map(|word| &text[word]).collect::<Vec<_>>();
        assert_eq!(split(" A=\"x y\"  B='q \\' C=a\\ b D"), ["A=\"x y\"", "B='q \\'", "C=a\\ b", "D"]);
        assert_eq!(unquoted("\"a \\\"b\\\"\"'\\c'd\\ e", '\\'), "a \"b\"\\cd e");
    }

    /// As BuildKit 0.29 reads them (`parser_heredoc_test.go`, and tried on engine 28.5).
    #[test]
    fn here_documents_are_found_by_their_words() {
        let names = |line: &str| openings(line).into_iter().map(|open| open.name).collect::<Vec<_>>();
        assert_eq!(names("cat <<EOF > /x && cat 3<<-\"B\" << 'C'"), ["EOF", "B", "C"]);
        assert_eq!(names("<<E\"O\"F <<\\X"), ["EOF", "X"]);
        for none in ["echo $((1<<2))", "cat <<<word", "cat<<EOF", "\"<<EOF\"", "it's <<EOF", "${} <<EOF", "<<", "a < b"]
        {
            assert_eq!(names(none), [""; 0], "{none}");
        }
        assert!(opening("<<-EOF").unwrap().strips_tabs && opening("<<EOF bash").is_none());
    }
}
