//! Gradle.

use crate::installers::fact::read;
use crate::installers::installer::{Installer, Place, Requirements, Sharing};

const HOME: &str = "https://docs.gradle.org/current/userguide/directory_layout.html";

pub const ROW: Installer = Installer {
    keeps: &[
        read(Place::Option("--gradle-user-home"), HOME),
        read(Place::Option("-g"), HOME),
        read(Place::Variable("GRADLE_USER_HOME", "caches"), HOME),
        read(Place::Home(".gradle/caches"), HOME),
    ],
    builds: Some(read(
        &[
            &["clean", "build"],
            &["clean", "bootJar"],
            &["build"],
            &["assemble"],
            &["bootJar"],
            &["bootWar"],
            &["jar"],
            &["war"],
            &["shadowJar"],
            &["installDist"],
            &["distZip"],
            &["classes"],
            &["test"],
            &["check"],
            &["assembleDebug"],
            &["assembleRelease"],
        ],
        "https://docs.gradle.org/current/userguide/command_line_interface.html",
    )),
    mounted_at: &[".gradle"],
    offline: &["--offline"],
    reads_in_place: true,
    ..Installer::named(
        "gradle",
        &["gradle", "gradlew"],
        read(&[&["dependencies"]], "https://docs.gradle.org/current/userguide/command_line_interface.html"),
        read(&[], HOME),
        // The owner of a lock is asked for it at a local port, which a build in another container can't reach.
        read(Sharing::Locked, "gradle: org/gradle/cache/internal/locklistener/DefaultFileLockCommunicator.java"),
        read(
            Requirements::of(
                "the build files of Gradle",
                &["build.gradle*", "settings.gradle*", "gradle.properties", "gradle.lockfile", "libs.versions.toml"],
            ),
            HOME,
        ),
    )
};
