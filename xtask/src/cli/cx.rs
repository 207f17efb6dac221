//! What a command in Rust gets: the project, compose, a shell, and the other tasks.

use std::fmt;
use std::path::Path;

use anyhow::Result;
use xshell::Shell;

use crate::cli::commands;
use crate::project::context::Context;
use crate::run::resolve::Resolver;
use crate::run::step::Step;
use crate::run::steps;
use crate::system::exit::Exit;
use crate::system::process;
use crate::tasks::clap_errors;
use crate::ui::problem::Problem;

/// The project, for a command in Rust.
///
/// See the example of [`Runner::command`](crate::Runner::command).
pub struct Cx<'a> {
    context: &'a Context,
    /// Its own.
    step: &'a Step,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(context: &'a Context, step: &'a Step) -> Cx<'a> {
        Cx { context, step }
    }

    /// The project's folder, that of tasks.toml; absolute.
    ///
    /// # Examples
    ///
    /// ```
    /// # use compose_xtask::{Cx, Exit, Result};
    /// fn clean(cx: &Cx, _: &[std::ffi::OsString]) -> Result<Exit> {
    ///     std::fs::remove_dir_all(cx.root().join("build"))?;
    ///     Ok(Exit::DONE)
    /// }
    /// ```
    pub fn root(&self) -> &Path {
        &self.step.dir
    }

    /// A compose command, not run yet: `words` come after `compose`, as in a step of tasks.toml. It gets the
    /// project's files and name, and the tasks' variables.
    ///
    /// # Errors
    ///
    /// There is no docker or no compose.
    ///
    /// # Examples
    ///
    /// ```
    /// # use compose_xtask::{Cx, Exit, Result};
    /// fn migrate(cx: &Cx, words: &[std::ffi::OsString]) -> Result<Exit> {
    ///     cx.compose(["up", "--detach", "db"])?.run()?;
    ///     let mut migrate: Vec<_> = ["run", "--rm", "api", "migrate"].map(Into::into).into();
    ///     migrate.extend_from_slice(words);
    ///     cx.compose(migrate)?.status()
    /// }
    /// ```
    pub fn compose(&self, words: impl Words) -> Result<Compose<'a>> {
        let step = Resolver::new(self.context, true)?.compose_from_rust(self.step, words.to_words())?;
        Ok(Compose { context: self.context, step })
    }

    /// A shell of xshell's in the project's folder. What it runs gets the tasks' variables that are not set already,
    /// and none of those that cargo added.
    ///
    /// # Errors
    ///
    /// The project's folder can't be entered.
    ///
    /// # Examples
    ///
    /// ```
    /// # use compose_xtask::{Cx, Exit, Result, xshell::cmd};
    /// fn report(cx: &Cx, words: &[std::ffi::OsString]) -> Result<Exit> {
    ///     let sh = cx.shell()?;
    ///     cmd!(sh, "python tools/report.py {words...}").run()?;
    ///     Ok(Exit::DONE)
    /// }
    /// ```
    pub fn shell(&self) -> Result<Shell> {
        let shell = Shell::new()?;
        shell.change_dir(self.root());
        for (name, value) in &self.step.env {
            shell.set_var(name, value);
        }
        Ok(shell)
    }

    /// Runs another task, a command in Rust or a built-in command as if it had been typed, its flags included.
    ///
    /// # Errors
    ///
    /// There is no such task, it does not take these words, or it failed: then the error is its [`Exit`], and it has
    /// said why.
    ///
    /// # Examples
    ///
    /// ```
    /// # use compose_xtask::{Cx, Exit, Result};
    /// fn release(cx: &Cx, _: &[std::ffi::OsString]) -> Result<Exit> {
    ///     cx.task("build", ["--no-cache"])?;
    ///     if let Err(error) = cx.task("test", []) {
    ///         cx.task("down", [])?;
    ///         return Err(error);
    ///     }
    ///     Ok(Exit::DONE)
    /// }
    /// ```
    pub fn task(&self, name: &str, words: impl Words) -> Result<()> {
        let project = self.context.project.as_ref();
        let target = commands::find(name, project, self.context.program())?;
        let command = target.command(name, project).disable_version_flag(true).no_binary_name(true);
        let matches = command.try_get_matches_from(words.to_words()).map_err(|error| {
            let (message, hint) =
                clap_errors::explain(&error, |flag, value| target.hides_value_of(flag, value, project));
            Problem::new(format!("task `{name}` can't be called like this: {message}")).hint_if(hint)
        })?;
        until_stopped(|| target.run(self.context, &matches))?.or_error()
    }
}

impl fmt::Debug for Cx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx").field("root", &self.root()).field("task", &self.step.task).finish()
    }
}

/// A compose command that [`Cx::compose`] made.
#[must_use = "it runs when `run` or `status` is called"]
pub struct Compose<'a> {
    context: &'a Context,
    step: Step,
}

impl Compose<'_> {
    /// Runs it like a step: it is shown, gets the terminal and its signals, services that `up --detach` starts are
    /// waited for, and where it fails a hint follows.
    ///
    /// # Errors
    ///
    /// The engine does not answer; or it failed: then the error is its [`Exit`], and it has said why.
    ///
    /// # Examples
    ///
    /// See [`Cx::compose`].
    pub fn run(self) -> Result<()> {
        self.status()?.or_error()
    }

    /// The same, for a command that may fail.
    ///
    /// # Errors
    ///
    /// The engine does not answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use compose_xtask::{Cx, Exit, Result};
    /// fn has_db(cx: &Cx, _: &[std::ffi::OsString]) -> Result<Exit> {
    ///     match cx.compose(["exec", "-T", "db", "true"])?.status()?.code() {
    ///         0 => Ok(Exit::DONE),
    ///         _ => Ok(Exit::FINDINGS),
    ///     }
    /// }
    /// ```
    pub fn status(self) -> Result<Exit> {
        until_stopped(|| steps::one(self.context, &commands::HOOKS, self.step))
    }
}

/// Runs what waits for its children whatever signals come. After a stop the command has not succeeded, since the rest of
/// it is left undone.
fn until_stopped(work: impl FnOnce() -> Result<Exit>) -> Result<Exit> {
    let exit = process::ended_by_signals(false, work)?;
    Ok(process::stopped().filter(|_| exit.is_success()).map_or(exit, process::Stop::exit))
}

impl fmt::Debug for Compose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compose").field("words", &self.step.invocation().words).finish()
    }
}

/// The words of a command: an array of `&str` (`["up", "--detach"]`, `[]`), or a slice, a `Vec` or a reference to an array
/// of `&str`, `String`, `&OsStr` or `OsString`. What a command in Rust was given is such a slice.
///
/// A trait of its own, so that `[]` needs no type. No other type can have it.
pub trait Words: sealed::Sealed {}

impl<T: sealed::Sealed> Words for T {}

mod sealed {
    use std::ffi::{OsStr, OsString};

    pub trait Sealed {
        fn to_words(&self) -> Vec<OsString>;
    }

    fn owned<T: AsRef<OsStr>>(words: &[T]) -> Vec<OsString> {
        words.iter().map(|word| word.as_ref().to_owned()).collect()
    }

    // Of `&str` alone: with a second type the compiler could not tell what `[]` is.
    impl<const N: usize> Sealed for [&str; N] {
        fn to_words(&self) -> Vec<OsString> {
            owned(self)
        }
    }

    impl<T: AsRef<OsStr>, const N: usize> Sealed for &[T; N] {
        fn to_words(&self) -> Vec<OsString> {
            owned(*self)
        }
    }

    impl<T: AsRef<OsStr>> Sealed for &[T] {
        fn to_words(&self) -> Vec<OsString> {
            owned(self)
        }
    }

    impl<T: AsRef<OsStr>> Sealed for Vec<T> {
        fn to_words(&self) -> Vec<OsString> {
            owned(self)
        }
    }

    impl<T: AsRef<OsStr>> Sealed for &Vec<T> {
        fn to_words(&self) -> Vec<OsString> {
            owned(self)
        }
    }
}
