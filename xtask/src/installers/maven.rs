//! Maven.

use crate::installers::fact::{careful, read};
use crate::installers::installer::{Installer, Place, Requirements, Sharing};

const SETTINGS: &str = "https://maven.apache.org/settings.html";
const LIFECYCLE: &str = "https://maven.apache.org/guides/introduction/introduction-to-the-lifecycle.html";

pub const ROW: Installer = Installer {
    keeps: &[
        read(Place::Option("-Dmaven.repo.local"), "https://maven.apache.org/guides/mini/guide-configuring-maven.html"),
        read(Place::Home(".m2/repository"), SETTINGS),
    ],
    builds: Some(read(
        &[
            &["clean", "package"],
            &["clean", "install"],
            &["clean", "verify"],
            &["package"],
            &["install"],
            &["verify"],
            &["compile"],
        ],
        LIFECYCLE,
    )),
    mounted_at: &[".m2"],
    ..Installer::named(
        "maven",
        &["mvn", "mvnw"],
        read(
            &[&["dependency:go-offline"], &["dependency:resolve"]],
            "https://maven.apache.org/plugins/maven-dependency-plugin/go-offline-mojo.html",
        ),
        read(
            &[&["dependency:purge-local-repository"]],
            "https://maven.apache.org/plugins/maven-dependency-plugin/purge-local-repository-mojo.html",
        ),
        careful(Sharing::Locked, "no page says that several can write to it at once"),
        read(Requirements::of("pom.xml", &["pom.xml"]), "https://maven.apache.org/pom.html"),
    )
};
