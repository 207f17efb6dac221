//! pnpm.

use crate::installers::fact::{measured, read};
use crate::installers::installer::{Installer, Output, Place, Requirements, Sharing};
use crate::installers::npm;
use crate::installers::pins::{Form, Pins};
use crate::installers::said::Said;

const VERSION: &str = "pnpm 12.21.0";

pub const ROW: Installer = Installer {
    keeps: &[
        measured(Place::Option("--store-dir"), VERSION),
        measured(Place::Variable("pnpm_config_store_dir", ""), VERSION),
        measured(Place::Variable("PNPM_HOME", "store"), VERSION),
        measured(Place::Variable("XDG_DATA_HOME", "pnpm/store"), VERSION),
        measured(Place::Home(".local/share/pnpm/store"), VERSION),
    ],
    // The second is at the root of the project's disk, where the home is on another one (https://pnpm.io/settings).
    mounted_at: &["pnpm/store", ".pnpm-store"],
    output: Some(measured(Output { read: said, not_writable: None, verbose: None }, VERSION)),
    packages: &["pnpm"],
    unpacks_into: &["node_modules"],
    offline: &["--offline"],
    pins: Some(read(
        Pins {
            by_project: &[&["install"], &["i"]],
            project: "package.json",
            locks: &["pnpm-lock.yaml"],
            strict: &["--frozen-lockfile"],
            lock_with: "`pnpm install` writes it; then install with `pnpm install --frozen-lockfile`",
            ..Pins::named(&[&["add"]], Form::At)
        },
        "https://pnpm.io/cli/install#--frozen-lockfile",
    )),
    ..Installer::named(
        "pnpm",
        &["pnpm"],
        measured(&[&["install"], &["i"], &["fetch"], &["add"], &["ci"]], VERSION),
        read(&[&["store", "prune"]], "https://pnpm.io/cli/store"),
        read(Sharing::Shared, "https://pnpm.io/docker"),
        read(
            Requirements {
                besides: npm::besides,
                ..Requirements::of(
                    "package.json and pnpm-lock.yaml",
                    &["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".pnpmfile.cjs"],
                )
            },
            "https://pnpm.io/docker",
        ),
    )
};

/// `Progress: resolved 5, reused 0, downloaded 5, added 5, done`; the last such line counts.
fn said(lines: &[&str]) -> Said {
    let last = lines.iter().rfind(|line| line.starts_with("Progress: ")).copied().unwrap_or_default();
    let number = |word: &str| {
        let rest = last.split_once(&format!("{word} "))?.1;
        rest.split([',', ' ']).next()?.parse::<u64>().ok()
    };
    Said { fetched: number("downloaded"), cached: number("reused"), ..Said::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_runs() {
        let of = |text: &str| ROW.said(&text.lines().collect::<Vec<_>>());
        assert_eq!(of(include_str!("recorded/pnpm-12.21.0-cold.txt")), Said::counted(3, 0));
        assert_eq!(of(include_str!("recorded/pnpm-12.21.0-warm.txt")), Said::counted(0, 3));
        assert_eq!(of("Done in 1s\n"), Said::default());
    }
}
