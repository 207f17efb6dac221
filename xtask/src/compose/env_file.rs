//! `.env`, as compose reads it. Values go into compose's files and nowhere else: they may be secrets.

use std::collections::{BTreeMap, HashSet};

use crate::compose::interpolate::{Filler, Unfilled};
use crate::compose::yaml::Mistake;

/// What a text of `.env` sets, over what the files before it set: `NAME=value`, `NAME: value`, `export NAME=value`; `NAME`
/// alone takes the variable of that name. `own`: the value of a variable of the environment; it wins in the values of a file.
///
/// # Errors
///
/// The line that compose refuses the file for, and why.
pub fn read(
    text: &str,
    own: impl Fn(&str) -> Option<String>,
    before: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Mistake> {
    let mut set = before;
    let mut length = 0;
    for statement in statements(text) {
        let Statement { line, name, value } = statement.map_err(|(line, why)| Mistake::at(line, why))?;
        let filled = match value {
            Written::Open => match own(&name).or_else(|| set.get(&name).cloned()) {
                Some(value) => value,
                None => continue,
            },
            Written::Literal(value) => value,
            Written::Filled(value) => {
                let of = |name: &str| own(name).or_else(|| set.get(name).cloned());
                Filler::new(&of)
                    .fill(&value)
                    .map_err(|why| Mistake { too_much: why == Unfilled::TooMuch, ..Mistake::at(line, why.why()) })?
            }
        };
        // A value may be made of earlier ones, again and again.
        length += filled.len();
        if length > LARGEST {
            let why = format!("its values become more than {} MB", LARGEST >> 20);
            return Err(Mistake { too_much: true, ..Mistake::at(line, why) });
        }
        set.insert(name, filled);
    }
    Ok(set)
}

/// How much text the values of a file may become.
const LARGEST: usize = 4 << 20;

/// The names that a `.env` sets, each once, as far as it can be read.
pub fn names(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let set = statements(text).filter_map(Result::ok).filter(|statement| statement.value != Written::Open);
    set.map(|statement| statement.name).filter(|name| seen.insert(name.clone())).collect()
}

#[derive(Debug, PartialEq)]
struct Statement {
    line: usize,
    name: String,
    value: Written,
}

/// A value as it is written.
#[derive(Debug, PartialEq)]
enum Written {
    /// A name alone.
    Open,
    /// In single quotes.
    Literal(String),
    /// With its variables still in it.
    Filled(String),
}

/// A space that does not end a line.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{a0}')
}

/// The statements of a text; the last one is an error if the text can't be read further.
fn statements(text: &str) -> impl Iterator<Item = Result<Statement, (usize, String)>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut rest, mut line, mut failed) = (text, 1, false);
    std::iter::from_fn(move || {
        let before = rest;
        rest = rest.trim_start();
        while rest.starts_with('#') {
            rest = rest.find('\n').map_or("", |end| &rest[end..]).trim_start();
        }
        line += before[..before.len() - rest.len()].matches('\n').count();
        if rest.is_empty() || failed {
            return None;
        }
        let first = line;
        let read = statement(rest);
        failed = read.is_err();
        Some(read.map_err(|why| (first, why)).map(|(name, value, behind)| {
            line += rest[..rest.len() - behind.len()].matches('\n').count();
            rest = behind;
            Statement { line: first, name, value }
        }))
    })
}

/// The first statement of a text, and what follows it.
fn statement(text: &str) -> Result<(String, Written, &str), String> {
    let exported = text.strip_prefix("export").filter(|rest| rest.starts_with(char::is_whitespace));
    let text = exported.map_or(text, |rest| rest.trim_start_matches(is_space));
    let is_named = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']') || is_space(c);
    let end = text.find(|c: char| !is_named(c)).unwrap_or(text.len());
    let name = text[..end].trim_end().to_owned();
    let behind = &text[end..];
    if !(behind.is_empty() || behind.starts_with(['=', ':', '\n'])) {
        return Err("a name has a character that names don't have".to_owned());
    }
    if name.contains(' ') {
        return Err("a name has a space in it".to_owned());
    }
    if behind.is_empty() || behind.starts_with('\n') {
        return Ok((name, Written::Open, behind));
    }
    let value = behind[1..].trim_start_matches(is_space);
    if let Some(quote) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        return quoted(&value[1..], quote).map(|(value, behind)| (name, value, behind));
    }
    let (line, behind) = value.split_once('\n').unwrap_or((value, ""));
    let line = line.split_once(" #").map_or(line, |(before, _)| before);
    Ok((name, Written::Filled(line.trim_end().to_owned()), behind))
}

/// A value up to its closing quote. It may span lines.
fn quoted(text: &str, quote: char) -> Result<(Written, &str), String> {
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices() {
        match c {
            c if c == quote && !escaped => {
                let behind = &text[at + 1..];
                let literal = quote == '\'';
                return Ok((
                    if literal { Written::Literal(value) } else { Written::Filled(unescaped(&value)) },
                    behind,
                ));
            }
            '\\' if !escaped => escaped = true,
            c => {
                if escaped && c != quote {
                    value.push('\\');
                }
                value.push(c);
                escaped = false;
            }
        }
    }
    Err("a quote is not closed".to_owned())
}

/// A value in double quotes with its escapes: `\n`, `\t`, `\$` and others. What is not one stays as it is.
fn unescaped(text: &str) -> String {
    let mut whole = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escape = if c == '\\' { chars.peek().copied() } else { None };
        let meant = match escape {
            Some('n') => "\n",
            Some('r') => "\r",
            Some('t') => "\t",
            Some('a') => "\u{7}",
            Some('b') => "\u{8}",
            Some('f') => "\u{c}",
            Some('v') => "\u{b}",
            Some('"') => "\"",
            Some('\\') => "\\",
            // A variable is filled in later: `$$` is a `$`.
            Some('$') => "$$",
            _ => {
                whole.push(c);
                continue;
            }
        };
        whole.push_str(meant);
        chars.next();
    }
    whole
}

#[cfg(test)]
pub mod tests {
    use super::*;

    fn value(text: &str, name: &str) -> Option<String> {
        let own = |name: &str| (name == "HOST").then(|| "h".to_owned());
        read(text, own, BTreeMap::new()).expect("it can be read").remove(name)
    }

    /// The value of `A` with `HOST=h` in the environment. Compose is asked for each (`asked.rs`).
    pub const CASES: &[(&str, Option<&str>)] = &[
        ("A=1\nexport A='2'\n", Some("2")),
        ("AB=1\n", None),
        ("A=\"a # b\" # c\n", Some("a # b")),
        ("A=a:b # c\n", Some("a:b")),
        ("A: y\n", Some("y")),
        ("A =  x  \n", Some("x")),
        ("A=x#y\n", Some("x#y")),
        ("A=\"one\ntwo\"\nB=3", Some("one\ntwo")),
        ("A=\"a\\nb\\\"c\\$d\"", Some("a\nb\"c$d")),
        ("A='a\\nb\\'c$B'", Some("a\\nb'c$B")),
        ("B=b\nA=${B}-$HOST-${C:-c}", Some("b-h-c")),
        ("HOST=own\nA=$HOST", Some("h")),
        ("HOST\nA=$HOST", Some("h")),
        ("\u{feff}A=1", Some("1")),
        ("A=\n", Some("")),
        ("A=1\r\nB=2\r\n", Some("1")),
    ];

    #[test]
    fn a_value_is_what_compose_takes_it_for() {
        for (text, wanted) in CASES {
            assert_eq!(value(text, "A").as_deref(), *wanted, "{text:?}");
        }
    }

    pub const MISTAKES: &[&str] = &["A=1\nB C=2\n", "A=1\n\nB=\"2\n", "A!=1", "A=${B"];

    #[test]
    fn a_file_that_compose_refuses_is_refused() {
        let refused = |text: &str| read(text, |_| None, BTreeMap::new()).expect_err("a mistake");
        MISTAKES.iter().for_each(|text| drop(refused(text)));
        assert_eq!(refused("A=1\nB C=2\n"), Mistake::at(2, "a name has a space in it".to_owned()));
        assert_eq!(refused("A=1\n\nB=\"2\n").line, Some(3));
        assert_eq!(refused("A!=1").line, Some(1));
        assert_eq!(refused("A=${B").why, "`${B` is not a variable (write `$$` for a `$`)");
    }

    #[test]
    fn a_later_file_wins_in_its_own_values() {
        let first = read("A=1\nB=2\n", |_| None, BTreeMap::new()).expect("it can be read");
        let both = read("A=3\nC=$A$B\n", |_| None, first).expect("it can be read");
        assert_eq!(both.values().collect::<Vec<_>>(), ["3", "2", "32"]);
    }

    #[test]
    fn an_env_file_sets_names() {
        let text = "export A=1\n# c=d\nB = \"x\"\nC: y\n D=\nMULTI=\"a\nE=notavar\n\"\nF\nG='q'\nA=2\n";
        assert_eq!(names(text), ["A", "B", "C", "D", "MULTI", "G"]);
    }

    #[test]
    fn any_text_is_read_within_bounds() {
        let doubled: String = (0..60).map(|n| format!("A{}=$A{n}$A{n}\n", n + 1)).collect();
        let text = format!("A0=xxxxxxxx\n{doubled}");
        let mistake = read(&text, |_| None, BTreeMap::new()).expect_err("too much");
        assert!(mistake.too_much && mistake.why.contains("MB"), "{mistake:?}");
        for text in ["", "$", "A=\"", "=", "\u{e9}=$\u{e9}", "A='\\", "export", "#", "A=\\"] {
            let _ = (read(text, |_| None, BTreeMap::new()), names(text));
        }
    }
}
