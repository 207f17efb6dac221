//! Variables in the words of a compose file and of `.env`, by compose's own rules: `$NAME`, `${NAME}`, `:-` and `-` with a
//! default, `:+` and `+` with a replacement, `:?` and `?` with a reason; `$$` is a `$`. They are filled in after YAML is
//! read, so that no value changes what the file says.
//!
//! Dockerfiles have rules of their own (`dockerfile/variables.rs`): there a variable may be unknown, and a `$` alone is a
//! mistake.

use serde_json::Value;

/// How deep defaults may stand in one another.
const DEEPEST: usize = 50;
/// How much text all values together may become: a value can be used many times.
pub const LARGEST: usize = 8 << 20;

/// Fills in variables, up to a bound.
pub struct Filler<'a> {
    /// The value of a variable, if it is set.
    value: &'a dyn Fn(&str) -> Option<String>,
    /// How much text there may still be.
    pub left: usize,
    /// Leave a text that can't be filled in as it is.
    pub is_tolerant: bool,
}

/// Why a text can't be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfilled {
    /// `${A`, `${1}`, `${A.b}`: not a variable.
    NoVariable(String),
    /// `${A:?reason}`, and it is not set.
    Required {
        name: String,
        reason: String,
    },
    TooMuch,
}

impl Unfilled {
    /// As a phrase.
    pub fn why(&self) -> String {
        match self {
            Unfilled::NoVariable(text) => format!("`{text}` is not a variable (write `$$` for a `$`)"),
            Unfilled::Required { name, reason } if reason.is_empty() => format!("`{name}` has to be set"),
            Unfilled::Required { name, reason } => format!("`{name}` has to be set: {reason}"),
            Unfilled::TooMuch => format!("variables become more than {} MB", LARGEST >> 20),
        }
    }
}

impl<'a> Filler<'a> {
    pub fn new(value: &'a dyn Fn(&str) -> Option<String>) -> Filler<'a> {
        Filler { value, left: LARGEST, is_tolerant: false }
    }

    /// A text with its variables.
    pub fn fill(&mut self, text: &str) -> Result<String, Unfilled> {
        self.filled(text, 0)
    }

    /// Every text of a tree, apart from keys. The error has the path of the text that can't be filled in.
    pub fn fill_all(&mut self, value: &mut Value) -> Result<(), (String, Unfilled)> {
        let under = |name: &str, (path, why): (String, Unfilled)| match path.as_str() {
            "" => (name.to_owned(), why),
            path => (format!("{name}.{path}"), why),
        };
        match value {
            Value::String(text) if text.contains('$') => match self.fill(text) {
                Ok(filled) => *text = filled,
                Err(why) if !self.is_tolerant || why == Unfilled::TooMuch => return Err((String::new(), why)),
                Err(_) => {}
            },
            Value::Array(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    self.fill_all(item).map_err(|error| under(&at.to_string(), error))?;
                }
            }
            Value::Object(map) => {
                for (name, item) in map {
                    self.fill_all(item).map_err(|error| under(name, error))?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn filled(&mut self, text: &str, depth: usize) -> Result<String, Unfilled> {
        if depth > DEEPEST {
            return Err(Unfilled::TooMuch);
        }
        let mut whole = String::new();
        let mut line = Line::default();
        let mut at = 0;
        while let Some(before) = text[at..].find('$') {
            self.push(&mut whole, &text[at..at + before])?;
            let start = at + before;
            let after = &text[start + 1..];
            if after.starts_with('$') {
                self.push(&mut whole, "$")?;
                at = start + 2;
            } else if let Some(inner) = after.strip_prefix('{') {
                let name = &inner[..end_of_name(inner)];
                let operator = &inner[name.len()..];
                if !name.is_empty() && operator.starts_with('}') {
                    let value = (self.value)(name).unwrap_or_default();
                    self.push(&mut whole, &value)?;
                    at = start + 3 + name.len();
                    continue;
                }
                let last = line.last_brace(text, start).filter(|_| !name.is_empty());
                let (Some((operator, length)), Some(last)) = (Operator::of(operator), last) else {
                    return Err(Unfilled::NoVariable(first_words(&text[start..])));
                };
                let word = start + 2 + name.len() + length;
                let end = start + closing_brace(&text[start..=last]).unwrap_or(last - start);
                let value = self.by(name, operator, &text[word.min(end)..end], depth)?;
                self.push(&mut whole, &value)?;
                at = end + 1;
            } else {
                let name = &after[..end_of_name(after)];
                let value = if name.is_empty() { Some("$".to_owned()) } else { (self.value)(name) };
                self.push(&mut whole, &value.unwrap_or_default())?;
                at = start + 1 + name.len();
            }
        }
        self.push(&mut whole, &text[at..])?;
        Ok(whole)
    }

    fn push(&mut self, whole: &mut String, text: &str) -> Result<(), Unfilled> {
        self.left = self.left.checked_sub(text.len()).ok_or(Unfilled::TooMuch)?;
        whole.push_str(text);
        Ok(())
    }

    /// What `${name…word}` becomes. The word's own variables are filled in even where it is not used: a mistake in it counts.
    fn by(&mut self, name: &str, operator: Operator, word: &str, depth: usize) -> Result<String, Unfilled> {
        let word = self.filled(word, depth + 1)?;
        let value = (self.value)(name);
        let counts = value.as_ref().is_some_and(|value| !(operator.wants_text && value.is_empty()));
        match operator.mark {
            '-' if !counts => Ok(word),
            '+' if counts => Ok(word),
            '?' if !counts => Err(Unfilled::Required { name: name.to_owned(), reason: word }),
            _ => Ok(value.unwrap_or_default()),
        }
    }
}

/// What stands between a variable's name and the word behind it.
#[derive(Clone, Copy)]
struct Operator {
    mark: char,
    /// With a colon an empty value counts as none.
    wants_text: bool,
}

impl Operator {
    /// The operator that a text begins with, and its length.
    fn of(text: &str) -> Option<(Operator, usize)> {
        let wants_text = text.starts_with(':');
        let length = if wants_text { 2 } else { 1 };
        let mark = text.chars().nth(length - 1).filter(|mark| matches!(mark, '-' | '+' | '?'))?;
        Some((Operator { mark, wants_text }, length))
    }
}

/// The line that is being read: a word with an operator ends on the line it begins on, at its last brace at the latest.
#[derive(Default)]
struct Line {
    end: usize,
    last_brace: Option<usize>,
}

impl Line {
    fn last_brace(&mut self, text: &str, at: usize) -> Option<usize> {
        if at >= self.end {
            self.end = text[at..].find('\n').map_or(text.len(), |length| at + length);
            self.last_brace = text[at..self.end].rfind('}').map(|brace| at + brace);
        }
        self.last_brace.filter(|brace| *brace > at)
    }
}

/// The place of the closing brace of a `${…`, as compose counts: what follows a `{` at once is passed over.
fn closing_brace(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'}' if depth == 1 => return Some(at),
            b'}' => depth = depth.saturating_sub(1),
            b'{' => {
                depth += 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The place of the brace that closes what stands before a text, past nested ones.
pub fn end_of_braces(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A name begins with a letter or `_`.
fn end_of_name(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The beginning of a text, to be shown.
fn first_words(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut shown: String = line.chars().take(40).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
pub mod tests {
    use super::*;

    fn value(name: &str) -> Option<String> {
        match name {
            "A" => Some("x".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    fn fill(text: &str) -> Result<String, Unfilled> {
        Filler::new(&value).fill(text)
    }

    /// What a text becomes with `A=x` and `EMPTY=`. Compose is asked for each (`asked.rs`).
    pub const CASES: &[(&str, &str)] = &[
        ("$A-${A}", "x-x"),
        ("${B:-8000}:${B-9}", "8000:9"),
        ("${EMPTY:-y}${EMPTY-y}", "y"),
        ("${B:-${C:-c}}${B:-${A}}${A:-${B:-c}}-}", "cxx-}"),
        ("$$A ${B} $$$A", "$A  $x"),
        ("100$ $1 $-", "100$ $1 $-"),
        ("${A:+set}${EMPTY:+set}${EMPTY+set}${B+set}${B:+set}", "setset"),
        ("${A:?why}${EMPTY?why}", "x"),
        ("${A-b:-c}${B-b:-c}", "xb:-c"),
        ("${B:-{}}", "{}"),
        ("${B:-a b} c}", "a b c}"),
        ("a\n${A}\n${B:-b}\n", "a\nx\nb\n"),
    ];

    #[test]
    fn variables_are_filled_in() {
        for (text, filled) in CASES {
            assert_eq!(fill(text).as_deref(), Ok(*filled), "{text}");
        }
    }

    pub const MISTAKES: &[&str] = &["${", "${}", "${A", "${1}", "${A.b}", "${A:x}", "${A:-b\n}", "${A:-${}}"];

    #[test]
    fn what_is_not_a_variable_is_a_mistake() {
        for text in MISTAKES {
            assert!(matches!(fill(text), Err(Unfilled::NoVariable(_))), "{text}");
        }
        let required =
            |name: &str, reason: &str| Err(Unfilled::Required { name: name.to_owned(), reason: reason.to_owned() });
        assert_eq!(fill("a ${B:?set $A} b"), required("B", "set x"));
        assert_eq!(fill("${EMPTY:?}"), required("EMPTY", ""));
        assert_eq!(fill("${A:-${B?}}"), required("B", ""));
    }

    #[test]
    fn any_text_is_filled_in_within_bounds() {
        let deep = "${B:-".repeat(50_000) + &"}".repeat(50_000);
        assert_eq!(fill(&deep), Err(Unfilled::TooMuch));
        let wide = "${B:-x}".repeat(100_000);
        assert_eq!(fill(&wide), Ok("x".repeat(100_000)));
        let open = "${B:-{".repeat(50_000) + "}";
        let _ = fill(&open);
        let large = |_: &str| Some("x".repeat(100_000));
        assert_eq!(Filler::new(&large).fill(&"$A".repeat(1000)), Err(Unfilled::TooMuch));
        for text in ["\u{e9}$\u{e9}", "${\u{e9}}", "${A\u{e9}}", "${A:\u{e9}}", "${A:-\u{e9}}"] {
            let _ = fill(text);
        }
    }
}
