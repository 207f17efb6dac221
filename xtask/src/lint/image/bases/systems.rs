//! Images of a distribution alone.

use crate::lint::image::bases::{Account, Base, Family, Made};

const UBUNTU: &str = "https://github.com/docker-library/official-images/blob/master/library/ubuntu";
/// Its instructions run as root until they set another user, and its base image is the standard one.
const UBI: &str = "https://github.com/sclorg/s2i-base-container/blob/master/core/Dockerfile.rhel9";

pub const ROWS: &[Base] = &[
    Base::of(
        &["debian"],
        Made::Of(Family::Debian),
        "https://github.com/debuerreotype/docker-debian-artifacts/blob/dist-amd64/bookworm/Dockerfile",
    ),
    Base {
        only: &["24", "25", "26", "noble", "resolute", "latest", "rolling", "devel"],
        // "ubuntu:x:1000:1000:Ubuntu:/home/ubuntu:/bin/bash".
        accounts: &[Account { name: "ubuntu", uid: 1000, gid: 1000, home: "/home/ubuntu" }],
        ..Base::of(&["ubuntu"], Made::Of(Family::Ubuntu), "https://github.com/jupyterhub/repo2docker/issues/1346")
    },
    Base::of(&["ubuntu"], Made::Of(Family::Ubuntu), UBUNTU),
    Base::of(
        &["alpine"],
        Made::Of(Family::Alpine),
        "https://github.com/alpinelinux/docker-alpine/blob/v3.20/x86_64/Dockerfile",
    ),
    Base {
        // https://fedoraproject.org/wiki/Changes/SwitchToDnf5: Fedora 41 has dnf 5.
        tags: &[
            ("36", Family::RedHat),
            ("37", Family::RedHat),
            ("38", Family::RedHat),
            ("39", Family::RedHat),
            ("40", Family::RedHat),
        ],
        ..Base::of(
            &["fedora", "quay.io/fedora/fedora", "registry.fedoraproject.org/fedora"],
            Made::Of(Family::Fedora),
            "https://github.com/fedora-cloud/docker-brew-fedora/blob/44/x86_64/Dockerfile",
        )
    },
    Base::of(
        &["rockylinux", "rockylinux/rockylinux", "quay.io/rockylinux/rockylinux"],
        Made::Of(Family::RedHat),
        "https://github.com/rocky-linux/sig-cloud-instance-images/blob/Rocky-9.6.20250531-Base-x86_64/Dockerfile",
    ),
    Base::of(
        &["almalinux", "almalinux/9-base", "almalinux/8-base", "quay.io/almalinuxorg/almalinux"],
        Made::Of(Family::RedHat),
        "https://github.com/AlmaLinux/docker-images/blob/master/dockerfiles/al9/Dockerfile.default",
    ),
    Base::of(
        &["amazonlinux", "public.ecr.aws/amazonlinux/amazonlinux"],
        Made::Of(Family::Other),
        "https://github.com/amazonlinux/container-images/blob/2023/Dockerfile",
    ),
    Base::of(
        &[
            "registry.access.redhat.com/ubi8",
            "registry.access.redhat.com/ubi9",
            "registry.access.redhat.com/ubi8-minimal",
            "registry.access.redhat.com/ubi9-minimal",
            "registry.access.redhat.com/ubi8/ubi",
            "registry.access.redhat.com/ubi9/ubi",
            "registry.access.redhat.com/ubi8/ubi-minimal",
            "registry.access.redhat.com/ubi9/ubi-minimal",
            "redhat/ubi8",
            "redhat/ubi9",
            "redhat/ubi8-minimal",
            "redhat/ubi9-minimal",
        ],
        Made::Of(Family::RedHat),
        UBI,
    ),
    Base::of(
        &["buildpack-deps"],
        Made::Usually(Family::Debian),
        "https://github.com/docker-library/buildpack-deps/blob/master/debian/bookworm/Dockerfile",
    ),
    Base::of(
        &["nvidia/cuda", "nvcr.io/nvidia/cuda"],
        Made::ByTag,
        "https://gitlab.com/nvidia/container-images/cuda/-/blob/master/dist/12.4.1/ubuntu2204/devel/Dockerfile",
    ),
];
