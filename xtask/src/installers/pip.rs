//! pip.

use crate::docker::output::cache::bytes;
use crate::installers::fact::{measured, read};
use crate::installers::installer::{Index, Installer, Off, Output, Place, Requirements, Settings, Sharing};
use crate::installers::pins::{Form, Pins};
use crate::installers::said::Said;

const VERSIONS: &str = "pip 23.2.1 and 26.3";
const CACHING: &str = "https://pip.pypa.io/en/stable/topics/caching/";

pub const ROW: Installer = Installer {
    is_module: true,
    keeps: &[
        measured(Place::Option("--cache-dir"), VERSIONS),
        measured(Place::Variable("PIP_CACHE_DIR", ""), VERSIONS),
        read(Place::Setting("cache-dir"), "https://pip.pypa.io/en/stable/topics/configuration/"),
        measured(Place::Variable("XDG_CACHE_HOME", "pip"), VERSIONS),
        measured(Place::Home(".cache/pip"), VERSIONS),
    ],
    turned_off: &[
        read(Off::Option("--no-cache-dir"), CACHING),
        // For compatibility with itself, whatever the value is.
        measured(Off::Variable("PIP_NO_CACHE_DIR"), VERSIONS),
        measured(Off::Setting("no-cache-dir"), "pip 23.0.1"),
    ],
    settings: Some(read(
        Settings {
            files: &["/etc/pip.conf", "~/.config/pip/pip.conf", "~/.pip/pip.conf"],
            keys: &["no-cache-dir", "cache-dir", "index-url", "extra-index-url", "trusted-host"],
        },
        "https://pip.pypa.io/en/stable/topics/configuration/",
    )),
    obeys_headers: Some(measured(
        Index {
            options: &["--index-url", "-i", "--extra-index-url"],
            variables: &["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"],
            settings: &["index-url", "extra-index-url"],
            said: "Looking in indexes: ",
            file: |line| package("Downloading ", line).map(|(name, _)| name),
            trust: ("--trusted-host", "PIP_TRUSTED_HOST", "trusted-host"),
            refused: "is not a trusted or secure host and is being ignored",
            fix: "have the index send `Cache-Control: max-age=…`, or install with uv, which keeps its downloads anyway: \
                  https://docs.astral.sh/uv/guides/integration/docker/",
        },
        VERSIONS,
    )),
    output: Some(measured(
        Output { read: said, not_writable: Some("is not owned or is not writable by the current user"), verbose: None },
        VERSIONS,
    )),
    packages: &["pip", "setuptools", "wheel", "pip-tools", "hatch"],
    faster: Some("uv is faster there, or pip install --no-compile"),
    // check_path_owner in src/pip/_internal/utils/filesystem.py; measured on pip 23.0.1.
    wants_own_folder: true,
    // Both set the same: what is typed counts (measured on pip 23.0.1).
    beats: &[("--cache-dir", "PIP_NO_CACHE_DIR")],
    offline: &["--no-index"],
    pins: Some(read(
        Pins {
            otherwise: &["--require-hashes", "--build-constraint"],
            variables: &["PIP_CONSTRAINT", "PIP_REQUIRE_HASHES"],
            ..Pins::named(&[&["install"], &["wheel"], &["download"]], Form::Python)
        },
        "https://pip.pypa.io/en/stable/topics/repeatable-installs/",
    )),
    ..Installer::named(
        "pip",
        &["pip"],
        measured(&[&["install"], &["wheel"], &["download"]], VERSIONS),
        read(&[&["cache", "purge"], &["cache", "remove"]], "https://pip.pypa.io/en/stable/cli/pip_cache/"),
        // Each file is written elsewhere and moved into its place.
        read(Sharing::Shared, "pip: src/pip/_internal/network/cache.py"),
        read(
            Requirements {
                besides,
                options: &["-r", "--requirement"],
                installs_folders: true,
                ..Requirements::of(
                    "the requirements file",
                    &["requirements*.txt", "constraints*.txt", "pyproject.toml", "setup.py", "setup.cfg"],
                )
            },
            "https://pip.pypa.io/en/stable/cli/pip_install/",
        ),
    )
};

/// `Downloading click-8.1.7-py3-none-any.whl (97 kB)`, `Using cached …`; pip 23 prints the whole address where the index
/// is not its usual one. What ends in `.metadata` is no package yet.
fn said(lines: &[&str]) -> Said {
    let (mut fetched, mut size, mut sizes_known, mut cached, mut installed) = (0, 0, true, 0, false);
    for line in lines {
        if let Some((_, bytes)) = package("Downloading ", line) {
            fetched += 1;
            sizes_known &= bytes.is_some();
            size = u64::saturating_add(size, bytes.unwrap_or(0));
        } else if package("Using cached ", line).is_some() {
            cached += 1;
        }
        installed |= line.starts_with("Successfully installed") || line.starts_with("Requirement already satisfied");
    }
    // `pip -q` says nothing at all.
    if !installed && fetched + cached == 0 {
        return Said::default();
    }
    Said { fetched_bytes: sizes_known.then_some(size), at_least: size, ..Said::counted(fetched, cached) }
}

/// The name or address of a package in a line, and its size.
fn package<'a>(start: &str, line: &'a str) -> Option<(&'a str, Option<u64>)> {
    let rest = line.strip_prefix(start)?;
    let (name, size) = rest.rsplit_once(" (").map_or((rest, None), |(name, size)| (name, size.strip_suffix(')')));
    let name = name.split('#').next().unwrap_or(name);
    let endings = [".whl", ".tar.gz", ".zip", ".tar.bz2"];
    endings.iter().any(|ending| name.ends_with(ending)).then(|| (name, size.and_then(bytes)))
}

/// Other files, and packages of the project itself.
pub fn besides(name: &str, text: &str) -> Option<&'static str> {
    // An absolute path is one of the image.
    let is_local = |line: &str| {
        let path = line.trim_start_matches("--editable").trim_start_matches("-e").trim_start();
        let path = path.split([' ', ';', '#']).next().unwrap_or(path);
        let is_relative = path.contains('/') && !path.contains("://") && !path.starts_with(['/', '-']);
        path.starts_with('.') || is_relative || line.contains("file:.")
    };
    let includes =
        |line: &str| ["-r", "-c", "--requirement", "--constraint"].iter().any(|option| line.starts_with(option));
    match name {
        _ if !name.ends_with(".txt") => None,
        _ => match (text.lines().any(|line| is_local(line.trim())), text.lines().any(|line| includes(line.trim()))) {
            (true, true) => Some("the files that it includes and the packages that it names by path"),
            (true, false) => Some("the packages that it names by path"),
            (false, true) => Some("the files that it includes"),
            (false, false) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Option<u64>, Option<u64>, Option<u64>) {
        let said = ROW.said(&text.lines().collect::<Vec<_>>());
        (said.fetched, said.fetched_bytes, said.cached)
    }

    #[test]
    fn recorded_runs() {
        let cold = [include_str!("recorded/pip-23.2.1-cold.txt"), include_str!("recorded/pip-26.3-cold.txt")];
        let warm = [include_str!("recorded/pip-23.2.1-warm.txt"), include_str!("recorded/pip-26.3-warm.txt")];
        for (cold, warm) in cold.into_iter().zip(warm) {
            assert_eq!(of(cold), (Some(7), Some(606_500), Some(0)));
            assert_eq!(of(warm), (Some(0), Some(0), Some(7)));
        }
    }

    #[test]
    fn what_a_file_of_requirements_names_besides() {
        let of = |text: &str| besides("requirements.txt", text);
        assert_eq!(of("flask==3.0\ngit+https://a.example/x/y\nx @ https://a.example/x.whl\n/opt/x\n"), None);
        assert_eq!(of("-c c.txt\n"), Some("the files that it includes"));
        for path in ["./x", "-e ../x", "vendor/x", "x @ file:./x"] {
            assert_eq!(of(path), Some("the packages that it names by path"), "{path}");
        }
        let both = Some("the files that it includes and the packages that it names by path");
        assert_eq!(of("-r base.txt\n./x\n"), both);
    }

    #[test]
    fn metadata_is_no_package_and_silence_says_nothing() {
        let metadata =
            "  Downloading numpy-2.2.6-cp311.whl.metadata (62 kB)\nDownloading numpy-2.2.6-cp311.whl (16.8 MB)\n";
        assert_eq!(of(metadata), (Some(1), Some(16_800_000), Some(0)));
        assert_eq!(of(""), (None, None, None));
    }
}
