//! A base image whose tag moves: the same name may be another image tomorrow.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::model::{Dockerfile, Stage};
use crate::lint::before::mentions;
use crate::ui::finding::Finding;

const NAME: &str = "unpinned-base-image";

pub fn look(build: &BuildFacts) -> Vec<Finding> {
    let Ok(file) = &build.dockerfile else { return Vec::new() };
    build.stages().into_iter().filter_map(|stage| finding(build, file, stage)).collect()
}

fn finding(build: &BuildFacts, file: &Dockerfile, stage: &Stage) -> Option<Finding> {
    if file.base(stage, &build.args).is_some() || stage.base == "scratch" {
        return None;
    }
    let image = file.resolve(&stage.base, &build.args)?;
    let last = image.rsplit('/').next().unwrap_or(&image);
    let tag = last.split_once(':').map_or("latest", |(_, tag)| tag);
    let what = match image.contains('@') {
        true => return None,
        false if is_without_version(tag) => "names no version",
        false if is_wide(tag) => "is any version of that major release",
        false => return None,
    };
    // A value from compose may be a secret: only what is written in the Dockerfile is shown.
    let given = build.args.iter().find(|(name, _)| mentions(&stage.base, name));
    let shown = if given.is_some() { &stage.base } else { &image };
    let name = image.strip_suffix(&format!(":{tag}")).unwrap_or(&image);
    let fix = match given {
        Some((arg, _)) => format!("pin the version of `{arg}` in the compose file: {arg}: IMAGE:VERSION"),
        None if what == "names no version" => format!("pin one: FROM {name}:VERSION"),
        None => format!(
            "pin more of it: FROM {name}:{}",
            tag.split_once('-').map_or(format!("{tag}.N"), |(number, rest)| format!("{number}.N-{rest}"))
        ),
    };
    Some(
        Finding::warning(NAME, format!("`{shown}` {what}"))
            .at(stage.span.clone())
            .why("every newer image that is pulled runs all steps again, on some machines and not on others")
            .fix(fix),
    )
}

/// Whether a tag moves with every release.
fn is_without_version(tag: &str) -> bool {
    const MOVING: [&str; 20] = [
        "latest", "slim", "alpine", "lts", "stable", "edge", "main", "master", "nightly", "rolling", "current",
        "mainline", "testing", "unstable", "sid", "rawhide", "trunk", "next", "canary", "dev",
    ];
    tag.split('-').all(|part| MOVING.contains(&part))
}

/// `3`, `3-slim`: a number below ten covers years of releases. `node:22` and `debian:12` name one release line.
fn is_wide(tag: &str) -> bool {
    let number = tag.split('-').next().unwrap_or(tag);
    number.len() == 1 && number.chars().all(|c| c.is_ascii_digit())
}
