//! What the registries are told: the Python package and the crate are one thing, with one version.

use std::fs;

use crate::repository;

/// The value of a key that stands in a line of its own, as it is written.
fn value<'a>(file: &'a str, key: &str) -> Option<&'a str> {
    let of_line = |line: &'a str| {
        let (name, value) = line.split_once('=')?;
        (name.trim_end() == key).then_some(value.split(" #").next().unwrap_or(value).trim())
    };
    file.lines().find_map(of_line)
}

#[test]
fn the_python_package_is_the_crate() {
    let Some(root) = repository() else { return };
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (python, cargo) = (read("pyproject.toml"), read("xtask/Cargo.toml"));
    for key in ["name", "description", "license"] {
        assert!(value(&python, key).is_some(), "{key}");
        assert_eq!(value(&python, key), value(&cargo, key), "{key}");
    }
    // The version stands in one place; `the_changelog_has_a_heading_for_the_version` holds the changelog's.
    assert_eq!(value(&python, "version"), None);
    assert_eq!(value(&python, "dynamic"), Some(r#"["version"]"#));
    assert_eq!(value(&python, "manifest-path"), Some(r#""xtask/Cargo.toml""#));
    // Each package has the terms beside it, and they are the same.
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        assert!(value(&python, "license-files").is_some_and(|files| files.contains(licence)), "{licence}");
        assert_eq!(read(licence), read(&format!("xtask/{licence}")), "{licence}");
    }
}
