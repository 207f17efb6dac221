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

/// A tag of an action can be moved to other code; a commit can't.
#[test]
fn every_action_is_pinned_to_a_commit_and_says_its_version() {
    let Some(root) = repository() else { return };
    let mut count = 0;
    for entry in fs::read_dir(root.join(".github/workflows")).expect("the workflows").flatten() {
        let text = fs::read_to_string(entry.path()).expect("a workflow");
        for line in text.lines() {
            let Some((_, used)) = line.split_once("uses: ") else { continue };
            let (action, version) = used.split_once(" # v").unwrap_or_else(|| panic!("no version: {line}"));
            let (_, commit) = action.split_once('@').unwrap_or_else(|| panic!("no commit: {line}"));
            assert!(commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{line}");
            assert!(version.chars().all(|c| c.is_ascii_digit() || c == '.'), "{line}");
            count += 1;
        }
    }
    assert!(count > 5, "only {count} actions were found");
}

/// cargo-binstall looks for `NAME-TARGET-vVERSION.tgz` at the release `vVERSION`, unless the crate says something else.
/// `.ci/archive` makes that, which `.ci/wheel` holds.
#[test]
fn a_release_has_what_cargo_binstall_looks_for() {
    let Some(root) = repository() else { return };
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(!read("xtask/Cargo.toml").contains("metadata.binstall"));
    let workflow = read(".github/workflows/release.yml");
    for line in [
        "tags: [\"v*\"]",
        "[[ $GITHUB_REF_NAME == \"v$version\" ]]",
        "python .ci/archive ${{ matrix.target }} wheel/*.whl archive",
        "gh release upload \"$GITHUB_REF_NAME\" --clobber archives/*",
    ] {
        assert!(workflow.contains(line), "{line}");
    }
    let targets: Vec<&str> =
        workflow.lines().filter_map(|line| line.split_once("{ target: ")?.1.split([',', ' ']).next()).collect();
    let expected = [
        "x86_64-unknown-linux-gnu",
        "aarch64-unknown-linux-gnu",
        "x86_64-unknown-linux-musl",
        "aarch64-unknown-linux-musl",
        "x86_64-apple-darwin",
        "aarch64-apple-darwin",
        "x86_64-pc-windows-msvc",
    ];
    assert_eq!(targets, expected);
}
