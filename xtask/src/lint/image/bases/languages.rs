//! Images of a language.

use crate::lint::image::bases::{Account, Base, Family, Made};

const GRADLE: &str = "https://github.com/gradle/docker-gradle/blob/master/jdk21-jammy/Dockerfile";
const DOTNET: &[&str] = &[
    "mcr.microsoft.com/dotnet/sdk",
    "mcr.microsoft.com/dotnet/aspnet",
    "mcr.microsoft.com/dotnet/runtime",
    "mcr.microsoft.com/dotnet/runtime-deps",
];
const DOTNET_OS: &str = "https://github.com/dotnet/dotnet-docker/blob/main/README.sdk.md";
/// Which Debian or Ubuntu, where the tag names only a version of .NET.
const DOTNET_TAGS: &[(&str, Family)] = &[
    ("8", Family::Debian),
    ("9", Family::Debian),
    ("10", Family::Ubuntu),
    ("11", Family::Ubuntu),
    ("latest", Family::Ubuntu),
];
const RED_HAT_USER: Account = Account { name: "default", uid: 1001, gid: 0, home: "/opt/app-root/src" };

pub const ROWS: &[Base] = &[
    Base::of(
        &["python"],
        Made::Usually(Family::Debian),
        "https://github.com/docker-library/python/blob/master/3.12/slim-bookworm/Dockerfile",
    ),
    Base {
        accounts: &[Account { name: "node", uid: 1000, gid: 1000, home: "/home/node" }],
        ..Base::of(
            &["node"],
            Made::Usually(Family::Debian),
            "https://github.com/nodejs/docker-node/blob/main/22/bookworm/Dockerfile",
        )
    },
    Base {
        variables: &[("RUSTUP_HOME", "/usr/local/rustup"), ("CARGO_HOME", "/usr/local/cargo")],
        ..Base::of(
            &["rust"],
            Made::Usually(Family::Debian),
            "https://github.com/rust-lang/docker-rust/blob/master/stable/bookworm/Dockerfile",
        )
    },
    Base {
        variables: &[("GOPATH", "/go")],
        ..Base::of(
            &["golang"],
            Made::Usually(Family::Debian),
            "https://github.com/docker-library/golang/blob/master/1.26/bookworm/Dockerfile",
        )
    },
    Base {
        variables: &[("GEM_HOME", "/usr/local/bundle"), ("BUNDLE_APP_CONFIG", "/usr/local/bundle")],
        ..Base::of(
            &["ruby"],
            Made::Usually(Family::Debian),
            "https://github.com/docker-library/ruby/blob/master/3.4/bookworm/Dockerfile",
        )
    },
    Base {
        only: &["alpine"],
        accounts: &[Account { name: "www-data", uid: 82, gid: 82, home: "/home/www-data" }],
        ..Base::of(
            &["php"],
            Made::Of(Family::Alpine),
            "https://github.com/docker-library/php/blob/master/8.2/alpine3.24/cli/Dockerfile",
        )
    },
    Base::of(
        &["php"],
        Made::Usually(Family::Debian),
        "https://github.com/docker-library/php/blob/master/8.2/bookworm/apache/Dockerfile",
    ),
    Base {
        variables: &[("COMPOSER_HOME", "/tmp")],
        ..Base::of(
            &["composer", "composer/composer"],
            Made::Of(Family::Alpine),
            "https://github.com/composer/docker/blob/main/latest/Dockerfile",
        )
    },
    Base {
        // Without a variant, newer ones are Oracle Linux and older ones Debian.
        tags: &[("slim", Family::Debian)],
        ..Base::of(
            &["openjdk"],
            Made::ByTag,
            "https://github.com/docker-library/openjdk/blob/master/27/slim-bookworm/Dockerfile",
        )
    },
    Base::of(
        &["eclipse-temurin"],
        Made::Usually(Family::Ubuntu),
        "https://github.com/adoptium/containers/blob/main/21/jdk/ubuntu/jammy/Dockerfile",
    ),
    Base::of(
        &["amazoncorretto"],
        Made::Usually(Family::Other),
        "https://github.com/corretto/corretto-docker/blob/main/21/jdk/al2023/Dockerfile",
    ),
    Base {
        tags: &[("temurin", Family::Ubuntu), ("latest", Family::Ubuntu)],
        ..Base::of(
            &["maven"],
            Made::ByTag,
            "https://github.com/carlossg/docker-maven/blob/main/eclipse-temurin-21-noble/Dockerfile",
        )
    },
    Base {
        only: &["ubi"],
        accounts: &[Account { name: "gradle", uid: 101, gid: 101, home: "/home/gradle" }],
        ..Base::of(
            &["gradle"],
            Made::Of(Family::RedHat),
            "https://github.com/gradle/docker-gradle/blob/master/jdk21-ubi10/Dockerfile",
        )
    },
    Base {
        accounts: &[Account { name: "gradle", uid: 1000, gid: 1000, home: "/home/gradle" }],
        ..Base::of(&["gradle"], Made::Usually(Family::Ubuntu), GRADLE)
    },
    Base {
        only: &["8", "9", "10", "11", "latest"],
        accounts: &[Account { name: "app", uid: 1654, gid: 1654, home: "/home/app" }],
        tags: DOTNET_TAGS,
        ..Base::of(
            DOTNET,
            Made::ByTag,
            "https://github.com/dotnet/dotnet-docker/blob/main/src/runtime-deps/8.0/bookworm-slim/amd64/Dockerfile",
        )
    },
    Base::of(DOTNET, Made::ByTag, DOTNET_OS),
    Base {
        user: RED_HAT_USER,
        variables: &[("HOME", "/opt/app-root/src"), ("PIP_NO_CACHE_DIR", "off")],
        ..Base::of(
            &["registry.access.redhat.com/ubi?/python-*", "registry.redhat.io/ubi?/python-*"],
            Made::Of(Family::RedHat),
            "https://github.com/sclorg/s2i-python-container/blob/master/3.12/Dockerfile.rhel9",
        )
    },
    Base {
        user: RED_HAT_USER,
        variables: &[("HOME", "/opt/app-root/src")],
        ..Base::of(
            &["registry.access.redhat.com/ubi?/nodejs-*", "registry.redhat.io/ubi?/nodejs-*"],
            Made::Of(Family::RedHat),
            "https://github.com/sclorg/s2i-nodejs-container/blob/master/20/Dockerfile.rhel9",
        )
    },
];
