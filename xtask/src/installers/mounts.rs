//! Cache mounts as the engine records them: what they hold, their target, and the id that BuildKit keeps them by.

use crate::docker::facts::Record;

/// The type of such records.
pub const KIND: &str = "exec.cachemount";

/// A record that is a cache mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    pub record: Record,
    /// Where the step that first made it had it.
    pub target: String,
    /// Engine 25 and later say it; before that nobody can tell namespaces apart.
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

    /// What it holds.
    pub fn tool(&self) -> &'static str {
        tool(&self.target)
    }
}

impl std::fmt::Display for Mount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&named(&self.target))
    }
}

/// A target with what it holds, where that is known.
pub fn named(target: &str) -> String {
    match tool(target) {
        OTHER => format!("`{target}`"),
        tool => format!("{tool} `{target}`"),
    }
}

/// What nobody knows the tool of.
const OTHER: &str = "other";

/// Ends of targets, and the tool whose cache lies there by default (each tool's own documentation).
const TOOLS: &[(&str, &str)] = &[
    (".cache/pip", "pip"),
    (".cache/uv", "uv"),
    (".cache/pypoetry", "poetry"),
    (".cache/pdm", "pdm"),
    (".cache/pipenv", "pipenv"),
    ("conda/pkgs", "conda"),
    ("mamba/pkgs", "conda"),
    ("var/cache/apt", "apt"),
    ("var/cache/apt/archives", "apt"),
    ("var/lib/apt", "apt"),
    ("var/lib/apt/lists", "apt"),
    ("var/cache/apk", "apk"),
    ("etc/apk/cache", "apk"),
    ("var/cache/dnf", "dnf"),
    ("var/cache/libdnf5", "dnf"),
    ("var/cache/yum", "yum"),
    ("var/cache/zypp", "zypper"),
    ("var/cache/pacman/pkg", "pacman"),
    (".npm", "npm"),
    (".npm/_cacache", "npm"),
    (".cache/yarn", "yarn"),
    ("share/.cache/yarn", "yarn"),
    (".yarn/berry/cache", "yarn"),
    (".yarn/cache", "yarn"),
    (".pnpm-store", "pnpm"),
    ("pnpm/store", "pnpm"),
    (".bun/install/cache", "bun"),
    (".cache/deno", "deno"),
    ("deno-dir", "deno"),
    ("cargo/registry", "cargo"),
    ("cargo/git", "cargo"),
    ("cargo/git/db", "cargo"),
    (".cargo/registry", "cargo"),
    (".cargo/git", "cargo"),
    ("target", "build output"),
    ("go/pkg/mod", "go"),
    (".cache/go-build", "go"),
    (".m2", "maven"),
    (".m2/repository", "maven"),
    (".gradle", "gradle"),
    (".gradle/caches", "gradle"),
    (".ivy2", "ivy"),
    (".nuget/packages", "nuget"),
    (".composer/cache", "composer"),
    (".cache/composer", "composer"),
    (".bundle/cache", "bundler"),
    ("bundle/cache", "bundler"),
    (".hex", "hex"),
    (".cache/ccache", "ccache"),
    (".ccache", "ccache"),
    (".cache/sccache", "sccache"),
    (".cache/bazel", "bazel"),
    (".cache/huggingface", "huggingface"),
    (".cache/ms-playwright", "playwright"),
    (".cache/Cypress", "cypress"),
];

/// The tool whose cache a target is, or lies in; `other` where nobody knows.
pub fn tool(target: &str) -> &'static str {
    let whole = target.trim_end_matches('/');
    let mut path = whole;
    while !path.is_empty() {
        let ends = |end: &str| path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'));
        // What lies below some folder `target` may be anything.
        let known = TOOLS.iter().filter(|(end, _)| ends(end) && (path == whole || *end != "target"));
        if let Some((_, tool)) = known.max_by_key(|(end, _)| end.len()) {
            return tool;
        }
        path = path.rsplit_once('/').map_or("", |(above, _)| above);
    }
    OTHER
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
    fn a_target_tells_the_tool() {
        let rows = [
            ("/root/.cache/pip", "pip"),
            ("/root/.cache/pip/", "pip"),
            ("/home/app/.cache/uv", "uv"),
            ("/var/cache/apt", "apt"),
            ("/var/lib/apt/lists", "apt"),
            ("/root/.npm", "npm"),
            ("/usr/local/cargo/registry", "cargo"),
            ("/usr/local/cargo/registry/index", "cargo"),
            ("/app/target", "build output"),
            ("/go/pkg/mod", "go"),
            ("/app/target/x", "other"),
            ("/data", "other"),
            ("/", "other"),
            ("", "other"),
            ("/x.cache/pip", "other"),
            ("pip", "other"),
        ];
        for (target, expected) in rows {
            assert_eq!(tool(target), expected, "{target}");
        }
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
