//! Exit codes: README and `docs/design.md` promise them to scripts.

use std::process::ExitStatus;

/// What this process ends with. Wider than a byte: Windows has 32-bit codes and we pass a child's on unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub i32, Option<i32>);

impl Exit {
    /// Done.
    pub const DONE: Exit = Exit(0, None);
    /// It ran, and found something wrong: a service that died, a finding.
    pub const FINDINGS: Exit = Exit(1, None);
    /// It could not be done: usage, tasks.toml, docker missing.
    pub const CANNOT: Exit = Exit(2, None);

    /// A panic.
    pub const BUG: Exit = Exit(101, None);

    /// The code for work that signal `number` cut short, as shells count it.
    pub fn of_signal(number: i32) -> Exit {
        Exit(128 + number, Some(number))
    }

    /// The one place where a child's status becomes ours: its own code, or 128 + n for signal n.
    pub fn of_child(status: ExitStatus) -> Exit {
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
    pub fn signal(self) -> Option<i32> {
        self.1
    }

    pub fn is_success(self) -> bool {
        self.0 == 0
    }
}

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
