//! The build cache of the builder that builds here: its records, and removing some of them.
//!
//! Where buildx is, it is asked: it knows which builder is selected, and does not walk every volume as `docker system
//! df` does. Without it, docker's own commands are the same (engine 20.10).

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::docker::answer::{self, Answer, Unanswered};
use crate::docker::facts::Record;
use crate::docker::output::cache;
use crate::docker::programs::{plugin_file, question};
use crate::system::command_line::Invocation;
use crate::system::environment::Environment;

/// How long docker may take to list its records: without buildx it walks every volume.
pub const LISTING: Duration = Duration::from_secs(60);
/// How long a prune may take. Removing many gigabytes takes its time.
const PRUNE: Duration = Duration::from_secs(600);
/// How many ids one call gets: a command line has a limit.
const AT_ONCE: usize = 200;

/// How to ask for the build cache.
pub struct BuildCache<'a> {
    pub environment: &'a Environment,
    pub dir: &'a Path,
    /// Options that point docker at an engine, with their values.
    pub engine: Vec<OsString>,
    has_buildx: bool,
    /// A Ctrl-C on the terminal does not end what is asked.
    is_tidying: bool,
}

/// What to remove in one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prune {
    /// One record.
    One(String),
    /// These, as far as nothing else stands on them; what stands on each other goes together. Two filters of one call are
    /// refused, but the value of `id` is taken for an expression (engines 20.10 to 28.5).
    These(Vec<String>),
    /// Everything not used for this long; of one type, or of all.
    UnusedFor { time: Duration, kind: Option<&'static str> },
}

impl<'a> BuildCache<'a> {
    pub fn new(environment: &'a Environment, dir: &'a Path, engine: Vec<OsString>) -> BuildCache<'a> {
        let has_buildx = plugin_file(environment, "docker-buildx").is_some();
        BuildCache { environment, dir, engine, has_buildx, is_tidying: false }
    }

    /// The same for cleaning up: a Ctrl-C on the terminal does not reach the commands.
    pub fn tidying(self) -> BuildCache<'a> {
        BuildCache { is_tidying: true, ..self }
    }

    /// All records.
    ///
    /// # Errors
    ///
    /// Docker can't list them.
    pub fn records(&self, deadline: Instant) -> Result<Vec<Record>, Unanswered> {
        if self.has_buildx {
            return self.ask(&["buildx", "du", "--verbose"], deadline)?.read(cache::of_buildx_du);
        }
        self.ask(&["system", "df", "--verbose", "--format", cache::BUILD_CACHE], deadline)?.read(cache::of_system_df)
    }

    /// The command that removes something, as it can be typed.
    pub fn pruning(&self, what: &Prune) -> Invocation {
        let builder = if self.has_buildx { "buildx" } else { "builder" };
        let mut command = question(&self.engine, &[builder, "prune", "--force"], self.dir);
        let filters = match what {
            Prune::One(id) => vec![format!("id={id}")],
            Prune::These(ids) => vec![format!("id=/^({})$/", ids.join("|"))],
            Prune::UnusedFor { time, kind } => {
                command.words.push("--all".into());
                // A duration of Go's; on all three tiers it may have a fraction.
                let until = format!("until={}s", time.as_millis() as f64 / 1000.0);
                std::iter::once(until).chain(kind.map(|kind| format!("type={kind}"))).collect()
            }
        };
        command.words.extend(filters.into_iter().flat_map(|filter| ["--filter".into(), filter.into()]));
        command
    }

    /// Removes it. Only the records tell what was really removed.
    ///
    /// # Errors
    ///
    /// Docker says that it could not.
    pub fn prune(&self, what: &Prune) -> Result<(), Unanswered> {
        self.run(&self.pruning(what), Instant::now() + PRUNE).map(drop)
    }

    /// Removes these records as far as possible.
    pub fn remove(&self, ids: &[String]) {
        for ids in ids.chunks(AT_ONCE) {
            let _ = self.prune(&Prune::These(ids.to_vec()));
        }
    }

    fn ask(&self, words: &[&str], deadline: Instant) -> Result<Answer, Unanswered> {
        self.run(&question(&self.engine, words, self.dir), deadline)
    }

    fn run(&self, question: &Invocation, deadline: Instant) -> Result<Answer, Unanswered> {
        let ask = if self.is_tidying { answer::ask_tidying } else { answer::ask };
        ask(question, self.environment, deadline)?.on_success()
    }
}
