//! Which cache mount of a step covers the downloads of an installer.

use crate::installers::folder::Folder;
use crate::installers::installer::Installer;
use crate::installers::table::{self, Holds};
use crate::lint::image::steps::Now;

/// What the mounts of a step do for an installer. The numbers are places among the mounts of the `RUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cover {
    None,
    /// The downloads lie in it, or in a folder of it, or it is not known where they lie. And its target.
    By(usize, String),
    /// It is meant for them, but lies elsewhere. And its target.
    Elsewhere(usize, String),
    /// A target that only the build knows.
    Unknown,
}

/// Finds the mount for the downloads in `folder`.
pub fn cover(now: &Now<'_>, installer: &'static Installer, folder: Option<&Folder>, home: Option<&str>) -> Cover {
    let mut elsewhere = Cover::None;
    for (at, _) in now.run.mounts.iter().enumerate().filter(|(_, mount)| mount.kind == "cache") {
        let Some(target) = now.targets[at].clone() else { return Cover::Unknown };
        let holds = table::holds(&target);
        let is_meant = holds == Some(Holds::Downloads(installer));
        let Some(folder) = folder else {
            let is_anything = holds.is_none() || is_meant;
            if is_anything || home.is_some_and(|home| is_inside(home, &target)) {
                return Cover::By(at, target);
            }
            continue;
        };
        let (path, place) = (folder.path.as_str(), target.as_str());
        if is_inside(path, place) || is_inside(place, path) || (is_meant && is_another_version(installer, place, home))
        {
            return Cover::By(at, target);
        }
        let is_only = now.installers.iter().all(|called| *called == installer);
        if is_meant || (holds.is_none() && is_only && !now.are_named[at] && !table::names_another(place, installer)) {
            elsewhere = Cover::Elsewhere(at, target);
        }
    }
    elsewhere
}

/// A mount of a step that nothing is known to write to, while one of these folders has none. The step calls no other
/// installer.
pub fn stray(now: &Now<'_>, installer: &'static Installer, folders: &[&Folder]) -> Option<(usize, String)> {
    let is_only = now.installers.iter().all(|called| *called == installer);
    let targets = now.run.mounts.iter().enumerate().filter(|(_, mount)| mount.kind == "cache");
    let targets: Vec<(usize, String)> = targets.filter_map(|(at, _)| Some((at, now.targets[at].clone()?))).collect();
    let covers = |folder: &Folder, target: &str| is_inside(&folder.path, target) || is_inside(target, &folder.path);
    let is_bare = |folder: &&&Folder| !targets.iter().any(|(_, target)| covers(folder, target));
    if !is_only || folders.iter().find(is_bare).is_none() {
        return None;
    }
    let is_stray = |(at, target): &(usize, String)| {
        let is_known = folders.iter().any(|folder| covers(folder, target)) || table::holds(target).is_some();
        !is_known && !now.are_named[*at] && !table::names_another(target, installer)
    };
    targets.clone().into_iter().find(is_stray)
}

/// Another version, or another program that does its work, keeps its downloads there.
fn is_another_version(installer: &Installer, target: &str, home: Option<&str>) -> bool {
    let before = installer.mounted_at.iter().filter_map(|end| Some((end, target.strip_suffix(end)?)));
    before.into_iter().any(|(end, before)| {
        !end.starts_with('.') || home.is_none_or(|home| before.trim_end_matches('/') == home.trim_end_matches('/'))
    })
}

/// Whether a path is a folder, or lies in it.
pub fn is_inside(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
