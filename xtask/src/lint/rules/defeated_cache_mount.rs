//! A cache mount that stays empty, because something turns the cache off or empties it.

use crate::lint::build::Build;
use crate::lint::fix::{Fix, Safety};
use crate::lint::installs::defeats::Defeat;
use crate::lint::installs::mounting;
use crate::lint::installs::mounts::Cover;
use crate::lint::installs::site::Site;
use crate::lint::rule::{Example, Found, Look, Rule};
use crate::ui::finding::Finding;

const NAME: &str = "defeated-cache-mount";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A cache mount that something keeps empty",
    why: "The mount is there, the build is green, and everything is downloaded again each time: an option or a variable turns \
          the installer's cache off, the image deletes packages as soon as they are installed, or the step empties the mount \
          itself.",
    instead: "Take it away. Such options and commands kept the image small, and a mount is no part of the image.",
    fix: "Safe: what an installer keeps goes to the mount. A variable of `ENV` goes for the container, too.",
    examples: &[
        Example {
            bad: "FROM python:3.12-slim\nENV PYTHONUNBUFFERED=1 \\\n    PIP_NO_CACHE_DIR=1\nCOPY requirements.txt .\n\
                  RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n",
            good: "FROM python:3.12-slim\nENV PYTHONUNBUFFERED=1\nCOPY requirements.txt .\n\
                   RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n",
        },
        Example {
            bad: "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n    apt-get update && \\\n    \
                  apt-get install -y curl\n",
            good: "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n    \
                   rm -f /etc/apt/apt.conf.d/docker-clean && \\\n    apt-get update && \\\n    apt-get install -y curl\n",
        },
    ],
    look: Look::Build(look),
};

fn look(build: &Build<'_>) -> Vec<Found> {
    let of_site = |site: &Site| {
        let Cover::By(at, target) = &site.cover else { return Vec::new() };
        site.defeats.iter().map(|defeat| finding(build, site, defeat, *at, target)).collect::<Vec<_>>()
    };
    build.sites.iter().filter(|site| !site.is_offline).flat_map(of_site).collect()
}

fn finding(build: &Build<'_>, site: &Site, defeat: &Defeat, at: usize, target: &str) -> Found {
    let step = &build.steps[site.step];
    let message = format!("the cache mount at `{target}` stays empty: {}", defeat.what);
    let finding = if defeat.is_sure { Finding::warning(NAME, message) } else { Finding::advice(NAME, message) };
    let span = defeat.span.clone().unwrap_or_else(|| step.run.mounts[at].span.clone());
    let finding = finding.at(span).why(defeat.why.clone()).fix(defeat.fix.clone());
    let edits = || {
        let text = &build.facts.dockerfile.as_ref().ok()?.text;
        mounting::edits(text, step.step, step.run, &[], defeat.changes.as_ref()?)
    };
    Found { finding, fix: edits().map(|edits| Fix::new(Safety::Safe, edits)) }
}
