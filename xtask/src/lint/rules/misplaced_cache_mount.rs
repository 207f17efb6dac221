//! A cache mount where the installer does not write, or can't.

use crate::dockerfile::edit::Edit;
use crate::lint::build::Build;
use crate::lint::fix::{Fix, Safety};
use crate::lint::installs::mounting;
use crate::lint::installs::mounts::Cover;
use crate::lint::installs::options::Options;
use crate::lint::installs::site::Site;
use crate::lint::rule::{Example, Found, Look, Rule};
use crate::ui::finding::Finding;

const NAME: &str = "misplaced-cache-mount";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A cache mount where the installer keeps nothing, or can't write",
    why: "An installer keeps its downloads where its options, its variables and the home of its user say. A mount anywhere else \
          stays empty, and so does one that the user can't write to: a new mount belongs to root.",
    instead: "Mount the folder that the installer uses in that step, and give the mount to its user: `uid=1000,gid=1000`.",
    fix: "Safe where the folder and the user are known.",
    examples: &[Example {
        bad: "FROM node:22\nUSER node\nCOPY package.json package-lock.json ./\n\
                  RUN --mount=type=cache,target=/root/.npm npm ci\n",
        good: "FROM node:22\nUSER node\nCOPY package.json package-lock.json ./\n\
                   RUN --mount=type=cache,target=/home/node/.npm,uid=1000,gid=1000 npm ci\n",
    }],
    look: Look::Build(look),
};

fn look(build: &Build<'_>) -> Vec<Found> {
    build
        .sites
        .iter()
        .filter(|site| !site.is_offline)
        .filter_map(|site| {
            elsewhere(build, site).or_else(|| not_writable(build, site)).or_else(|| of_compiled(build, site))
        })
        .collect()
}

fn elsewhere(build: &Build<'_>, site: &Site) -> Option<Found> {
    let Cover::Elsewhere(at, target) = &site.cover else { return None };
    let (step, folder, name) = (&build.steps[site.step], site.folder.as_ref()?, site.installer.name);
    let mount = &step.run.mounts[*at];
    let message = format!("`{}` keeps nothing in the cache mount at `{target}`", site.what);
    let finding = if site.is_sure { Finding::warning(NAME, message) } else { Finding::advice(NAME, message) };
    let targets = mounting::targets(site.installer, folder);
    let owner = mounting::owner(site.user.as_ref());
    let finding = finding
        .at(mount.span.clone())
        .why(format!("{name} keeps its downloads in `{}` ({})", folder.path, folder.by))
        .fix(format!("mount `target={}{owner}`", targets[0]));
    let text = &build.facts.dockerfile.as_ref().ok()?.text;
    let edits = || {
        let options = Options::of(text, mount)?;
        let changed = options.with("target", &targets[0])?.owned_by(site.user.as_ref());
        (targets.len() == 1).then(|| vec![Edit { span: mount.span.clone(), text: changed.text }])
    };
    let safety = if site.is_sure { Safety::Safe } else { Safety::Unsafe };
    Some(Found { finding, fix: edits().map(|edits| Fix::new(safety, edits)) })
}

/// A mount for what is compiled, where the compiler keeps nothing.
fn of_compiled(build: &Build<'_>, site: &Site) -> Option<Found> {
    let (step, compiled) = (&build.steps[site.step], site.compiled.as_ref()?);
    let (at, target) = site.stray.as_ref()?;
    let mount = &step.run.mounts[*at];
    let finding = Finding::warning(NAME, format!("`{}` keeps nothing in the cache mount at `{target}`", site.what));
    let finding = finding
        .at(mount.span.clone())
        .why(format!("what it compiles is kept in `{}` ({})", compiled.path, compiled.by))
        .fix(format!("mount `target={}`", compiled.path));
    let text = &build.facts.dockerfile.as_ref().ok()?.text;
    let edits = || {
        let changed = Options::of(text, mount)?.with("target", &compiled.path)?.owned_by(site.user.as_ref());
        Some(vec![Edit { span: mount.span.clone(), text: changed.text }])
    };
    let fix = edits().filter(|_| site.is_sure).map(|edits| Fix::new(Safety::Safe, edits));
    Some(Found { finding, fix })
}

/// A mount in the right place that belongs to somebody else.
fn not_writable(build: &Build<'_>, site: &Site) -> Option<Found> {
    let Cover::By(at, target) = &site.cover else { return None };
    let step = &build.steps[site.step];
    let mount = &step.run.mounts[*at];
    let text = &build.facts.dockerfile.as_ref().ok()?.text;
    let options = Options::of(text, mount)?;
    let is_read_only = |name: &str| options.value(name).is_some_and(|value| !["false", "0"].contains(&value));
    if let Some(option) = ["ro", "readonly"].into_iter().find(|name| is_read_only(name)) {
        let finding = Finding::warning(NAME, format!("`{}` can't write to the cache mount at `{target}`", site.what));
        return Some(
            finding
                .at(mount.span.clone())
                .why(format!("the mount is `{option}`"))
                .fix(format!("remove `{option}`"))
                .into(),
        );
    }
    let user = site.user.as_ref()?;
    let is_root = user.uid == Some(0) || user.name == "root";
    // Root writes anywhere, but some installers use no folder of somebody else's.
    if !site.is_user_known || mount.from.is_some() || (is_root && !site.installer.wants_own_folder) {
        return None;
    }
    let own = options.value("uid").map(|uid| uid.parse::<u32>().ok());
    let is_own = match (own, user.uid) {
        (Some(Some(own)), Some(uid)) => own == uid,
        // One of the two can't be told.
        (Some(_), _) => true,
        // A new mount belongs to root. `mode=0777` changes nothing: what it gives to others is taken away again by the
        // umask (measured on 20.10, 26.1 and 28.5: 0755).
        (None, _) => is_root,
    };
    if is_own {
        return None;
    }
    let message = format!("`{}` can't write to the cache mount at `{target}`", site.what);
    let owner = mounting::owner(Some(user));
    let whose = match own {
        Some(Some(own)) => format!("the mount belongs to user {own}, and user `{}` runs the step", user.name),
        _ => format!("a new mount belongs to root, and user `{}` runs the step", user.name),
    };
    let fix = match (owner.as_str(), is_root) {
        (_, true) => "remove `uid=`".to_owned(),
        ("", _) => "give the mount to that user: uid=…,gid=…".to_owned(),
        (owner, _) => format!("give the mount to that user: {}", owner.trim_start_matches(',')),
    };
    let changed = match is_root {
        true => Some(options.without(&["uid", "gid"]).text),
        false => (!owner.is_empty()).then(|| options.owned_by(Some(user)).text),
    };
    let edits = changed.map(|text| vec![Edit { span: mount.span.clone(), text }]);
    let finding = Finding::warning(NAME, message).at(mount.span.clone()).why(whose).fix(fix);
    Some(Found { finding, fix: edits.map(|edits| Fix::new(Safety::Safe, edits)) })
}
