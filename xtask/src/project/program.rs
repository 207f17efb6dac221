//! Which program this is, and what was typed to start it.

use std::ffi::OsString;
use std::path::Path;

use crate::system::environment::Environment;

/// The package whose `main` this is: this one, or one that uses it as a library.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    pub name: &'static str,
    pub version: &'static str,
    /// The name of its binary.
    pub binary: &'static str,
}

/// The package, and how it was started.
#[derive(Clone, Debug)]
pub struct Program {
    package: Package,
    /// `cargo xtask` when cargo started it, else the name of its file.
    pub typed: String,
    /// The names of its commands in Rust.
    rust: Vec<&'static str>,
}

impl Program {
    /// `first` is the first word of the command line, `rust` has the names of the commands in Rust.
    pub fn new(
        package: Package,
        environment: &Environment,
        first: Option<OsString>,
        rust: Vec<&'static str>,
    ) -> Program {
        let typed = match environment.manifest_dir {
            Some(_) => format!("cargo {}", package.binary),
            None => first.as_deref().and_then(|first| file_name(Path::new(first))).unwrap_or(package.binary.to_owned()),
        };
        Program { package, typed, rust }
    }

    /// The words that run a command in Rust: by this program, or by the package of the repository that has it.
    pub fn of_rust(&self, name: &str) -> Vec<OsString> {
        let words = match self.typed.strip_prefix("cargo ") {
            Some(binary) if self.has_rust(name) => vec!["cargo", binary, name],
            None if self.has_rust(name) => vec![self.typed.as_str(), name],
            _ => vec!["cargo", "xtask", name],
        };
        words.into_iter().map(OsString::from).collect()
    }

    /// Whether it has this command in Rust.
    pub fn has_rust(&self, name: &str) -> bool {
        self.rust.contains(&name)
    }

    /// `xtask 0.1.0`; for another package its own version, and ours behind.
    pub fn version(&self) -> String {
        let Package { name, version, binary } = self.package;
        if name == env!("CARGO_PKG_NAME") {
            format!("{binary} {version}")
        } else {
            format!("{binary} {version} ({} {})", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
        }
    }
}

/// The name as it is typed: without a folder, and without `.exe`.
fn file_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    Some(name.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(name).to_owned())
}
