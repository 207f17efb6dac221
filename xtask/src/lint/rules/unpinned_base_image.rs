//! A base image whose tag moves: the same name may be another image tomorrow.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::model::{Dockerfile, Stage};
use crate::lint::before::mentions;
use crate::lint::rule::{Example, Found, Look, Rule};
use crate::ui::finding::Finding;

const NAME: &str = "unpinned-base-image";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A base image whose tag moves",
    why: "A tag such as `latest` or `3` moves to a new image with every release. On a machine that pulls, all \
          steps run again and may give another result; a machine that has the older image goes on with that. \
          So two people build different images from the same commit.",
    instead: "Name the version as far as its releases can change something for you: `python:3.13` gets bug fixes \
          and stays Python 3.13. A digest (`python:3.13@sha256:…`) never moves; a bot such as Renovate or \
          Dependabot can keep it up to date.",
    fix: "",
    examples: &[
        Example {
            bad: "\
FROM python
",
            good: "\
FROM python:3.13
",
        },
        Example {
            bad: "\
FROM node:lts-slim
",
            good: "\
FROM node:22-slim
",
        },
    ],
    look: Look::Build(|build| look(build.facts).into_iter().map(Found::from).collect()),
};

pub fn look(build: &BuildFacts) -> Vec<Finding> {
    let Ok(file) = &build.dockerfile else { return Vec::new() };
    build.stages().into_iter().filter_map(|stage| finding(build, file, stage)).collect()
}

fn finding(build: &BuildFacts, file: &Dockerfile, stage: &Stage) -> Option<Finding> {
    if file.base(stage, &build.args).is_some() || stage.base == "scratch" {
        return None;
    }
    let image = file.resolve(&stage.base, &build.args).filter(|image| !build.is_provided(image))?;
    let last = image.rsplit('/').next().unwrap_or(&image);
    let tag = last.split_once(':').map_or("latest", |(_, tag)| tag);
    let what = match image.contains('@') {
        true => return None,
        false if is_without_version(tag) => "names no version",
        false if is_wide(tag) => "is any version of that major release",
        false => return None,
    };
    // A value from compose may be a secret: only what is written in the Dockerfile is shown.
    let mut given = build.args.iter().map(|(name, _)| name).filter(|name| mentions(&stage.base, name)).peekable();
    let shown = if given.peek().is_some() { &stage.base } else { &image };
    let (name, written_tag) = split_tag(shown);
    let fix = match (given.find(|arg| mentions(written_tag.unwrap_or(name), arg)), written_tag) {
        (Some(arg), Some(_)) => format!("pin the version in the compose file: {arg}: {}", pinned(tag)),
        (Some(arg), None) => format!("pin the version of `{arg}` in the compose file: {arg}: IMAGE:{}", pinned(tag)),
        (None, _) if NO_VERSIONS.iter().any(|own| image.starts_with(own)) => {
            format!("its tags all move, so pin the digest: FROM {name}@sha256:DIGEST")
        }
        (None, _) => format!(
            "pin {}: FROM {name}:{}",
            if what == "names no version" { "one" } else { "more of it" },
            pinned(tag)
        ),
    };
    Some(
        Finding::advice(NAME, format!("`{shown}` {what}"))
            .at(stage.span.clone())
            .why("every newer image that is pulled runs all steps again, on some machines and not on others")
            .fix(fix),
    )
}

/// Registries whose images have no tag for a version.
const NO_VERSIONS: [&str; 2] = ["gcr.io/distroless/", "cgr.dev/chainguard/"];

/// An image as written, without its tag, and the tag. A `:` in `${NAME:-default}` begins none.
fn split_tag(image: &str) -> (&str, Option<&str>) {
    let mut depth = 0;
    for (at, c) in image.char_indices().rev() {
        match c {
            '}' => depth += 1,
            '{' => depth -= 1,
            '/' if depth == 0 => break,
            ':' if depth == 0 => return (&image[..at], Some(&image[at + 1..])),
            _ => {}
        }
    }
    (image, None)
}

/// The tag with a version in it. Its variant stays: `slim` has fewer packages, and `alpine` is another system.
fn pinned(tag: &str) -> String {
    if is_wide(tag) {
        let (number, rest) = tag.split_once('-').map_or((tag, None), |(number, rest)| (number, Some(rest)));
        return rest.map_or(format!("{number}.N"), |rest| format!("{number}.N-{rest}"));
    }
    let variants = tag.split('-').filter(|part| VARIANTS.contains(part));
    std::iter::once("VERSION").chain(variants).collect::<Vec<_>>().join("-")
}

const VARIANTS: [&str; 2] = ["slim", "alpine"];

/// Whether a tag moves with every release.
fn is_without_version(tag: &str) -> bool {
    const MOVING: [&str; 18] = [
        "latest", "lts", "stable", "edge", "main", "master", "nightly", "rolling", "current", "mainline", "testing",
        "unstable", "sid", "rawhide", "trunk", "next", "canary", "dev",
    ];
    tag.split('-').all(|part| MOVING.contains(&part) || VARIANTS.contains(&part))
}

/// `3`, `3-slim`: a number below ten covers years of releases. `node:22` and `debian:12` name one release line.
fn is_wide(tag: &str) -> bool {
    let number = tag.split('-').next().unwrap_or(tag);
    number.len() == 1 && number.chars().all(|c| c.is_ascii_digit())
}
