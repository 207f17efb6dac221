//! uv.

use crate::docker::output::cache::bytes;
use crate::installers::fact::{measured, read};
use crate::installers::installer::{Installer, Off, Output, Place, Requirements, Sharing};
use crate::installers::pins::{Form, Pins};
use crate::installers::pip;
use crate::installers::said::Said;

const VERSION: &str = "uv 0.13.9";
const CACHE: &str = "https://docs.astral.sh/uv/concepts/cache/";

pub const ROW: Installer = Installer {
    is_module: true,
    keeps: &[
        measured(Place::Option("--cache-dir"), VERSION),
        measured(Place::Variable("UV_CACHE_DIR", ""), VERSION),
        measured(Place::Variable("XDG_CACHE_HOME", "uv"), VERSION),
        measured(Place::Home(".cache/uv"), VERSION),
    ],
    turned_off: &[
        read(Off::Option("--no-cache"), CACHE),
        read(Off::Option("--no-cache-dir"), CACHE),
        read(Off::Option("-n"), CACHE),
        measured(Off::TrueVariable("UV_NO_CACHE"), VERSION),
    ],
    output: Some(measured(Output { read: said, not_writable: None, verbose: None }, VERSION)),
    packages: &["uv"],
    offline: &["--offline", "--no-index"],
    pins: Some(read(
        Pins {
            otherwise: &["--exclude-newer", "--constraints", "--require-hashes", "--with-requirements"],
            variables: &["UV_CONSTRAINT", "UV_EXCLUDE_NEWER", "UV_REQUIRE_HASHES", "UV_FROZEN", "UV_LOCKED"],
            by_project: &[&["sync"]],
            project: "pyproject.toml",
            locks: &["uv.lock"],
            strict: &["--locked", "--frozen"],
            lock_with: "`uv lock` writes it; then install with `uv sync --locked`",
            ..Pins::named(&[&["pip", "install"], &["add"], &["tool", "install"]], Form::Python)
        },
        "https://docs.astral.sh/uv/concepts/projects/sync/",
    )),
    ..Installer::named(
        "uv",
        &["uv"],
        measured(&[&["sync"], &["pip", "install"], &["pip", "sync"], &["add"], &["tool", "install"]], VERSION),
        read(&[&["cache", "clean"], &["cache", "prune", "--ci"], &["clean"]], CACHE),
        // "It is safe to run multiple uv commands concurrently, even against the same virtual environment."
        read(Sharing::Shared, CACHE),
        read(
            Requirements {
                besides,
                options: &["-r", "--requirement", "--requirements"],
                installs_folders: true,
                without_project: "--no-install-project",
                ..Requirements::of("pyproject.toml and uv.lock", &["pyproject.toml", "uv.lock", "requirements*.txt"])
            },
            "https://docs.astral.sh/uv/guides/integration/docker/",
        ),
    )
};

/// `Prepared 5 packages in 1.20s` are those that were not there; `Installed 8 packages in 90ms` are all. Sizes stand
/// only at large ones: `Downloading numpy (15.8MiB)`.
fn said(lines: &[&str]) -> Said {
    let (mut prepared, mut installed, mut named, mut size) = (0, None, 0, 0);
    for line in lines {
        let number = |start: &str| {
            let (number, unit) = line.strip_prefix(start)?.split_once(' ')?;
            number.parse::<u64>().ok().filter(|_| unit.starts_with("package"))
        };
        if let Some(number) = number("Prepared ") {
            prepared = u64::saturating_add(prepared, number);
        } else if let Some(number) = number("Installed ") {
            installed = Some(u64::saturating_add(installed.unwrap_or(0), number));
        } else if let Some((_, bytes)) = line.strip_prefix("Downloading ").and_then(|rest| rest.rsplit_once(" (")) {
            named += 1;
            size = u64::saturating_add(size, self::bytes(bytes.trim_end_matches(')')).unwrap_or(0));
        }
    }
    let Some(installed) = installed.or((prepared > 0).then_some(prepared)) else { return Said::default() };
    let fetched_bytes = (prepared == named).then_some(size);
    Said { fetched_bytes, at_least: size, ..Said::counted(prepared, u64::saturating_sub(installed, prepared)) }
}

fn besides(name: &str, text: &str) -> Option<&'static str> {
    match name {
        "pyproject.toml" if text.contains("[tool.uv.workspace]") => Some("the pyproject.toml of each workspace member"),
        "pyproject.toml" if text.contains("path = ") => Some("the packages that it names by path"),
        _ => pip::besides(name, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_runs() {
        let of = |text: &str| ROW.said(&text.lines().collect::<Vec<_>>());
        let cold = of(include_str!("recorded/uv-0.13.9-cold.txt"));
        assert_eq!(cold, Said { at_least: 16_882_073, ..Said::counted(8, 0) });
        let warm = of(include_str!("recorded/uv-0.13.9-warm.txt"));
        assert_eq!(warm, Said { fetched_bytes: Some(0), ..Said::counted(0, 8) });
        assert_eq!(of("Audited 5 packages in 3ms\n"), Said::default());
    }
}
