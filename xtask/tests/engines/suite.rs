//! The `main` of this suite, in libtest's words and with its flags: without engines every test is shown as ignored, which
//! libtest decides when it compiles.
//!
//! Not libtest-mimic: it needs all of clap's features and syn. `cargo test` builds one clap for the tests and the program,
//! so the program under test would be another one than people run.

use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use crate::harness::{self, ENGINES, Engine, PODMAN, TIERS};

/// A function that is a test on each engine.
pub struct Check {
    pub module: &'static str,
    pub name: &'static str,
    /// Where it runs.
    pub engines: &'static [&'static str],
    pub run: fn(&Engine),
}

/// A check on one engine.
#[derive(Clone)]
struct Test {
    name: String,
    engine: &'static str,
    check: &'static Check,
    /// Why it can't run.
    ignored: Option<String>,
}

enum Outcome {
    Passed,
    Ignored,
    /// What the panic said.
    Failed(String),
}

#[derive(Default)]
struct Options {
    filters: Vec<String>,
    skipped: Vec<String>,
    exact: bool,
    list: bool,
    quiet: bool,
    terse: bool,
    only_ignored: bool,
    ignored_too: bool,
    /// Whether to say how long each test took.
    times: bool,
    threads: usize,
}

impl Options {
    fn parse(words: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options::default();
        let mut words = words.flat_map(|word| match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => vec![flag.to_owned(), value.to_owned()],
            _ => vec![word],
        });
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value"));
            match word.as_str() {
                "--exact" => options.exact = true,
                "--list" => options.list = true,
                "--quiet" | "-q" => options.quiet = true,
                "--ignored" => options.only_ignored = true,
                "--report-time" => options.times = true,
                "--include-ignored" => options.ignored_too = true,
                "--skip" => options.skipped.push(value()?),
                "--test-threads" => {
                    options.threads = value()?.parse().map_err(|_| "`--test-threads` needs a number")?
                }
                "--format" => options.terse = value()? == "terse",
                "--color" => drop(value()?),
                // Nothing is captured here: what a test says is in its panic.
                "--nocapture" | "--no-capture" | "--show-output" => {}
                flag if flag.starts_with('-') => return Err(format!("this suite has no flag `{flag}`")),
                filter => options.filters.push(filter.to_owned()),
            }
        }
        if options.threads == 0 {
            let variable = std::env::var("RUST_TEST_THREADS").ok().and_then(|number| number.parse().ok());
            let processors = || thread::available_parallelism().map_or(1, usize::from);
            options.threads = variable.unwrap_or_else(processors).max(1);
        }
        Ok(options)
    }

    fn wants(&self, test: &Test) -> bool {
        let matches = |filter: &String| if self.exact { test.name == *filter } else { test.name.contains(filter) };
        (self.filters.is_empty() || self.filters.iter().any(matches))
            && !self.skipped.iter().any(matches)
            && (!self.only_ignored || test.ignored.is_some())
    }
}

/// Every check on every engine. `wanted`: the value of `XTASK_TEST_ENGINES`.
fn tests(checks: &[&'static [Check]], wanted: Option<&str>) -> Vec<Test> {
    let ignored = |engine: &str| match wanted {
        None => Some(format!("{ENGINES} is not set")),
        Some(wanted) if wanted.split_whitespace().any(|word| word == engine) => None,
        Some(wanted) => Some(format!("{ENGINES} is `{wanted}`")),
    };
    let on_each = |check: &'static Check| {
        check.engines.iter().copied().map(move |engine| {
            let module = check.module.rsplit("::").next().unwrap_or_default();
            let place = if engine == PODMAN { PODMAN.to_owned() } else { format!("tier_{engine}") };
            Test { name: format!("{module}::{}::{place}", check.name), engine, check, ignored: ignored(engine) }
        })
    };
    let mut tests: Vec<Test> = checks.iter().copied().flatten().flat_map(on_each).collect();
    tests.sort_by(|left, right| left.name.cmp(&right.name));
    tests
}

/// Runs the tests that the command line names. 101 when one failed, as from libtest.
pub fn main(checks: &[&'static [Check]]) -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(mistake) => {
            eprintln!("error: {mistake}");
            return ExitCode::from(101);
        }
    };
    let wanted = std::env::var(ENGINES).ok();
    let is_engine = |word: &&str| TIERS.contains(word) || *word == PODMAN;
    if let Some(word) = wanted.as_deref().unwrap_or_default().split_whitespace().find(|word| !is_engine(word)) {
        eprintln!("error: {ENGINES} names `{word}`, and the engines are {} and {PODMAN}", TIERS.join(", "));
        return ExitCode::from(101);
    }
    let all = tests(checks, wanted.as_deref());
    let count = all.len();
    let mut chosen: Vec<Test> = all.into_iter().filter(|test| options.wants(test)).collect();
    if options.list {
        chosen.iter().for_each(|test| println!("{}: test", test.name));
        if !options.terse {
            println!("\n{} tests, 0 benchmarks", chosen.len());
        }
        return ExitCode::SUCCESS;
    }
    if options.only_ignored || options.ignored_too {
        chosen.iter_mut().for_each(|test| test.ignored = None);
    }
    run_all(&options, chosen, count)
}

fn run_all(options: &Options, chosen: Vec<Test>, count: usize) -> ExitCode {
    let (start, left_out) = (Instant::now(), count - chosen.len());
    println!("\nrunning {} test{}", chosen.len(), if chosen.len() == 1 { "" } else { "s" });
    panic::set_hook(Box::new(note_panic));
    let (mut passed, mut ignored, mut failed) = (0, 0, Vec::new());
    // Doctor asks docker with a time limit: one of its tests at a time, or what they could not find out only
    // tells how busy the machine was. The first thread begins with them.
    let (doctors, others): (VecDeque<Test>, VecDeque<Test>) =
        chosen.into_iter().partition(|test| test.name.starts_with("doctor::"));
    let queues = [Mutex::new(doctors), Mutex::new(others)];
    let next = |queue: &Mutex<VecDeque<Test>>| queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let (sender, outcomes) = mpsc::channel();
    thread::scope(|scope| {
        for number in 0..options.threads {
            let (sender, own) = (sender.clone(), if number == 0 { &queues[..] } else { &queues[1..] });
            let worker = move || {
                while let Some(test) = own.iter().find_map(next) {
                    let start = Instant::now();
                    let outcome = run(&test);
                    let _ = sender.send((test, outcome, start.elapsed()));
                }
            };
            thread::Builder::new().name(WORKER.to_owned()).spawn_scoped(scope, worker).expect("starts a thread");
        }
        drop(sender);
        for (test, outcome, time) in outcomes {
            let (short, long) = match &outcome {
                Outcome::Passed => (".", "ok".to_owned()),
                Outcome::Ignored => ("i", format!("ignored, {}", test.ignored.as_deref().unwrap_or_default())),
                Outcome::Failed(_) => ("F", "FAILED".to_owned()),
            };
            if options.quiet || options.terse {
                print!("{short}");
            } else {
                let time = if options.times { format!(" <{:.1}s>", time.as_secs_f64()) } else { String::new() };
                println!("test {} ... {long}{time}", test.name);
            }
            match outcome {
                Outcome::Passed => passed += 1,
                Outcome::Ignored => ignored += 1,
                Outcome::Failed(said) => failed.push((test.name, said)),
            }
        }
    });
    if !failed.is_empty() {
        println!("\nfailures:\n");
        failed.iter().for_each(|(name, said)| println!("---- {name} ----\n{said}\n"));
        println!("failures:");
        failed.iter().for_each(|(name, _)| println!("    {name}"));
    }
    if ignored > 0 {
        println!("\n{ignored} need engines: .ci/engines up && .ci/engines registry up");
        println!("then: {ENGINES}=\"20 26 28 podman\" cargo test --test engines");
    }
    println!(
        "\ntest result: {}. {passed} passed; {} failed; {ignored} ignored; 0 measured; {left_out} filtered out; finished in {:.2}s\n",
        if failed.is_empty() { "ok" } else { "FAILED" },
        failed.len(),
        start.elapsed().as_secs_f64()
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

/// Runs a test, and once more when what failed was not what it tests.
fn run(test: &Test) -> Outcome {
    if test.ignored.is_some() {
        return Outcome::Ignored;
    }
    let Err(said) = attempt(test, test.check.name) else { return Outcome::Passed };
    if !harness::is_of_others(&said, test.engine) {
        return Outcome::Failed(said);
    }
    attempt(test, &format!("{}_again", test.check.name)).map_or_else(Outcome::Failed, |()| Outcome::Passed)
}

/// The name of the threads that run tests.
const WORKER: &str = "tests";

thread_local! {
    /// What the last panic of this thread said, with its place.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

fn note_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let said = format!("panicked at {place}:\n{}", text_of(panic.payload()));
    // The panic of a thread that a test started is caught by nothing.
    if thread::current().name() != Some(WORKER) {
        eprintln!("{said}");
    }
    PANIC.with_borrow_mut(|last| *last = said);
}

fn text_of(payload: &dyn Any) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}

fn attempt(test: &Test, name: &str) -> Result<(), String> {
    let check = AssertUnwindSafe(|| (test.check.run)(&Engine::new(test.engine, name)));
    panic::catch_unwind(check).map_err(|_| PANIC.take())
}
