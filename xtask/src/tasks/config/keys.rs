//! Every key of tasks.toml: one row each. The reader checks a file against these rows, and the JSON schema for
//! editors is made from them, so the two can't differ.

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    Text,
    Boolean,
    /// A whole number, 0 or more.
    Count,
    Texts,
    /// A list of texts, and of tables with these keys.
    TextsOrTables(&'static [Key]),
    /// A table with free names: environment variables, each a text or a table that says where its value comes from.
    Variables,
    /// The same with texts alone.
    PlainVariables,
    /// A table of lines with free names: words that steps share.
    Words,
    /// A table with exactly these keys.
    Table(&'static [Key]),
    /// A table of such tables with free names.
    Named(&'static [Key]),
}

/// A key: its name, what it takes, and what it is for (shown by editors).
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    pub takes: Takes,
    pub about: &'static str,
}

const fn key(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, takes, about }
}

/// The top of the file.
pub static FILE: &[Key] = &[
    key("xtask", Takes::Text, "The oldest version of xtask that understands this file, such as `0.1`"),
    ENV_FILES,
    key("compose", Takes::Table(COMPOSE), "How compose is found and called"),
    key("env", Takes::Variables, "Variables for every command. One that is already set keeps its value"),
    key("words", Takes::Words, "Words that steps share: `{name}` stands for them. Empty ones vanish"),
    key("modes", Takes::Named(MODE), "Settings that are chosen together: `--mode NAME`"),
    key("tasks", Takes::Named(TASK), "The tasks, by the name that is typed"),
    key("cache", Takes::Table(CACHE), "BuildKit's cache mounts"),
    key("lint", Takes::Table(LINT), "The checks of Dockerfiles"),
];

const ENV_FILES: Key = key(
    "env-files",
    Takes::TextsOrTables(ENV_FILE),
    "Files with variables for every step, read as compose reads `.env`",
);

pub static ENV_FILE: &[Key] = &[
    key("path", Takes::Text, "The file, from the folder of tasks.toml, with `/`"),
    key("required", Takes::Boolean, "Whether a step fails when it is not there (true)"),
    key(
        "override",
        Takes::Boolean,
        "Whether its variables are stronger than those that are already set, and than `env`",
    ),
];

/// A variable that is a table: one of the first three, and whether it is stronger than the person's own.
pub static VARIABLE: &[Key] = &[
    key("value", Takes::Text, "The value"),
    key("from", Takes::Text, "`user` (uid:gid), `uid` or `gid`. Not set on Windows"),
    key("output", Takes::Text, "A command: what it prints is the value. It is asked once a run"),
    key("override", Takes::Boolean, "Whether it is stronger than a variable that is already set"),
];

static MODE: &[Key] = &[
    key("when", Takes::Table(WHEN), "A variable that chooses the mode by itself"),
    key("compose", Takes::Table(COMPOSE), "How compose is found and called"),
    key("env", Takes::Variables, "Variables for every command. They are stronger than a task's"),
    ENV_FILES,
    key("words", Takes::Words, "Words that steps share, over those of [words]"),
];

static WHEN: &[Key] = &[
    key("env", Takes::Text, "The variable"),
    key("is", Takes::Text, "The value that it must have. Without it: any but nothing"),
];

static COMPOSE: &[Key] = &[
    key("files", Takes::Texts, "Compose files (`-f`), in order. Without it: what compose finds itself"),
    key(
        "cli",
        Takes::Text,
        "The command to call, such as `docker compose` or `docker-compose`. Without it: what is found",
    ),
    key("project", Takes::Text, "The project name (`-p`)"),
    key("wait", Takes::Count, "Seconds that services get to be healthy after `compose up --detach` (120)"),
];

/// The one value of `[cache] namespace`.
pub const PROJECT: &str = "project";

static CACHE: &[Key] = &[key("namespace", Takes::Text, "`project` gives the project cache mounts of its own")];

static LINT: &[Key] = &[key("allow", Takes::Texts, "Rules of `xtask lint` that are switched off")];

/// A task: its own keys, and the same once more for one system.
pub static TASK: &[Key] = &[
    ABOUT,
    STEPS,
    NEEDS,
    FLAGS,
    DIR,
    ENV,
    CONFIRM,
    UNLESS,
    GROUP,
    MODE_OF,
    HIDDEN,
    ALIASES,
    BUILTIN,
    key("rust", Takes::Boolean, "The task is a command in Rust, in the repository's own xtask package"),
    key("windows", Takes::Table(TASK_ON), "These keys on Windows"),
    key("linux", Takes::Table(TASK_ON), "These keys on Linux"),
    key("macos", Takes::Table(TASK_ON), "These keys on macOS"),
    key("unix", Takes::Table(TASK_ON), "These keys on Linux and macOS"),
];

pub static TASK_ON: &[Key] =
    &[ABOUT, STEPS, NEEDS, FLAGS, DIR, ENV, CONFIRM, UNLESS, GROUP, MODE_OF, HIDDEN, ALIASES, BUILTIN];

const ABOUT: Key = key("about", Takes::Text, "One line for the list of tasks");
const STEPS: Key = key(
    "steps",
    Takes::TextsOrTables(STEP),
    "The commands, in order. One line of words each, without a shell; or a table with the line and more",
);
const NEEDS: Key = key("needs", Takes::Texts, "Tasks that run before, each once");
const FLAGS: Key = key("flags", Takes::Named(FLAG), "The flags that the task takes");
const DIR: Key = key("dir", Takes::Text, "The folder that the steps run in, from the folder of tasks.toml, with `/`");
const ENV: Key = key("env", Takes::Variables, "Variables for the steps. One that is already set keeps its value");
const CONFIRM: Key = key("confirm", Takes::Text, "A question to answer before anything runs");
const UNLESS: Key = key("unless", Takes::Text, "A path from `dir`. Where it is, the task and its needs are left out");
const GROUP: Key = key("group", Takes::Text, "Its heading in the list of tasks");
const MODE_OF: Key = key("mode", Takes::Text, "The mode that it runs in, whatever that of the run is");
const HIDDEN: Key = key("hidden", Takes::Boolean, "Leave the task out of the list");
const ALIASES: Key = key("aliases", Takes::Texts, "Other names");
const BUILTIN: Key = key("builtin", Takes::Text, "The built-in command that the task stands for");

/// A step that is a table: one of the first three, and what goes with it.
pub static STEP: &[Key] = &[
    key("run", Takes::Text, "The command: one line of words; there is no shell"),
    key("sh", Takes::Text, "A script for `sh -e`. What was typed after `--` is \"$@\", flags arrive by their `env`"),
    key("say", Takes::Text, "A text to print"),
    key("dir", Takes::Text, "The folder it runs in, from the folder of tasks.toml, with `/`"),
    key("env", Takes::PlainVariables, "Variables for it. They are stronger than those that are already set"),
    key("may-fail", Takes::Boolean, "Go on when it fails, and say so"),
];

pub static FLAG: &[Key] = &[
    key("short", Takes::Text, "One letter or digit, for `-d`"),
    key("about", Takes::Text, "One line for the task's help"),
    key("words", Takes::Texts, "What `{flag}` stands for in a step. `{value}` in it is the flag's value"),
    key("env", Takes::Text, "The variable that the flag sets: to its value, or to 1"),
    key("value", Takes::Text, "The name of the flag's value, for the help"),
    key("default", Takes::Text, "The value when the flag is not given"),
    key("choices", Takes::Texts, "The values that are allowed"),
    key("required", Takes::Boolean, "It has to be given, or its variable set"),
    key(
        "from-env",
        Takes::Text,
        "The variable, the person's or an env file's, that gives the value when the flag is not typed",
    ),
];
