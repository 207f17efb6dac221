//! The keys of a task.

use std::ops::Range;

use toml::Spanned;

use crate::system::os::Os;
use crate::tasks::config::flag::Flag;
use crate::tasks::config::step::{Does, Step};
use crate::tasks::config::step_line;
use crate::tasks::config::variable::Variable;

/// The keys of a task.
#[derive(Clone, Debug, Default)]
pub struct Body {
    pub about: Option<String>,
    pub steps: Option<Vec<Step>>,
    pub needs: Option<Vec<Spanned<String>>>,
    pub flags: Vec<Flag>,
    pub dir: Option<Spanned<String>>,
    pub env: Vec<Variable>,
    /// The key `env`.
    pub env_span: Option<Range<usize>>,
    pub confirm: Option<String>,
    /// A path from `dir`: where it is, there is nothing to do.
    pub unless: Option<Spanned<String>>,
    /// Its heading in the list.
    pub group: Option<String>,
    /// The mode that it runs in, whatever that of the run is.
    pub mode: Option<Spanned<String>>,
    pub hidden: Option<bool>,
    pub aliases: Option<Vec<Spanned<String>>>,
    pub builtin: Option<Spanned<String>>,
    /// A command in Rust of the task's name: `rust = true`.
    pub rust: bool,
    /// Some of it could not be read, and that is told already: what is missing now is no second mistake.
    pub broken: bool,
    /// The same of `flags`.
    pub broken_flags: bool,
}

impl Body {
    /// The task behind a built-in command: one step, and what it can be told. It has no place in the file.
    pub fn built_in(step: &str, flags: Vec<Flag>) -> Body {
        let words = step_line::split(step).unwrap_or_default().into_iter().map(|(word, _)| (word, 0..0));
        let step = Step { does: Does::Run(words.collect()), shown: step.to_owned(), span: 0..0, keys: None };
        Body { steps: Some(vec![step]), flags, ..Body::default() }
    }

    pub fn overlay(&mut self, own: &Body, os: Os) {
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
        replace(&mut self.unless, &own.unless);
        replace(&mut self.group, &own.group);
        replace(&mut self.mode, &own.mode);
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
        for variable in &own.env {
            self.env.retain(|under| !os.same_variable(&under.name, &variable.name));
            self.env.push(variable.clone());
        }
    }

    /// A path from `dir`, as it is from the folder of tasks.toml.
    pub fn below_dir(&self, path: &str) -> String {
        match &self.dir {
            Some(dir) => format!("{}/{path}", dir.get_ref().trim_end_matches('/')),
            None => path.to_owned(),
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
        self.rust || self.steps().iter().any(Step::takes_args)
    }
}
