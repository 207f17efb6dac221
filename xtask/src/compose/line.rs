//! Compose's command line, as far as it matters here: which command it is, and what that needs.

use std::ffi::{OsStr, OsString};

pub use crate::compose::started::{Scope, Started};
pub use crate::system::command_line::option_values as values_of;

/// Compose's options before the command that take a value as the next word (compose 1.29, 2.40).
const VALUED: [&str; 18] = [
    "-f",
    "--file",
    "-p",
    "--project-name",
    "--profile",
    "--env-file",
    "--project-directory",
    "--ansi",
    "--progress",
    "--parallel",
    "-H",
    "--host",
    "-c",
    "--context",
    "--log-level",
    "--tlscacert",
    "--tlscert",
    "--tlskey",
];

/// Options of `up` that take a value as the next word.
pub const UP_VALUED: [&str; 8] =
    ["--scale", "-t", "--timeout", "--exit-code-from", "--attach", "--no-attach", "--pull", "--wait-timeout"];

/// Options of `build` that take a value as the next word (compose 1.29, 2.40).
const BUILD_VALUED: [&str; 7] = ["--build-arg", "--builder", "-m", "--memory", "--progress", "--provenance", "--ssh"];

/// Options that name an engine; each takes a value. Docker has the same.
const ENGINE: [&str; 4] = ["-H", "--host", "-c", "--context"];

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

/// What a command of docker or compose does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trade {
    Builds,
    /// Starts containers; compose builds before it, where an image is missing.
    Starts,
    Other,
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

    pub fn trade(&self) -> Trade {
        match self.command_name() {
            "build" => Trade::Builds,
            "up" | "start" | "restart" | "run" | "create" | "watch" => Trade::Starts,
            _ => Trade::Other,
        }
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

    fn asks_for_help(&self) -> bool {
        self.rest.iter().any(|word| word == "--help" || word == "-h")
    }

    /// Whether it is a `build --no-cache`.
    pub fn is_build_without_cache(&self) -> bool {
        let options = self.rest.iter().take_while(|word| *word != "--");
        self.command_name() == "build" && options.into_iter().any(|word| word == "--no-cache")
    }

    /// The services that a `build` names; none for all. `--with-dependencies` counts as all.
    pub fn built_services(&self) -> Vec<String> {
        let mut services = Vec::new();
        let mut words = self.rest.iter();
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--with-dependencies") => return Vec::new(),
                Some(option) if BUILD_VALUED.contains(&option) => {
                    words.next();
                }
                Some(option) if option.starts_with('-') && option.len() > 1 => {}
                _ => services.push(word.to_string_lossy().into_owned()),
            }
        }
        services
    }

    /// Whether the words name compose files of their own.
    pub fn names_files(&self) -> bool {
        self.options.iter().any(|word| is_one_of(word, &["-f", "--file"]))
    }

    /// Whether the words name a file of variables, in which the compose files may be named.
    pub fn names_env_file(&self) -> bool {
        self.options.iter().any(|word| is_one_of(word, &["--env-file"]))
    }

    /// Whether the words name the project.
    pub fn names_project(&self) -> bool {
        self.options.iter().any(|word| is_one_of(word, &["-p", "--project-name"]))
    }

    /// Whether it is an `up` that stays in the foreground until its services end.
    pub fn is_attached_up(&self) -> bool {
        self.up().is_some_and(|up| !up.detached && !up.leaves)
    }

    /// For an `up` that returns before the services are ready: the services that it names, none for all.
    pub fn detached_services(&self) -> Option<Vec<OsString>> {
        self.up().filter(|up| up.detached && !up.leaves).map(|up| up.services)
    }

    fn up(&self) -> Option<Up> {
        if self.command_name() != "up" {
            return None;
        }
        let mut up = Up::default();
        let mut words = self.rest.iter();
        while let Some(word) = words.next() {
            let text = word.to_string_lossy();
            let (option, is_on) = match text.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, TRUE.contains(&value)),
                _ => (text.as_ref(), true),
            };
            match option {
                "--detach" => up.detached = is_on,
                "--wait" | "--no-start" | "--help" => up.leaves = is_on,
                _ if UP_VALUED.contains(&&*text) => {
                    words.next();
                }
                _ if option.starts_with("--") || option == "-" => {}
                _ => match option.strip_prefix('-') {
                    // Letters may stand together; what follows `-t` is its value.
                    Some(cluster) => {
                        let letters = cluster.split('t').next().unwrap_or(cluster);
                        up.detached |= letters.contains('d');
                        up.leaves |= letters.contains('h');
                        if cluster.ends_with('t') && letters.len() + 1 == cluster.len() {
                            words.next();
                        }
                    }
                    None => up.services.push(word.clone()),
                },
            }
        }
        Some(up)
    }
}

/// The options of an `up` that matter here.
#[derive(Default)]
struct Up {
    detached: bool,
    /// It needs no wait of ours: it waits itself, starts nothing, or prints its help.
    leaves: bool,
    services: Vec<OsString>,
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
        assert_eq!(line.detached_services(), Some(vec!["api".into()]));
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
        assert!(parsed.names_files() && parsed.names_project() && parsed.names_env_file());
        let parsed = line("--profile x --progress plain config");
        assert!(!parsed.names_files() && !parsed.names_project());
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
