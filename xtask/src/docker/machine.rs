//! Asks docker about itself: all questions at the same time, each with a time limit.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::docker::build_cache::BuildCache;
use crate::docker::endpoint;
use crate::docker::facts::{Builder, Cli, Compose, Info, Machine, Plugin, Question, Reach, Record, Side, Variable};
use crate::docker::output::engine::{self, Plugins};
use crate::docker::programs::{is_bare, is_python, plugin_file};
use crate::docker::version::Version;
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;
use crate::system::process;

/// How long an engine may take to answer a `/_ping`; a healthy one needs a millisecond.
const PING: Duration = Duration::from_secs(2);
/// How long an engine that answered it may take to answer what docker asks. Less than the whole time: what needs no
/// engine is asked after it.
const ENGINE: Duration = Duration::from_secs(4);
/// More programs by docker's name than anybody has; each costs a process.
const MOST_DOCKERS: usize = 3;

/// What to ask, and with which variables.
pub struct Questions<'a> {
    /// The person's variables, with those that the commands of tasks.toml get.
    pub environment: &'a Environment,
    pub dir: &'a Path,
    /// Options that point docker at an engine, with their values.
    pub engine: &'a [OsString],
    /// The words that call compose; none when there is none.
    pub compose: Option<&'a [OsString]>,
    /// Whether that is version 1.
    pub is_compose_1: bool,
    pub variables: Vec<Variable>,
    /// Also ask what only a report needs: the build cache, and compose 1's version, which takes it a second to print.
    pub whole: bool,
    pub deadline: Instant,
}

/// Asks everything at once. What was not answered in time is missing in the result.
pub fn machine(questions: &Questions<'_>) -> Machine {
    let dockers = process::find_all(OsStr::new("docker"), questions.dir, questions.environment);
    let ping_until = questions.deadline.min(Instant::now() + PING);
    let first = dockers.first().map(PathBuf::as_path);
    let found = endpoint::look(questions.environment, questions.engine, first, ping_until);
    let buildx_file = plugin_file(questions.environment, "docker-buildx").filter(|_| !dockers.is_empty());
    // An engine that does not answer a ping would keep docker waiting as well.
    let talks = matches!(found.reach, Reach::Answers | Reach::Unknown) && !dockers.is_empty();
    let asking = Asking { questions, silence: Mutex::default() };
    let answers = asking.everything(&dockers, talks, buildx_file.is_some());

    let versions = answers.versions.into_iter().map(|said| said.as_ref().and_then(version_in));
    let dockers: Vec<Cli> = dockers.into_iter().zip(versions).map(|(path, version)| Cli { path, version }).collect();
    let (client, server, server_error) = sides(answers.version);
    let (info, plugins) = answers.info.map(|said| engine::info(&text(&said.stdout))).unwrap_or_default();
    let buildx = match &plugins {
        Some(plugins) => plugins.buildx.clone(),
        None => asking.buildx(answers.buildx, buildx_file, talks || dockers.is_empty()),
    };
    let mut compose = answers.compose;
    compose.version = compose.version.or_else(|| asking.version_of_plugin(plugins.as_ref()));
    let mut machine = Machine {
        engine: found,
        client: client.or_else(|| dockers.first()?.version.map(Side::of)),
        dockers,
        server,
        server_error,
        info,
        compose,
        buildx,
        builder: answers.builder.map(builder).unwrap_or_default(),
        variables: questions.variables.clone(),
        disk: None,
        records: answers.records,
        unanswered: asking.silence.into_inner().unwrap_or_default(),
    };
    machine.disk = disk(machine.engine.url.as_deref(), machine.info.as_ref());
    machine
}

/// What docker said to each question; none where it was not asked, or did not answer.
struct Answers {
    /// One for each docker on PATH, as far as they were asked.
    versions: Vec<Option<Output>>,
    version: Option<Output>,
    info: Option<Output>,
    builder: Option<Output>,
    buildx: Option<Output>,
    records: Option<Vec<Record>>,
    compose: Compose,
}

/// The questions, and which of them got no answer so far.
struct Asking<'a> {
    questions: &'a Questions<'a>,
    silence: Mutex<Vec<Question>>,
}

impl Asking<'_> {
    /// All at the same time. `talks`: whether the engine may be asked.
    fn everything(&self, dockers: &[PathBuf], talks: bool, has_buildx: bool) -> Answers {
        let until = self.questions.deadline;
        let engine_until = until.min(Instant::now() + ENGINE);
        thread::scope(|scope| {
            let docker = |question, words: &'static [&'static str]| {
                scope.spawn(move || self.docker(question, words, engine_until))
            };
            let version_of = |path: &PathBuf| [path.into(), "--version".into()];
            let versions: Vec<_> = dockers
                .iter()
                .take(MOST_DOCKERS)
                .map(|path| scope.spawn(move || self.ask(Question::Cli, version_of(path), until)))
                .collect();
            let version = talks.then(|| docker(Question::Version, &["version", "--format", engine::JSON]));
            let info = talks.then(|| docker(Question::Info, &["info", "--format", engine::JSON]));
            let builder = (has_buildx && talks).then(|| docker(Question::Builder, &["buildx", "inspect"]));
            let buildx = (has_buildx && !talks).then(|| docker(Question::Buildx, &["buildx", "version"]));
            let records = (self.questions.whole && talks).then(|| scope.spawn(move || self.records(engine_until)));
            let compose = scope.spawn(|| self.compose());
            let said = |asked: Option<thread::ScopedJoinHandle<'_, Option<Output>>>| asked?.join().ok()?;
            Answers {
                versions: versions.into_iter().map(|asked| said(Some(asked))).collect(),
                version: said(version),
                info: said(info),
                builder: said(builder),
                buildx: said(buildx),
                records: records.and_then(|asked| asked.join().ok()?),
                compose: compose.join().unwrap_or_default(),
            }
        })
    }

    /// A question to docker, at the engine that is meant.
    fn docker(&self, question: Question, words: &[&str], until: Instant) -> Option<Output> {
        // A program's own version needs no engine, and an option would override the variables below.
        let engine = if question.needs_engine() { self.questions.engine } else { &[] };
        let docker = std::iter::once("docker".into()).chain(engine.iter().cloned());
        self.ask(question, docker.chain(words.iter().map(OsString::from)), until)
    }

    fn ask(&self, question: Question, words: impl IntoIterator<Item = OsString>, until: Instant) -> Option<Output> {
        // What is started now would be ended at once.
        if Instant::now() >= until {
            self.is_silent(question);
            return None;
        }
        // Docker refuses some of these when the variable has a value that is not a boolean; an empty one is none.
        let mut env = vec![("DOCKER_BUILDKIT".to_owned(), OsString::new())];
        if !question.needs_engine() {
            // Docker 20.10 and plugins call a far engine even to tell their own version.
            env.extend(
                [("DOCKER_HOST", ""), ("DOCKER_CONTEXT", "default")]
                    .map(|(name, value)| (name.to_owned(), value.into())),
            );
        }
        let invocation = Invocation { words: words.into_iter().collect(), env, dir: self.questions.dir.to_owned() };
        let answer = process::output_until(&invocation, self.questions.environment, until).ok()?;
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

    /// Which compose it is. The plugin's version comes with docker's own answers; only a program of its own is asked.
    fn compose(&self) -> Compose {
        let questions = self.questions;
        let Some(words) = questions.compose else { return Compose::default() };
        let shown = words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        let is_asked = is_bare(&words[0]);
        let mut compose = Compose { words: Some(shown), is_asked, ..Compose::default() };
        let find = |program: &OsStr| process::find(program, questions.dir, questions.environment);
        if words[0] == "docker" {
            let alone = OsStr::new("docker-compose");
            // The Python one takes a second to print what its first line shows anyway.
            compose.other = find(alone).map(|path| {
                let version = (!is_python(&path)).then(|| self.short_version(&[alone.to_owned()])).flatten();
                ("docker-compose".to_owned(), version)
            });
        } else {
            compose.is_python = questions.is_compose_1;
            compose.version = (is_asked && questions.whole).then(|| self.short_version(&words[..1])).flatten();
        }
        compose
    }

    /// The version of docker's compose plugin, where that is what runs: `docker info` knows it.
    fn version_of_plugin(&self, plugins: Option<&Plugins>) -> Option<Version> {
        self.questions.compose.filter(|words| words[0] == "docker")?;
        let known = plugins.and_then(|plugins| plugins.compose);
        known.or_else(|| self.short_version(&["docker".into(), "compose".into()]))
    }

    fn short_version(&self, compose: &[OsString]) -> Option<Version> {
        let words = compose.iter().cloned().chain(["version".into(), "--short".into()]);
        let output = self.ask(Question::Compose, words, self.questions.deadline)?;
        output.status.success().then(|| Version::parse(&text(&output.stdout)))?
    }

    /// Whether buildx works, where `docker info` did not say so. `said`: what it answered, if it was asked already.
    fn buildx(&self, said: Option<Output>, file: Option<PathBuf>, may_be_there: bool) -> Plugin {
        let Some(file) = file else { return if may_be_there { Plugin::Unknown } else { Plugin::Missing } };
        let ask = || self.docker(Question::Buildx, &["buildx", "version"], self.questions.deadline);
        match said.or_else(ask) {
            Some(output) if output.status.success() => Plugin::Here(version_in(&output)),
            Some(_) => Plugin::Broken(file),
            None => Plugin::Unknown,
        }
    }

    fn records(&self, until: Instant) -> Option<Vec<Record>> {
        let questions = self.questions;
        let records = BuildCache::new(questions.environment, questions.dir, questions.engine.to_vec()).records(until);
        if records.is_err() && Instant::now() >= until {
            self.is_silent(Question::Records);
        }
        records.ok()
    }
}

/// Both sides of `docker version`, and what it said in place of the server's.
fn sides(said: Option<Output>) -> (Option<Side>, Option<Side>, Option<String>) {
    let Some(output) = said else { return (None, None, None) };
    let (client, server) = engine::version(&text(&output.stdout));
    let error = Some(text(&output.stderr)).filter(|said| server.is_none() && !said.trim().is_empty());
    (client, server, error)
}

/// The selected builder, or what is wrong with it.
fn builder(said: Output) -> Builder {
    if said.status.success() {
        return engine::builder(&text(&said.stdout));
    }
    let error = text(&said.stderr).trim().trim_start_matches("ERROR: ").to_owned();
    Builder { error: Some(error), ..Builder::default() }
}

fn version_in(said: &Output) -> Option<Version> {
    Version::find(&text(&said.stdout))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
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
