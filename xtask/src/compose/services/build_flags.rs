//! What `build:` of a service says besides its Dockerfile, as flags of `docker build`.

use serde_json::Value;

use crate::compose::services::{scalar, text};

/// The flags, and the keys that `docker build` has no flag for. `secrets`: those of the whole file.
pub fn of(build: &Value, platform: Option<&str>, secrets: Option<&Value>) -> (Vec<String>, Vec<String>) {
    let mut flags: Vec<String> = Vec::new();
    let mut left_out: Vec<String> = Vec::new();
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
    for (name, place) in pairs(build.get("additional_contexts"), &['=']) {
        if place.starts_with("service:") {
            left_out.push("additional_contexts".to_owned());
        } else {
            add("build-context", &format!("{name}={place}"));
        }
    }
    for (id, path) in pairs(build.get("ssh"), &['=']) {
        add("ssh", &if path.is_empty() { id } else { format!("{id}={path}") });
    }
    for secret in list(build, "secrets") {
        match secret_flag(secret, secrets) {
            Some(flag) => add("secret", &flag),
            None => left_out.push("secrets".to_owned()),
        }
    }
    let platforms: Vec<&str> = list(build, "platforms").iter().filter_map(Value::as_str).collect();
    match (platforms.as_slice(), platform) {
        (&[one], _) | ([], Some(one)) => add("platform", one),
        ([], None) => {}
        _ => left_out.push("platforms".to_owned()),
    }
    let set = |key: &&str| match build.get(key) {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(items)) => !items.is_empty(),
        Some(_) => true,
    };
    left_out
        .extend(["privileged", "entitlements", "ulimits"].iter().filter(|key| set(key)).map(|key| (*key).to_owned()));
    left_out.dedup();
    (flags, left_out)
}

/// `{source: token}` with `secrets: {token: {file: …}}` or `{environment: …}` of the whole file.
fn secret_flag(secret: &Value, all: Option<&Value>) -> Option<String> {
    let source = text(secret, "source").or_else(|| secret.as_str().map(str::to_owned))?;
    let id = text(secret, "target").unwrap_or_else(|| source.clone());
    let found = all?.get(&source)?;
    if let Some(file) = text(found, "file") {
        return Some(format!("id={id},src={file}"));
    }
    text(found, "environment").map(|name| format!("id={id},env={name}"))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A map, or a list of `name=value`. A value may be missing.
fn pairs(value: Option<&Value>, separators: &[char]) -> Vec<(String, String)> {
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
        (flags.join(" "), left_out)
    }

    #[test]
    fn what_docker_build_has_a_flag_for() {
        // As compose 2.40.3 prints it.
        let of_2 = r#"{"context": "/p", "network": "host", "extra_hosts": ["a=10.0.0.1", "b=::1"], "shm_size": "67108864",
            "ssh": ["default"], "additional_contexts": {"other": "/q"}, "platforms": ["linux/amd64"],
            "secrets": [{"source": "token"}, {"source": "key", "target": "api-key"}]}"#;
        let wanted = "--network host --add-host a:10.0.0.1 --add-host b:::1 --shm-size 67108864 --build-context other=/q \
                      --ssh default --secret id=token,src=/p/token --secret id=api-key,env=KEY --platform linux/amd64";
        assert_eq!(flags(of_2), (wanted.to_owned(), vec![]));
        let of_1 = r#"{"context": "/p", "extra_hosts": ["a:10.0.0.1"], "network": "none", "shm_size": 64}"#;
        assert_eq!(flags(of_1).0, "--network none --add-host a:10.0.0.1 --shm-size 64");
    }

    #[test]
    fn what_it_has_none_for_is_told() {
        let build = r#"{"privileged": true, "ulimits": {}, "platforms": ["a", "b"], "secrets": [{"source": "gone"}],
            "additional_contexts": {"x": "service:y"}, "extra_hosts": null}"#;
        let (flags, left_out) = flags(build);
        assert_eq!(flags, "");
        assert_eq!(left_out, ["additional_contexts", "secrets", "platforms", "privileged"]);
    }
}
