//! conda, mamba and micromamba.

use crate::installers::fact::{careful, read};
use crate::installers::installer::{Installer, Place, Requirements, Sharing};

const SETTINGS: &str = "https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/settings.html";

pub const ROW: Installer = Installer {
    keeps: &[
        read(Place::Variable("CONDA_PKGS_DIRS", ""), SETTINGS),
        // CONDA_PREFIX is the active environment, not the folder of conda.
        read(
            Place::Variable("MAMBA_ROOT_PREFIX", "pkgs"),
            "https://mamba.readthedocs.io/en/latest/installation/micromamba-installation.html",
        ),
        // In the folder of conda itself, which its images have there; where that is not writable, `~/.conda/pkgs`.
        read(Place::Fixed("/opt/conda/pkgs"), "conda: conda/base/context.py, pkgs_dirs"),
    ],
    mounted_at: &["conda/pkgs", "mamba/pkgs", ".conda/pkgs", "miniconda3/pkgs", "micromamba/pkgs"],
    offline: &["--offline"],
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
