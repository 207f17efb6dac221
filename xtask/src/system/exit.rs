//! Exit codes: README and `docs/design.md` promise them to scripts.

use std::process::ExitStatus;

/// What the program ends with: an exit code.
///
/// As an error it stands for a command that failed and has said so itself: returned from a command in Rust it becomes
/// the exit code, and nothing more is printed. Wider than a byte: Windows has codes of 32 bits, and a child's is passed
/// on unchanged.
///
/// # Examples
///
/// ```
/// use compose_xtask::Exit;
///
/// assert_eq!(Exit::with_code(3).code(), 3);
/// assert!(Exit::DONE.is_success() && !Exit::FINDINGS.is_success());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub(crate) i32, Option<i32>);

impl Exit {
    /// 0: done.
    pub const DONE: Exit = Exit(0, None);
    /// 1: it ran, and found something wrong.
    pub const FINDINGS: Exit = Exit(1, None);
    /// 2: it could not be done: usage, tasks.toml, docker missing.
    pub const CANNOT: Exit = Exit(2, None);
    /// 101: a panic.
    pub(crate) const BUG: Exit = Exit(101, None);

    /// Any other code. Unix has those from 0 to 255, and would pass on the last byte of another one, 0 for 256: there it
    /// becomes 255.
    pub const fn with_code(code: i32) -> Exit {
        let fits = cfg!(windows) || (code >= 0 && code <= 255);
        Exit(if fits { code } else { 255 }, None)
    }

    /// The exit code: a child's own, or 128 + n where signal n ended it.
    pub const fn code(self) -> i32 {
        self.0
    }

    /// Whether the code is 0.
    pub const fn is_success(self) -> bool {
        self.0 == 0
    }

    /// The code for work that signal `number` cut short, as shells count it.
    pub(crate) fn of_signal(number: i32) -> Exit {
        Exit(128 + number, Some(number))
    }

    /// The one place where a child's status becomes ours: its own code, or 128 + n for signal n.
    pub(crate) fn of_child(status: ExitStatus) -> Exit {
        if let Some(code) = status.code() {
            return Exit(code, None);
        }
        #[cfg(unix)]
        if let Some(number) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return Exit::of_signal(number);
        }
        Exit::FINDINGS
    }

    /// The signal that ended it, if one did.
    pub(crate) fn signal(self) -> Option<i32> {
        self.1
    }

    /// `Ok` if it is a success, otherwise itself as an error.
    pub(crate) fn or_error(self) -> anyhow::Result<()> {
        if self.is_success() { Ok(()) } else { Err(self.into()) }
    }
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {}", self.0)
    }
}

impl std::error::Error for Exit {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn a_childs_code_and_signal_become_ours() {
        assert_eq!(Exit::of_child(ExitStatus::from_raw(17 << 8)), Exit(17, None));
        assert_eq!(Exit::of_child(ExitStatus::from_raw(9)), Exit(137, Some(9)));
    }
}
