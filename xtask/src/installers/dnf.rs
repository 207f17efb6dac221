//! dnf, microdnf and yum, on Fedora and its relatives.

use crate::installers::fact::{careful, read};
use crate::installers::installer::{Installer, Off, Place, Requirements, Settings, Sharing};

const CONF: &str = "https://dnf.readthedocs.io/en/latest/conf_ref.html";
const DNF5: &str = "https://man.archlinux.org/man/dnf5-caching.7.en";

pub const ROW: Installer = Installer {
    keeps: &[read(Place::Setting("cachedir"), CONF), read(Place::Fixed("/var/cache/dnf"), CONF)],
    // dnf 5 and yum 3 (`DNF5` above, and yum.conf(5)).
    mounted_at: &["var/cache/libdnf5", "var/cache/yum"],
    turned_off: &[read(Off::Unless("keepcache", "--setopt=keepcache=1"), DNF5)],
    settings: Some(read(
        Settings { files: &["/etc/dnf/dnf.conf", "/etc/yum.conf"], keys: &["keepcache", "cachedir"] },
        CONF,
    )),
    ..Installer::named(
        "dnf",
        &["dnf", "microdnf", "yum"],
        read(
            &[&["install"], &["update"], &["upgrade"], &["groupinstall"], &["builddep"]],
            "https://dnf.readthedocs.io/en/latest/command_ref.html",
        ),
        read(&[&["clean"]], "https://dnf.readthedocs.io/en/latest/command_ref.html"),
        careful(Sharing::Locked, "no page says that several can write to it at once"),
        read(Requirements::of("what it needs", &[]), CONF),
    )
};
