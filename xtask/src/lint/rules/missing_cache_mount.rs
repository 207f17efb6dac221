//! An install step without a cache mount.

use crate::lint::build::Build;
use crate::lint::fix::{Fix, Safety};
use crate::lint::installs::changes::Change;
use crate::lint::installs::later::{Known, Later};
use crate::lint::installs::mounting;
use crate::lint::installs::mounts::{Cover, is_inside};
use crate::lint::installs::site::Site;
use crate::lint::rule::{Example, Found, Look, Rule};
use crate::ui::finding::Finding;

const NAME: &str = "missing-cache-mount";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A step that downloads packages and keeps them nowhere",
    why: "Without a cache mount, a step that runs again downloads everything again: after each change of a requirement, of the \
          base image, or of a step before it. With one, only what is new is downloaded.",
    instead: "Mount the folder where the installer keeps its downloads, for the user and the variables of that step. What would \
              keep the mount empty has to go, too: options and variables that turn the cache off, and commands that empty it. \
              They kept the image small; a mount is no part of the image.",
    fix: "Safe where the folder, the user and everything that would defeat the mount are known. Unsafe where only the base image \
          knows them, and where later steps, or the image itself, may read the downloads where they lie, as with the modules of \
          Go and the crates of cargo.\n\nWhat told the installer to keep nothing goes from the image, too: a variable of `ENV`, and \
          in images of Debian and Ubuntu the file `docker-clean`, as in Docker's own example.",
    examples: &[
        Example {
            bad: "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n",
            good: "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN --mount=type=cache,target=/root/.cache/pip \\\n    \
                   pip install -r requirements.txt\n",
        },
        Example {
            bad: "FROM debian:12\nRUN apt-get update \\\n && apt-get install -y curl \\\n && apt-get clean \\\n \
                  && rm -rf /var/lib/apt/lists/*\n",
            good: "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n \
                   rm -f /etc/apt/apt.conf.d/docker-clean && \\\n apt-get update \\\n && apt-get install -y curl \\\n \
                   && rm -rf /var/lib/apt/lists/*\n",
        },
    ],
    look: Look::Build(look),
};

/// No fix changes more steps than this at once.
const MOST_STEPS: usize = 20;

fn look(build: &Build<'_>) -> Vec<Found> {
    let mut known = Known::default();
    let is_missing = |site: &&Site| site.cover == Cover::None && !site.is_offline;
    // One finding for all commands of a step that call the same installer.
    let is_first = |site: &&Site| {
        let mut same = build.sites_of(site.step).iter().filter(is_missing);
        same.find(|other| other.installer == site.installer).is_some_and(|first| first.span == site.span)
    };
    let missing = build.sites.iter().filter(is_missing).filter(is_first);
    missing.map(|site| finding(build, site, &mut known)).collect()
}

fn finding(build: &Build<'_>, site: &Site, known: &mut Known) -> Found {
    let same = build.sites_of(site.step).iter().filter(|other| other.installer == site.installer);
    let defeats: Vec<_> = same.flat_map(|other| &other.defeats).collect();
    let later = known.later(build, site);
    let flags = mounting::flags(site);
    let message = format!("`{}` downloads everything again each time this step runs", site.what);
    let finding = if site.is_sure { Finding::warning(NAME, message) } else { Finding::advice(NAME, message) };
    let finding = finding.at(site.span.clone());
    let name = site.installer.name;
    let Some(folder) = site.folder.as_ref().filter(|_| !flags.is_empty()) else {
        return finding
            .why(format!("no cache mount is for {name}, and where it keeps its downloads here can't be told"))
            .fix("mount that folder: RUN --mount=type=cache,target=… …")
            .into();
    };
    let mut todo: Vec<String> = vec![format!("add `{}`", flags.join(" "))];
    for defeat in &defeats {
        if !todo.contains(&defeat.fix) {
            todo.push(defeat.fix.clone());
        }
    }
    let finding = finding
        .why(format!("no cache mount covers `{}`, where {name} keeps its downloads ({})", folder.path, folder.by))
        .fix(todo.join(", "));
    let finding = match &later.doubt {
        Some(doubt) => {
            let why = finding.why.clone().unwrap_or_default();
            finding.why(format!("{why}; {doubt}"))
        }
        None => finding,
    };
    let changes: Option<Vec<Change>> =
        defeats.iter().map(|defeat| defeat.changes.clone()).collect::<Option<Vec<_>>>().map(|all| all.concat());
    let fix = changes.and_then(|changes| fix(build, site, &flags, &changes, &later));
    Found { finding, fix }
}

fn fix(build: &Build<'_>, site: &Site, flags: &[String], changes: &[Change], later: &Later) -> Option<Fix> {
    let text = &build.facts.dockerfile.as_ref().ok()?.text;
    let step = &build.steps[site.step];
    if later.steps.len() > MOST_STEPS {
        return None;
    }
    let mut edits = mounting::edits(text, step.step, step.run, flags, changes)?;
    let targets = mounting::targets(site.installer, site.folder.as_ref()?);
    let others = later.steps.iter().filter(|at| **at != site.step);
    for other in others.map(|at| &build.steps[*at]) {
        let covers = |target: &str| {
            let mut mounted = other.run.mounts.iter().zip(&other.targets).filter(|(mount, _)| mount.kind == "cache");
            mounted.any(|(_, mounted)| mounted.as_ref().is_none_or(|mounted| is_inside(target, mounted)))
        };
        if !targets.iter().all(|target| covers(target)) {
            let of_other = build
                .sites
                .iter()
                .find(|own| build.steps[own.step].step.span == other.step.span && own.installer == site.installer);
            let own_flags = of_other.filter(|own| own.cover == Cover::None).map(mounting::flags);
            let flags = own_flags.unwrap_or_else(|| flags[..targets.len()].to_vec());
            edits.extend(mounting::edits(text, other.step, other.run, &flags, &[])?);
        }
    }
    edits.sort_by_key(|edit| edit.span.start);
    let is_apart = edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
    let safety = if site.is_sure && later.doubt.is_none() { Safety::Safe } else { Safety::Unsafe };
    is_apart.then(|| Fix::new(safety, edits))
}
