//! apk, on Alpine.

use crate::installers::fact::{careful, read};
use crate::installers::installer::{Installer, Off, Place, Requirements, Sharing};

const CACHE: &str = "https://man.archlinux.org/man/apk-cache.5.en";
const MANUAL: &str = "https://man.archlinux.org/man/extra/apk-tools/apk.8.en";

pub const ROW: Installer = Installer {
    keeps: &[read(Place::Option("--cache-dir"), MANUAL), read(Place::Fixed("/etc/apk/cache"), CACHE)],
    // `/etc/apk/cache` is a link to it, by convention.
    mounted_at: &["var/cache/apk"],
    turned_off: &[read(Off::Option("--no-cache"), MANUAL), read(Off::WithoutFile("/etc/apk/cache"), CACHE)],
    ..Installer::named(
        "apk",
        &["apk"],
        read(&[&["add"], &["upgrade"], &["fetch"]], MANUAL),
        read(&[&["cache", "clean"], &["cache", "purge"]], "https://man.archlinux.org/man/apk-cache.8.en"),
        careful(Sharing::Locked, "no page says that several can write to it at once"),
        read(Requirements::of("what it needs", &[]), MANUAL),
    )
};
