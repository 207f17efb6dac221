//! The words of many scripts, as they have to be read.

mod any_text;
mod examples;
// It starts `sh`, and programs of its own.
#[cfg(unix)]
#[allow(clippy::disallowed_methods)]
mod real_shell;

use std::collections::BTreeMap;

use super::{Command, HOLE, Reached, Seen, Value, Word, read};

/// HOME is root's.
fn of_root() -> BTreeMap<String, Value> {
    [("HOME".to_owned(), Value::Known("/root".to_owned()))].into()
}

/// The commands of a script, one a line: how it is reached, as whom, where, with which variables, and its words, with `«»`
/// for what is not known; then the things that could not be read.
fn shown(text: &str, given: &BTreeMap<String, Value>) -> Vec<String> {
    let script = read(text, given);
    let commands = script.commands.iter().map(of_command);
    let unread = script.unread.iter().map(|unread| format!("unread `{}`: {}", &text[unread.span.clone()], unread.why));
    commands.chain(unread).collect()
}

fn of_command(command: &Command) -> String {
    let mut shown = match command.reached {
        Reached::Always => String::new(),
        Reached::OnSuccess => "&& ".to_owned(),
        Reached::OnFailure => "|| ".to_owned(),
        Reached::Conditional => "? ".to_owned(),
    };
    if let Some(user) = &command.user {
        shown += &format!("as {} ", of_value(user));
    }
    if command.folder != Value::Known(String::new()) {
        shown += &format!("in {} ", of_value(&command.folder));
    }
    for (name, value) in command.variables() {
        shown += &format!("{name}={} ", of_value(value));
    }
    shown + &command.words.iter().map(of_word).collect::<Vec<_>>().join(" ")
}

fn of_value(value: &Value) -> &str {
    value.known().unwrap_or("«»")
}

fn of_word(word: &Word) -> String {
    let text = word.with_holes.replace(HOLE, "«»");
    if text.is_empty() || text.contains([' ', '\n']) { format!("'{text}'") } else { text }
}

#[test]
fn the_example_of_the_module_is_true() {
    let script = read("cd web && export CI=1 && npm ci || su dev -c 'yarn --frozen-lockfile'", &of_root());
    let npm = &script.commands[2];
    assert_eq!(npm.words[0].text(), Some("npm"));
    assert_eq!(npm.folder, Value::Known("web".to_owned()));
    assert_eq!(npm.variable("CI"), Seen::Value("1"));
    assert_eq!(npm.variable("HOME"), Seen::Value("/root"));
    assert_eq!(npm.variable("PIP_NO_CACHE_DIR"), Seen::Nowhere);
    let yarn = &script.commands[3];
    assert_eq!(yarn.user, Some(Value::Known("dev".to_owned())));
    assert_eq!(yarn.reached, Reached::OnFailure);
    assert_eq!(yarn.variable("HOME"), Seen::Unknown);
    assert!(script.unread.is_empty());
}
