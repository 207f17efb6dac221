//! A cache mount that several builds write to at once, of an installer that can't share it.

use crate::dockerfile::edit::Edit;

use crate::installers::fact::Known;
use crate::installers::installer::{Installer, Sharing};
use crate::installers::table::{self, Holds};
use crate::lint::build::Build;
use crate::lint::fix::{Fix, Safety};
use crate::lint::image::steps::Step;

use crate::lint::installs::options::Options;
use crate::lint::rule::{Example, Found, Look, Rule};
use crate::ui::finding::Finding;

const NAME: &str = "unsafe-cache-sharing";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A shared cache mount of an installer that can't share it",
    why: "Cache mounts are shared by all builds on a machine, and two builds that run at once write to one mount. Some installers \
          can't stand that: apt locks its folder and fails in the second build, others damage their files.",
    instead: "`sharing=locked` lets one build wait for the other.",
    fix: "Safe.",
    examples: &[Example {
        bad: "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt \\\n    \
                  rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update && apt-get install -y curl\n",
        good: "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n    \
                   rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update && apt-get install -y curl\n",
    }],
    look: Look::Build(look),
};

fn look(build: &Build<'_>) -> Vec<Found> {
    let Ok(file) = &build.facts.dockerfile else { return Vec::new() };
    build.steps.iter().flat_map(|step| of_step(step, &file.text)).collect()
}

fn of_step(step: &Step<'_>, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for (mount, target) in step.run.mounts.iter().zip(&step.targets).filter(|(mount, _)| mount.kind == "cache") {
        let Some((target, holds)) = target.as_ref().and_then(|target| Some((target, table::holds(target)?))) else {
            continue;
        };
        let is_its_own = |installer: &&&'static Installer| match holds {
            Holds::Downloads(held) => held == **installer,
            Holds::Other(name) => name == installer.name,
        };
        let Some(installer) = step.calls.iter().find(is_its_own) else { continue };
        let is_known = !matches!(installer.sharing.known, Known::Careful(_));
        let Some(options) = Options::of(text, mount) else { continue };
        let is_shared = options.value("sharing").is_none_or(|value| value == "shared");
        if installer.sharing.is != Sharing::Locked || !is_known || !is_shared {
            continue;
        }
        let name = installer.name;
        let finding =
            Finding::warning(NAME, format!("two builds at once can both write to the cache mount at `{target}`"))
                .at(mount.span.clone())
                .why(format!("{name} can't share it, and `sharing=shared` is the default"))
                .fix("add `sharing=locked`");
        let edits =
            options.with_sharing("locked").map(|changed| vec![Edit { span: mount.span.clone(), text: changed.text }]);
        found.push(Found { finding, fix: edits.map(|edits| Fix::new(Safety::Safe, edits)) });
    }
    found
}
