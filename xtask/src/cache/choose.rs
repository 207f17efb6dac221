//! Which mounts a name means: a tool, a target, an id, or the engine's own record.

use crate::cache::listing::{Seen, short};

/// The shortest prefix of a record's id that counts.
const SHORTEST: usize = 6;

/// The mounts that a name means. The most exact meaning counts: a record, then an id with its namespace, then an id or
/// target, then a tool.
pub fn meant<'a>(mounts: &'a [Seen], name: &str) -> Vec<&'a Seen> {
    let name = if name.len() > 1 { name.strip_suffix('/').unwrap_or(name) } else { name };
    let is_record = |seen: &Seen| {
        let id = &seen.mount.record.id;
        id == name || (name.len() >= SHORTEST && id.starts_with(name))
    };
    let is_id = |seen: &Seen| seen.mount.shown_id().as_deref() == Some(name);
    let is_place = |seen: &Seen| seen.mount.target == name || seen.mount.id.as_ref().is_some_and(|id| id.id == name);
    let is_tool = |seen: &Seen| seen.mount.holds() == name;
    let ways: [&dyn Fn(&Seen) -> bool; 4] = [&is_record, &is_id, &is_place, &is_tool];
    let found = ways.map(|is_meant| mounts.iter().filter(|seen| is_meant(seen)).collect::<Vec<_>>());
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// A name that means this mount alone: its id where the engine shows one and it is unique, else the record.
pub fn exact_name<'a>(seen: &'a Seen, mounts: &[Seen]) -> std::borrow::Cow<'a, str> {
    match seen.mount.shown_id() {
        Some(id) if meant(mounts, &id).len() == 1 => id.into(),
        _ => short(&seen.mount.record.id).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::facts::Record;
    use crate::installers::mounts::{KIND, Mount};

    fn seen(record: &str, target: &str, id: Option<&str>) -> Seen {
        let id = id.map(|id| format!(" with id \"{id}\"")).unwrap_or_default();
        let description = format!("cached mount {target} from exec /bin/sh -c x{id}");
        let record = Record { id: record.to_owned(), kind: KIND.to_owned(), description, ..Record::default() };
        Seen { mount: Mount::of(&record).unwrap(), used_by: Vec::new() }
    }

    #[test]
    fn the_most_exact_meaning_counts() {
        let mounts = [
            seen("aaaaaaaaaaaaaaaa", "/root/.cache/pip", Some("//root/.cache/pip")),
            seen("bbbbbbbbbbbbbbbb", "/root/.cache/pip", Some("shop//root/.cache/pip")),
            seen("cccccccccccccccc", "/var/cache/apt", Some("/apt")),
            seen("dddddddddddddddd", "/var/lib/apt", Some("//var/lib/apt")),
        ];
        assert_eq!(meant(&mounts, "//root/.cache/pip"), [&mounts[0]]);
        assert_eq!(meant(&mounts, "bbbbbb"), [&mounts[1]]);
        assert_eq!(meant(&mounts, "apt"), [&mounts[2]], "an id comes before a tool");
        assert_eq!(meant(&mounts, "/var/lib/apt/"), [&mounts[3]]);
        assert_eq!(meant(&mounts, "pip"), [&mounts[0], &mounts[1]]);
        assert_eq!(meant(&mounts, "bbb"), [&mounts[0]; 0]);
        assert_eq!(exact_name(&mounts[1], &mounts), "shop//root/.cache/pip");
    }

    #[test]
    fn without_ids_the_record_tells_two_apart() {
        let mounts = [seen("aaaaaaaaaaaaaaaa", "/x", None), seen("bbbbbbbbbbbbbbbb", "/x", None)];
        assert_eq!(meant(&mounts, "/x").len(), 2);
        assert_eq!(exact_name(&mounts[1], &mounts), "bbbbbbbbbbbb");
    }
}
