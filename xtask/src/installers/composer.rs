//! Composer.

use crate::installers::fact::{careful, read};
use crate::installers::installer::{Installer, Off, Place, Requirements, Sharing};

const CLI: &str = "https://getcomposer.org/doc/03-cli.md";
const CONFIG: &str = "https://getcomposer.org/doc/06-config.md#cache-dir";

pub const ROW: Installer = Installer {
    keeps: &[
        read(Place::Variable("COMPOSER_CACHE_DIR", ""), CLI),
        read(Place::Variable("COMPOSER_HOME", "cache"), CONFIG),
        read(Place::Variable("XDG_CACHE_HOME", "composer"), CONFIG),
        read(Place::Home(".composer/cache"), CONFIG),
    ],
    mounted_at: &[".cache/composer"],
    turned_off: &[read(Off::Option("--no-cache"), CLI)],
    unpacks_into: &["vendor"],
    ..Installer::named(
        "composer",
        &["composer", "composer.phar"],
        read(&[&["install"], &["update"], &["require"], &["create-project"]], CLI),
        read(&[&["clear-cache"], &["clearcache"], &["cc"]], CLI),
        careful(Sharing::Locked, "no page says that several can write to it at once"),
        read(
            Requirements::of("composer.json and composer.lock", &["composer.json", "composer.lock"]),
            "https://getcomposer.org/doc/01-basic-usage.md",
        ),
    )
};
