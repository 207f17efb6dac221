//! The text of the compose file that xtask adds to the person's own: it makes the steps of a build run again and keeps the
//! cache mounts, or gives a project mounts of its own.

/// The build argument by which BuildKit separates cache mounts (Dockerfile reference; measured on 20.10, 26.1, 28.5).
pub const NAMESPACE: &str = "BUILDKIT_CACHE_MOUNT_NS";

/// The overlay's text. `version` is the one of the person's own first file, which compose 1 wants in all of them. `builds`
/// has the services with a host name that their steps can look up: a name that was not there before changes the key of
/// every `RUN`, and of nothing before it; the mounts stay (measured on 20.10, 26.1 and 28.5; `extra_hosts` of a build is
/// documented).
pub fn text(version: Option<&str>, builds: &[(&str, Option<&str>)], namespace: Option<&str>) -> String {
    let mut text =
        "# Written by xtask, which adds it to the project's compose files for a build. It may be removed.\n".to_owned();
    if let Some(version) = version {
        text.push_str(&format!("version: {}\n", quoted(version)));
    }
    let mut services = String::new();
    for (service, host) in builds.iter().filter(|(_, host)| host.is_some() || namespace.is_some()) {
        services.push_str(&format!("  {}:\n    build:\n", quoted(service)));
        if let Some(host) = host {
            services.push_str(&format!("      extra_hosts:\n        - {}\n", quoted(&format!("{host}:127.0.0.1"))));
        }
        if let Some(namespace) = namespace {
            services.push_str(&format!("      args:\n        {NAMESPACE}: {}\n", quoted(namespace)));
        }
    }
    text + &if services.is_empty() { "services: {}\n".to_owned() } else { format!("services:\n{services}") }
}

/// A scalar of YAML, whatever is in it: JSON's strings are YAML's, but for `$`, which compose would fill in.
fn quoted(value: &str) -> String {
    serde_json::Value::from(value.replace('$', "$$")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::yaml;

    fn read(text: &str) -> serde_json::Value {
        yaml::documents(text).expect("YAML").remove(0).value
    }

    #[test]
    fn an_overlay_is_yaml_whatever_the_names_are() {
        let builds = [("a.b-c_d", Some("h1")), ("odd \"x: #$y", Some("h2")), ("kept", None)];
        let text = text(Some("3.8"), &builds, None);
        let yaml = read(&text);
        assert_eq!(yaml["version"], "3.8");
        let names: Vec<&String> = yaml["services"].as_object().expect("a map").keys().collect();
        assert_eq!(names, ["a.b-c_d", "odd \"x: #$$y"], "one that gets nothing is left out");
        assert_eq!(yaml["services"]["a.b-c_d"]["build"]["extra_hosts"][0], "h1:127.0.0.1");
    }

    #[test]
    fn a_namespace_is_for_every_build() {
        let text = text(None, &[("api", None)], Some("shop"));
        let yaml = read(&text);
        assert_eq!(yaml["services"]["api"]["build"]["args"][NAMESPACE], "shop");
        assert!(yaml.get("version").is_none());
        assert!(super::text(None, &[], None).ends_with("services: {}\n"));
    }
}
