//! The way in for a repository that has commands of its own in Rust: `runner!`, and what it makes.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;

use crate::cli::cx::Cx;
use crate::project::context::Context;
use crate::project::program::Package;
use crate::run::step::{Step, Tool};
use crate::system::exit::Exit;
use crate::system::process::{self, Stop};
use crate::ui::problem::Problem;
use crate::ui::terminal;

/// The program: the tasks of tasks.toml, the built-in commands, and the commands that it is given.
///
/// [`runner!`](crate::runner) makes one.
#[derive(Debug)]
pub struct Runner {
    package: Package,
    commands: Vec<RustCommand>,
}

/// A command in Rust: its name, what it is for, and what it does.
#[derive(Clone, Copy, Debug)]
pub struct RustCommand {
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn(&Cx<'_>, &[OsString]) -> Result<Exit>,
}

/// Makes a [`Runner`] for the package that calls it, whose name, version and binary it takes along: so help, hints and
/// `--version` name the caller's program, and what cargo sets for it is told apart from the person's own variables.
///
/// # Examples
///
/// The whole of an `xtask/src/main.rs`:
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     compose_xtask::runner!().main()
/// }
/// ```
#[macro_export]
macro_rules! runner {
    () => {
        $crate::Runner::of(
            ::core::env!("CARGO_PKG_NAME"),
            ::core::env!("CARGO_PKG_VERSION"),
            ::core::option_env!("CARGO_BIN_NAME"),
        )
    };
}

impl Runner {
    /// What `runner!` calls.
    #[doc(hidden)]
    pub fn of(name: &'static str, version: &'static str, binary: Option<&'static str>) -> Runner {
        Runner { package: Package { name, version, binary: binary.unwrap_or(name) }, commands: Vec::new() }
    }

    /// Adds a command in Rust: `cargo xtask NAME -- WORDS…` calls `run` with the words after `--`.
    ///
    /// It stands beside the tasks: in `help` with its `about` line, in `help --json`, in completion, in "did you mean".
    /// It can be a step (`steps = ["task NAME -- {args}"]`) or a need of a task when tasks.toml names it,
    /// `[tasks.NAME] rust = true`. It goes before a built-in command of its name.
    ///
    /// `run` is called in the project's folder, wherever the person stands. What it returns is the exit code. An error is
    /// printed and the code is 2; where a task or a compose command failed it is that one's own. (xshell's errors don't
    /// say the code of what failed: they are 2.) Ctrl-C and SIGTERM end it with 130 and 143; while a child runs they are
    /// the child's, and the command gets the error.
    ///
    /// # Panics
    ///
    /// When `name` can't be typed as the name of a task or has been given already, or `about` has a line break.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::ffi::OsString;
    ///
    /// use compose_xtask::{Cx, Exit, Result};
    ///
    /// fn main() -> std::process::ExitCode {
    ///     compose_xtask::runner!().command("seed", "Fill the database", seed).main()
    /// }
    ///
    /// fn seed(cx: &Cx, words: &[OsString]) -> Result<Exit> {
    ///     cx.compose(["exec", "-T", "db", "psql", "-f", "/seed.sql"])?.run()?;
    ///     cx.task("test", words)?;
    ///     Ok(Exit::DONE)
    /// }
    /// ```
    #[must_use]
    pub fn command(
        mut self,
        name: &'static str,
        about: &'static str,
        run: fn(&Cx<'_>, &[OsString]) -> Result<Exit>,
    ) -> Runner {
        assert!(crate::tasks::config::validate::is_task_name(name), "`{name}` can't be the name of a command");
        assert!(!about.contains('\n'), "what `{name}` is for takes one line");
        assert!(!self.commands.iter().any(|command| command.name == name), "two commands are called `{name}`");
        self.commands.push(RustCommand { name, about, run });
        self
    }

    /// Does what was typed, and returns the exit code: 0 done, 1 something was found, 2 it could not be done, else the
    /// code of the command that failed. A panic, in whatever thread, ends the program with 101.
    ///
    /// It takes the variables that cargo added out of this process. So it is to be called first in `main`, before
    /// another thread starts.
    ///
    /// # Examples
    ///
    /// See [`Runner::command`].
    pub fn main(self) -> ExitCode {
        // A debug build does not unwind: by itself it would end by a signal. What is said may have foreign text in it.
        std::panic::set_hook(Box::new(|panic| {
            terminal::panicked(panic);
            std::process::exit(Exit::BUG.0)
        }));
        let _ = COMMANDS.set(self.commands);
        let code = crate::cli::main(self.package).0;
        // Windows has codes of 32 bits, and `ExitCode` takes eight.
        u8::try_from(code).map_or_else(|_| std::process::exit(code), ExitCode::from)
    }
}

/// The commands in Rust of this program: set once, before anything else.
static COMMANDS: OnceLock<Vec<RustCommand>> = OnceLock::new();

/// Runs a step that is a command in Rust. A failure that has said so itself is its exit code.
pub fn run(context: &Context, step: &Step) -> Result<Exit> {
    let command = commands().iter().find(|command| command.name == step.task);
    let (Some(command), Tool::Rust(_, words)) = (command, &step.tool) else { return Ok(Exit::CANNOT) };
    std::env::set_current_dir(&step.dir)?;
    let depth = Depth::enter(command.name)?;
    let done = process::ended_by_signals(true, || (command.run)(&Cx::new(context, step), words));
    drop(depth);
    let done = done.map(|exit| process::stopped().filter(|_| exit.is_success()).map_or(exit, Stop::exit));
    done.or_else(|error| match (error.downcast_ref::<Exit>(), process::stopped()) {
        (Some(exit), _) => {
            // What the command says beside it: `.context("…")`.
            if error.chain().nth(1).is_some() {
                context.ui.problem(format_args!("{error}"));
            }
            Ok(*exit)
        }
        // Ctrl-C ended what it ran.
        (None, Some(stop)) => Ok(stop.exit()),
        (None, None) => Err(error),
    })
}

/// How many commands in Rust run inside each other.
struct Depth;

static DEPTH: AtomicUsize = AtomicUsize::new(0);

impl Depth {
    /// More than anyone nests, and long before the stack ends.
    const MOST: usize = 32;

    fn enter(name: &str) -> Result<Depth> {
        let depth = Depth;
        if DEPTH.fetch_add(1, Ordering::SeqCst) == Self::MOST {
            return Err(Problem::new(format!("`{name}` calls itself without end")).into());
        }
        Ok(depth)
    }
}

impl Drop for Depth {
    fn drop(&mut self) {
        DEPTH.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The names of the commands in Rust, each with what it is for.
pub fn names() -> Vec<(&'static str, &'static str)> {
    commands().iter().map(|command| (command.name, command.about)).collect()
}

/// The commands in Rust that this program has.
pub fn commands() -> &'static [RustCommand] {
    COMMANDS.get().map_or(&[], Vec::as_slice)
}
