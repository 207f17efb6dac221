//! The order of the folders that `lib.rs` writes down holds: a folder uses what lies below it, never what lies above.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::repository;

fn sources() -> PathBuf {
    repository().join("xtask").join("src")
}

/// Every source file with its path from `src`, with `/`.
fn files() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(sources()).expect("below src").display().to_string().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).expect("a source file")));
            }
        }
    }
    let mut found = Vec::new();
    walk(&sources(), &mut found);
    found.sort();
    found
}

/// The folders of `lib.rs`, from the top down.
fn folders() -> Vec<String> {
    let lib = fs::read_to_string(sources().join("lib.rs")).expect("lib.rs");
    lib.lines().filter_map(|line| Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())).collect()
}

/// The modules of the crate that a file names: `use crate::x…`, `use crate::{x, y…}` and `crate::x::`.
fn uses(source: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or(line)).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    // A macro's `$crate::` names what the library shows to others.
    for (at, _) in code.match_indices("crate::").filter(|(at, _)| !code[..*at].ends_with('$')) {
        let rest = &code[at + "crate::".len()..];
        let name = |text: &str| {
            let text = text.trim();
            text[..text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())].to_owned()
        };
        match rest.strip_prefix('{') {
            Some(list) => {
                // The names at the first level of the braces.
                let (mut depth, mut start) = (0, 0);
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => {
                            found.push(name(&list[start..at]));
                            break;
                        }
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            found.push(name(&list[start..at]));
                            start = at + 1;
                        }
                        _ => {}
                    }
                }
            }
            None => found.push(name(rest)),
        }
    }
    found.retain(|name| !name.is_empty());
    found.sort();
    found.dedup();
    found
}

#[test]
fn names_of_modules_are_read_from_code() {
    let code = "use crate::a::B;\nuse crate::{b, c::{D, E}, f::G};\n// use crate::no;\nfn x() { crate::h::i() }\n";
    assert_eq!(uses(code), ["a", "b", "c", "f", "h"]);
}

#[test]
fn a_folder_uses_only_what_lies_below_it() {
    let folders = folders();
    let place = |name: &str| folders.iter().position(|folder| folder == name);
    let mut wrong = Vec::new();
    for (file, source) in files() {
        let Some((own, _)) = file.split_once('/') else {
            assert!(["lib.rs", "main.rs"].contains(&file.as_str()), "{file} lies in no folder");
            continue;
        };
        let Some(own) = place(own) else {
            wrong.push(format!("{file} lies in no folder of lib.rs"));
            continue;
        };
        for used in uses(&source) {
            match place(&used) {
                None => wrong.push(format!("{file} uses crate::{used}, which is no folder of lib.rs")),
                Some(above) if above < own => wrong.push(format!("{file} uses crate::{used}, which lies above it")),
                Some(_) => {}
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// A built-in command is one file with its `BUILT_IN`, and one line in the table.
#[test]
fn every_built_in_command_is_one_file_and_one_line_of_the_table() {
    let table = fs::read_to_string(sources().join("cli/commands.rs")).expect("the table");
    let rows = table.split("static ALL").nth(1).and_then(|rest| rest.split_once("= [")).expect("ALL").1;
    let rows = rows.split("];").next().expect("the end of the rows");
    let in_table = rows.split(',').filter(|row| !row.trim().is_empty()).count();
    let with_row: Vec<String> = files()
        .into_iter()
        .filter(|(_, source)| source.contains("pub const BUILT_IN: BuiltIn"))
        .map(|(file, _)| file)
        .collect();
    assert!(with_row.len() >= 10, "{with_row:?}");
    assert_eq!(with_row.len(), in_table, "{rows}\n{with_row:?}");
    for file in with_row {
        assert!(
            file.starts_with("cli/") || file.ends_with("/command.rs"),
            "{file}: `cli`, or the `command` of a subject"
        );
    }
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let mut long: Vec<String> = Vec::new();
    for (file, source) in files() {
        let lines = source.lines().count();
        if lines > 400 {
            long.push(format!("{file}: {lines}"));
        }
    }
    assert_eq!(long, [""; 0]);
}

/// Who copies the package has tasks of their own: no test may take theirs for this repository's.
#[test]
fn tests_read_the_repositorys_own_files_only_where_it_is_this_one() {
    let tests = repository().join("xtask").join("tests");
    let mut wrong = Vec::new();
    for entry in fs::read_dir(tests.join("it")).expect("the tests").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".rs") || name == "layout.rs" || name == "harness.rs" {
            continue;
        }
        let text = fs::read_to_string(entry.path()).expect("a source file");
        // Each function by itself: what it takes from the repository is the package's own, or guarded.
        for function in text.split("\nfn ").flat_map(|part| part.split("\n    fn ")) {
            let of_others = function.matches("repository().join(").count()
                - function.matches("repository().join(\"xtask\")").count()
                - function.matches("repository().join(\"Cargo.toml\")").count();
            if of_others > 0 && !function.contains("shipped_tasks()") {
                wrong.push(format!("{name}: {}", function.lines().next().unwrap_or_default()));
            }
        }
    }
    let text = fs::read_to_string(tests.join("docs").join("main.rs")).expect("a source file");
    for function in text.split("#[test]").skip(1) {
        if !function.contains("let Some(root) = repository() else { return };") {
            wrong.push(format!("docs: {}", function.trim().lines().next().unwrap_or_default()));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// What steps get of `[env]` may choose programs: whoever only looks has `to_look`.
#[test]
fn variables_of_steps_are_used_where_that_is_meant() {
    let users = |word: &str| {
        let uses = |source: &String| source.lines().any(|line| line.contains(word));
        let files = files().into_iter().filter(|(_, source)| uses(source));
        files.map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(users(".of_steps()"), ["doctor/asked.rs", "lint/sources.rs", "project/context.rs"]);
    assert_eq!(users("Layers::common("), ["cli/env.rs", "project/context.rs"]);
    assert_eq!(users("Asked::to_build("), ["trial/project.rs"]);
    assert_eq!(users("Asked::below("), ["doctor/hints.rs"]);
}

/// Files of others wait, or have no end: `system/files.rs` reads them all. The rest is the kernel's and our own.
#[test]
fn files_are_read_in_one_place() {
    let words = ["fs::read(", "read_to_string(", "File::open(", "File::options(", "OpenOptions::new("];
    let reads = |source: &String| {
        let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or(source);
        let code = code.split("#[cfg(all(test").next().unwrap_or(code);
        code.lines().any(|line| words.iter().any(|word| line.contains(word)))
    };
    let is_test = |name: &str| name.starts_with("fuzz/") || name.ends_with("tests.rs") || name.contains("/tests/");
    let files = files().into_iter().filter(|(name, source)| !is_test(name) && reads(source));
    let expected = [
        "docker/endpoint.rs",      // a named pipe of Windows
        "docker/listeners.rs",     // /proc
        "file_commands/native.rs", // what is written
        "system/drafts.rs",        // what is written
        "system/files.rs",
        "system/lock.rs",         // locks
        "system/process/proc.rs", // /proc
    ];
    assert_eq!(files.map(|(name, _)| name).collect::<Vec<_>>(), expected);
}
