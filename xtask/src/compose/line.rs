//! Compose's command line, as far as it matters here: which command it is, and what that needs.

use std::ffi::{OsStr, OsString};

pub use crate::compose::started::{Scope, Started};
use crate::project::looking::VALUED;
pub use crate::system::command_line::option_values as values_of;

/// Options of `up` that take a value as the next word.
pub const UP_VALUED: [&str; 8] =
    ["--scale", "-t", "--timeout", "--exit-code-from", "--attach", "--no-attach", "--pull", "--wait-timeout"];

/// Options of `build` that take a value as the next word (compose 1.29, 2.40).
pub const BUILD_VALUED: [&str; 7] =
    ["--build-arg", "--builder", "-m", "--memory", "--progress", "--provenance", "--ssh"];

/// Options that name an engine; each takes a value. Docker has the same.
const ENGINE: [&str; 4] = ["-H", "--host", "-c", "--context"];

/// Options that name files, and the project.
pub const FILE: [&str; 2] = ["-f", "--file"];
pub const PROJECT: [&str; 2] = ["-p", "--project-name"];

const DETACH: [&str; 2] = ["-d", "--detach"];

/// The files that compose looks for, here and upwards; the first counts (compose 2.26 and 2.40).
pub const FILES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The same for compose 1.29, which prefers the older names.
pub const FILES_OF_1: [&str; 4] = ["docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"];

/// The file that compose adds by itself, unless `-f` is given; the first counts, and compose 1 refuses a second.
pub const OVERRIDE_FILES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// The variable that turns the menu of an attached `up` on or off (compose 2.26 and later).
pub const MENU: &str = "COMPOSE_MENU";

/// The words behind `compose`, split once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Options before the command.
    pub options: Vec<OsString>,
    pub command: Option<OsString>,
    /// The words after the command.
    pub rest: Vec<OsString>,
}

impl Line {
    pub fn parse(words: Vec<OsString>) -> Line {
        let mut line = Line::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if !is_option(&word) {
                return Line { command: Some(word), rest: words.collect(), ..line };
            }
            let value = VALUED.iter().any(|option| word == *option).then(|| words.next()).flatten();
            line.options.extend(std::iter::once(word).chain(value));
        }
        line
    }

    /// The command's name, as far as it is text.
    pub fn command_name(&self) -> &str {
        self.command.as_deref().and_then(OsStr::to_str).unwrap_or_default()
    }

    /// Whether the engine has to be there: everything but what only reads files or prints help.
    pub fn needs_engine(&self) -> bool {
        let reads_only = matches!(self.command_name(), "config" | "convert" | "version" | "help" | "completion");
        self.command.is_some() && !reads_only && !self.asks_for_help()
    }

    /// Whether it builds, or may build because an image is missing.
    pub fn may_build(&self) -> bool {
        !self.asks_for_help() && matches!(self.command_name(), "build" | "up" | "run" | "create" | "watch")
    }

    /// Whether it can do nothing without a compose file. Compose 2 finds the containers of a project that is named by
    /// their labels: `compose -p NAME ps`, `down`, `logs` and others ask for no file (measured with 2.26.1 and 2.40.3).
    pub fn needs_files(&self, project_is_named: bool) -> bool {
        let reads_them = matches!(
            self.command_name(),
            "build" | "create" | "publish" | "pull" | "push" | "run" | "scale" | "up" | "watch"
        );
        self.needs_engine() && self.command_name() != "ls" && (reads_them || !project_is_named)
    }

    /// What comes after a service is for the program in its container.
    fn asks_for_help(&self) -> bool {
        let is_own = |word: &&OsString| {
            !matches!(self.command_name(), "run" | "exec") || word.as_encoded_bytes().starts_with(b"-")
        };
        self.rest.iter().take_while(is_own).any(|word| word == "--help" || word == "-h")
    }

    fn build(&self) -> Option<Words> {
        (self.command_name() == "build").then(|| Words::read(&self.rest, &BUILD_VALUED, ALL))
    }

    /// Whether it is a `build --no-cache`.
    pub fn is_build_without_cache(&self) -> bool {
        self.build().is_some_and(|build| build.has(&["--no-cache"]))
    }

    /// The services that a `build` names; none for all. `--with-dependencies` counts as all.
    pub fn built_services(&self) -> Vec<String> {
        let build = self.build().filter(|build| !build.has(&["--with-dependencies"]));
        build.map(|build| build.names).unwrap_or_default()
    }

    /// Whether one of these options stands before the command.
    pub fn has(&self, option: &[&str]) -> bool {
        !values_of(&self.options, option).is_empty()
    }

    /// Whether it is an `up` that stays in the foreground until its services end.
    pub fn is_attached_up(&self) -> bool {
        self.up().is_some_and(|up| !up.has(&DETACH))
    }

    /// For an `up` that returns before the services are ready: the services that it names, none for all.
    pub fn detached_services(&self) -> Option<Vec<String>> {
        self.up().filter(|up| up.has(&DETACH)).map(|up| up.names)
    }

    /// An `up` that starts something and does not wait itself.
    fn up(&self) -> Option<Words> {
        let up = Words::read(&self.rest, &UP_VALUED, ALL);
        let starts = self.command_name() == "up" && !self.asks_for_help();
        (starts && !up.has(&["--wait"]) && !up.has(&["--no-start"])).then_some(up)
    }
}

/// No limit on the names.
pub const ALL: usize = usize::MAX;

/// The words behind a command.
#[derive(Default)]
pub struct Words {
    /// Each with its dashes, and with its value.
    options: Vec<(String, Option<String>)>,
    pub names: Vec<String>,
}

impl Words {
    /// `valued`: the options whose value may be the next word. Stops after `most_names` names: what follows is the command
    /// that runs in the container.
    pub fn read(words: &[OsString], valued: &[&str], most_names: usize) -> Words {
        let mut read = Words::default();
        let mut words = words.iter().map(|word| word.to_string_lossy().into_owned());
        while let Some(word) = words.next().filter(|_| read.names.len() < most_names) {
            if word.starts_with("--") {
                let (option, joined) = word.split_once('=').map_or((&*word, None), |(name, value)| (name, Some(value)));
                let next = (joined.is_none() && valued.contains(&option)).then(|| words.next()).flatten();
                read.options.push((option.to_owned(), joined.map(str::to_owned).or(next)));
            } else if let Some(letters) = word.strip_prefix('-') {
                // Letters may be joined; what follows one that takes a value is its value.
                for (at, letter) in letters.char_indices() {
                    let (option, rest) = (format!("-{letter}"), &letters[at + letter.len_utf8()..]);
                    if valued.contains(&option.as_str()) {
                        let joined = Some(rest.trim_start_matches('=').to_owned()).filter(|value| !value.is_empty());
                        read.options.push((option, joined.or_else(|| words.next())));
                        break;
                    }
                    read.options.push((option, None));
                }
            } else {
                read.names.push(word);
            }
        }
        read
    }

    /// Whether a switch is on: `--detach`, `--detach=true`. The last one counts.
    pub fn has(&self, switch: &[&str]) -> bool {
        let last = self.options.iter().rev().find(|(option, _)| switch.contains(&option.as_str()));
        last.is_some_and(|(_, value)| value.as_deref().is_none_or(|value| TRUE.contains(&value)))
    }

    /// The values of an option, each time it is given.
    pub fn values(&self, option: &[&str]) -> Vec<String> {
        let given = self.options.iter().filter(|(name, _)| option.contains(&name.as_str()));
        given.filter_map(|(_, value)| value.clone()).collect()
    }
}

/// What turns a switch on behind `=` (Go's `strconv.ParseBool`).
const TRUE: [&str; 6] = ["1", "t", "T", "true", "TRUE", "True"];

/// The words that point docker or compose at an engine, each option with its value.
pub fn engine_options<'a>(words: impl IntoIterator<Item = &'a OsString>) -> Vec<OsString> {
    let mut options = Vec::new();
    let mut rest = words.into_iter();
    while let Some(word) = rest.next() {
        if ENGINE.iter().any(|option| word == option) {
            options.push(word.clone());
            options.extend(rest.next().cloned());
        } else if is_one_of(word, &ENGINE) {
            options.push(word.clone());
        }
    }
    options
}

/// Whether a word is one of these options, with its value joined to it or not: `-fx`, `--file=x`.
fn is_one_of(word: &OsStr, options: &[&str]) -> bool {
    let word = word.to_string_lossy();
    let joins = |option: &str, rest: &str| rest.is_empty() || rest.starts_with('=') || !option.starts_with("--");
    options.iter().any(|option| word.strip_prefix(option).is_some_and(|rest| joins(option, rest)))
}

fn is_option(word: &OsStr) -> bool {
    word.to_string_lossy().starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn line(text: &str) -> Line {
        Line::parse(words(text))
    }

    #[test]
    fn the_command_stands_behind_the_options() {
        let line = line("--profile x --ansi=never up -d --scale api=2 api");
        assert_eq!((line.options.len(), line.command_name(), line.rest.len()), (3, "up", 4));
        assert_eq!(line.detached_services(), Some(vec!["api".to_owned()]));
    }

    #[test]
    fn a_word_for_a_container_asks_for_no_help() {
        for text in ["run --rm redis redis-cli -h redis", "exec db psql -h db", "up", "exec -T db x --help"] {
            assert!(line(text).needs_engine(), "{text}");
        }
        for text in ["run --help", "exec -T -h", "up api --help", "build -h"] {
            assert!(!line(text).needs_engine(), "{text}");
        }
        assert!(line("run --rm redis redis-cli -h redis").may_build());
    }

    #[test]
    fn only_a_detached_up_without_wait_is_waited_for() {
        let services = |text: &str| line(text).detached_services();
        assert_eq!(services("up --detach"), Some(vec![]));
        assert_eq!(services("up"), None);
        assert_eq!(services("up -d --wait"), None);
        assert_eq!(services("run -d api"), None);
        assert_eq!(services("up -dV api"), Some(vec!["api".into()]));
        assert_eq!(services("up -dt 5 --detach=true api"), Some(vec!["api".into()]));
        assert_eq!(services("up -t5d"), None, "the value of -t");
        assert_eq!(services("up -d --wait=true"), None);
        assert_eq!(services("up -d --detach=false"), None);
        let attached = |text: &str| line(text).is_attached_up();
        assert!(attached("up") && attached("--ansi never up api"));
        assert!(!attached("up -Vd") && !attached("up --detach=1") && attached("up --detach=false"));
        assert!(!attached("up -d") && !attached("up --wait") && !attached("logs -f"));
    }

    #[test]
    fn a_build_names_its_services() {
        let services = |text: &str| line(text).built_services();
        assert_eq!(services("build --pull --build-arg A=1 api -m 1g worker"), ["api", "worker"]);
        assert_eq!(services("build --with-dependencies api"), [""; 0]);
        let build = line("build --no-cache api");
        assert!(build.is_build_without_cache() && build.may_build());
        assert!(!line("up --help").may_build());
    }

    #[test]
    fn an_engine_is_named_by_options() {
        let options = |line: &str| engine_options(&words(line)).len();
        assert_eq!(options("docker --context far compose -f x up"), 2);
        assert_eq!(options("docker compose --host=tcp://x -p y"), 1);
        assert_eq!(options("docker-compose -f context.yaml"), 0);
    }

    #[test]
    fn options_name_files_and_the_project_with_joined_values_too() {
        let parsed = line("-ftwo.yaml -pdemo --env-file=x config");
        assert!(parsed.has(&FILE) && parsed.has(&PROJECT) && parsed.has(&["--env-file"]));
        let parsed = line("--profile x --progress plain config");
        assert!(!parsed.has(&FILE) && !parsed.has(&PROJECT));
    }

    #[test]
    fn reading_files_needs_no_engine() {
        let needs = |text: &str| line(text).needs_engine();
        assert!(needs("build") && needs("-f x up -d"));
        assert!(!needs("config") && !needs("up --help") && !needs("--version") && !needs(""));
    }

    #[test]
    fn a_project_that_is_named_is_found_by_its_labels() {
        assert!(!line("ps").needs_files(true) && !line("logs -f").needs_files(true) && !line("ls").needs_files(false));
        assert!(line("ps").needs_files(false) && line("up -d").needs_files(true) && line("build").needs_files(true));
    }

    #[test]
    fn an_option_may_have_its_value_joined() {
        let words: Vec<OsString> = ["docker", "compose", "-f", "a", "--file=b", "-p", "c"].map(OsString::from).into();
        assert_eq!(values_of(&words, &["-f", "--file"]), ["a", "b"]);
        let words: Vec<OsString> =
            ["docker", "compose", "-fa", "-f=b", "--files=c", "--profile=d"].map(OsString::from).into();
        assert_eq!(values_of(&words, &["-f", "--file"]), ["a", "b"]);
        assert_eq!(values_of(&words, &["-p", "--project-name"]), [""; 0]);
    }
}
