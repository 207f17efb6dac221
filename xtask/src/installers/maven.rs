//! Maven.

use crate::installers::fact::read;
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
    offline: &["-o", "--offline"],
    reads_in_place: true,
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
        // Maven 3 keeps its locks in memory; only 4 has them in files.
        read(Sharing::Locked, "https://github.com/apache/maven-resolver/issues/2017"),
        read(
            Requirements { besides, ..Requirements::of("pom.xml", &["pom.xml"]) },
            "https://maven.apache.org/pom.html",
        ),
    )
};

fn besides(_: &str, text: &str) -> Option<&'static str> {
    text.contains("<modules>").then_some("the pom.xml of each module")
}
