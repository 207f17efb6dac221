//! Pieces of TOML as a person writes them: keys, strings, lists and inline tables.

/// A key, in quotes if it needs them.
pub fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { basic(name) }
}

/// A string in the quotes that need the fewest backslashes.
pub fn string(text: &str) -> String {
    let has_control = text.contains(char::is_control);
    if text.contains(['"', '\\']) && !text.contains('\'') && !has_control { format!("'{text}'") } else { basic(text) }
}

/// A string in double quotes.
pub fn basic(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A list of strings, on one line.
pub fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| string(text)).collect();
    format!("[{}]", quoted.join(", "))
}

/// A table on one line.
pub fn inline(entries: &[(String, String)]) -> String {
    let entries: Vec<String> = entries.iter().map(|(name, value)| format!("{} = {value}", key(name))).collect();
    if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
}

/// A text for one line: a comment, or what is shown in a list.
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
