//! tasks.toml as a value: read whole, with every mistake found, or not at all.

pub mod calls;
pub mod check;
pub mod cycles;
pub mod hidden;
pub mod keys;
mod nesting;
pub mod read;
pub mod step;
#[cfg(test)]
mod tests;
pub mod validate;

use std::collections::HashMap;
use std::ffi::OsString;
use std::ops::Range;

use toml::Spanned;

use crate::system::os::Os;
use crate::tasks::config::step::PlacedWord;
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;
use crate::ui::secret;

/// Names, and what stands behind them, in the order of the file.
pub type Variables = Vec<(String, String)>;

/// A valid tasks.toml, as it is on one system.
#[derive(Debug)]
pub struct Config {
    pub os: Os,
    pub compose: Compose,
    pub env: Variables,
    pub cache: Cache,
    /// In the order of the file.
    pub tasks: Vec<Task>,
    /// The built-in commands that are tasks themselves.
    built_in: Vec<(String, Body)>,
}

/// `[compose]`.
#[derive(Debug)]
pub struct Compose {
    /// Paths from the folder of tasks.toml, with `/`. Empty: compose looks for itself.
    pub files: Vec<Spanned<String>>,
    /// The words of the command to call; none: what is found.
    pub cli: Option<Vec<String>>,
    pub project: Option<String>,
    /// Seconds.
    pub wait: u32,
}

impl Default for Compose {
    fn default() -> Compose {
        Compose { files: Vec::new(), cli: None, project: None, wait: 120 }
    }
}

/// `[cache]`.
#[derive(Debug, Default)]
pub struct Cache {
    /// Whether the project has cache mounts of its own: `namespace = "project"`.
    pub own_namespace: bool,
}

/// `[tasks.NAME]` on one system.
#[derive(Debug)]
pub struct Task {
    pub name: String,
    /// The name in `[tasks.NAME]`.
    pub span: Range<usize>,
    pub body: Body,
    /// The systems with keys of their own, by the names of the keys.
    pub systems: Vec<&'static str>,
}

/// `[tasks.NAME]` as it is written: what holds everywhere, and what one system has of its own.
#[derive(Debug)]
pub struct Written {
    name: String,
    span: Range<usize>,
    base: Body,
    /// By `windows`, `linux`, `macos` or `unix`; `unix` first, so that the narrower key wins.
    systems: Vec<(&'static str, Body)>,
}

/// The keys of a task.
#[derive(Clone, Debug, Default)]
pub struct Body {
    pub about: Option<String>,
    pub steps: Option<Vec<Step>>,
    pub needs: Option<Vec<Spanned<String>>>,
    pub flags: Vec<Flag>,
    pub dir: Option<Spanned<String>>,
    pub env: Variables,
    /// The key `env`.
    env_span: Option<Range<usize>>,
    pub confirm: Option<String>,
    pub hidden: Option<bool>,
    pub aliases: Option<Vec<Spanned<String>>>,
    pub builtin: Option<Spanned<String>>,
    /// A command in Rust of the task's name: `rust = true`.
    pub rust: bool,
    /// Some of it could not be read, and that is told already: what is missing now is no second mistake.
    broken: bool,
    /// The same of `flags`.
    broken_flags: bool,
}

/// One line of `steps`, split.
#[derive(Clone, Debug)]
pub struct Step {
    /// The line, without the values of secret flags.
    pub shown: String,
    /// Never empty; spans are bytes of the file.
    pub words: Vec<PlacedWord>,
    pub span: Range<usize>,
}

/// `[tasks.NAME.flags]`: what a task can be told.
#[derive(Clone, Debug, Default)]
pub struct Flag {
    pub name: String,
    pub span: Range<usize>,
    pub short: Option<char>,
    pub about: Option<String>,
    pub words: Vec<String>,
    pub env: Option<String>,
    /// The value's name; none: the flag takes none.
    pub value: Option<String>,
    pub default: Option<String>,
    pub choices: Vec<String>,
    /// Some of it could not be read, and that is told already.
    broken: bool,
}

/// A value that is nothing but a value.
const PROBE: &str = "probe-0123456789abcdef";

impl Flag {
    /// Its words as they may be printed. The place of its value is no value.
    pub fn shown_words(&self) -> Vec<String> {
        let words: Vec<OsString> = self.words.iter().map(OsString::from).collect();
        let shown = |(word, hidden): (&String, OsString)| {
            let is_place = word == "{value}" || word.ends_with("={value}");
            if is_place { word.clone() } else { hidden.to_string_lossy().into_owned() }
        };
        self.words.iter().zip(secret::hidden_words(&words)).map(shown).collect()
    }

    /// Whether this value of it is secret: by its own name, its variable's, or the words that the value is put into.
    pub fn hides(&self, value: &str) -> bool {
        let is_named = secret::is_secret_option(&self.name) || self.env.as_deref().is_some_and(secret::is_secret);
        !value.is_empty() && !secret::is_harmless(value) && (is_named || self.is_secret_in_words(value))
    }

    /// By the words around it: `--password {value}`. An address is hidden only in part, when it is printed.
    fn is_secret_in_words(&self, value: &str) -> bool {
        let filled = |value: &str| -> Vec<OsString> {
            self.words.iter().map(|word| word.replace("{value}", value).into()).collect()
        };
        // A dash would make it an option of its own.
        let (probes, values) = (filled(PROBE), filled(value.trim_start_matches('-')));
        let (hidden_probes, hidden_values) = (secret::hidden_words(&probes), secret::hidden_words(&values));
        (0..self.words.len()).any(|at| {
            let is_probed = self.words[at].contains("{value}") && !hidden_probes[at].to_string_lossy().contains(PROBE);
            is_probed && hidden_values[at] != values[at]
        })
    }

    /// Its default as it may be printed.
    pub fn shown_default(&self) -> Option<String> {
        let default = self.default.as_ref()?;
        Some(if self.hides(default) { "…".to_owned() } else { secret::shown("", default) })
    }
}

/// What a file may refer to outside of itself.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The names that `builtin` can have.
    pub builtins: &'a [&'a str],
    /// The commands in Rust that this program has, each with what it is for.
    pub rust: fn() -> Vec<(&'static str, &'static str)>,
    /// Long names and letters of the global flags, which a task's own must not take.
    pub global_flags: fn() -> Vec<(&'static str, Option<char>)>,
    /// The task behind a built-in command. None: it runs no commands, and can't be a step.
    pub task_of: fn(&str) -> Option<Body>,
}

impl Config {
    /// Reads a file's text (without a byte order mark) for one system. Gives a valid value, or all that is wrong with the
    /// text, on whichever system.
    pub fn parse(source: &str, known: Known<'_>, os: Os) -> Result<Config, Vec<Finding>> {
        let (mut config, written, mut found) = read::config(source, os)?;
        let rust = (known.rust)();
        if written.is_empty() && rust.is_empty() && found.is_empty() {
            let nothing = mistake("there is no task in this file", 0..0);
            found.push(nothing.fix("the smallest one: tasks.hello.steps = [\"cargo test\"]"));
        }
        config.built_in =
            known.builtins.iter().filter_map(|name| Some(((*name).to_owned(), (known.task_of)(name)?))).collect();
        found.extend(validate::config(&mut config, &written, known));
        config.add_rust(&rust);
        hidden::in_steps(&mut config);
        if found.is_empty() { Ok(config) } else { Err(found) }
    }

    /// The commands in Rust: those that the file names get what they are for, the others become tasks.
    fn add_rust(&mut self, commands: &[(&str, &str)]) {
        for (name, about) in commands {
            let about = || (!about.is_empty()).then(|| (*about).to_owned());
            match self.tasks.iter_mut().find(|task| task.name == *name) {
                Some(task) => task.body.about = task.body.about.take().or_else(about),
                None => {
                    let body = Body { rust: true, about: about(), ..Body::default() };
                    self.tasks.push(Task { name: (*name).to_owned(), span: 0..0, body, systems: Vec::new() });
                }
            }
        }
    }

    /// The task that a name or an alias means.
    pub fn task(&self, name: &str) -> Option<&Task> {
        let by_alias = || self.tasks.iter().find(|task| task.body.aliases().any(|alias| alias.get_ref() == name));
        self.tasks.iter().find(|task| task.name == name).or_else(by_alias)
    }

    /// What a task runs: its own keys, or those of the built-in command that it stands for.
    pub fn runs<'a>(&'a self, task: &'a Task) -> &'a Body {
        task.body.builtin.as_ref().and_then(|name| self.behind(name.get_ref())).unwrap_or(&task.body)
    }

    /// The task behind a built-in command.
    fn behind(&self, builtin: &str) -> Option<&Body> {
        self.built_in.iter().find(|(name, _)| name == builtin).map(|(_, body)| body)
    }

    /// All names and aliases, with their places in `tasks`.
    pub fn index(&self) -> HashMap<&str, usize> {
        let tasks = || self.tasks.iter().enumerate();
        let aliases =
            tasks().flat_map(|(at, task)| task.body.aliases().map(move |alias| (alias.get_ref().as_str(), at)));
        aliases.chain(tasks().map(|(at, task)| (task.name.as_str(), at))).collect()
    }
}

impl Task {
    /// The task that a built-in command is when the file does not name it.
    pub fn built_in(name: &str) -> Task {
        let body = Body { builtin: Some(Spanned::new(0..0, name.to_owned())), ..Body::default() };
        Task { name: name.to_owned(), span: 0..0, body, systems: Vec::new() }
    }

    /// Which systems it has something to do on, for a mistake that says it has nothing to do here.
    pub fn does_only(&self) -> String {
        let systems: Vec<String> = self.systems.iter().map(|key| format!("`{key}`")).collect();
        format!("it has steps for {} only", crate::ui::text::and_list(&systems, "and"))
    }
}

impl Written {
    /// The task on one system: what holds everywhere, under what the system has of its own. Variables and flags are merged
    /// by name; any other key is replaced.
    fn on(&self, os: Os) -> Task {
        let mut body = self.base.clone();
        for (_, own) in self.systems.iter().filter(|(key, _)| os.is_meant_by(key)) {
            body.overlay(own, os);
        }
        let systems = self.systems.iter().map(|(key, _)| *key).collect();
        Task { name: self.name.clone(), span: self.span.clone(), body, systems }
    }
}

impl Body {
    /// The task behind a built-in command: one step, and what it can be told. It has no place in the file.
    pub fn built_in(step: &str, flags: Vec<Flag>) -> Body {
        let words = step::split(step).unwrap_or_default().into_iter().map(|(word, _)| (word, 0..0)).collect();
        Body { steps: Some(vec![Step { shown: step.to_owned(), words, span: 0..0 }]), flags, ..Body::default() }
    }

    fn overlay(&mut self, own: &Body, os: Os) {
        fn replace<T: Clone>(under: &mut Option<T>, over: &Option<T>) {
            if over.is_some() {
                under.clone_from(over);
            }
        }
        replace(&mut self.about, &own.about);
        replace(&mut self.steps, &own.steps);
        replace(&mut self.needs, &own.needs);
        replace(&mut self.dir, &own.dir);
        replace(&mut self.confirm, &own.confirm);
        replace(&mut self.hidden, &own.hidden);
        replace(&mut self.aliases, &own.aliases);
        replace(&mut self.builtin, &own.builtin);
        replace(&mut self.env_span, &own.env_span);
        self.rust |= own.rust;
        self.broken |= own.broken;
        self.broken_flags |= own.broken_flags;
        for flag in &own.flags {
            self.flags.retain(|under| under.name != flag.name);
            self.flags.push(flag.clone());
        }
        for (name, value) in &own.env {
            self.env.retain(|(under, _)| !os.same_variable(under, name));
            self.env.push((name.clone(), value.clone()));
        }
    }

    pub fn steps(&self) -> &[Step] {
        self.steps.as_deref().unwrap_or_default()
    }

    pub fn needs(&self) -> &[Spanned<String>] {
        self.needs.as_deref().unwrap_or_default()
    }

    pub fn aliases(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.aliases.iter().flatten()
    }

    pub fn is_hidden(&self) -> bool {
        self.hidden.unwrap_or(false)
    }

    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }

    pub fn hides_value_of(&self, flag: &str, value: &str) -> bool {
        self.flag(flag).is_some_and(|flag| flag.hides(value))
    }

    /// Whether there is anything to do: a task can be for other systems alone.
    pub fn does_something(&self) -> bool {
        self.rust || self.builtin.is_some() || !self.steps().is_empty() || !self.needs().is_empty()
    }

    /// Whether a step passes on what was typed after `--`. A command in Rust gets it all.
    pub fn takes_args(&self) -> bool {
        self.rust || self.steps().iter().any(|step| step.words.iter().any(|(word, _)| *word == step::Word::Args))
    }
}

impl Flag {
    /// A flag of a built-in command, which adds one word.
    pub fn of(name: &str, about: &str, word: &str) -> Flag {
        let (name, about, words) = (name.to_owned(), Some(about.to_owned()), vec![word.to_owned()]);
        Flag { name, about, words, ..Flag::default() }
    }

    /// A flag of a built-in command with a value, which `{value}` in the word stands for.
    pub fn with_value(name: &str, value: &str, about: &str, word: &str) -> Flag {
        Flag { value: Some(value.to_owned()), ..Flag::of(name, about, word) }
    }
}

impl Step {
    /// Its first word: `compose`, `task` or a program.
    pub fn first(&self) -> Option<&str> {
        match self.words.first()? {
            (step::Word::Literal(first), _) => Some(first),
            _ => None,
        }
    }

    /// Whether it runs another task.
    fn is_call(&self) -> bool {
        self.first() == Some("task")
    }

    /// For a step `task NAME …`: the name and its place.
    pub fn calls(&self) -> Option<(&str, Range<usize>)> {
        match self.words.as_slice() {
            [(step::Word::Literal(first), _), (step::Word::Literal(name), span), ..] if first == "task" => {
                Some((name, span.clone()))
            }
            _ => None,
        }
    }
}
