//! The operands of `cp` and `mv`: what goes where.

use crate::file_commands::Job;
use crate::file_commands::place::Place;
use crate::system::paths::without_verbatim;

/// Each source with its target: the last operand, or, where that is a folder, the source's name in it. Told if there are
/// several sources and no folder; then there is nothing to do.
pub fn pairs(job: &mut Job<'_>, places: &[Place]) -> Vec<(Place, Place)> {
    let Some((last, sources)) = places.split_last() else { return Vec::new() };
    if last.is_folder() {
        // What is moved may be a link that its path leads through.
        let real = last.path.canonicalize().map_or_else(|_| last.path.clone(), without_verbatim);
        let last = Place { path: real, shown: last.shown.clone() };
        let target = |source: &Place| match source.last_name() {
            // `dir/..` would be what holds `dir`.
            name if name == ".." || name.is_empty() => last.clone(),
            name => last.child(&name),
        };
        return sources.iter().map(|source| (source.clone(), target(source))).collect();
    }
    if sources.len() > 1 {
        job.fail(format_args!("{last} is not a folder: several files can only go into a folder"));
        return Vec::new();
    }
    sources.iter().map(|source| (source.clone(), last.clone())).collect()
}
