//! pipx, which has uv do the work where there is one, else pip.

use crate::installers::fact::{measured, read};
use crate::installers::installer::{Installer, Place, Requirements, Sharing};
use crate::installers::pins::{Form, Pins};

const VERSION: &str = "pipx 1.18.4";

pub const ROW: Installer = Installer {
    is_module: true,
    keeps: &[
        measured(Place::Variable("UV_CACHE_DIR", ""), VERSION),
        measured(Place::Variable("XDG_CACHE_HOME", "uv"), VERSION),
        measured(Place::Home(".cache/uv"), VERSION),
    ],
    // Where it has pip do the work.
    mounted_at: &[".cache/pip"],
    packages: &["pipx"],
    pins: Some(read(Pins::named(&[&["install"]], Form::Python), "https://pipx.pypa.io/stable/docs/")),
    ..Installer::named(
        "pipx",
        &["pipx"],
        measured(&[&["install"], &["inject"], &["install-all"]], VERSION),
        read(&[], "https://pipx.pypa.io/stable/docs/"),
        read(Sharing::Shared, "https://docs.astral.sh/uv/concepts/cache/"),
        read(Requirements::of("what it needs", &[]), "https://pipx.pypa.io/stable/docs/"),
    )
};
