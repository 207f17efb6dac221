//! A draft as the text of tasks.toml, as somebody would write it by hand.

use std::ops::Range;

use crate::init::draft::{Compose, Does, Draft, EnvFile, Flag, Step, Task, Value};
use crate::init::line::part_with;
use crate::init::shared::Shared;
use crate::init::toml_text::{basic, inline, key, list, one_line, string};

/// What a piece of the text was written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    EnvFiles,
    Compose,
    /// By its name, as those below.
    Variable(String),
    Words(String),
    Mode(String),
    /// By its place.
    Task(usize),
}

/// The text of a tasks.toml, and which bytes are whose.
#[derive(Debug, Default)]
pub struct Written {
    pub text: String,
    parts: Vec<(Range<usize>, Part)>,
}

impl Written {
    /// What the byte at a place was written for.
    pub fn part_at(&self, at: usize) -> Option<&Part> {
        self.parts.iter().find(|(range, _)| range.contains(&at)).map(|(_, part)| part)
    }

    fn push(&mut self, part: Part, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.parts.push((start..self.text.len(), part));
    }
}

/// Writes a draft. It may have mistakes: [`crate::init::settle`] finds them.
pub fn write(draft: &Draft) -> Written {
    let shared = Shared::of(draft);
    let mut written = Written { text: format!("xtask = {}\n", basic(version())), ..Written::default() };
    if !draft.env_files.is_empty() {
        written.push(Part::EnvFiles, &format!("env-files = {}\n", env_files(&draft.env_files)));
    }
    if draft.compose != Compose::default() {
        written.text.push_str("\n[compose]\n");
        written.push(Part::Compose, &compose("", &draft.compose));
    }
    if !draft.env.is_empty() {
        written.text.push_str("\n[env]\n");
    }
    for (name, value) in &draft.env {
        written.push(Part::Variable(name.clone()), &format!("{} = {}\n", key(name), variable(value)));
    }
    if !shared.entries.is_empty() {
        written.text.push_str("\n[words]\n");
    }
    for (name, words) in &shared.entries {
        let line = part_with(words, &|word| shared.has(word)).unwrap_or_default();
        written.push(Part::Words(name.clone()), &format!("{} = {}\n", key(name), string(&line)));
    }
    for mode in &draft.modes {
        let mut text = format!("\n[modes.{}]\n", key(&mode.name));
        if let Some((name, is)) = &mode.when {
            let mut keys = vec![("env".to_owned(), string(name))];
            keys.extend(is.as_ref().map(|is| ("is".to_owned(), string(is))));
            text.push_str(&format!("when = {}\n", inline(&keys)));
        }
        text.push_str(&compose("compose.", &mode.compose));
        for (name, value) in &mode.env {
            text.push_str(&format!("env.{} = {}\n", key(name), variable(value)));
        }
        for (name, words) in &mode.words {
            let line = part_with(words, &|word| shared.has(word)).unwrap_or_default();
            text.push_str(&format!("words.{} = {}\n", key(name), string(&line)));
        }
        written.push(Part::Mode(mode.name.clone()), &text);
    }
    for (at, one) in draft.tasks.iter().enumerate() {
        written.push(Part::Task(at), &format!("\n{}", task(one, &shared)));
    }
    written
}

/// The oldest version that understands the file: any with the keys of this one.
fn version() -> &'static str {
    let version = env!("CARGO_PKG_VERSION");
    version.rsplit_once('.').map_or(version, |(version, _)| version)
}

fn env_files(files: &[EnvFile]) -> String {
    let one = |file: &EnvFile| {
        if file.required && !file.overrides {
            return string(&file.path);
        }
        let mut keys = vec![("path".to_owned(), string(&file.path))];
        keys.extend((!file.required).then(|| ("required".to_owned(), "false".to_owned())));
        keys.extend(file.overrides.then(|| ("override".to_owned(), "true".to_owned())));
        inline(&keys)
    };
    format!("[{}]", files.iter().map(one).collect::<Vec<_>>().join(", "))
}

fn compose(prefix: &str, compose: &Compose) -> String {
    let mut text = String::new();
    if !compose.files.is_empty() {
        text.push_str(&format!("{prefix}files = {}\n", list(&compose.files)));
    }
    if let Some(project) = &compose.project {
        text.push_str(&format!("{prefix}project = {}\n", string(project)));
    }
    text
}

fn variable(value: &Value) -> String {
    let (key, text, overrides) = match value {
        Value::Text { value, overrides: false } => return string(value),
        Value::Text { value, overrides } => ("value", value.clone(), overrides),
        // It has no placeholders.
        Value::Output { command, overrides } => {
            ("output", part_with(command, &|_| false).unwrap_or_default(), overrides)
        }
        Value::From { what, overrides } => ("from", (*what).to_owned(), overrides),
    };
    let mut keys = vec![(key.to_owned(), string(&text))];
    keys.extend(overrides.then(|| ("override".to_owned(), "true".to_owned())));
    inline(&keys)
}

fn task(task: &Task, shared: &Shared) -> String {
    let name = key(&task.name);
    let mut lines = vec![format!("[tasks.{name}]")];
    let mut text = |key: &str, value: Option<&String>| {
        let value = value.map(|value| one_line(value)).filter(|value| !value.is_empty());
        lines.extend(value.map(|value| format!("{key} = {}", string(&value))));
    };
    text("about", task.about.as_ref());
    text("group", task.group.as_ref());
    text("confirm", task.confirm.as_ref());
    text("mode", task.mode.as_ref());
    text("unless", task.unless.as_ref());
    for (key, names) in [("aliases", &task.aliases), ("needs", &task.needs)] {
        lines.extend((!names.is_empty()).then(|| format!("{key} = {}", list(names))));
    }
    lines.extend(task.hidden.then(|| "hidden = true".to_owned()));
    lines.extend(task.builtin.map(|builtin| format!("builtin = {}", basic(builtin))));
    if let Some(reason) = &task.wrapped {
        lines.push(format!("# {} still runs this: {}", one_line(task.runner()), one_line(reason)));
    }
    if !task.steps.is_empty() {
        lines.push(format!("steps = {}", steps(&task.steps, shared)));
    }
    for (system, own) in &task.systems {
        lines.push(format!("{system}.steps = {}", steps(own, shared)));
    }
    match &task.flags[..] {
        [] => {}
        [one] => lines.push(format!("flags.{} = {}", key(&one.name), flag(one))),
        several => {
            lines.push(format!("\n[tasks.{name}.flags]"));
            lines.extend(several.iter().map(|one| format!("{} = {}", key(&one.name), flag(one))));
        }
    }
    lines.join("\n") + "\n"
}

/// A single step on its line; several, or one that has lines of its own, as a list.
fn steps(steps: &[Step], shared: &Shared) -> String {
    let written: Vec<String> = steps.iter().map(|one| step(one, shared)).collect();
    match &written[..] {
        [one] if !one.contains('\n') => format!("[{one}]"),
        several => format!("[\n{}]", several.iter().map(|one| format!("  {one},\n")).collect::<String>()),
    }
}

fn step(step: &Step, shared: &Shared) -> String {
    let does = match &step.does {
        Does::Run(words) => {
            // What can't be a line is a mistake, which is found when the text is read again.
            let line = string(&part_with(words, &|word| shared.has(word)).unwrap_or_default());
            if step.dir.is_none() && step.env.is_empty() && !step.may_fail {
                return line;
            }
            ("run".to_owned(), line)
        }
        Does::Sh(text) => ("sh".to_owned(), script(text)),
        Does::Say(text) => ("say".to_owned(), string(text)),
    };
    let mut keys = Vec::new();
    keys.extend(step.dir.as_ref().map(|dir| ("dir".to_owned(), string(dir))));
    if !step.env.is_empty() {
        let variables: Vec<_> = step.env.iter().map(|(name, value)| (name.clone(), string(value))).collect();
        keys.push(("env".to_owned(), inline(&variables)));
    }
    keys.extend(step.may_fail.then(|| ("may-fail".to_owned(), "true".to_owned())));
    // The line first; a script of several lines last.
    let at = if does.1.contains('\n') { keys.len() } else { 0 };
    keys.insert(at, does);
    inline(&keys)
}

/// A script: in lines of its own where it has several, or both kinds of quotes.
fn script(text: &str) -> String {
    let has_control = text.contains(|c: char| c.is_control() && c != '\n' && c != '\t');
    let needs_lines = text.contains('\n') || (text.contains('\'') && text.contains(['"', '\\']));
    if !needs_lines || has_control || text.contains("'''") {
        return string(text);
    }
    let indented = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    format!("'''\n{}  '''", text.split('\n').map(indented).collect::<String>())
}

fn flag(flag: &Flag) -> String {
    let mut keys: Vec<(&str, String)> = Vec::new();
    let mut text = |key, value: Option<&String>| keys.extend(value.map(|value| (key, string(value))));
    text("short", flag.short.map(String::from).as_ref());
    text("about", flag.about.as_ref().map(|about| one_line(about)).filter(|about| !about.is_empty()).as_ref());
    text("value", flag.value.as_ref());
    text("from-env", flag.from_env.as_ref());
    text("default", flag.default.as_ref());
    keys.extend((!flag.choices.is_empty()).then(|| ("choices", list(&flag.choices))));
    keys.extend(flag.required.then(|| ("required", "true".to_owned())));
    keys.extend(flag.env.as_ref().map(|env| ("env", string(env))));
    keys.extend((!flag.words.is_empty()).then(|| ("words", list(&flag.words))));
    inline(&keys.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
