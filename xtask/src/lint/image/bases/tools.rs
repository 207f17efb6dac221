//! Images of a program that installs packages, of notebooks, and of CI.

use crate::lint::image::bases::{Account, Base, Family, Made};

const MAMBA_USER: Account = Account { name: "mambauser", uid: 57439, gid: 57439, home: "/home/mambauser" };
const JOVYAN: Account = Account { name: "jovyan", uid: 1000, gid: 100, home: "/home/jovyan" };
const CIRCLECI: Account = Account { name: "circleci", uid: 1001, gid: 1002, home: "/home/circleci" };

pub const ROWS: &[Base] = &[
    Base {
        variables: &[("UV_TOOL_BIN_DIR", "/usr/local/bin")],
        tags: &[
            ("python3.9", Family::Debian),
            ("python3.10", Family::Debian),
            ("python3.11", Family::Debian),
            ("python3.12", Family::Debian),
            ("python3.13", Family::Debian),
            ("python3.14", Family::Debian),
        ],
        ..Base::of(
            &["ghcr.io/astral-sh/uv", "astral/uv"],
            // The program alone.
            Made::Usually(Family::Other),
            "https://github.com/astral-sh/uv/blob/main/.github/workflows/build-docker.yml",
        )
    },
    Base {
        accounts: &[Account { name: "bun", uid: 1000, gid: 1000, home: "/home/bun" }],
        variables: &[("BUN_INSTALL_BIN", "/usr/local/bin")],
        ..Base::of(
            &["oven/bun"],
            Made::Usually(Family::Debian),
            "https://github.com/oven-sh/bun/blob/main/dockerhub/debian/Dockerfile",
        )
    },
    Base {
        only: &["alpine"],
        accounts: &[Account { name: "deno", uid: 1000, gid: 1000, home: "/home/deno" }],
        variables: &[("DENO_DIR", "/deno-dir/")],
        ..Base::of(
            &["denoland/deno", "ghcr.io/denoland/deno"],
            Made::Of(Family::Alpine),
            "https://github.com/denoland/deno_docker/blob/main/alpine.dockerfile",
        )
    },
    Base {
        accounts: &[Account { name: "deno", uid: 1993, gid: 1993, home: "/home/deno" }],
        variables: &[("DENO_DIR", "/deno-dir/")],
        ..Base::of(
            &["denoland/deno", "ghcr.io/denoland/deno"],
            Made::Usually(Family::Debian),
            "https://github.com/denoland/deno_docker/blob/main/debian.dockerfile",
        )
    },
    Base::of(
        &["continuumio/miniconda3", "continuumio/anaconda3"],
        Made::Usually(Family::Debian),
        "https://github.com/anaconda/docker-images/blob/main/miniconda3/debian/Dockerfile",
    ),
    Base::of(
        &[
            "condaforge/miniforge3",
            "condaforge/mambaforge",
            "quay.io/condaforge/miniforge3",
            "quay.io/condaforge/mambaforge",
        ],
        Made::Usually(Family::Ubuntu),
        "https://github.com/conda-forge/miniforge-images/blob/master/ubuntu/Dockerfile",
    ),
    Base {
        // Before 1.5 its user had another id: https://github.com/mamba-org/micromamba-docker/issues/295.
        only: &["1.5", "2", "latest"],
        user: MAMBA_USER,
        variables: &[("MAMBA_ROOT_PREFIX", "/opt/conda")],
        ..Base::of(
            &["mambaorg/micromamba"],
            Made::Usually(Family::Debian),
            "https://github.com/mamba-org/micromamba-docker/blob/main/debian.Dockerfile",
        )
    },
    Base::of(
        &["pytorch/pytorch"],
        Made::Usually(Family::Ubuntu),
        "https://github.com/pytorch/pytorch/blob/main/Dockerfile",
    ),
    Base::of(
        &["tensorflow/tensorflow"],
        Made::Usually(Family::Ubuntu),
        "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/tools/dockerfiles/dockerfiles/cpu.Dockerfile",
    ),
    Base {
        user: JOVYAN,
        variables: &[("HOME", "/home/jovyan")],
        ..Base::of(
            &[
                "quay.io/jupyter/*-notebook",
                "quay.io/jupyter/docker-stacks-foundation",
                "jupyter/*-notebook",
                "jupyter/docker-stacks-foundation",
            ],
            Made::Usually(Family::Ubuntu),
            "https://github.com/jupyter/docker-stacks/blob/main/images/docker-stacks-foundation/Dockerfile",
        )
    },
    Base {
        user: CIRCLECI,
        ..Base::of(
            &["cimg/base", "cimg/python", "cimg/node"],
            Made::Of(Family::Ubuntu),
            "https://github.com/CircleCI-Public/cimg-base/blob/main/22.04/Dockerfile",
        )
    },
];
