//! The floors that `lib.rs` writes down hold: a module uses what stands below it, never what stands above.

use std::collections::BTreeMap;
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

/// Each module of `lib.rs` and the floor that its comment names.
fn floors() -> BTreeMap<String, u32> {
    let main = fs::read_to_string(sources().join("lib.rs")).expect("lib.rs");
    let mut floor = None;
    let mut floors = BTreeMap::new();
    for line in main.lines() {
        if let Some(rest) = line.strip_prefix("// floor ") {
            floor = Some(rest[..1].parse().expect("a number"));
        }
        if let Some(name) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
            let floor = floor.unwrap_or_else(|| panic!("`{name}` stands under no floor"));
            floors.insert(name.to_owned(), floor);
        }
    }
    floors
}

/// The modules of the crate that a file names: `use crate::x…`, `use crate::{x, y…}` and `crate::x::`.
fn uses(source: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or(line)).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
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
fn imports_go_down_only() {
    let floors = floors();
    let mut wrong = Vec::new();
    for (file, source) in files() {
        let own = file.split(['/', '.']).next().expect("a name").to_owned();
        if own == "main" || own == "lib" {
            continue;
        }
        let Some(floor) = floors.get(&own) else {
            wrong.push(format!("{file} belongs to no module of lib.rs"));
            continue;
        };
        for used in uses(&source) {
            // What is no module is an item of lib.rs itself, and there is none.
            let Some(below) = floors.get(&used) else {
                wrong.push(format!("{file} uses crate::{used}, which is no module of lib.rs"));
                continue;
            };
            let allowed = used == own
                || match (floor, below) {
                    // Effects and policy do not see each other.
                    (3, 2) | (2, 3) => false,
                    (3, 3) | (5, _) => true,
                    _ => below <= floor,
                };
            if !allowed {
                wrong.push(format!("{file} (floor {floor}) uses crate::{used} (floor {below})"));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_file_of_the_top_is_a_module_of_main() {
    let floors = floors();
    for (file, _) in files() {
        let own = file.split(['/', '.']).next().expect("a name");
        assert!(own == "main" || own == "lib" || floors.contains_key(own), "{file}");
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

#[test]
fn every_command_has_a_file() {
    let commands = fs::read_to_string(sources().join("commands.rs")).expect("commands.rs");
    let rows = commands.split("static ROWS").nth(1).and_then(|rest| rest.split_once('=')).expect("ROWS").1;
    let rows = rows.trim_start().trim_start_matches('[');
    let rows = rows.split("];").next().expect("the end of the rows");
    let names: Vec<&str> = rows.split(',').filter_map(|row| row.trim().strip_suffix("::ROW")).collect();
    assert!(names.len() >= 3, "{rows}");
    for name in names {
        let source = fs::read_to_string(sources().join("commands").join(format!("{name}.rs")));
        assert!(source.is_ok_and(|source| source.contains("pub const ROW: Row")), "{name}");
    }
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
