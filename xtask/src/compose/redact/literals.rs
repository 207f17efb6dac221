//! The variables that a compose file sets, as far as single lines tell: it may not be readable as one.

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

pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}
