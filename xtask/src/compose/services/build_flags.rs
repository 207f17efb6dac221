//! Every key of `build:`: what the builds of `verify` and `bench` do with it, and `build-fresh`. docs/verify.md has the same
//! table for people, and a test compares them.

use serde_json::Value;

use crate::compose::services::{scalar, text};

/// What is done with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Read by us: what the build is made of.
    Read,
    /// Passed on, as this flag of `docker build`.
    Flag(&'static str),
    /// Compose itself builds, and gets it from its own files.
    Compose,
    /// It is about the image or about layers from elsewhere, which these builds do not have.
    Ignored,
    /// Named in a warning, since these builds differ in it from compose's.
    Named,
}

/// Every key of the newest specification (compose-go of July 2026): in `verify` and `bench`, and in `build-fresh`.
pub const KEYS: [(&str, Use, Use); 25] = [
    ("additional_contexts", Use::Flag("build-context"), Use::Compose),
    ("args", Use::Flag("build-arg"), Use::Compose),
    ("cache_from", Use::Ignored, Use::Named),
    ("cache_to", Use::Ignored, Use::Compose),
    ("context", Use::Read, Use::Compose),
    ("dockerfile", Use::Read, Use::Compose),
    ("dockerfile_inline", Use::Read, Use::Compose),
    ("entitlements", Use::Flag("allow"), Use::Compose),
    ("extra_hosts", Use::Flag("add-host"), Use::Compose),
    ("isolation", Use::Named, Use::Compose),
    ("labels", Use::Ignored, Use::Compose),
    ("network", Use::Flag("network"), Use::Compose),
    ("no_cache", Use::Named, Use::Named),
    ("no_cache_filter", Use::Named, Use::Named),
    ("platforms", Use::Flag("platform"), Use::Compose),
    ("privileged", Use::Flag("allow"), Use::Compose),
    ("provenance", Use::Ignored, Use::Compose),
    ("pull", Use::Flag("pull"), Use::Compose),
    ("sbom", Use::Ignored, Use::Compose),
    ("secrets", Use::Flag("secret"), Use::Compose),
    ("shm_size", Use::Flag("shm-size"), Use::Compose),
    ("ssh", Use::Flag("ssh"), Use::Compose),
    ("tags", Use::Ignored, Use::Compose),
    ("target", Use::Read, Use::Compose),
    ("ulimits", Use::Flag("ulimit"), Use::Compose),
];

/// A key that our builds leave out, or that says something else about compose's builds than what ours show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub key: String,
    pub why: String,
}

/// The flags for what the table passes on, apart from `args` and `additional_contexts`, and what is left out. `secrets`:
/// those of the whole file.
pub fn of(build: &Value, platform: Option<&str>, secrets: Option<&Value>) -> (Vec<String>, Vec<LeftOut>) {
    let mut flags: Vec<String> = Vec::new();
    let mut left_out = named(build);
    let mut add = |name: &str, value: &str| flags.extend([format!("--{name}"), value.to_owned()]);
    if let Some(network) = text(build, "network") {
        add("network", &network);
    }
    for (host, address) in pairs(build.get("extra_hosts"), &['=', ':']) {
        add("add-host", &format!("{host}:{address}"));
    }
    if let Some(size) = build.get("shm_size").and_then(scalar) {
        add("shm-size", &size);
    }
    for (name, limit) in build.get("ulimits").and_then(Value::as_object).into_iter().flatten() {
        let of = |key: &str| limit.get(key).and_then(scalar);
        match scalar(limit).or_else(|| Some(format!("{}:{}", of("soft")?, of("hard")?))) {
            Some(limit) => add("ulimit", &format!("{name}={limit}")),
            None => left_out.push(LeftOut::new("ulimits", &format!("the limit of `{name}` can't be read"))),
        }
    }
    for (id, path) in pairs(build.get("ssh"), &['=']) {
        add("ssh", &if path.is_empty() { id } else { format!("{id}={path}") });
    }
    for secret in list(build, "secrets") {
        match secret_flag(secret, secrets) {
            Some(flag) => add("secret", &flag),
            None => left_out.push(LeftOut::new("secrets", "a secret from neither a file nor a variable")),
        }
    }
    let platforms: Vec<&str> = list(build, "platforms").iter().filter_map(Value::as_str).collect();
    match (platforms.as_slice(), platform) {
        (&[one], _) | ([], Some(one)) => add("platform", one),
        ([], None) => {}
        _ => left_out.push(LeftOut::new("platforms", "only the engine's own platform is built")),
    }
    let mut allowed: Vec<&str> = list(build, "entitlements").iter().filter_map(Value::as_str).collect();
    if is_on(build, "privileged") && !allowed.contains(&"security.insecure") {
        allowed.push("security.insecure");
    }
    allowed.into_iter().for_each(|entitlement| add("allow", entitlement));
    if is_on(build, "pull") {
        flags.push("--pull".to_owned());
    }
    (flags, left_out)
}

/// The keys that are always named, and those that the table does not have.
fn named(build: &Value) -> Vec<LeftOut> {
    let keys = build.as_object().into_iter().flatten().filter(|(key, value)| is_set(value) && !key.starts_with("x-"));
    let why = |key: &str| match KEYS.iter().find(|(own, ..)| *own == key) {
        None => Some("this key is not known here"),
        Some((_, Use::Named, _)) if key.starts_with("no_cache") => {
            Some("compose empties the cache mounts with it in every build, and these builds don't")
        }
        Some((_, Use::Named, _)) => Some("docker build has no flag for it"),
        Some(_) => None,
    };
    keys.filter_map(|(key, _)| Some(LeftOut::new(key, why(key)?))).collect()
}

/// Whether compose empties the cache mounts of the build each time, and the key that says so.
pub fn empties_mounts(build: &Value) -> Option<&'static str> {
    ["no_cache", "no_cache_filter"].into_iter().find(|key| build.get(key).is_some_and(is_set))
}

/// The named contexts: each name with where it is.
pub fn contexts(build: &Value) -> Vec<(String, String)> {
    pairs(build.get("additional_contexts"), &['='])
}

fn is_on(build: &Value, key: &str) -> bool {
    build.get(key).is_some_and(|value| value.as_bool() == Some(true))
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(items) => !items.is_empty(),
        _ => true,
    }
}

impl LeftOut {
    fn new(key: &str, why: &str) -> LeftOut {
        LeftOut { key: key.to_owned(), why: why.to_owned() }
    }
}

/// `{source: token}` with `secrets: {token: {file: …}}` or `{environment: …}` of the whole file.
fn secret_flag(secret: &Value, all: Option<&Value>) -> Option<String> {
    let source = text(secret, "source").or_else(|| secret.as_str().map(str::to_owned))?;
    let id = text(secret, "target").unwrap_or_else(|| source.clone());
    let found = all?.get(&source)?;
    if let Some(file) = text(found, "file") {
        return Some(format!("id={id},{}", field(format!("src={file}"))));
    }
    text(found, "environment").map(|name| format!("id={id},env={name}"))
}

/// A field of what docker reads as a line of CSV.
fn field(text: String) -> String {
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A map, or a list of `name=value`. A value may be missing.
pub fn pairs(value: Option<&Value>, separators: &[char]) -> Vec<(String, String)> {
    match value {
        Some(Value::Object(map)) => map
            .iter()
            .flat_map(|(name, value)| match value {
                Value::Array(values) => {
                    values.iter().filter_map(|value| Some((name.clone(), scalar(value)?))).collect()
                }
                value => vec![(name.clone(), scalar(value).unwrap_or_default())],
            })
            .collect(),
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| match item {
                // Compose 2.40 gives `ssh` as a list of these.
                Value::Object(_) => Some((text(item, "id")?, text(item, "path").unwrap_or_default())),
                _ => {
                    let whole = item.as_str()?;
                    let (name, value) = whole.split_once(separators).unwrap_or((whole, ""));
                    Some((name.to_owned(), value.to_owned()))
                }
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(build: &str) -> (String, Vec<String>) {
        let build: Value = serde_json::from_str(build).unwrap();
        let secrets: Value = serde_json::from_str(
            r#"{"token": {"name": "x_token", "file": "/p/token"}, "key": {"environment": "KEY"}, "gone": {"external": true}}"#,
        )
        .unwrap();
        let (flags, left_out) = of(&build, None, Some(&secrets));
        (flags.join(" "), left_out.into_iter().map(|left| left.key).collect())
    }

    #[test]
    fn a_path_may_have_a_comma() {
        assert_eq!(field("src=/a b".to_owned()), "src=/a b");
        assert_eq!(field("src=/a,\"b\"".to_owned()), "\"src=/a,\"\"b\"\"\"");
    }

    #[test]
    fn what_docker_build_has_a_flag_for() {
        // As compose 2.40.3 prints it.
        let of_2 = r#"{"context": "/p", "network": "host", "extra_hosts": ["a=10.0.0.1", "b=::1"], "shm_size": "67108864",
            "ulimits": {"nofile": 1024, "nproc": {"hard": 6, "soft": 5}}, "ssh": ["default"], "pull": true,
            "platforms": ["linux/amd64"], "secrets": [{"source": "token"}, {"source": "key", "target": "api-key"}],
            "privileged": true, "entitlements": ["network.host"]}"#;
        let wanted = "--network host --add-host a:10.0.0.1 --add-host b:::1 --shm-size 67108864 --ulimit nofile=1024 \
                      --ulimit nproc=5:6 --ssh default --secret id=token,src=/p/token --secret id=api-key,env=KEY \
                      --platform linux/amd64 --allow network.host --allow security.insecure --pull";
        assert_eq!(flags(of_2), (wanted.to_owned(), vec![]));
        let of_1 = r#"{"context": "/p", "extra_hosts": ["a:10.0.0.1"], "network": "none", "shm_size": 64}"#;
        assert_eq!(flags(of_1).0, "--network none --add-host a:10.0.0.1 --shm-size 64");
    }

    #[test]
    fn what_it_has_none_for_is_named() {
        let build = r#"{"isolation": "hyperv", "ulimits": {"a": {}}, "platforms": ["a", "b"], "secrets": [{"source": "gone"}],
            "extra_hosts": null, "no_cache": true, "privileged": false, "new_key": 1, "x-own": 1}"#;
        let (flags, left_out) = flags(build);
        assert_eq!(flags, "");
        assert_eq!(left_out, ["isolation", "new_key", "no_cache", "ulimits", "secrets", "platforms"]);
    }

    /// A value for each key, with a place of its own in the flags.
    fn example(key: &str) -> Value {
        let text = match key {
            "additional_contexts" | "args" | "labels" => r#"{"a": "b"}"#,
            "no_cache" | "privileged" | "pull" => "true",
            "ulimits" => r#"{"nofile": 1}"#,
            "secrets" => r#"[{"source": "token"}]"#,
            "context" | "dockerfile" | "dockerfile_inline" | "isolation" | "network" | "provenance" | "sbom"
            | "shm_size" | "target" => r#""a""#,
            _ => r#"["a"]"#,
        };
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn each_key_is_used_as_the_table_says() {
        // The keys of compose-go's schema/compose-spec.json, e70e961c3a3acebf0800b882f1afb3dbf1fb74a2.
        let of_specification = "context dockerfile dockerfile_inline entitlements args ssh labels cache_from cache_to no_cache \
            no_cache_filter additional_contexts network provenance sbom pull target shm_size extra_hosts isolation privileged \
            secrets tags ulimits platforms";
        let mut keys: Vec<&str> = of_specification.split_whitespace().collect();
        keys.sort_unstable();
        assert_eq!(KEYS.map(|(key, ..)| key).to_vec(), keys);
        for (key, used, fresh) in KEYS {
            let build: Value = [(key.to_owned(), example(key))].into_iter().collect::<serde_json::Map<_, _>>().into();
            let (flags, left_out) = flags(&build.to_string());
            let read = crate::compose::services::Build::of(&build, None, None);
            let nothing = crate::compose::services::Build::of(&Value::Object(serde_json::Map::new()), None, None);
            let flag = flags.split(' ').next().unwrap_or_default();
            match used {
                // These two become flags where it is known what else they need.
                Use::Flag("build-arg" | "build-context") => assert_ne!(read, nothing, "{key}"),
                Use::Flag(name) => assert_eq!((flag, left_out.len()), (format!("--{name}").as_str(), 0), "{key}"),
                Use::Read => assert!(read != nothing && flags.is_empty() && left_out.is_empty(), "{key}"),
                Use::Ignored => assert!(flags.is_empty() && left_out.is_empty(), "{key}"),
                Use::Named => assert_eq!((flag, left_out), ("", vec![key.to_owned()]), "{key}"),
                Use::Compose => panic!("{key}: these builds are not compose's"),
            }
            let is_named = read.takes_cache || read.empties_mounts.is_some();
            assert_eq!(fresh == Use::Named, is_named, "{key} in build-fresh");
        }
    }

    /// The table in docs/verify.md has a row for each key, in the same words.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test reads a file of the repository")]
    fn the_table_in_the_docs_is_this_one() {
        // Where the package was copied into another repository, the page is not there.
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/verify.md");
        let docs = std::fs::read_to_string(path).unwrap_or_default();
        if !docs.contains("cargo xtask verify") {
            return;
        }
        let word = |used: Use| match used {
            Use::Read => "read".to_owned(),
            Use::Flag(name) => format!("passed on: `--{name}`"),
            Use::Compose => "passed on by compose".to_owned(),
            Use::Ignored => "ignored".to_owned(),
            Use::Named => "named".to_owned(),
        };
        fn cells(line: &str) -> Vec<&str> {
            line.trim_matches('|').split('|').map(str::trim).collect()
        }
        let rows = docs.lines().skip_while(|line| !line.starts_with("| key of `build:`")).skip(2);
        let rows: Vec<Vec<&str>> = rows.take_while(|line| line.starts_with('|')).map(cells).collect();
        let wanted: Vec<Vec<String>> =
            KEYS.iter().map(|(key, used, fresh)| vec![format!("`{key}`"), word(*used), word(*fresh)]).collect();
        let found: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().take(3).map(|cell| (*cell).to_owned()).collect()).collect();
        assert_eq!(found, wanted);
    }
}
