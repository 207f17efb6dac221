//! Walks a build context: what builds take of it, how large that is, and what should not be in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::dockerfile::context::facts::{ContextFacts, Unwanted, is_whole_context};
use crate::dockerfile::context::unwanted;
use crate::dockerfile::dockerignore::{self as ignore, Ignore, Matched};
use crate::system::files;

/// More entries than any context should have.
const MOST_ENTRIES: u64 = 200_000;
/// Larger files are hardly scripts.
const LARGEST_SCRIPT: u64 = 256 * 1024;
/// How many entries are named.
const LARGEST: usize = 3;

struct Walk {
    facts: ContextFacts,
    ignore: Ignore,
    /// The paths or patterns that are taken; `None` for everything.
    taken: Option<Vec<String>>,
    deadline: Instant,
    seen: u64,
    top: BTreeMap<String, u64>,
}

/// Walks a folder until `deadline`, without what its ignore file excludes.
pub fn walk(folder: &Path, facts: ContextFacts, deadline: Instant) -> ContextFacts {
    let ignore = Ignore::parse(facts.ignore_text.as_deref().unwrap_or_default());
    let root = ignore.root();
    let taken = (facts.whole().is_none()).then(|| {
        let sources = facts.taken.iter().map(|taken| taken.source.trim_start_matches("./").trim_matches('/'));
        sources.map(str::to_owned).collect()
    });
    let mut walk = Walk { facts, ignore, taken, deadline, seen: 0, top: BTreeMap::new() };
    walk.folder(folder, "", &root, false, false);
    let mut largest: Vec<(String, u64)> = walk.top.into_iter().filter(|(_, bytes)| *bytes > 0).collect();
    largest.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    largest.truncate(LARGEST);
    ContextFacts { largest, ..walk.facts }
}

impl Walk {
    /// `left_out`: the folder is excluded, and something in it may be included again. `unwanted`: the folder itself is
    /// already reported.
    fn folder(&mut self, folder: &Path, inside: &str, above: &Matched, left_out: bool, unwanted: bool) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if self.seen >= MOST_ENTRIES || (self.seen % 64 == 0 && Instant::now() > self.deadline) {
                self.facts.cut_short = true;
            }
            if self.facts.cut_short {
                return;
            }
            self.seen += 1;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
            // Links are not followed: a build sends them as they are.
            let Ok(kind) = entry.file_type() else { continue };
            let (out, matched) = self.ignore.look(&path, above);
            if kind.is_dir() {
                let mut known = unwanted;
                if !out && !left_out && !unwanted && self.is_taken(&path) {
                    let line = unwanted::folder(&entry.path(), &name, inside, &self.facts);
                    known = self.unwanted(line.map(|line| (line, false)), &path);
                }
                if (!out || self.ignore.may_take_in()) && self.may_hold(&path) {
                    self.folder(&entry.path(), &path, &matched, out, known);
                }
            } else if !out && self.is_taken(&path) {
                self.file(&entry, &name, path, unwanted);
            }
        }
    }

    fn file(&mut self, entry: &fs::DirEntry, name: &str, path: String, unwanted: bool) {
        let bytes = entry.metadata().map_or(0, |file| file.len());
        self.facts.files += 1;
        self.facts.bytes = self.facts.bytes.saturating_add(bytes);
        let top = path.split('/').next().unwrap_or(&path).to_owned();
        let of_top = self.top.entry(top).or_default();
        *of_top = of_top.saturating_add(bytes);
        if !unwanted {
            let is_wanted = |secret| secret && self.facts.is_in_named(&path);
            let found = unwanted::file(&entry.path(), name).filter(|(_, secret)| !is_wanted(*secret));
            self.unwanted(found, &path);
        }
        if bytes <= LARGEST_SCRIPT && may_be_script(name) && has_bad_lines(&entry.path(), name) {
            self.facts.scripts.push(path);
        }
    }

    fn unwanted(&mut self, found: Option<(String, bool)>, path: &str) -> bool {
        let Some((line, secret)) = found.filter(|_| !self.facts.is_named(path) && !self.ignore.takes_in(path)) else {
            return false;
        };
        if !self.facts.unwanted.iter().any(|other| other.line == line) {
            self.facts.unwanted.push(Unwanted { line, secret, seen: path.to_owned() });
        }
        true
    }

    /// Whether a path, or a folder above it, is taken.
    fn is_taken(&self, path: &str) -> bool {
        let Some(taken) = &self.taken else { return true };
        taken.iter().any(|source| ignore::glob_or_above(source, path))
    }

    /// Whether something in a folder may be taken: what is taken lies there, or the folder itself is.
    fn may_hold(&self, path: &str) -> bool {
        let Some(taken) = &self.taken else { return true };
        let depth = path.split('/').count();
        let reaches = |source: &String| {
            let start: Vec<&str> = source.split('/').take(depth).collect();
            start.len() == depth && ignore::glob(&start.join("/"), path)
        };
        self.is_taken(path) || taken.iter().any(reaches) || taken.iter().any(|source| is_whole_context(source))
    }
}

fn may_be_script(name: &str) -> bool {
    match name.rsplit_once('.') {
        Some((_, ending)) => is_shell(name) || matches!(ending, "py" | "pl" | "rb"),
        None => true,
    }
}

fn is_shell(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some((_, "sh" | "bash" | "zsh" | "ksh")))
}

/// Whether `\r` keeps it from running on Linux: the kernel looks for a program whose name ends in `\r`, and a shell takes
/// it as part of each line.
fn has_bad_lines(path: &Path, name: &str) -> bool {
    let start = files::start_of(path, 4096);
    let mut lines = start.split('\n');
    let first = lines.next().unwrap_or_default();
    let is_bad = |line: &str| line.ends_with('\r');
    let whole = first.len() < start.len();
    (first.starts_with("#!") && is_bad(first) && whole)
        || (is_shell(name) && (is_bad(first) && whole || lines.any(is_bad)))
}
