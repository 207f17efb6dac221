//! Pipenv, which has pip do the work.

use crate::installers::fact::read;
use crate::installers::installer::{Installer, Place, Requirements, Sharing};
use crate::installers::pins::{Form, Pins};

const ENVIRONMENTS: &str = "pipenv 2026.10.3: pipenv/environments.py";

pub const ROW: Installer = Installer {
    is_module: true,
    keeps: &[
        read(Place::Variable("PIPENV_CACHE_DIR", ""), ENVIRONMENTS),
        read(Place::Variable("XDG_CACHE_HOME", "pipenv"), ENVIRONMENTS),
        read(Place::Home(".cache/pipenv"), ENVIRONMENTS),
    ],
    packages: &["pipenv"],
    pins: Some(read(
        Pins {
            by_project: &[&["install"]],
            project: "Pipfile",
            locks: &["Pipfile.lock"],
            strict: &["--deploy", "--ignore-pipfile"],
            lock_with: "`pipenv lock` writes it; then install with `pipenv sync`",
            ..Pins::named(&[&["install"]], Form::Python)
        },
        "https://pipenv.pypa.io/en/latest/pipfile.html",
    )),
    ..Installer::named(
        "pipenv",
        &["pipenv"],
        read(&[&["install"], &["sync"]], "https://pipenv.pypa.io/en/latest/commands.html"),
        read(&[&["--clear"]], "https://pipenv.pypa.io/en/latest/commands.html"),
        read(Sharing::Shared, "pip: src/pip/_internal/network/cache.py"),
        read(
            Requirements::of("Pipfile and Pipfile.lock", &["Pipfile", "Pipfile.lock"]),
            "https://pipenv.pypa.io/en/latest/pipfile.html",
        ),
    )
};
