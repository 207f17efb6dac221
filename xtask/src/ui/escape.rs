//! Text from elsewhere as it may be shown: a terminal obeys control characters, and Unicode's direction marks
//! reorder a line. Each is shown as `\u{1b}`. Our own colours are told from foreign ones by a mark that nobody can guess.

use std::borrow::Cow;
use std::fmt::Display;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;

/// Begins each of our own sequences; the next ESC ends it.
fn mark() -> &'static str {
    static MARK: OnceLock<String> = OnceLock::new();
    // The keys of a `RandomState` are random, and differ in each process.
    MARK.get_or_init(|| format!("\u{1b}{:016x}{:016x}", RandomState::new().hash_one(1), RandomState::new().hash_one(2)))
}

/// A colour sequence of ours, which [`shown`] makes real: `parameters` are those of SGR, `31;1`.
fn sequence(parameters: &str) -> String {
    format!("{}{parameters}\u{1b}", mark())
}

/// A text whose colour sequences are all ours, since everything else in it went through [`escaped`].
pub fn with_our_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut marked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (parameters, rest) = part.split_once('m').unwrap_or(("", part));
        marked.push_str(&sequence(parameters));
        marked.push_str(rest);
    }
    marked
}

/// A text as the terminal gets it: our colours are real, control characters are escaped; line breaks and tabs stay.
pub fn shown(text: &str) -> String {
    let mut parts = text.split(mark());
    let mut shown = escaped(parts.next().unwrap_or_default()).into_owned();
    for part in parts {
        let (parameters, rest) = part.split_once('\u{1b}').unwrap_or(("", part));
        shown.push_str(&format!("\u{1b}[{parameters}m"));
        shown.push_str(&escaped(rest));
    }
    shown
}

/// A text without control characters. Line breaks and tabs stay.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let is_odd = |c: char| is_control(c) && !matches!(c, '\n' | '\t');
    replaced(text, is_odd, |c| if c == '\r' { "\\r".to_owned() } else { c.escape_unicode().to_string() })
}

/// A message or a name on one line: no line break in it can look like a line of ours.
pub fn one_line(text: impl Display) -> String {
    let text = text.to_string();
    replaced(&text, |c| matches!(c, '\n' | '\r' | '\t'), |c| c.escape_default().to_string()).into_owned()
}

/// JSON with everything escaped that JSON itself leaves as it is. The values are the same.
pub fn json(text: &str) -> Cow<'_, str> {
    replaced(text, |c| is_control(c) && c != '\n', |c| format!("\\u{:04x}", u32::from(c)))
}

/// C0, DEL, C1, the separators of lines and paragraphs, and what changes the direction of text.
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn replaced(text: &str, is_odd: impl Fn(char) -> bool, by: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.chars().any(&is_odd) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_odd(c) { by(c) } else { c.to_string() }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_ours_are_real() {
        let ours = format!("{}red{}", sequence("31;1"), sequence("0"));
        assert_eq!(shown(&ours), "\u{1b}[31;1mred\u{1b}[0m");
        // What a terminal got from us is foreign when it comes back.
        assert_eq!(shown("\u{1b}[31;1mred\u{1b}[0m"), "\\u{1b}[31;1mred\\u{1b}[0m");
        assert_eq!(shown("a\u{7}b\u{9b}c\u{202e}d\u{7f}e\rf\ng\th"), "a\\u{7}b\\u{9b}c\\u{202e}d\\u{7f}e\\rf\ng\th");
        let odd = [
            '\u{0}', '\u{8}', '\u{80}', '\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{2066}',
            '\u{2069}',
        ];
        for c in odd {
            assert_eq!(shown(&c.to_string()), c.escape_unicode().to_string());
        }
        assert_eq!(shown("é 漢字 👩\u{200d}💻"), "é 漢字 👩\u{200d}💻");
    }

    #[test]
    fn half_a_sequence_of_ours_is_none() {
        assert_eq!(shown(&format!("{}x\u{1b}[2J", sequence("1"))), "\u{1b}[1mx\\u{1b}[2J");
        assert_eq!(with_our_colours("\u{1b}[1ma\u{1b}[0m"), format!("{}a{}", sequence("1"), sequence("0")));
    }

    #[test]
    fn a_name_stays_on_its_line_and_json_keeps_its_value() {
        assert_eq!(one_line("a\nok  b\r\tc"), "a\\nok  b\\r\\tc");
        let value = serde_json::json!({ "a\u{9b}": "x\u{7f}\u{202e}\u{1b}\n" });
        let text = format!("{value:#}");
        let text = json(&text);
        assert!(!text.chars().any(|c| is_control(c) && c != '\n'), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), value);
    }
}
