//! conda, mamba and micromamba.

use crate::installers::fact::{careful, read};
use crate::installers::installer::{Installer, Place, Requirements, Sharing};

const SETTINGS: &str = "https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/settings.html";

pub const ROW: Installer = Installer {
    keeps: &[
        read(Place::Variable("CONDA_PKGS_DIRS", ""), SETTINGS),
        read(Place::Variable("CONDA_PREFIX", "pkgs"), SETTINGS),
        read(Place::Fixed("/opt/conda/pkgs"), "https://docs.anaconda.com/working-with-conda/applications/docker/"),
    ],
    mounted_at: &["conda/pkgs", "mamba/pkgs", ".conda/pkgs", "miniconda3/pkgs", "micromamba/pkgs"],
    ..Installer::named(
        "conda",
        &["conda", "mamba", "micromamba"],
        read(
            &[&["install"], &["create"], &["env", "create"], &["env", "update"], &["update"]],
            "https://docs.conda.io/projects/conda/en/stable/commands/index.html",
        ),
        read(&[&["clean"]], "https://docs.conda.io/projects/conda/en/stable/commands/clean.html"),
        careful(Sharing::Locked, "no page says that several can write to it at once"),
        read(
            Requirements::of("environment.yml", &["environment*.yml", "environment*.yaml", "conda-lock.yml"]),
            "https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html",
        ),
    )
};
