//! Looking at what a build would send: its Dockerfile, its ignore file, and the files that are left.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::dockerfile::Dockerfile;
use crate::facts::builds::{BuildFacts, ContextFacts, Unwanted, is_whole_context};
use crate::ignore::{Ignore, Matched};
use crate::services::{Build, Services};
use crate::workspace;

/// More entries than any context should have.
const MOST_ENTRIES: u64 = 200_000;
/// A larger file is no script that somebody wrote.
const LARGEST_SCRIPT: u64 = 256 * 1024;

/// Reads the Dockerfiles, and walks their contexts until `deadline`.
pub fn look(services: &Services, root: &Path, deadline: Instant) -> Vec<BuildFacts> {
    let mut builds = read(services, root);
    for build in &mut builds {
        let of = services.services.iter().find(|service| build.services.contains(&service.name));
        let Some(of) = of.and_then(|service| service.build.as_ref()) else { continue };
        build.context = context(build, of, root, deadline);
    }
    builds
}

/// Reads the Dockerfiles alone. Services that build the same are one.
pub fn read(services: &Services, root: &Path) -> Vec<BuildFacts> {
    let mut builds: Vec<BuildFacts> = Vec::new();
    let mut seen: Vec<&Build> = Vec::new();
    for service in &services.services {
        let Some(build) = &service.build else { continue };
        if let Some(at) = seen.iter().position(|other| *other == build) {
            builds[at].services.push(service.name.clone());
            continue;
        }
        // What is not on this machine can't be read here.
        if build.context.is_none() && build.inline.is_none() {
            continue;
        }
        seen.push(build);
        builds.push(facts(build, &service.name, root));
    }
    builds
}

fn facts(build: &Build, service: &str, root: &Path) -> BuildFacts {
    let (shown, text) = match &build.inline {
        Some(text) => (format!("dockerfile_inline of `{service}`"), Ok(text.clone())),
        None => {
            let path = path_of(build, root);
            let shown = workspace::shown_from(root, &path);
            let text = fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            (shown, text.map_err(|error| error.to_string()))
        }
    };
    BuildFacts {
        services: vec![service.to_owned()],
        shown,
        target: build.target.clone(),
        args: build.args.clone(),
        variable_args: build.open_args.clone(),
        has_secrets: build.has_secrets,
        code: Vec::new(),
        dockerfile: text.and_then(|text| Dockerfile::parse(text.strip_prefix('\u{feff}').unwrap_or(&text))),
        context: None,
    }
}

fn path_of(build: &Build, root: &Path) -> PathBuf {
    let context = build.context.as_deref().unwrap_or(Path::new(""));
    workspace::absolute(&workspace::absolute(root, context), &build.dockerfile)
}

fn context(facts: &BuildFacts, build: &Build, root: &Path, deadline: Instant) -> Option<ContextFacts> {
    let folder = workspace::absolute(root, build.context.as_deref()?);
    if !folder.is_dir() {
        return None;
    }
    let (file, text) = ignore_file(build, root, &folder);
    let ignore = Ignore::parse(&text);
    let mut walk = Walk {
        ignore: &ignore,
        copied: facts.copied().iter().map(|(source, _)| (*source).to_owned()).collect(),
        deadline,
        top: BTreeMap::new(),
        facts: ContextFacts {
            shown: workspace::shown_from(root, &folder),
            ignore_file: file.map(|file| workspace::shown_from(root, &file)),
            ignore_place: workspace::shown_from(root, &folder.join(".dockerignore")),
            ..ContextFacts::default()
        },
    };
    walk.folder(&folder, "", &ignore.root(), false);
    let mut largest: Vec<(String, u64)> = walk.top.into_iter().filter(|(_, bytes)| *bytes > 0).collect();
    largest.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    largest.truncate(3);
    Some(ContextFacts { largest, ..walk.facts })
}

/// Whether one of the builds sends a path to the engine: it is in the context, and no ignore file leaves it out.
pub fn sends(services: &Services, root: &Path, path: &Path) -> bool {
    services.services.iter().filter_map(|service| service.build.as_ref()).any(|build| {
        let Some(context) = &build.context else { return false };
        let folder = workspace::absolute(root, context);
        let Ok(inside) = path.strip_prefix(&folder) else { return false };
        let (_, text) = ignore_file(build, root, &folder);
        let ignore = Ignore::parse(&text);
        let (mut left_out, mut above, mut whole) = (false, ignore.root(), String::new());
        for part in inside.components() {
            let part = part.as_os_str().to_string_lossy();
            whole = if whole.is_empty() { part.into_owned() } else { format!("{whole}/{part}") };
            (left_out, above) = ignore.look(&whole, &above);
        }
        !left_out
    })
}

/// The ignore file that holds for a build, where there is one, and its text. BuildKit looks beside the Dockerfile first.
fn ignore_file(build: &Build, root: &Path, folder: &Path) -> (Option<PathBuf>, String) {
    let mut own = path_of(build, root).into_os_string();
    own.push(".dockerignore");
    let places = [PathBuf::from(own), folder.join(".dockerignore")];
    let file = places.into_iter().find(|place| place.is_file());
    let bytes = file.as_ref().and_then(|file| fs::read(file).ok()).unwrap_or_default();
    (file, String::from_utf8_lossy(&bytes).into_owned())
}

struct Walk<'a> {
    ignore: &'a Ignore,
    copied: Vec<String>,
    deadline: Instant,
    top: BTreeMap<String, u64>,
    facts: ContextFacts,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, inside: &str, above: &Matched, left_out: bool) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if self.facts.files >= MOST_ENTRIES || (self.facts.files % 64 == 0 && Instant::now() > self.deadline) {
                self.facts.cut_short = true;
            }
            if self.facts.cut_short {
                return;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
            // Links are not followed: a build sends them as they are.
            let Ok(kind) = entry.file_type() else { continue };
            let (out, matched) = self.ignore.look(&path, above);
            if kind.is_dir() {
                if !out && !left_out {
                    self.unwanted(unwanted_folder(&entry.path(), &name, inside), &path);
                }
                if !out || self.ignore.may_take_in() {
                    self.folder(&entry.path(), &path, &matched, out);
                }
            } else if !out {
                self.file(&entry, &name, path);
            }
        }
    }

    fn file(&mut self, entry: &fs::DirEntry, name: &str, path: String) {
        let bytes = entry.metadata().map_or(0, |file| file.len());
        self.facts.files += 1;
        self.facts.bytes += bytes;
        let top = path.split('/').next().unwrap_or(&path).to_owned();
        *self.top.entry(top).or_default() += bytes;
        self.unwanted(unwanted_file(name), &path);
        if bytes <= LARGEST_SCRIPT && may_be_script(name) && self.is_copied(&path) && has_bad_first_line(&entry.path())
        {
            self.facts.scripts.push(path);
        }
    }

    fn unwanted(&mut self, found: Option<(&'static str, bool)>, path: &str) {
        let Some((line, secret)) = found else { return };
        if !self.facts.unwanted.iter().any(|other| other.line == line) {
            self.facts.unwanted.push(Unwanted { line, secret, seen: path.to_owned() });
        }
    }

    fn is_copied(&self, path: &str) -> bool {
        self.copied.iter().any(|source| {
            let source = source.trim_start_matches("./").trim_end_matches('/');
            is_whole_context(source)
                || path == source
                || path.strip_prefix(source).is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

/// Folders that no image needs: the line that leaves them out.
fn unwanted_folder(path: &Path, name: &str, inside: &str) -> Option<(&'static str, bool)> {
    let has = |file: &str| path.join(file).exists();
    let beside = |file: &str| path.with_file_name(file).exists();
    let line = match name {
        ".git" => "**/.git",
        ".venv" => "**/.venv",
        "venv" | "env" if has("pyvenv.cfg") => "**/venv",
        "__pycache__" => "**/__pycache__",
        ".pytest_cache" | ".mypy_cache" | ".ruff_cache" => "**/.*_cache",
        ".tox" | ".nox" => "**/.tox",
        "node_modules" => "**/node_modules",
        "target" if has("CACHEDIR.TAG") || beside("Cargo.toml") => "**/target",
        "tmp" if inside.is_empty() => "tmp",
        "docs" if inside.is_empty() => "docs",
        _ => return None,
    };
    Some((line, false))
}

fn unwanted_file(name: &str) -> Option<(&'static str, bool)> {
    let is_example = || ["example", "sample", "template", "dist"].iter().any(|ending| name.ends_with(ending));
    let ends = |ending: &str| name.len() > ending.len() && name.ends_with(ending);
    if name == ".env" || (name.starts_with(".env.") && !is_example()) {
        Some(("**/.env*", true))
    } else if ends(".log") {
        Some(("**/*.log", false))
    } else if ends(".tmp") || ends(".swp") || ends("~") {
        Some(("**/*.tmp", false))
    } else {
        None
    }
}

fn may_be_script(name: &str) -> bool {
    match name.rsplit_once('.') {
        Some((_, ending)) => matches!(ending, "sh" | "bash" | "zsh" | "py" | "pl" | "rb"),
        None => true,
    }
}

/// Whether the kernel would look for a program whose name ends in `\r`.
fn has_bad_first_line(path: &Path) -> bool {
    let mut start = [0; 256];
    let read = fs::File::open(path).and_then(|mut file| file.read(&mut start)).unwrap_or(0);
    let line = start[..read].split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.len() < read && line.starts_with(b"#!") && line.ends_with(b"\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_image_needs_is_known_by_name() {
        let file = |name: &str| unwanted_file(name).map(|(line, _)| line);
        assert_eq!(file(".env"), Some("**/.env*"));
        assert_eq!(file(".env.production"), Some("**/.env*"));
        assert_eq!(file(".env.example"), None);
        assert_eq!(file("a.log"), Some("**/*.log"));
        assert_eq!(file(".log"), None);
        assert_eq!(file("environment.py"), None);
    }
}
