//! The text of the compose file that xtask adds to the person's own: it makes the steps of a build run again and keeps the
//! cache mounts, or gives a project mounts of its own.

/// What a service's build gets in addition to the person's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    pub service: String,
    /// A host name that its steps can look up. A name that was not there before changes the key of every `RUN`, and of
    /// nothing before it; the mounts stay (measured on 20.10, 26.1 and 28.5; `extra_hosts` of a build is documented).
    pub host: Option<String>,
}

/// The build argument by which BuildKit separates cache mounts (Dockerfile reference; measured on 20.10, 26.1, 28.5).
pub const NAMESPACE: &str = "BUILDKIT_CACHE_MOUNT_NS";

/// The overlay's text. `version` is the one of the person's own first file, which compose 1 wants in all of them.
pub fn text(version: Option<&str>, additions: &[Addition], namespace: Option<&str>) -> String {
    let mut text =
        "# Written by xtask, which adds it to the project's compose files for a build. It may be removed.\n".to_owned();
    if let Some(version) = version {
        text.push_str(&format!("version: {}\n", quoted(version)));
    }
    let parts = additions.iter().filter(|addition| addition.host.is_some() || namespace.is_some());
    let parts: Vec<String> = parts.map(|addition| of_service(addition, namespace)).collect();
    match parts.is_empty() {
        true => text.push_str("services: {}\n"),
        false => text.push_str(&format!("services:\n{}", parts.concat())),
    }
    text
}

fn of_service(addition: &Addition, namespace: Option<&str>) -> String {
    let mut text = format!("  {}:\n    build:\n", quoted(&addition.service));
    if let Some(host) = &addition.host {
        text.push_str(&format!("      extra_hosts:\n        - {}\n", quoted(&format!("{host}:127.0.0.1"))));
    }
    if let Some(namespace) = namespace {
        text.push_str(&format!("      args:\n        {NAMESPACE}: {}\n", quoted(namespace)));
    }
    text
}

/// A scalar of YAML, whatever is in it: JSON's strings are YAML's, but for `$`, which compose would fill in.
fn quoted(value: &str) -> String {
    serde_json::Value::from(value.replace('$', "$$")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml_rust2::{Yaml, YamlLoader};

    fn addition(service: &str, host: Option<&str>) -> Addition {
        Addition { service: service.to_owned(), host: host.map(str::to_owned) }
    }

    #[test]
    fn an_overlay_is_yaml_whatever_the_names_are() {
        let additions = [addition("a.b-c_d", Some("h1")), addition("odd \"x: #$y", Some("h2")), addition("kept", None)];
        let text = text(Some("3.8"), &additions, None);
        let yaml = &YamlLoader::load_from_str(&text).unwrap()[0];
        assert_eq!(yaml["version"], Yaml::String("3.8".into()));
        let names: Vec<&str> = yaml["services"].as_hash().unwrap().keys().filter_map(Yaml::as_str).collect();
        assert_eq!(names, ["a.b-c_d", "odd \"x: #$$y"], "one that gets nothing is left out");
        assert_eq!(yaml["services"]["a.b-c_d"]["build"]["extra_hosts"][0].as_str(), Some("h1:127.0.0.1"));
    }

    #[test]
    fn a_namespace_is_for_every_build() {
        let text = text(None, &[addition("api", None)], Some("shop"));
        let yaml = &YamlLoader::load_from_str(&text).unwrap()[0];
        assert_eq!(yaml["services"]["api"]["build"]["args"][NAMESPACE].as_str(), Some("shop"));
        assert!(yaml["version"].is_badvalue());
        assert!(super::text(None, &[], None).ends_with("services: {}\n"));
    }
}
