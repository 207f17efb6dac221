//! cargo, and cargo-chef.

use crate::installers::fact::{measured, read};
use crate::installers::installer::{Installer, Output, Place, Requirements, Sharing};
use crate::installers::pins::{Form, Pins};
use crate::installers::said::Said;

const VERSION: &str = "cargo 1.95.0";
const HOME: &str = "https://doc.rust-lang.org/cargo/guide/cargo-home.html";

pub const ROW: Installer = Installer {
    keeps: &[measured(Place::Variable("CARGO_HOME", "registry"), VERSION), read(Place::Home(".cargo/registry"), HOME)],
    // The images of Rust set CARGO_HOME to /usr/local/cargo. What comes from repositories lies in `git`.
    mounted_at: &["cargo/registry", "cargo/git", "cargo/git/db", ".cargo/git"],
    builds: Some(measured(&[&["build"], &["install"], &["test"], &["check"], &["rustc"], &["run"]], VERSION)),
    output: Some(measured(Output { read: said, not_writable: None, verbose: None }, VERSION)),
    offline: &["--offline", "--frozen"],
    tools: &[&["install"]],
    reads_in_place: true,
    pins: Some(read(
        Pins {
            otherwise: &["--version", "--vers", "--path", "--git"],
            by_project: &[&["fetch"], &["build"], &["test"], &["check"], &["rustc"], &["run"]],
            project: "Cargo.toml",
            locks: &["Cargo.lock"],
            strict: &["--locked", "--frozen"],
            lock_with: "`cargo generate-lockfile` writes it; then build with `cargo build --locked`",
            ..Pins::named(&[&["install"]], Form::Option)
        },
        "https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html",
    )),
    ..Installer::named(
        "cargo",
        &["cargo"],
        measured(&[&["fetch"], &["chef", "cook"]], VERSION),
        read(&[], HOME),
        // "Blocking waiting for file lock on package cache".
        read(Sharing::Shared, "cargo 1.95.0: src/cargo/util/cache_lock.rs"),
        read(
            Requirements {
                besides,
                ..Requirements::of("Cargo.toml and Cargo.lock", &["Cargo.toml", "Cargo.lock", "build.rs"])
            },
            "https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html",
        ),
    )
};

/// `Downloaded serde v1.0.1`, one a crate. When all of them are there, the first word is `Compiling`.
fn said(lines: &[&str]) -> Said {
    let is_crate = |line: &&&str| {
        let mut words = line.split(' ');
        words.next() == Some("Downloaded") && words.nth(1).is_some_and(|version| version.starts_with('v'))
    };
    let fetched = lines.iter().filter(is_crate).count() as u64;
    let is_known = fetched > 0 || lines.iter().any(|line| line.starts_with("Compiling "));
    Said { fetched: is_known.then_some(fetched), ..Said::default() }
}

/// Without the source file of a target, a package is refused.
fn besides(name: &str, _: &str) -> Option<&'static str> {
    (name == "Cargo.toml").then_some("an empty source file for each target")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_runs() {
        let of = |text: &str| ROW.said(&text.lines().collect::<Vec<_>>()).fetched;
        assert_eq!(of(include_str!("recorded/cargo-1.95.0-cold.txt")), Some(3));
        assert_eq!(of(include_str!("recorded/cargo-1.95.0-warm.txt")), Some(0));
        assert_eq!(of("    Updating index\n"), None);
    }
}
