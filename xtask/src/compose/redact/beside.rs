//! What a value says in and beside its variables, as it is written: compose and BuildKit both write `$NAME` and
//! `${NAME:-word}`.

use std::ops::Range;

/// How many words are followed that stand in one another.
const DEEPEST: usize = 10;

/// The word of each `${NAME:-word}`, `${NAME-word}`, `${NAME:+word}` and `${NAME+word}`, with its variable. Compose and
/// BuildKit disagree on which brace ends one: so there are both, to the first and to the one that closes it. Without a
/// brace it is the rest of the line.
pub fn defaults(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    // For each brace that is open: the variable and where its word begins, if it has one.
    let mut open: Vec<Option<(&str, usize)>> = Vec::new();
    let mut depth = 0;
    // Those for which there was no brace yet.
    let mut first = Vec::new();
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        match c {
            '{' => {
                let word = text[..at].ends_with('$').then(|| begin_of_word(text, at + 1)).flatten();
                let word = word.filter(|_| depth < DEEPEST);
                depth += usize::from(word.is_some());
                first.extend(word);
                open.push(word);
            }
            '}' => {
                first.drain(..).for_each(|(name, begin)| found.push((name, begin..at)));
                if let Some(Some((name, begin))) = open.pop() {
                    depth -= 1;
                    found.push((name, begin..at));
                }
            }
            '\n' => {
                depth = 0;
                open.drain(..).flatten().for_each(|(name, begin)| found.push((name, begin..at)));
                first.clear();
            }
            _ => {}
        }
    }
    found.retain(|(_, word)| !word.is_empty());
    found
}

/// The variable behind a `${`, and where its word begins.
fn begin_of_word(text: &str, at: usize) -> Option<(&str, usize)> {
    let name = name(&text[at..]);
    let rest = &text[at + name.len()..];
    let mark = rest.strip_prefix(':').unwrap_or(rest);
    let begin = at + name.len() + rest.len() - mark.len() + 1;
    (!name.is_empty() && mark.starts_with(['-', '+'])).then_some((name, begin))
}

fn name(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())]
}

/// The texts of a value outside of the names of its variables, each with whether it is (in) the word of one.
pub fn literals(value: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let (mut start, mut at, mut depth) = (0, 0, 0_usize);
    while let Some(length) = value[at..].find(['$', '}']) {
        let end = at + length;
        let rest = &value[end + 1..];
        let (braces, inner) = rest.strip_prefix('{').map_or((0, rest), |inner| (1, inner));
        let name = name(inner);
        let is_end = value[end..].starts_with('}');
        if is_end && depth == 0 || !is_end && name.is_empty() {
            at = end + 1;
            continue;
        }
        found.push((&value[start..end], depth > 0));
        if is_end {
            depth -= 1;
            at = end + 1;
        } else {
            depth += braces;
            at = end + 1 + braces + name.len();
            let operator = value[at..].find(|c| !matches!(c, ':' | '-' | '+' | '?')).unwrap_or(value.len() - at);
            at += if braces == 1 { operator.min(2) } else { 0 };
        }
        start = at;
    }
    found.push((&value[start..], depth > 0));
    found.retain(|(text, _)| !text.is_empty());
    found
}

/// The variables of a value without braces around them, if there is text beside them: whoever wrote it may have meant the `$`
/// as it is.
pub fn bare_names(value: &str) -> Vec<&str> {
    if !literals(value).iter().any(|(text, _)| text.contains(char::is_alphanumeric)) {
        return Vec::new();
    }
    references(value).filter(|(is_bare, _)| *is_bare).map(|(_, name)| name).collect()
}

/// The variables of a value.
pub fn names(value: &str) -> impl Iterator<Item = &str> {
    references(value).map(|(_, name)| name)
}

/// Each with whether it has no braces. `$$` is a `$`.
fn references(value: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut parts = value.split('$');
    parts.next();
    let mut is_escaped = false;
    let references = parts.map(move |part| {
        let escaped = is_escaped;
        is_escaped = part.is_empty() && !escaped;
        let inner = part.strip_prefix('{');
        (!escaped).then(|| (inner.is_none(), name(inner.unwrap_or(part))))
    });
    references.flatten().filter(|(_, name)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_each_brace_that_may_be_theirs() {
        for (text, expected) in [
            ("a ${B:-c} ${D-e} ${F:+g} ${H+i} ${J:?k} ${L} $M", "B=c D=e F=g H=i"),
            ("${A:-b${C:-d}e}", "A=b${C:-d C=d A=b${C:-d}e"),
            ("${A:-x{}}", "A=x{ A=x{}"),
            ("${A:-x{} y\n}", "A=x{ A=x{} y"),
            ("${A:-b\n${C:-}", "A=b"),
            ("${:-b} {A:-b} $ {", ""),
            ("${A:-\u{e9}}", "A=\u{e9}"),
        ] {
            let mut found: Vec<String> =
                defaults(text).into_iter().map(|(name, word)| format!("{name}={}", &text[word])).collect();
            found.dedup();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn two_dollars_begin_no_variable() {
        for (value, bare, all) in
            [("x$A-${B:-$C}", "A C", "A B C"), ("x$$A$$$B$", "B", "B"), ("$A", "", "A"), ("x$1", "1", "1")]
        {
            assert_eq!(bare_names(value).join(" "), bare, "{value}");
            assert_eq!(names(value).collect::<Vec<_>>().join(" "), all, "{value}");
        }
    }

    #[test]
    fn literals_are_what_is_no_name() {
        for (value, expected) in [
            ("geheim", "geheim"),
            ("$A", ""),
            ("${A}${B}", ""),
            ("$A-b", "-b"),
            ("a${B:-c}d", "a (c) d"),
            ("${A:-b${C-d}e}f}", "(b) (d) (e) f}"),
            ("a$ b}c", "a$ b}c"),
            ("$$A", "$"),
            ("${A:-b", "(b)"),
            ("${A:?why}", "(why)"),
        ] {
            let found = literals(value).into_iter();
            let found: Vec<String> =
                found.map(|(text, is_word)| if is_word { format!("({text})") } else { text.to_owned() }).collect();
            assert_eq!(found.join(" "), expected, "{value}");
        }
    }
}
