//! apt-get and apt, on Debian and Ubuntu.

use crate::docker::output::cache::bytes;
use crate::installers::fact::{measured, read};
use crate::installers::installer::{Installer, Off, Output, Place, Requirements, Sharing};
use crate::installers::said::Said;

const VERSION: &str = "apt 2.6.1";
const MANUAL: &str = "https://manpages.debian.org/bookworm/apt/apt-get.8.en.html";
const REFERENCE: &str = "https://docs.docker.com/reference/dockerfile/#run---mounttypecache";

pub const ROW: Installer = Installer {
    keeps: &[measured(Place::Fixed("/var/cache/apt/archives"), VERSION)],
    mounted_at: &["var/cache/apt"],
    keeps_besides: &["var/lib/apt", "var/lib/apt/lists"],
    turned_off: &[
        read(Off::File("/etc/apt/apt.conf.d/docker-clean"), REFERENCE),
        read(Off::Program("apt", "apt-get"), "https://manpages.debian.org/bookworm/apt/apt.8.en.html"),
    ],
    output: Some(measured(Output { read: said, not_writable: None, verbose: None }, VERSION)),
    mounts: &[".."],
    ..Installer::named(
        "apt",
        &["apt-get", "apt"],
        measured(&[&["install"], &["upgrade"], &["dist-upgrade"], &["full-upgrade"], &["build-dep"]], VERSION),
        read(&[&["clean"], &["autoclean"], &["distclean"]], MANUAL),
        // "Apt needs exclusive access to its data."
        read(Sharing::Locked, REFERENCE),
        read(Requirements::of("what it needs", &[]), MANUAL),
    )
};

/// `Need to get 0 B/315 kB of archives.`
fn said(lines: &[&str]) -> Said {
    let mut said = Said::default();
    for line in lines {
        let Some((amount, _)) = line.strip_prefix("Need to get ").and_then(|rest| rest.split_once(" of archives"))
        else {
            continue;
        };
        let (needed, all) = amount.split_once('/').map_or((amount, None), |(needed, all)| (needed, Some(all)));
        // It counts by commas: `9,194 kB`.
        let number = |text: &str| bytes(&text.replace(',', ""));
        let needed = number(needed).unwrap_or(0);
        let had = all.and_then(number).map_or(0, |all| all.saturating_sub(needed));
        said.fetched_bytes = Some(said.fetched_bytes.unwrap_or(0).saturating_add(needed));
        said.at_least = said.at_least.saturating_add(needed);
        said.fetched = Some(said.fetched.unwrap_or(0) + u64::from(needed > 0));
        said.cached = Some(said.cached.unwrap_or(0) + u64::from(had > 0));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_runs() {
        let of = |text: &str| {
            let said = ROW.said(&text.lines().collect::<Vec<_>>());
            (said.fetched, said.fetched_bytes, said.cached)
        };
        assert_eq!(of(include_str!("recorded/apt-2.6.1-cold.txt")), (Some(1), Some(52_500), Some(0)));
        assert_eq!(of(include_str!("recorded/apt-2.6.1-warm.txt")), (Some(0), Some(0), Some(1)));
        assert_eq!(of("Need to get 9,194 kB of archives.\n"), (Some(1), Some(9_194_000), Some(0)));
    }
}
