//! A tasks.toml that is not written yet: what a Makefile, a justfile, a script or the compose files become.

use std::collections::BTreeMap;

/// A tasks.toml to be. Everything is in the order in which it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub compose: Compose,
    pub env_files: Vec<EnvFile>,
    pub env: Vec<(String, Value)>,
    /// `[words]`: each name with the words that it stands for.
    pub words: Vec<(String, Vec<Word>)>,
    pub modes: Vec<Mode>,
    pub tasks: Vec<Task>,
    /// What the person should know or decide, for the report. One sentence each, without a full stop.
    pub notes: Vec<String>,
}

/// `[compose]`, of the file or of a mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compose {
    /// From the folder of tasks.toml.
    pub files: Vec<String>,
    pub project: Option<String>,
}

/// One of `env-files`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvFile {
    pub path: String,
    pub required: bool,
    pub overrides: bool,
}

/// The value of a variable in `[env]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `overrides`: it beats the person's own.
    Text { value: String, overrides: bool },
    /// What a command prints, as a line of words.
    Output { command: Vec<Word>, overrides: bool },
    /// `user`, `uid` or `gid`.
    From { what: &'static str, overrides: bool },
}

/// `[modes.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    pub name: String,
    /// The variable that chooses it, and the value that it has to have; no value: any.
    pub when: Option<(String, Option<String>)>,
    pub env: Vec<(String, Value)>,
    /// What names of `[words]` stand for in it.
    pub words: Vec<(String, Vec<Word>)>,
    pub compose: Compose,
}

/// `[tasks.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    pub name: String,
    /// The name of the target, recipe or case that it was: what `make NAME` has.
    pub source: String,
    /// What ran it before, without that name: `make`, or `make -f build.mk`. Empty: it can't be wrapped.
    pub program: Vec<String>,
    pub about: Option<String>,
    pub group: Option<String>,
    pub aliases: Vec<String>,
    pub needs: Vec<String>,
    pub unless: Option<String>,
    pub mode: Option<String>,
    pub confirm: Option<String>,
    pub hidden: bool,
    pub builtin: Option<&'static str>,
    pub steps: Vec<Step>,
    pub flags: Vec<Flag>,
    /// Steps for one system, by its key: `windows`, `macos`, `linux`, `unix`.
    pub systems: BTreeMap<&'static str, Vec<Step>>,
    /// Why it still calls the old program: written as a comment, and reported.
    pub wrapped: Option<String>,
    /// The variable of the old program whose words are typed after `--` now: `ARGS`.
    pub args_from: Option<String>,
}

/// One entry of `steps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub does: Does,
    /// From the folder of tasks.toml.
    pub dir: Option<String>,
    pub env: Vec<(String, String)>,
    pub may_fail: bool,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// A line of words; never empty.
    Run(Vec<Word>),
    /// A script for `sh`.
    Sh(String),
    Say(String),
}

/// A word of a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    Literal(String),
    /// `{NAME}`: a flag, or `args`.
    Placeholder(String),
    /// Words that may be shared with other steps. Used once, they are written out.
    Shared {
        name: String,
        words: Vec<Word>,
    },
}

/// One of a task's flags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flag {
    pub name: String,
    pub short: Option<char>,
    pub about: Option<String>,
    /// The name of its value; `None`: it takes none.
    pub value: Option<String>,
    pub choices: Vec<String>,
    pub default: Option<String>,
    pub required: bool,
    pub from_env: Option<String>,
    pub env: Option<String>,
    /// What `{NAME}` stands for, with `{value}` in it.
    pub words: Vec<String>,
}

impl Task {
    /// A task that still calls what ran it before: `make NAME {args}`.
    pub fn wrapped(program: &[&str], source: &str, reason: &str) -> Task {
        let task = Task { name: source.to_owned(), source: source.to_owned(), ..Task::default() };
        Task { program: program.iter().map(|word| (*word).to_owned()).collect(), ..task }.into_wrapped(reason)
    }

    /// What ran it before, in a word: `make`, `./build.sh`.
    pub fn runner(&self) -> &str {
        let is_shell = self.program.first().is_some_and(|first| first == "sh" || first == "powershell");
        let word = if is_shell { self.program.last() } else { self.program.first() };
        word.map_or("it", String::as_str)
    }

    /// Its steps on every system.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().chain(self.systems.values().flatten())
    }

    /// The same of steps that are changed.
    pub fn all_steps_mut(&mut self) -> impl Iterator<Item = &mut Step> {
        self.steps.iter_mut().chain(self.systems.values_mut().flatten())
    }

    /// The same task, calling what ran it before. That runs what it needs itself.
    pub fn into_wrapped(self, reason: &str) -> Task {
        let words = self.program.iter().chain([&self.source]).map(|word| Word::literal(word));
        let step = Step::new(Does::Run(words.chain([Word::Placeholder("args".to_owned())]).collect()));
        Task {
            steps: vec![step],
            wrapped: Some(reason.to_owned()),
            name: self.name,
            source: self.source,
            program: self.program,
            about: self.about,
            group: self.group,
            aliases: self.aliases,
            confirm: self.confirm,
            hidden: self.hidden,
            ..Task::default()
        }
    }
}

impl Step {
    /// A step that is nothing but what it does.
    pub fn new(does: Does) -> Step {
        Step { does, dir: None, env: Vec::new(), may_fail: false }
    }
}

impl Word {
    /// A word as it stands.
    pub fn literal(text: &str) -> Word {
        Word::Literal(text.to_owned())
    }

    /// The words with those that are shared written out.
    pub fn flat(words: &[Word]) -> Vec<Word> {
        let flat = |word: &Word| match word {
            Word::Shared { words, .. } => Word::flat(words),
            word => vec![word.clone()],
        };
        words.iter().flat_map(flat).collect()
    }
}
