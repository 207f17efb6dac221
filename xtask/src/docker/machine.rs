//! Asks docker about itself: all questions at the same time, each with a time limit.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::docker::build_cache::BuildCache;
use crate::docker::facts::{
    Builder, Cli, Compose, Engine, Info, Machine, Plugin, Podman, Question, Reach, Record, Side,
};
use crate::docker::output::engine;
use crate::docker::programs::{is_bare, is_python, plugin_file};
use crate::docker::version::Version;
use crate::docker::{endpoint, podman, programs};
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::process::{self, Output};

/// How long an engine may take to answer a `/_ping`; a healthy one needs a millisecond.
const PING: Duration = Duration::from_secs(2);
/// How long an engine that answered it may take to answer what docker asks. Less than the whole time: what needs no
/// engine is asked after it.
const ENGINE: Duration = Duration::from_secs(4);
/// How many of the programs called docker are asked; each costs a process.
const MOST_DOCKERS: usize = 3;

/// What to ask, and with which variables.
pub struct Questions<'a> {
    /// The person's variables, with those that the commands of tasks.toml get.
    pub environment: &'a Environment,
    pub dir: &'a Path,
    /// Options that point docker at an engine, with their values.
    pub engine: &'a [OsString],
    /// The words that call compose; `None` if there is none.
    pub compose: Option<&'a [OsString]>,
    /// Whether that is version 1.
    pub is_compose_1: bool,
    /// Also ask what only a report needs: the build cache, and compose 1's version, which takes it a second to print.
    pub whole: bool,
    pub deadline: Instant,
}

/// Asks everything at once. What was not answered in time is missing in the result.
pub fn machine(questions: &Questions<'_>) -> Machine {
    let dockers = process::find_all(OsStr::new("docker"), questions.dir, questions.environment);
    let ping_until = questions.deadline.min(Instant::now() + PING);
    let first = dockers.first().map(PathBuf::as_path);
    let engine = endpoint::look(questions.environment, questions.engine, first, ping_until);
    // An engine that does not answer a ping would keep docker waiting as well.
    let talks = matches!(engine.reach, Reach::Answers | Reach::Unknown) && !dockers.is_empty();
    let asking = Asking {
        questions,
        engine_until: questions.deadline.min(Instant::now() + ENGINE),
        buildx: plugin_file(questions.environment, "docker-buildx").filter(|_| !dockers.is_empty()),
        silence: Mutex::default(),
    };
    let mut machine = asking.everything(&dockers, talks);
    machine.client = machine.client.or_else(|| machine.dockers.first()?.version.map(Side::of));
    machine.disk = disk(engine.url.as_deref(), machine.info.as_ref());
    let is_podman = machine.server.as_ref().is_some_and(|server| server.is_podman);
    machine.engine = Engine { podman: engine.podman.or(is_podman.then_some(Podman::Service)), ..engine };
    // What docker lists of Podman without buildx is empty, and says nothing.
    machine.records = machine.records.filter(|_| podman::finds_buildkit(&machine.engine, questions.environment));
    machine.unanswered = asking.silence.into_inner().unwrap_or_default();
    machine
}

/// The questions, and which of them got no answer so far.
struct Asking<'a> {
    questions: &'a Questions<'a>,
    engine_until: Instant,
    /// The file of the plugin, where there is a docker that can use it.
    buildx: Option<PathBuf>,
    silence: Mutex<Vec<Question>>,
}

impl Asking<'_> {
    /// All at the same time. `talks`: whether the engine may be asked.
    fn everything(&self, dockers: &[PathBuf], talks: bool) -> Machine {
        thread::scope(|scope| {
            let docker = |asks: bool, question, words: &'static [&'static str]| {
                asks.then(|| scope.spawn(move || self.docker(question, words)))
            };
            let versions: Vec<_> =
                dockers.iter().take(MOST_DOCKERS).map(|path| scope.spawn(|| self.version_of(path))).collect();
            let version = docker(talks, Question::Version, &["version", "--format", engine::JSON]);
            let info = docker(talks, Question::Info, &["info", "--format", engine::JSON]);
            let builder = docker(talks && self.buildx.is_some(), Question::Builder, &["buildx", "inspect"]);
            let records = (self.questions.whole && talks).then(|| scope.spawn(|| self.records()));
            let compose = scope.spawn(|| self.compose());
            let said = |asked: Option<thread::ScopedJoinHandle<'_, Option<Output>>>| asked?.join().ok()?;
            let (version, info) = (said(version), said(info));
            let of_both = version.as_ref().map(|said| engine::read(&said.stdout)).unwrap_or_default();
            let server = engine::side(&of_both, "Server");
            let server_error =
                version.map(|said| said.stderr).filter(|said| server.is_none() && !said.trim().is_empty());
            let info = info.map(|said| engine::read(&said.stdout)).unwrap_or_default();
            let mut versions = versions.into_iter().map(|asked| asked.join().ok()?);
            let mut compose = compose.join().unwrap_or_default();
            if self.questions.compose.is_some_and(|words| words[0] == "docker") {
                compose.version = match engine::plugin(&info, "compose") {
                    Plugin::Here(Some(version)) => Some(version),
                    _ => self.short_version(&["docker".into(), "compose".into()]),
                };
            }
            Machine {
                dockers: dockers
                    .iter()
                    .map(|path| Cli { path: path.clone(), version: versions.next().flatten() })
                    .collect(),
                client: engine::side(&of_both, "Client"),
                server,
                server_error,
                info: engine::info(&info),
                compose,
                buildx: match engine::plugin(&info, "buildx") {
                    Plugin::Unknown => self.buildx(talks || dockers.is_empty()),
                    known => known,
                },
                builder: said(builder).map(builder_of).unwrap_or_default(),
                records: records.and_then(|asked| asked.join().ok()?),
                ..Machine::default()
            }
        })
    }

    /// A question to docker, at the engine that is meant.
    fn docker(&self, question: Question, words: &[&str]) -> Option<Output> {
        self.ask(question, programs::question(self.questions.engine, words, self.questions.dir), self.engine_until)
    }

    /// A question to a program about itself, which needs no engine.
    fn alone(&self, question: Question, words: Vec<OsString>) -> Option<Output> {
        let mut invocation = programs::question(&[], &[], self.questions.dir);
        invocation.words = words;
        // Docker 20.10 and plugins call a remote engine even for their own version.
        let nowhere = [("DOCKER_HOST", ""), ("DOCKER_CONTEXT", "default")];
        invocation.env.extend(nowhere.map(|(name, value)| (name.to_owned(), value.into())));
        self.ask(question, invocation, self.questions.deadline)
    }

    fn ask(&self, question: Question, invocation: Invocation, until: Instant) -> Option<Output> {
        // What is started now would be killed at once.
        let answer = match Instant::now() < until {
            true => process::output_until(&invocation, self.questions.environment, until).ok()?,
            false => None,
        };
        if answer.is_none() {
            self.is_silent(question);
        }
        answer
    }

    fn is_silent(&self, question: Question) {
        if let Ok(mut silent) = self.silence.lock() {
            if !silent.contains(&question) {
                silent.push(question);
            }
        }
    }

    fn version_of(&self, docker: &Path) -> Option<Version> {
        let said = self.alone(Question::Cli, vec![docker.into(), "--version".into()])?;
        // Another program of the name, such as nerdctl, has versions that mean something else.
        let is_known = ["Docker version", "podman version"].iter().any(|start| said.stdout.starts_with(start));
        Version::find(&said.stdout).filter(|_| is_known)
    }

    /// Which compose it is. The plugin's version comes with docker's own answers; only a program of its own is asked.
    fn compose(&self) -> Compose {
        let questions = self.questions;
        let Some(words) = questions.compose else { return Compose::default() };
        let shown = words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let is_asked = is_bare(&words[0]);
        let mut compose = Compose { words: Some(shown), is_asked, ..Compose::default() };
        if words[0] == "docker" {
            let alone = OsString::from("docker-compose");
            // The Python one takes a second to print its version, and its first line already shows what it is.
            compose.other = match process::find(&alone, questions.dir, questions.environment) {
                Some(path) if is_python(&path) => Some(Version::new(1, 0, 0)),
                Some(_) => self.short_version(&[alone]),
                None => None,
            };
        } else {
            compose.is_python = questions.is_compose_1;
            compose.version = (is_asked && questions.whole).then(|| self.short_version(&words[..1])).flatten();
        }
        compose
    }

    fn short_version(&self, compose: &[OsString]) -> Option<Version> {
        let words = compose.iter().cloned().chain(["version".into(), "--short".into()]);
        Version::parse(&self.alone(Question::Compose, words.collect())?.on_success()?)
    }

    /// Whether buildx works, where `docker info` did not say so.
    fn buildx(&self, may_be_there: bool) -> Plugin {
        let Some(file) = &self.buildx else { return if may_be_there { Plugin::Unknown } else { Plugin::Missing } };
        match self.alone(Question::Buildx, ["docker", "buildx", "version"].map(OsString::from).to_vec()) {
            Some(output) if output.status.success() => Plugin::Here(Version::find(&output.stdout)),
            Some(_) => Plugin::Broken(file.clone()),
            None => Plugin::Unknown,
        }
    }

    fn records(&self) -> Option<Vec<Record>> {
        let (questions, until) = (self.questions, self.engine_until);
        let records = BuildCache::new(questions.environment, questions.dir, questions.engine.to_vec()).records(until);
        if records.is_err() && Instant::now() >= until {
            self.is_silent(Question::Records);
        }
        records.ok()
    }
}

/// The selected builder, or what is wrong with it.
fn builder_of(said: Output) -> Builder {
    if said.status.success() {
        return engine::builder(&said.stdout);
    }
    let error = said.stderr.trim().trim_start_matches("ERROR: ").to_owned();
    Builder { error: Some(error), ..Builder::default() }
}

/// Free and whole bytes where the engine keeps its data, when that is a folder of this machine.
#[cfg(unix)]
fn disk(url: Option<&str>, info: Option<&Info>) -> Option<(u64, u64)> {
    use std::os::unix::ffi::OsStrExt as _;
    let is_here = url.is_some_and(|url| url.starts_with("unix:"));
    let info = info.filter(|info| is_here && info.operating_system != "Docker Desktop")?;
    let path = std::ffi::CString::new(info.root_dir.as_ref()?.as_os_str().as_bytes()).ok()?;
    // SAFETY: the path ends in a zero byte, and the answer is ours to write to.
    let answer = unsafe {
        let mut answer: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(path.as_ptr(), &mut answer) == 0).then_some(answer)
    }?;
    // The types differ between systems; all are unsigned.
    #[allow(clippy::unnecessary_cast)]
    let (block, free, whole) = (answer.f_frsize as u64, answer.f_bavail as u64, answer.f_blocks as u64);
    Some((block * free, block * whole))
}

/// The engine's data is in a virtual machine there.
#[cfg(not(unix))]
fn disk(_url: Option<&str>, _info: Option<&Info>) -> Option<(u64, u64)> {
    None
}
