//! PDM.

use crate::installers::fact::{careful, measured, read};
use crate::installers::installer::{Installer, Off, Place, Requirements, Sharing};
use crate::installers::pins::{Form, Pins};

const CONFIG: &str = "https://pdm-project.org/latest/reference/configuration/";

pub const ROW: Installer = Installer {
    is_module: true,
    keeps: &[
        read(Place::Variable("PDM_CACHE_DIR", ""), CONFIG),
        read(Place::Variable("XDG_CACHE_HOME", "pdm"), CONFIG),
        measured(Place::Home(".cache/pdm"), "pdm 2.29.4"),
    ],
    turned_off: &[read(Off::TrueVariable("PDM_NO_CACHE"), "https://pdm-project.org/latest/reference/cli/")],
    packages: &["pdm"],
    unpacks_into: &["__pypackages__"],
    pins: Some(read(
        Pins {
            by_project: &[&["install"], &["sync"]],
            project: "pyproject.toml",
            locks: &["pdm.lock"],
            strict: &["--frozen-lockfile", "--check"],
            lock_with: "`pdm lock` writes it",
            ..Pins::named(&[&["add"]], Form::Python)
        },
        "https://pdm-project.org/latest/usage/lockfile/",
    )),
    ..Installer::named(
        "pdm",
        &["pdm"],
        read(&[&["install"], &["sync"], &["add"]], "https://pdm-project.org/latest/reference/cli/"),
        read(&[&["cache", "clear"]], "https://pdm-project.org/latest/reference/cli/"),
        careful(Sharing::Locked, "no page says that several can write to it at once"),
        read(
            Requirements {
                besides,
                without_project: "--no-self",
                ..Requirements::of("pyproject.toml and pdm.lock", &["pyproject.toml", "pdm.lock"])
            },
            "https://pdm-project.org/latest/usage/lockfile/",
        ),
    )
};

fn besides(name: &str, text: &str) -> Option<&'static str> {
    let is_local = text.contains("path = ") || text.contains("file:");
    (name == "pyproject.toml" && is_local).then_some("the packages that it names by path")
}
