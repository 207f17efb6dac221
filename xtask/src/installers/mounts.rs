//! Cache mounts as the engine records them: what they hold, their target, and the id that BuildKit keeps them by.

use crate::docker::facts::Record;
use crate::installers::table::{self, Holds};

/// The type of such records.
pub const KIND: &str = "exec.cachemount";

/// A record that is a cache mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    pub record: Record,
    /// Where the step that first made it had it.
    pub target: String,
    /// Engine 25 and later say it; before that namespaces can't be told apart.
    pub id: Option<Id>,
}

/// A mount's id, and the namespace before it: empty where no build argument gave one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id {
    pub namespace: String,
    pub id: String,
}

impl Mount {
    /// Reads `cached mount TARGET from exec COMMAND`, from engine 25 on with ` with id "NAMESPACE/ID"` behind it.
    pub fn of(record: &Record) -> Option<Mount> {
        let described = record.description.strip_prefix("cached mount ").filter(|_| record.kind == KIND)?;
        let (target, rest) = described.split_once(" from exec ")?;
        let id = rest.rsplit_once(" with id \"").and_then(|(_, id)| id.strip_suffix('"')?.split_once('/'));
        let id = id.map(|(namespace, id)| Id { namespace: namespace.to_owned(), id: id.to_owned() });
        Some(Mount { record: record.clone(), target: target.trim_end_matches('/').to_owned(), id })
    }

    /// Whether a `--mount` of this id and target means it, in a namespace; where the engine shows no id, by target alone.
    pub fn is_meant_by(&self, id: &str, target: &str, namespace: &str) -> bool {
        match &self.id {
            Some(own) => own.id == id && own.namespace == namespace,
            None => self.target == target,
        }
    }

    /// The id as the engine writes it.
    pub fn shown_id(&self) -> Option<String> {
        self.id.as_ref().map(|id| format!("{}/{}", id.namespace, id.id))
    }

    /// What it holds; `other` where its target does not tell.
    pub fn holds(&self) -> &'static str {
        table::holds(&self.target).map_or("other", Holds::name)
    }
}

impl std::fmt::Display for Mount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&named(&self.target))
    }
}

/// A target with what it holds, where that is known.
pub fn named(target: &str) -> String {
    match table::holds(target) {
        None => format!("`{target}`"),
        Some(holds) => format!("{} `{target}`", holds.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(description: &str) -> Record {
        Record { kind: KIND.to_owned(), description: description.to_owned(), ..Record::default() }
    }

    #[test]
    fn the_engine_names_target_namespace_and_id() {
        // Recorded: engine 20.10.24, then 26.1.5 with and without a namespace, then an id of its own.
        let old = Mount::of(&record("cached mount /xt/mnt from exec /bin/sh -c echo two")).unwrap();
        assert_eq!((old.target.as_str(), old.id.as_ref(), old.shown_id()), ("/xt/mnt", None, None));
        let of = |id: &str| {
            Mount::of(&record(&format!("cached mount /xt/mnt from exec /bin/sh -c echo \"x\" with id \"{id}\"")))
                .unwrap()
        };
        let id = |namespace: &str, id: &str| Some(Id { namespace: namespace.to_owned(), id: id.to_owned() });
        assert_eq!(of("//xt/mnt").id, id("", "/xt/mnt"));
        assert_eq!(of("ns-x//xt/mnt").id, id("ns-x", "/xt/mnt"));
        assert_eq!(of("/own").id, id("", "own"));
        assert!(
            of("//xt/mnt").is_meant_by("/xt/mnt", "/other", "") && !of("/own").is_meant_by("/xt/mnt", "/xt/mnt", "")
        );
        assert!(old.is_meant_by("own", "/xt/mnt", "ns") && !old.is_meant_by("own", "/y", ""));
        assert_eq!(Mount::of(&record("mount / from exec /bin/sh -c x")), None);
    }

    #[test]
    fn any_description_is_read_without_a_panic() {
        for text in [
            "",
            "cached mount ",
            "cached mount x from exec ",
            "cached mount \u{e9} from exec a with id \"",
            "cached mount x from exec a with id \"\"",
        ] {
            let _ = Mount::of(&record(text));
        }
    }
}
