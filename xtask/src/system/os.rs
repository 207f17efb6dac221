//! The systems that tasks.toml can name.

/// An operating system, by the name that tasks.toml gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    Windows,
    Linux,
    Mac,
}

impl Os {
    /// The system this program runs on. Any other Unix (a BSD, say) counts as Linux.
    pub const HERE: Os = if cfg!(windows) {
        Os::Windows
    } else if cfg!(target_os = "macos") {
        Os::Mac
    } else {
        Os::Linux
    };

    pub const ALL: [Os; 3] = [Os::Windows, Os::Linux, Os::Mac];
    pub const NAMES: [&'static str; 3] = ["windows", "linux", "macos"];

    pub fn name(self) -> &'static str {
        match self {
            Os::Windows => "windows",
            Os::Linux => "linux",
            Os::Mac => "macos",
        }
    }

    pub fn from_name(name: &str) -> Option<Os> {
        Os::ALL.into_iter().find(|os| os.name() == name)
    }

    /// Whether two names mean the same variable there.
    pub fn same_variable(self, left: &str, right: &str) -> bool {
        if self == Os::Windows { left.eq_ignore_ascii_case(right) } else { left == right }
    }

    /// Whether a key of tasks.toml (`windows`, `linux`, `macos` or `unix`) means this system.
    pub fn is_meant_by(self, key: &str) -> bool {
        key == self.name() || (key == "unix" && self != Os::Windows)
    }
}
