//! Asks docker about itself: all questions at the same time, each with a time limit.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::docker::answer::{self, Answer, Unanswered, Why};
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
use crate::system::process;

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
    /// Why docker does not say whether there is one.
    pub no_compose: Option<&'a Unanswered>,
    /// Whether that is version 1.
    pub is_compose_1: bool,
    /// Also ask what only a report needs: the build cache, and compose 1's version, which takes it a second to print.
    pub whole: bool,
    pub deadline: Instant,
}

/// Asks everything at once. What has no answer is missing in the result, and listed.
pub fn machine(questions: &Questions<'_>) -> Machine {
    let dockers = process::find_all(OsStr::new("docker"), questions.dir, questions.environment);
    let ping_until = questions.deadline.min(Instant::now() + PING);
    let first = dockers.first().map(PathBuf::as_path);
    let engine = endpoint::look(questions.environment, questions.engine, first, ping_until);
    // An engine that does not answer a ping would keep docker waiting as well.
    let talks = matches!(engine.reach, Reach::Answers | Reach::Unknown) && !dockers.is_empty();
    // Podman has a `buildx` of its own, which is buildah.
    let may_use_it = !dockers.is_empty() && engine.podman != Some(Podman::Program);
    let asking = Asking {
        questions,
        engine_until: questions.deadline.min(Instant::now() + ENGINE),
        buildx: plugin_file(questions.environment, "docker-buildx").filter(|_| may_use_it),
        unanswered: Mutex::default(),
    };
    let mut machine = asking.everything(&dockers, talks);
    machine.client = machine.client.or_else(|| machine.dockers.first()?.version.map(Side::of));
    machine.unread = endpoint::unread(questions.environment, &engine.source);
    machine.disk = disk(engine.url.as_deref(), machine.info.as_ref());
    let is_podman = machine.server.as_ref().is_some_and(|server| server.is_podman);
    machine.engine = Engine { podman: engine.podman.or(is_podman.then_some(Podman::Service)), ..engine };
    // What docker lists of Podman without buildx is empty, and says nothing.
    let finds_records = podman::finds_buildkit(&machine.engine, questions.environment);
    machine.records = machine.records.filter(|_| finds_records);
    machine.unanswered = asking.unanswered.into_inner().unwrap_or_default();
    machine.unanswered.retain(|(question, _)| finds_records || *question != Question::Records);
    machine.unanswered.sort_by_key(|(question, _)| *question as u8);
    machine
}

/// The questions, and which of them have no answer so far.
struct Asking<'a> {
    questions: &'a Questions<'a>,
    engine_until: Instant,
    /// The file of the plugin, where there is a docker that can use it.
    buildx: Option<PathBuf>,
    unanswered: Mutex<Vec<(Question, Unanswered)>>,
}

impl Asking<'_> {
    /// All at the same time. `talks`: whether the engine may be asked.
    fn everything(&self, dockers: &[PathBuf], talks: bool) -> Machine {
        thread::scope(|scope| {
            let docker = |asks: bool, question, words: &'static [&'static str]| {
                asks.then(|| scope.spawn(move || self.docker(question, words)))
            };
            let asked = dockers.iter().take(MOST_DOCKERS).enumerate();
            let versions: Vec<_> =
                asked.map(|(at, path)| scope.spawn(move || self.version_of(path, at == 0))).collect();
            let version = docker(talks, Question::Version, &["version", "--format", engine::JSON]);
            let info = docker(talks, Question::Info, &["info", "--format", engine::JSON]);
            let builder = docker(talks && self.buildx.is_some(), Question::Builder, &["buildx", "inspect"]);
            let records = (self.questions.whole && talks).then(|| scope.spawn(|| self.records()));
            let compose = scope.spawn(|| self.compose());
            let said = |asked: Option<thread::ScopedJoinHandle<'_, Option<Answer>>>| asked?.join().ok()?;
            let (version, info) = (said(version), said(info));
            let server_error = version.as_ref().map(|said| said.stderr.clone());
            let of_both = version.and_then(|said| self.json(Question::Version, said)).unwrap_or_default();
            let server = engine::side(&of_both, "Server");
            let server_error = server_error.filter(|said| server.is_none() && !said.trim().is_empty());
            let info = info.and_then(|said| self.json(Question::Info, said)).unwrap_or_default();
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
                builder: said(builder).map(|said| self.builder(said)).unwrap_or_default(),
                records: records.and_then(|asked| asked.join().ok()?),
                ..Machine::default()
            }
        })
    }

    /// A question to docker, at the engine that is meant.
    fn docker(&self, question: Question, words: &[&str]) -> Option<Answer> {
        let asked = programs::question(self.questions.engine, words, self.questions.dir);
        self.known(question, self.ask(&asked, self.engine_until))
    }

    /// A question to a program about itself, which needs no engine.
    fn alone(&self, words: Vec<OsString>) -> Result<Answer, Unanswered> {
        let mut invocation = programs::question(&[], &[], self.questions.dir);
        invocation.words = words;
        // Docker 20.10 and plugins call a remote engine even for their own version.
        let nowhere = [("DOCKER_HOST", ""), ("DOCKER_CONTEXT", "default")];
        invocation.env.extend(nowhere.map(|(name, value)| (name.to_owned(), value.into())));
        self.ask(&invocation, self.questions.deadline)
    }

    fn ask(&self, question: &Invocation, until: Instant) -> Result<Answer, Unanswered> {
        // What is started now would be ended at once.
        match Instant::now() < until {
            true => answer::ask(question, self.questions.environment, until),
            false => Err(Unanswered::new(question, Why::Silent)),
        }
    }

    /// What is known; else the reason is kept.
    fn known<T>(&self, question: Question, answer: Result<T, Unanswered>) -> Option<T> {
        let why = match answer {
            Ok(known) => return Some(known),
            Err(why) => why,
        };
        if let Ok(mut unanswered) = self.unanswered.lock() {
            unanswered.push((question, why));
        }
        None
    }

    /// What docker says of both sides, or of its engine. It does so without an engine too, and then fails.
    fn json(&self, question: Question, said: Answer) -> Option<Value> {
        let said = if said.stdout.trim().is_empty() { said.on_success() } else { Ok(said) };
        self.known(question, said.and_then(|said| said.read(engine::read)))
    }

    /// `counts`: it is the docker that is called.
    fn version_of(&self, docker: &Path, counts: bool) -> Option<Version> {
        let answer = self.alone(vec![docker.into(), "--version".into()]).and_then(|said| said.read(engine::cli));
        if counts { self.known(Question::Cli, answer) } else { answer.ok() }
    }

    /// The selected builder, or what is wrong with it.
    fn builder(&self, said: Answer) -> Builder {
        match said.on_success() {
            Ok(said) => self.known(Question::Builder, said.read(engine::builder)).unwrap_or_default(),
            Err(why) => Builder { error: Some(why.said()), ..Builder::default() },
        }
    }

    /// Which compose it is. The plugin's version comes with docker's own answers; only a program of its own is asked.
    fn compose(&self) -> Compose {
        let questions = self.questions;
        let Some(words) = questions.compose else {
            let why = questions.no_compose.map_or(Ok(()), |why| Err(why.clone()));
            self.known(Question::Compose, why);
            return Compose::default();
        };
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
        let answer = self.alone(words.collect()).and_then(Answer::on_success);
        self.known(Question::Compose, answer.and_then(|said| said.read(Version::parse)))
    }

    /// Whether buildx works, where `docker info` did not say so.
    fn buildx(&self, may_be_there: bool) -> Plugin {
        let Some(file) = &self.buildx else { return if may_be_there { Plugin::Unknown } else { Plugin::Missing } };
        let words = ["docker", "buildx", "version"].map(OsString::from).to_vec();
        match self.alone(words).and_then(Answer::on_success).and_then(|said| said.read(engine::buildx)) {
            Ok(version) => Plugin::Here(version),
            Err(Unanswered { why: Why::Failed(_), .. }) => Plugin::Broken(file.clone()),
            Err(why) => self.known(Question::Buildx, Err(why)).unwrap_or_default(),
        }
    }

    fn records(&self) -> Option<Vec<Record>> {
        let (questions, until) = (self.questions, self.engine_until);
        let cache = BuildCache::new(questions.environment, questions.dir, questions.engine.to_vec());
        self.known(Question::Records, cache.records(until))
    }
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
