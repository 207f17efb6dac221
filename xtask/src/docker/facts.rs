//! The facts about docker on this machine, gathered once for `doctor` and for the hint below a step that failed.
//! The checks judge them.

use std::path::PathBuf;

use crate::docker::answer::Unanswered;
use crate::docker::programs::Unread;
use crate::docker::version::Version;

/// Docker, compose and BuildKit as they are here.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// Every different `docker` on PATH; the first is the one that runs.
    pub dockers: Vec<Cli>,
    /// A file of docker's configuration that can't be read.
    pub unread: Option<Unread>,
    pub engine: Engine,
    /// What `docker version` said; none when it could not be asked.
    pub client: Option<Side>,
    pub server: Option<Side>,
    /// What docker said in place of the server's version.
    pub server_error: Option<String>,
    pub info: Option<Info>,
    pub compose: Compose,
    pub buildx: Plugin,
    pub builder: Builder,
    /// The variables that decide, as the commands of tasks.toml get them.
    pub variables: Vec<Variable>,
    /// Free and whole bytes of the file system that the engine keeps its data on; none when it is not on this machine.
    pub disk: Option<(u64, u64)>,
    /// The engine's build cache; none when it could not be asked.
    pub records: Option<Vec<Record>>,
    /// What has no answer, and why.
    pub unanswered: Vec<(Question, Unanswered)>,
}

/// The questions to docker whose missing answers are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// `docker --version`, which needs no engine.
    Cli,
    Version,
    Info,
    Builder,
    Records,
    Containers,
    Compose,
    Buildx,
}

impl Question {
    /// What stays unknown without its answer.
    pub fn subject(self) -> &'static str {
        match self {
            Question::Cli => "docker's own version",
            Question::Version => "the engine's version",
            Question::Info => "the engine's settings and its disk",
            Question::Builder => "the selected builder",
            Question::Records => "the build cache",
            Question::Containers => "ports of other containers",
            Question::Compose => "the version of compose",
            Question::Buildx => "the version of buildx",
        }
    }
}

/// A docker on PATH.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cli {
    pub path: PathBuf,
    /// `None` if it has no answer.
    pub version: Option<Version>,
}

/// How the engine answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Engine {
    /// Where it listens; none when it can't be known.
    pub url: Option<String>,
    pub source: Source,
    pub reach: Reach,
    /// `Builder-Version: 2` of `/_ping`: it would build by BuildKit by default. None when it could not be asked so.
    pub builds_by_default: Option<bool>,
    /// None if it is docker's own, or can't be known.
    pub podman: Option<Podman>,
}

/// Podman in docker's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Podman {
    /// Docker's own program talks to Podman's service.
    Service,
    /// The program called docker is Podman, which needs no service.
    Program,
}

/// What names the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Docker's own default.
    #[default]
    Default,
    /// An address.
    Host(By),
    /// One of docker's contexts, by its name.
    Context(String, By),
}

/// How it is named. The later ones win.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// `docker context use`.
    Config,
    /// DOCKER_HOST or DOCKER_CONTEXT.
    Variable,
    /// `--host` or `--context`, as in `[compose] cli`.
    Option,
}

/// What a first look at the engine's address came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Not looked at, or not to be known without docker (ssh, TLS): docker itself says it.
    #[default]
    Unknown,
    Answers,
    /// Nothing is listening there.
    Refused,
    Denied,
    /// It accepts connections and never replies.
    Silent,
    /// The host's name can't be resolved.
    NoSuchHost,
    /// The variable or the option is not an address that docker understands.
    BadAddress,
    /// A context that does not exist.
    NoSuchContext,
}

/// One of the two sides of `docker version`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    pub version: Option<Version>,
    /// As printed, with what the distribution added.
    pub shown: String,
    pub api: Option<Version>,
    /// The oldest that it talks to; of a server.
    pub min_api: Option<Version>,
    /// Of a server: it is Podman.
    pub is_podman: bool,
}

impl Side {
    /// A side of which only the version is known.
    pub fn of(version: Version) -> Side {
        Side { version: Some(version), shown: version.to_string(), ..Side::default() }
    }
}

/// What `docker info` said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    pub root_dir: Option<PathBuf>,
    pub operating_system: String,
    /// `linux` or `windows`: what its containers are.
    pub os_type: String,
    pub rootless: bool,
}

/// Which compose there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compose {
    /// The words that call the one that runs; `None` if there is none.
    pub words: Option<String>,
    pub version: Option<Version>,
    /// Whether it may be asked: it is docker's own program on PATH. Other programs are never started just to look.
    pub is_asked: bool,
    /// It is a Python script: version 1, which takes a second to print its version.
    pub is_python: bool,
    /// The version of a `docker-compose` beside docker's plugin. One that is a Python script is not asked: 1.0.0.
    pub other: Option<Version>,
}

/// A plugin of docker's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Plugin {
    /// It could not be asked.
    #[default]
    Unknown,
    Missing,
    /// There is a file, and docker can't use it.
    Broken(PathBuf),
    Here(Option<Version>),
}

/// The builder that buildx has selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Builder {
    /// `None` if there is no buildx, or it did not say.
    pub name: Option<String>,
    /// `docker`, `docker-container`, `remote`, `kubernetes`.
    pub driver: Option<String>,
    /// Whether its BuildKit runs; `None` if it did not say.
    pub is_running: Option<bool>,
    /// What buildx said when it could not look at it.
    pub error: Option<String>,
}

/// A variable that decides about builds, and who set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub value: String,
    /// Whether the person set it; else it is added by xtask or tasks.toml.
    pub persons: bool,
}

/// One record of the engine's build cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub id: String,
    /// `exec.cachemount`, `regular`, `source.local`, …
    pub kind: String,
    pub description: String,
    /// The records that it stands on.
    pub parents: Vec<String>,
    /// Bytes, as far as the printed size tells.
    pub size: u64,
    pub in_use: bool,
    pub shared: bool,
    pub usage_count: u64,
    /// Seconds since it was last used; none when it never was, or docker did not say.
    pub unused_for: Option<u64>,
}

impl Record {
    /// The bytes of all of these, capped at the largest number.
    pub fn total_size<'a>(records: impl IntoIterator<Item = &'a Record>) -> u64 {
        records.into_iter().fold(0, |sum, record| record.size.saturating_add(sum))
    }
}

impl Machine {
    /// Why a question has no answer.
    pub fn unanswered(&self, question: Question) -> Option<&Unanswered> {
        self.unanswered.iter().find(|(other, _)| *other == question).map(|(_, why)| why)
    }

    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }
}
