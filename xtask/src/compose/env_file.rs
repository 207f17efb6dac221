//! `.env`, and the variables of a compose file, as compose reads them. Values go into compose's files and nowhere else:
//! they may be secrets.

/// A compose file's text with its variables: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`; `$$` is a `$`.
/// A variable that is not set is empty.
pub fn fill_in(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    filled(text, &value, DEEPEST)
}

/// How deep defaults may stand in one another; what is deeper stays as it is written.
const DEEPEST: usize = 20;

fn filled(text: &str, value: &dyn Fn(&str) -> Option<String>, depth: usize) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        whole.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            whole.push('$');
            rest = after;
            continue;
        }
        let braced = rest.strip_prefix('{').and_then(|inner| Some((inner, end_of_braces(inner)?)));
        let (inner, behind) = match braced {
            Some((inner, end)) => (&inner[..end], &inner[end + 1..]),
            None => rest.split_at(end_of_name(rest)),
        };
        let (name, operator) = inner.split_at(end_of_name(inner));
        let set = value(name).filter(|value| !operator.starts_with(':') || !value.is_empty());
        let default = || match operator.trim_start_matches(':').strip_prefix('-')? {
            default if depth == 0 => Some(default.to_owned()),
            default => Some(filled(default, value, depth - 1)),
        };
        whole.push_str(&set.or_else(default).unwrap_or_default());
        rest = behind;
    }
    whole + rest
}

/// The place of the closing brace, past nested ones.
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

fn end_of_name(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The value that a `.env` gives a name, where it stands on one line.
pub fn value(text: &str, name: &str) -> Option<String> {
    variables(text).into_iter().rfind(|(own, _)| *own == name).map(|(_, value)| value.to_owned())
}

/// What a `.env` sets, as compose reads it: `NAME=`, `NAME:`, `export NAME=`. A value in quotes may span several lines
/// (compose 2; measured: compose 1 reads `MULTI="a` as one line); only the first is returned.
pub fn variables(text: &str) -> Vec<(&str, &str)> {
    let mut variables = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let Some((name, value)) = line.split_once(['=', ':']).filter(|_| !line.starts_with('#')) else { continue };
        let value = value.trim();
        variables.push((name.trim(), unquoted(value)));
        let Some(mark) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) else { continue };
        let ends = |text: &str| text.char_indices().any(|(at, c)| c == mark && !text[..at].ends_with('\\'));
        if !ends(&value[1..]) {
            lines.find(|line| ends(line));
        }
    }
    variables
}

/// A value without its quotes, or without the comment behind it.
fn unquoted(value: &str) -> &str {
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
    match quote.and_then(|quote| value[1..].split_once(quote)) {
        Some((inner, _)) => inner,
        None => value.split_once(" #").map_or(value, |(before, _)| before.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in() {
        let value = |name: &str| match name {
            "A" => Some("x".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let cases = [
            ("$A-${A}", "x-x"),
            ("${B:-8000}:${B-9}", "8000:9"),
            ("${EMPTY:-y}${EMPTY-y}", "y"),
            ("${B:-${C:-c}}${B:-${A}}${A:-${B:-c}}-}", "cxx-}"),
            ("$$A ${B} ${B:?why}", "$A  "),
            ("100$", "100"),
            ("${A", "{A"),
        ];
        for (text, filled) in cases {
            assert_eq!(fill_in(text, value), filled, "{text}");
        }
        assert_eq!(super::value("A=1\nexport A='2'\n", "A").as_deref(), Some("2"));
        assert_eq!(super::value("AB=1\n", "A"), None);
        assert_eq!(super::value("A=\"a # b\" # c\n", "A").as_deref(), Some("a # b"));
        assert_eq!(super::value("A=a:b # c\n", "A").as_deref(), Some("a:b"));
    }

    #[test]
    fn an_env_file_sets_names() {
        let text = "export A=1\n# c=d\nB = \"x\"\nC: y\n D=\nMULTI=\"a\nE=notavar\n\"\nF\nG='q'\n";
        let names: Vec<&str> = variables(text).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["A", "B", "C", "D", "MULTI", "G"]);
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        let deep = "${B:-".repeat(50_000) + &"}".repeat(50_000);
        for text in [&deep, "", "$", "${", "${}", "A=\"", "=", "\u{e9}=$\u{e9}", "A='\\"] {
            let _ = (fill_in(text, |_| None), super::value(text, "A"));
        }
    }
}
