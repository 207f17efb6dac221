//! tasks.toml as a value: read whole, with every mistake found, or not at all.

pub mod body;
pub mod calls;
pub mod check;
pub mod cycles;
pub mod file_step;
pub mod flag;
pub mod hidden;
pub mod keys;
mod nesting;
pub mod read;
pub mod setting;
pub mod step;
pub mod step_line;
#[cfg(test)]
mod tests;
pub mod validate;
pub mod variable;
mod version;
pub mod words;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;

use crate::system::os::Os;
use crate::tasks::config::step::Does;
use crate::tasks::config::step_line::Word;
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;

pub use self::body::Body;
pub use self::flag::Flag;
use self::setting::{Mode, Setting};
pub use self::step::Step;
use self::words::Words;

/// Names, and what stands behind them, in the order of the file.
pub type Variables = Vec<(String, String)>;

/// A valid tasks.toml, as it is on one system.
#[derive(Debug)]
pub struct Config {
    pub os: Os,
    pub cache: Cache,
    /// `[lint] allow`: the rules about Dockerfiles that are switched off.
    pub allowed_rules: Vec<Spanned<String>>,
    /// What holds without a mode.
    pub base: Setting,
    /// In the order of the file.
    pub modes: Vec<Mode>,
    /// The mode of this run, by its place.
    pub mode: Option<usize>,
    /// In the order of the file.
    pub tasks: Vec<Task>,
    /// The names of all built-in commands.
    builtins: Vec<String>,
    /// The built-in commands that are tasks themselves.
    built_in: Vec<(String, Body)>,
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

/// What a file may refer to outside of itself.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The names that `builtin` can have.
    pub builtins: &'a [&'a str],
    /// The names of the rules about Dockerfiles.
    pub rules: fn() -> Vec<&'static str>,
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
        config.builtins = known.builtins.iter().map(|name| (*name).to_owned()).collect();
        config.built_in =
            known.builtins.iter().filter_map(|name| Some(((*name).to_owned(), (known.task_of)(name)?))).collect();
        found.extend(validate::config(&mut config, &written, known));
        found.extend(validate::rules(&config, &(known.rules)()));
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

    /// A step with the words that steps share put in.
    pub fn with_shared_words<'a>(step: &'a Step, words: &Words) -> Cow<'a, Step> {
        let shared = |word: &Word| match word {
            Word::Named(name) => words.get(name)?.as_ref(),
            Word::Literal(_) | Word::Args => None,
        };
        if !step.words().iter().any(|(word, _)| shared(word).is_some()) {
            return Cow::Borrowed(step);
        }
        let filled = step.words().iter().flat_map(|(word, span)| match shared(word) {
            Some(own) => own.iter().map(|own| (Word::Literal(own.clone()), span.clone())).collect(),
            None => vec![(word.clone(), span.clone())],
        });
        Cow::Owned(Step { does: Does::Run(filled.collect()), ..step.clone() })
    }

    /// Whether a task takes the name of a built-in command, and is not that.
    pub fn takes_a_builtins_name(&self, task: &Task) -> bool {
        let is_it = task.body.builtin.as_ref().is_some_and(|builtin| *builtin.get_ref() == task.name);
        self.builtins.contains(&task.name) && !is_it
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
