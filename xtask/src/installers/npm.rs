//! npm.

use crate::installers::fact::{measured, read};
use crate::installers::installer::{Installer, Output, Place, Requirements, Settings, Sharing};
use crate::installers::pins::{Form, Pins};
use crate::installers::said::Said;

const VERSION: &str = "npm 11.19.1";
const CONFIG: &str = "https://docs.npmjs.com/cli/v11/using-npm/config";

pub const ROW: Installer = Installer {
    keeps: &[
        measured(Place::Option("--cache"), VERSION),
        measured(Place::Variable("npm_config_cache", ""), VERSION),
        measured(Place::Variable("NPM_CONFIG_CACHE", ""), VERSION),
        read(Place::Setting("cache"), CONFIG),
        measured(Place::Home(".npm"), VERSION),
    ],
    settings: Some(read(Settings { files: &["/usr/local/etc/npmrc", "~/.npmrc"], keys: &["cache"] }, CONFIG)),
    // Only with `--loglevel http` or more: else both runs print the same.
    output: Some(measured(Output { read: said, not_writable: None, verbose: Some("--loglevel http") }, VERSION)),
    packages: &["npm"],
    unpacks_into: &["node_modules"],
    offline: &["--offline"],
    pins: Some(read(
        Pins {
            by_project: &[&["install"], &["i"]],
            project: "package.json",
            // It reads yarn's, too.
            locks: &["package-lock.json", "npm-shrinkwrap.json", "yarn.lock"],
            lock_with: "`npm install` writes it; then install with `npm ci`",
            ..Pins::named(&[&["install"], &["i"], &["add"]], Form::At)
        },
        "https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json",
    )),
    ..Installer::named(
        "npm",
        &["npm"],
        measured(&[&["ci"], &["install"], &["i"], &["clean-install"], &["install-clean"], &["add"]], VERSION),
        read(&[&["cache", "clean"]], "https://docs.npmjs.com/cli/v11/commands/npm-cache"),
        // cacache: "Lockless, high-concurrency cache access".
        read(Sharing::Shared, "https://github.com/npm/cacache#features"),
        read(
            Requirements {
                besides,
                ..Requirements::of(
                    "package.json and package-lock.json",
                    &["package.json", "package-lock.json", "npm-shrinkwrap.json"],
                )
            },
            "https://docs.npmjs.com/cli/v11/commands/npm-ci",
        ),
    )
};

/// What the installers of Node.js read besides: packages of workspaces, and what a package runs when it is installed.
pub fn besides(name: &str, text: &str) -> Option<&'static str> {
    const SCRIPTS: [&str; 4] = ["\"preinstall\"", "\"install\"", "\"postinstall\"", "\"prepare\""];
    match name {
        "package.json" if text.contains("\"workspaces\"") => Some("the package.json of each workspace"),
        "package.json" if ["\"file:", "\"link:", "\"portal:", "\"patch:"].iter().any(|start| text.contains(start)) => {
            Some("the packages and patches that it names by path")
        }
        "package.json" if SCRIPTS.iter().any(|script| text.contains(script)) => Some("what its install scripts read"),
        "pnpm-workspace.yaml" if text.contains("packages:") => Some("the package.json of each workspace"),
        _ => None,
    }
}

/// `npm http fetch GET 200 https://…/is-odd-3.0.1.tgz 224ms (cache miss)` is a download. `npm http cache …` comes for every
/// package, before those that are not there are fetched.
fn said(lines: &[&str]) -> Said {
    let of = |kind: &str, result: &str| {
        let is_it = |line: &&&str| line.starts_with(kind) && line.contains(".tgz ") && line.ends_with(result);
        lines.iter().filter(is_it).count() as u64
    };
    let fetched = of("npm http fetch GET 200 ", "(cache miss)");
    let looked_up = of("npm http cache ", "(cache hit)");
    if fetched + looked_up == 0 { Said::default() } else { Said::counted(fetched, looked_up.saturating_sub(fetched)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_runs() {
        let of = |text: &str| ROW.said(&text.lines().collect::<Vec<_>>());
        assert_eq!(of(include_str!("recorded/npm-11.19.1-ci-http-cold.txt")), Said::counted(3, 0));
        assert_eq!(of(include_str!("recorded/npm-11.19.1-ci-http-warm.txt")), Said::counted(0, 3));
        assert_eq!(of(include_str!("recorded/npm-11.19.1-install-http-cold.txt")), Said::counted(3, 0));
        assert_eq!(of(include_str!("recorded/npm-11.19.1-install-http-warm.txt")), Said::counted(0, 3));
        // At its usual level it does not say.
        assert_eq!(of(include_str!("recorded/npm-11.19.1-ci-cold.txt")), Said::default());
        assert_eq!(of(include_str!("recorded/npm-11.19.1-ci-warm.txt")), Said::default());
    }
}
