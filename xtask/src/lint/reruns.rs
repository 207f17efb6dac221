//! Why an install step runs again although its requirements did not change: what is copied before it, an argument that
//! changes, a base image that moved.

use crate::dockerfile::builds::{BuildFacts, is_whole_context};
use crate::dockerfile::model::{Dockerfile, Instruction, Kind, Run, Stage};
use crate::lint::changing::{Changing, changing, mentions};
use crate::lint::installs::{Install, installs, requirements_of, without_project};
use crate::ui::finding::Finding;

pub fn reruns(build: &BuildFacts) -> Vec<Finding> {
    let Ok(file) = &build.dockerfile else { return Vec::new() };
    let mut findings = Vec::new();
    for stage in build.stages() {
        findings.extend(moving_base(build, file, stage));
        findings.extend(late_installs(build, file, stage));
    }
    findings
}

/// What stands before an install step, in its stage and in those that the stage begins with.
#[derive(Default)]
struct Before {
    /// What of the code is copied first, as it is written; none for the whole context. And its line.
    code: Option<(Option<String>, usize)>,
    /// Each `ARG` that changes, and its line.
    changing: Vec<(String, usize, Changing)>,
    /// What was installed before code was copied.
    installed: Vec<Install>,
    /// The commands so far.
    commands: Vec<String>,
}

fn late_installs(build: &BuildFacts, file: &Dockerfile, stage: &Stage) -> Vec<Finding> {
    let mut chain = vec![stage];
    while let Some(at) = file.stages.iter().position(|other| std::ptr::eq(other, chain[chain.len() - 1])) {
        match file.base(at, &build.args) {
            Some(base) => chain.push(&file.stages[base]),
            None => break,
        }
    }
    let (mut before, mut findings) = (Before::default(), Vec::new());
    for (depth, stage) in chain.iter().rev().enumerate() {
        let is_own = depth + 1 == chain.len();
        for step in &stage.instructions {
            match &step.kind {
                Kind::Copy { sources, from: None } => note_copy(build, sources, step.line, &mut before),
                Kind::Arg(args) => {
                    for arg in args {
                        if let Some(why) = changing(build, file, &arg.name, arg.value.as_deref()) {
                            before.changing.push((arg.name.clone(), step.line, why));
                        }
                    }
                }
                Kind::Run(Run { command, .. }) => {
                    before.commands.push(command.clone());
                    let found = installs(command);
                    if is_own {
                        findings.extend(found.iter().filter_map(|install| late(build, step, install, &before)));
                    }
                    if before.code.is_none() {
                        before.installed.extend(found.into_iter().filter(|install| !install.of_installer));
                    }
                }
                _ => {}
            }
        }
    }
    findings
}

fn note_copy(build: &BuildFacts, sources: &[String], line: usize, before: &mut Before) {
    let whole = sources.iter().any(|source| is_whole_context(source)).then_some(None);
    let code = || sources.iter().find(|source| build.code.contains(source)).map(|source| Some(source.clone()));
    let found = whole.or_else(code).map(|what| (what, line));
    // The whole context is worse than a part of it that was copied before.
    match (&before.code, &found) {
        (None, _) => before.code = found,
        (Some((Some(_), _)), Some((None, _))) => before.code = found,
        _ => {}
    }
}

/// What is wrong with one install step.
fn late(build: &BuildFacts, step: &Instruction, install: &Install, before: &Before) -> Option<Finding> {
    let (shown, line, what) = (&build.shown, step.line, &install.what);
    let run = step.run()?;
    let (command, is_mounted) = (&run.command, run.context_mounts().any(is_whole_context));
    let was_installed = before
        .installed
        .iter()
        .any(|other| other.tool == install.tool && !(install.by_file && !other.by_file && install.tool == "pip"));
    let code = before.code.as_ref().filter(|(what, _)| match what {
        // Whoever installs the project itself, or runs what was copied, needs it.
        Some(source) => {
            let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
            !install.of_project && !command.contains(name)
        }
        None => true,
    });
    let why = match code.filter(|_| !was_installed) {
        _ if is_mounted => Some("the whole context is mounted into it".to_owned()),
        Some((None, at)) => Some(format!("the whole context is copied before it (line {at})")),
        Some((Some(source), at)) => Some(format!("`{source}` is copied before it (line {at})")),
        None => None,
    };
    if let Some(why) = why {
        let (files, option) = (requirements_of(install.tool), without_project(install.tool));
        return Some(
            Finding::warning(
                "reruns",
                format!("`{what}` in `{shown}` (line {line}) runs again at every change of the code"),
            )
            .why(why)
            .fix(format!("copy {files} alone before line {line}{option}, and the rest after it")),
        );
    }
    // An argument that something here is installed by is where it has to be.
    let is_used = |name: &str| before.commands.iter().any(|command| mentions(command, name));
    let (name, at, kind) =
        before.changing.iter().find(|(name, _, kind)| *kind == Changing::Always || !is_used(name))?;
    let why = match kind {
        Changing::Always | Changing::Version => "by its name its value changes from build to build",
        Changing::Variable => "compose takes its value from a variable",
    };
    Some(
        Finding::warning("reruns", format!("`{what}` in `{shown}` (line {line}) runs again for each new `{name}`"))
            .why(format!("`ARG {name}` stands before it (line {at}), and {why}"))
            .fix(format!("move `ARG {name}` below line {line}")),
    )
}

/// A base image whose name is another image tomorrow: once that is fetched, it runs every step again.
fn moving_base(build: &BuildFacts, file: &Dockerfile, stage: &Stage) -> Option<Finding> {
    let at = file.stages.iter().position(|other| std::ptr::eq(other, stage))?;
    if file.base(at, &build.args).is_some() || stage.base.text == "scratch" {
        return None;
    }
    let image = file.resolve(&stage.base, &build.args)?;
    let last = image.rsplit('/').next().unwrap_or(&image);
    let tag = last.split_once(':').map_or("latest", |(_, tag)| tag);
    let what = match image.contains('@') {
        true => return None,
        false if is_without_version(tag) => "names no version",
        false if is_wide(tag) => "is any version of that number",
        false => return None,
    };
    // A value that compose gives may be nobody's to see: what is shown is what stands in the Dockerfile.
    let given = build.args.iter().find(|(name, _)| mentions(&stage.base, name));
    let shown = if given.is_some() { &stage.base.text } else { &image };
    let name = image.strip_suffix(&format!(":{tag}")).unwrap_or(&image);
    let fix = match given {
        Some((arg, _)) => format!("give `{arg}` in the compose file a whole version: {arg}: IMAGE:VERSION"),
        None if what == "names no version" => format!("name one: FROM {name}:VERSION"),
        None => format!(
            "name more of it: FROM {name}:{}",
            tag.split_once('-').map_or(format!("{tag}.N"), |(number, rest)| format!("{number}.N-{rest}"))
        ),
    };
    Some(
        Finding::warning("reruns", format!("`{shown}` in `{}` (line {}) {what}", build.shown, stage.line()))
            .why("each newer image that is fetched runs all steps again, on some machines and not on others")
            .fix(fix),
    )
}

/// Tags that move with every release.
fn is_without_version(tag: &str) -> bool {
    const MOVING: [&str; 20] = [
        "latest", "slim", "alpine", "lts", "stable", "edge", "main", "master", "nightly", "rolling", "current",
        "mainline", "testing", "unstable", "sid", "rawhide", "trunk", "next", "canary", "dev",
    ];
    tag.split('-').all(|part| MOVING.contains(&part))
}

/// `3`, `3-slim`: below ten it is a number that years of versions share. `node:22` and `debian:12` name one line.
fn is_wide(tag: &str) -> bool {
    let number = tag.split('-').next().unwrap_or(tag);
    number.len() == 1 && number.chars().all(|c| c.is_ascii_digit())
}
