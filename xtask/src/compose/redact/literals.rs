//! The variables that a text sets, as far as single lines tell: of a compose file that may not be readable as one, and of a
//! Dockerfile.

/// The variables that a compose file sets under `environment` and `args`.
pub fn of_compose(text: &str) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    // How deep the key is whose lines these are.
    let mut under: Option<usize> = None;
    for line in text.lines() {
        let entry = line.trim_start();
        let depth = line.len() - entry.len();
        if entry.is_empty() || entry.starts_with('#') {
            continue;
        }
        if under.is_some_and(|key| depth < key || (depth == key && !entry.starts_with("- "))) {
            under = None;
        }
        // Also within a map on one line: `build: { context: ., args: { … } }`.
        let behind = |key: &str| {
            let (before, rest) = entry.split_once(key)?;
            before.is_empty().then_some(rest).or_else(|| before.ends_with([' ', '{', ',']).then_some(rest))
        };
        if let Some(rest) = behind("environment:").or_else(|| behind("args:")) {
            under = Some(depth);
            variables.extend(rest.split(['{', '}', '[', ']', ',']).filter_map(literal));
        } else if under.is_some() {
            variables.extend(literal(entry));
        }
    }
    variables
}

/// `NAME: value`, `- NAME=value`, in quotes or not; one that is a variable itself stands elsewhere.
fn literal(entry: &str) -> Option<(String, String)> {
    let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    let entry = bare(entry.trim().strip_prefix("- ").unwrap_or(entry));
    let (name, value) = entry.split_once(['=', ':'])?;
    let value = bare(value.split(" #").next().unwrap_or(value));
    (is_name(name.trim()) && !value.starts_with('$')).then(|| (name.trim().to_owned(), value))
}

/// What `ARG` and `ENV` of a Dockerfile set: `ENV NAME=value …`, and the old `ENV NAME value`.
pub fn of_dockerfile(text: &str) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    let mut instruction = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        // Either may be the escape character.
        match line.trim_end().strip_suffix(['\\', '`']) {
            Some(start) => {
                instruction.push_str(start);
                instruction.push(' ');
            }
            None => {
                instruction.push_str(line);
                variables.extend(set_by(&instruction));
                instruction.clear();
            }
        }
    }
    variables.extend(set_by(&instruction));
    variables.retain(|(name, value)| is_name(name) && !value.starts_with('$'));
    variables
}

fn set_by(instruction: &str) -> Vec<(String, String)> {
    let Some((word, rest)) = instruction.trim().split_once(char::is_whitespace) else { return Vec::new() };
    if !["ARG", "ENV"].iter().any(|it| word.eq_ignore_ascii_case(it)) {
        return Vec::new();
    }
    let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let words = words(rest);
    if let Some(first) = words.first().filter(|first| !first.contains('=') && words.len() > 1) {
        return vec![pair((first, rest.trim_start()[first.len()..].trim()))];
    }
    words.iter().filter_map(|word| word.split_once('=')).map(pair).collect()
}

/// The words of a line, without their quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote: Option<char> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        let word = words.last_mut().expect("there is one");
        match c {
            '\\' if quote != Some('\'') => word.extend(characters.next()),
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ if quote == Some(c) => quote = None,
            _ if quote.is_none() && c.is_whitespace() => words.push(String::new()),
            _ => word.push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}
