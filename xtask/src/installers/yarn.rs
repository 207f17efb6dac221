//! Yarn, 1 and later.

use crate::installers::fact::{measured, read};
use crate::installers::installer::{Installer, Place, Requirements, Sharing};
use crate::installers::npm;
use crate::installers::pins::{Form, Pins};

const VERSION: &str = "yarn 1.22.22";

/// What it prints with an empty cache and with a full one is the same (measured on 1.22.22): no `output`.
pub const ROW: Installer = Installer {
    keeps: &[
        measured(Place::Option("--cache-folder"), VERSION),
        measured(Place::Variable("YARN_CACHE_FOLDER", ""), VERSION),
        measured(Place::Variable("XDG_CACHE_HOME", "yarn"), VERSION),
        measured(Place::Root("/usr/local/share/.cache/yarn"), VERSION),
        measured(Place::Home(".cache/yarn"), VERSION),
    ],
    // Yarn 2 and later (https://yarnpkg.com/configuration/yarnrc, `globalFolder` and `cacheFolder`).
    mounted_at: &[".yarn/berry/cache", ".yarn/cache"],
    packages: &["yarn", "corepack"],
    unpacks_into: &["node_modules", ".yarn"],
    offline: &["--offline"],
    pins: Some(read(
        Pins {
            by_project: &[&[], &["install"]],
            project: "package.json",
            locks: &["yarn.lock"],
            strict: &["--frozen-lockfile", "--immutable"],
            lock_with: "`yarn install` writes it",
            ..Pins::named(&[&["add"], &["global", "add"]], Form::At)
        },
        "https://classic.yarnpkg.com/lang/en/docs/yarn-lock/",
    )),
    ..Installer::named(
        "yarn",
        &["yarn", "yarnpkg"],
        measured(&[&[], &["install"], &["add"], &["global", "add"]], VERSION),
        read(&[&["cache", "clean"]], "https://classic.yarnpkg.com/lang/en/docs/cli/cache/"),
        // Yarn 1 needs `--mutex` for that.
        read(Sharing::Locked, "https://classic.yarnpkg.com/lang/en/docs/cli/#toc-concurrency-and-mutex"),
        read(
            Requirements {
                besides: npm::besides,
                ..Requirements::of(
                    "package.json and yarn.lock",
                    &["package.json", "yarn.lock", ".yarnrc.yml", ".yarnrc"],
                )
            },
            "https://classic.yarnpkg.com/lang/en/docs/yarn-lock/",
        ),
    )
};
