//! Asking docker about itself, all questions at the same time and none for longer than it is worth.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::docker::endpoint;
use crate::docker::facts::{Builder, Cli, Compose, Machine, Plugin, Question, Reach, Record, Side, Variable};
use crate::docker::output::engine;
use crate::docker::programs::{BuildCache, is_python, plugin_file};
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

/// Who asks, and how much.
pub struct Questions<'a> {
    /// The person's variables, with those that the commands of tasks.toml get.
    pub environment: &'a Environment,
    pub dir: &'a Path,
    /// The words that call compose; none when there is none.
    pub compose: Option<&'a [OsString]>,
    /// Whether that is version 1.
    pub is_compose_1: bool,
    pub variables: Vec<Variable>,
    /// What only a report needs, too: the engine's build cache, and a version that takes compose 1 a second to say.
    pub whole: bool,
    pub deadline: Instant,
}

/// What nobody answered so far.
#[derive(Default)]
struct Silence(Mutex<Vec<Question>>);

/// Asks everything. What nobody answered in time is missing in it.
pub fn machine(questions: &Questions<'_>) -> Machine {
    let dockers = process::find_all(OsStr::new("docker"), questions.dir, questions.environment);
    let ping_until = questions.deadline.min(Instant::now() + PING);
    let found = endpoint::look(questions.environment, dockers.first().map(PathBuf::as_path), ping_until);
    let buildx_file = plugin_file(questions.environment, "docker-buildx");
    // Whoever does not answer a ping would let docker wait, too.
    let talks = matches!(found.reach, Reach::Answers | Reach::Unknown) && !dockers.is_empty();
    let mut machine = Machine { engine: found, variables: questions.variables.clone(), ..Machine::default() };
    let silence = &Silence::default();
    let of_engine = &Asking { questions, silence, deadline: questions.deadline.min(Instant::now() + ENGINE) };
    let asking = &Asking { questions, silence, deadline: questions.deadline };
    thread::scope(|scope| {
        let ask = |question, words: &'static [&'static str]| scope.spawn(move || of_engine.docker(question, words));
        let versions: Vec<_> = dockers
            .iter()
            .take(MOST_DOCKERS)
            .map(|path| scope.spawn(move || asking.ask(Question::Cli, [path.into(), "--version".into()])))
            .collect();
        let version = talks.then(|| ask(Question::Version, &["version", "--format", engine::JSON]));
        let info = talks.then(|| ask(Question::Info, &["info", "--format", engine::JSON]));
        let has_buildx = buildx_file.is_some() && !dockers.is_empty();
        let builder = (has_buildx && talks).then(|| ask(Question::Builder, &["buildx", "inspect"]));
        let records = (questions.whole && talks).then(|| scope.spawn(move || of_engine.records()));
        let compose = scope.spawn(move || asking.compose());
        let buildx = (has_buildx && !talks).then(|| ask(Question::Buildx, &["buildx", "version"]));

        let version_of = |output: Option<Output>| output.and_then(|output| Version::find(&text(&output.stdout)));
        let found = dockers.iter().zip(versions.into_iter().map(|asked| asked.join().ok().flatten()));
        machine.dockers = found.map(|(path, output)| Cli { path: path.clone(), version: version_of(output) }).collect();
        machine.compose = compose.join().unwrap_or_default();
        if let Some(output) = version.and_then(|asked| asked.join().ok().flatten()) {
            (machine.client, machine.server) = engine::version(&text(&output.stdout));
            if machine.server.is_none() {
                machine.server_error = Some(text(&output.stderr)).filter(|said| !said.trim().is_empty());
            }
        }
        if let Some(output) = info.and_then(|asked| asked.join().ok().flatten()) {
            let (info, plugins) = engine::info(&text(&output.stdout));
            machine.info = info;
            if let Some(plugins) = plugins {
                machine.buildx = plugins.buildx;
                let is_plugin = questions.compose.is_some_and(|words| words == ["docker", "compose"]);
                machine.compose.version = machine.compose.version.or(plugins.compose.filter(|_| is_plugin));
            }
        }
        if let Some(output) = builder.and_then(|asked| asked.join().ok().flatten()) {
            machine.builder = if output.status.success() {
                engine::builder(&text(&output.stdout))
            } else {
                let said = text(&output.stderr).trim().trim_start_matches("ERROR: ").to_owned();
                Builder { error: Some(said), ..Builder::default() }
            };
        }
        if let (Plugin::Unknown, Some(file)) = (&machine.buildx, &buildx_file) {
            let said = match buildx {
                Some(asked) => asked.join().ok().flatten(),
                None => asking.docker(Question::Buildx, &["buildx", "version"]),
            };
            machine.buildx = match said {
                Some(output) if output.status.success() => Plugin::Here(version_of(Some(output))),
                Some(_) => Plugin::Broken(file.clone()),
                None => Plugin::Unknown,
            };
        } else if machine.buildx == Plugin::Unknown && !talks && !dockers.is_empty() {
            machine.buildx = Plugin::Missing;
        }
        machine.records = records.and_then(|asked| asked.join().ok().flatten());
    });
    if machine.client.is_none() {
        let version = machine.dockers.first().and_then(|docker| docker.version);
        machine.client =
            version.map(|version| Side { version: Some(version), shown: version.to_string(), ..Side::default() });
    }
    if machine.compose.version.is_none() {
        machine.compose.version = asking.version_of_plugin();
    }
    machine.disk = disk(&machine);
    machine.unanswered = silence.0.lock().map(|silent| silent.clone()).unwrap_or_default();
    machine
}

/// The questions, and until when they may be answered.
struct Asking<'a> {
    questions: &'a Questions<'a>,
    silence: &'a Silence,
    deadline: Instant,
}

impl Asking<'_> {
    fn docker(&self, question: Question, words: &[&str]) -> Option<Output> {
        self.ask(question, std::iter::once("docker").chain(words.iter().copied()).map(OsString::from))
    }

    fn ask(&self, question: Question, words: impl IntoIterator<Item = OsString>) -> Option<Output> {
        // What is started now would be ended at once.
        if Instant::now() >= self.deadline {
            self.is_silent(question);
            return None;
        }
        // Docker refuses some of these when the variable has a value that is no boolean; an empty one is none.
        let mut env = vec![("DOCKER_BUILDKIT".to_owned(), OsString::new())];
        if matches!(question, Question::Cli | Question::Compose | Question::Buildx) {
            // Docker 20.10 and plugins call a far engine even to tell their own version.
            env.extend(
                [("DOCKER_HOST", ""), ("DOCKER_CONTEXT", "default")]
                    .map(|(name, value)| (name.to_owned(), value.into())),
            );
        }
        let invocation = Invocation { words: words.into_iter().collect(), env, dir: self.questions.dir.to_owned() };
        match process::output_until(&invocation, self.questions.environment, self.deadline) {
            Ok(Some(output)) => Some(output),
            Ok(None) => {
                self.is_silent(question);
                None
            }
            Err(_) => None,
        }
    }

    fn is_silent(&self, question: Question) {
        if let Ok(mut silent) = self.silence.0.lock() {
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
        let mut compose = Compose { words: Some(shown), ..Compose::default() };
        let alone = OsStr::new("docker-compose");
        if words[0] == "docker" {
            // Python's takes a second to say what its first line says, too.
            let other = process::find(alone, questions.dir, questions.environment);
            compose.other = other.map(|path| {
                let version = (!is_python(&path)).then(|| self.short_version(&[alone.to_owned()])).flatten();
                ("docker-compose".to_owned(), version)
            });
        } else {
            compose.is_python = questions.is_compose_1;
        }
        if words[0] != "docker" && questions.whole {
            compose.version = self.short_version(words);
        }
        compose
    }

    fn version_of_plugin(&self) -> Option<Version> {
        self.short_version(self.questions.compose.filter(|words| words[0] == "docker")?)
    }

    fn short_version(&self, compose: &[OsString]) -> Option<Version> {
        let words = compose.iter().cloned().chain(["version".into(), "--short".into()]);
        let output = self.ask(Question::Compose, words).filter(|output| output.status.success())?;
        Version::parse(&text(&output.stdout))
    }

    fn records(&self) -> Option<Vec<Record>> {
        let records =
            BuildCache::new(self.questions.environment, self.questions.dir, Vec::new()).records(self.deadline);
        if records.is_err() && Instant::now() >= self.deadline {
            self.is_silent(Question::Records);
        }
        records.ok()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Free and whole bytes where the engine keeps its data, when that is a folder of this machine.
#[cfg(unix)]
fn disk(machine: &Machine) -> Option<(u64, u64)> {
    use std::os::unix::ffi::OsStrExt as _;
    let is_here = machine.engine.url.as_deref().is_some_and(|url| url.starts_with("unix:"));
    let info = machine.info.as_ref().filter(|info| is_here && info.operating_system != "Docker Desktop")?;
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
fn disk(_machine: &Machine) -> Option<(u64, u64)> {
    None
}
