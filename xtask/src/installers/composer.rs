//! Composer.

use crate::installers::fact::{careful, read};
use crate::installers::installer::{Installer, Off, Place, Requirements, Sharing};
use crate::installers::pins::{Form, Pins};

const CLI: &str = "https://getcomposer.org/doc/03-cli.md";
const FACTORY: &str = "composer: src/Composer/Factory.php, getCacheDir";

pub const ROW: Installer = Installer {
    keeps: &[
        read(Place::Variable("COMPOSER_CACHE_DIR", ""), CLI),
        read(Place::Variable("COMPOSER_HOME", "cache"), FACTORY),
        read(Place::Variable("XDG_CACHE_HOME", "composer"), FACTORY),
        read(Place::Home(".composer/cache"), FACTORY),
    ],
    // Where some variable begins with XDG_, or there is a folder /etc/xdg (`FACTORY`, useXdg).
    mounted_at: &[".cache/composer"],
    turned_off: &[read(Off::Option("--no-cache"), CLI)],
    unpacks_into: &["vendor"],
    pins: Some(read(
        Pins {
            by_project: &[&["install"]],
            project: "composer.json",
            locks: &["composer.lock"],
            lock_with: "`composer update` writes it",
            ..Pins::named(&[], Form::Option)
        },
        "https://getcomposer.org/doc/01-basic-usage.md#commit-your-composer-lock-file-to-version-control",
    )),
    ..Installer::named(
        "composer",
        &["composer", "composer.phar"],
        read(&[&["install"], &["update"], &["require"], &["create-project"]], CLI),
        read(&[&["clear-cache"], &["clearcache"], &["cc"]], CLI),
        careful(Sharing::Locked, "no page says that several can write to it at once"),
        read(
            Requirements {
                // Its scripts, and the folders it loads classes from, are the project's own.
                without_project: "--no-scripts --no-autoloader, then composer dump-autoload behind the code",
                ..Requirements::of("composer.json and composer.lock", &["composer.json", "composer.lock"])
            },
            "https://getcomposer.org/doc/01-basic-usage.md",
        ),
    )
};
