//! Bun.

use crate::installers::fact::{careful, measured, read};
use crate::installers::installer::{Installer, Off, Place, Requirements, Sharing};
use crate::installers::npm;
use crate::installers::pins::{Form, Pins};

const VERSION: &str = "bun 1.4.5";
const CACHE: &str = "https://bun.com/docs/pm/global-cache";

/// With a lock file it prints the same whether it downloads or not (`recorded/bun-1.4.5-lock-*.txt`): no `output`.
pub const ROW: Installer = Installer {
    keeps: &[
        read(Place::Option("--cache-dir"), "https://bun.com/docs/pm/cli/install"),
        measured(Place::Variable("BUN_INSTALL_CACHE_DIR", ""), VERSION),
        measured(Place::Variable("BUN_INSTALL", "install/cache"), VERSION),
        measured(Place::Variable("XDG_CACHE_HOME", ".bun/install/cache"), VERSION),
        measured(Place::Home(".bun/install/cache"), VERSION),
    ],
    turned_off: &[read(Off::Option("--no-cache"), "https://bun.com/docs/pm/cli/install")],
    packages: &["bun"],
    unpacks_into: &["node_modules"],
    pins: Some(read(
        Pins {
            by_project: &[&["install"], &["i"]],
            project: "package.json",
            locks: &["bun.lock", "bun.lockb"],
            strict: &["--frozen-lockfile"],
            lock_with: "`bun install` writes it; then install with `bun ci`",
            ..Pins::named(&[&["install"], &["i"], &["add"]], Form::At)
        },
        "https://bun.com/docs/pm/lockfile",
    )),
    ..Installer::named(
        "bun",
        &["bun"],
        measured(&[&["install"], &["i"], &["add"], &["ci"]], VERSION),
        read(&[&["pm", "cache", "rm"]], CACHE),
        careful(Sharing::Locked, "no page says that several can write to it at once"),
        read(
            Requirements {
                besides: npm::besides,
                ..Requirements::of("package.json and bun.lock", &["package.json", "bun.lock", "bun.lockb"])
            },
            "https://bun.com/docs/pm/lockfile",
        ),
    )
};

#[cfg(test)]
mod tests {
    #[test]
    fn the_two_runs_can_not_be_told_apart() {
        let packages = |text: &str| text.split('[').next().map(str::to_owned);
        let (cold, warm) =
            (include_str!("recorded/bun-1.4.5-lock-cold.txt"), include_str!("recorded/bun-1.4.5-lock-warm.txt"));
        assert_eq!(packages(cold), packages(warm));
    }
}
