//! Poetry.

use crate::installers::fact::{careful, measured, read};
use crate::installers::installer::{Installer, Off, Place, Requirements, Sharing};
use crate::installers::pins::{Form, Pins};

const VERSION: &str = "poetry 2.5.1";

pub const ROW: Installer = Installer {
    is_module: true,
    keeps: &[
        measured(Place::Variable("POETRY_CACHE_DIR", ""), VERSION),
        measured(Place::Variable("XDG_CACHE_HOME", "pypoetry"), VERSION),
        measured(Place::Home(".cache/pypoetry"), VERSION),
    ],
    turned_off: &[read(Off::Option("--no-cache"), "https://python-poetry.org/docs/cli/#global-options")],
    packages: &["poetry"],
    // The others are virtual environments: https://python-poetry.org/docs/configuration/#virtualenvspath
    mounts: &["artifacts", "cache"],
    pins: Some(read(
        Pins {
            by_project: &[&["install"], &["sync"]],
            project: "pyproject.toml",
            locks: &["poetry.lock"],
            lock_with: "`poetry lock` writes it",
            ..Pins::named(&[&["add"]], Form::Python)
        },
        "https://python-poetry.org/docs/basic-usage/#installing-without-poetrylock",
    )),
    ..Installer::named(
        "poetry",
        &["poetry"],
        read(&[&["install"], &["sync"], &["add"]], "https://python-poetry.org/docs/cli/"),
        read(&[&["cache", "clear"]], "https://python-poetry.org/docs/cli/#cache-clear"),
        careful(Sharing::Locked, "no page says that several can write to it at once"),
        read(
            Requirements {
                besides,
                without_project: "--no-root",
                ..Requirements::of("pyproject.toml and poetry.lock", &["pyproject.toml", "poetry.lock", "poetry.toml"])
            },
            "https://python-poetry.org/docs/basic-usage/",
        ),
    )
};

fn besides(name: &str, text: &str) -> Option<&'static str> {
    let is_local = text.contains("path = ") || text.contains("file:");
    (name == "pyproject.toml" && is_local).then_some("the packages that it names by path")
}
