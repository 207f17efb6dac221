//! `docker version`, `docker info` and `docker buildx inspect`, read.

use serde_json::Value;

use crate::docker::facts::{Builder, Info, Plugin, Side};
use crate::docker::version::Version;

/// The format asked of `docker version` and `docker info`: one JSON object on one line (engines 20.10, 26.1 and 28.5).
pub const JSON: &str = "{{json .}}";

/// Reads what [`JSON`] asks for; `None` if it is something else.
pub fn read(output: &str) -> Option<Value> {
    serde_json::from_str(output.trim()).ok().filter(Value::is_object)
}

/// Reads `docker --version`. Another program of the name, such as nerdctl, has versions that mean something else.
pub fn cli(output: &str) -> Option<Version> {
    let is_known = ["Docker version", "podman version"].iter().any(|start| output.starts_with(start));
    Version::find(output).filter(|_| is_known)
}

/// Reads `docker buildx version`: its version, if it has one. The outer `None` if it is something else.
pub fn buildx(output: &str) -> Option<Option<Version>> {
    output.contains("buildx").then(|| Version::find(output))
}

/// `Client` or `Server` of `docker version`; `None` if it did not answer.
pub fn side(version: &Value, name: &str) -> Option<Side> {
    // nerdctl's server has no version.
    let side = version.get(name).filter(|side| side.is_object() && !text(side, "Version").is_empty())?;
    let version_of = |key: &str| side.get(key).and_then(Value::as_str).and_then(Version::parse);
    let is_podman = list(side, "Components").iter().any(|component| text(component, "Name") == "Podman Engine");
    let shown = text(side, "Version");
    Some(Side {
        version: version_of("Version"),
        shown: if is_podman { format!("Podman {shown}") } else { shown },
        api: version_of("ApiVersion"),
        min_api: version_of("MinAPIVersion"),
        is_podman,
    })
}

/// The engine's part of `docker info`; none without an engine.
pub fn info(info: &Value) -> Option<Info> {
    let os_type = text(info, "OSType");
    (!os_type.is_empty()).then(|| Info {
        root_dir: Some(text(info, "DockerRootDir")).filter(|dir| !dir.is_empty()).map(Into::into),
        operating_system: text(info, "OperatingSystem"),
        os_type,
        rootless: list(info, "SecurityOptions").iter().any(|option| option.as_str() == Some("name=rootless")),
    })
}

/// A plugin, by `docker info`, which lists them even when no engine answers.
pub fn plugin(info: &Value, name: &str) -> Plugin {
    let Some(client) = info.get("ClientInfo").filter(|client| client.is_object()) else { return Plugin::Unknown };
    match list(client, "Plugins").iter().find(|plugin| text(plugin, "Name") == name) {
        None => Plugin::Missing,
        // Docker also lists plugins that it can't use, with the reason.
        Some(plugin) if plugin.get("Err").is_some_and(|error| !error.is_null()) => {
            Plugin::Broken(text(plugin, "Path").into())
        }
        Some(plugin) => Plugin::Here(Version::parse(&text(plugin, "Version"))),
    }
}

/// Reads `docker buildx inspect` (buildx 0.13 and 0.29): lines `Name:`, `Driver:`, `Error:`, `Status:`. `None` if it is
/// something else.
pub fn builder(output: &str) -> Option<Builder> {
    let line = |key: &str| {
        let found = output.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        found.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let is_running = line("Status").map(|status| status == "running");
    line("Name").map(|name| Builder { name: Some(name), driver: line("Driver"), is_running, error: line("Error") })
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(output: &str) -> Value {
        read(output).expect("an object")
    }

    #[test]
    fn both_sides_of_a_version() {
        // Engine 20.10.24, shortened.
        let said = r#"{"Client":{"Version":"20.10.24+dfsg1","ApiVersion":"1.41"},
            "Server":{"Version":"20.10.24+dfsg1","ApiVersion":"1.41","MinAPIVersion":"1.12"}}"#;
        assert_eq!(side(&of(said), "Client").unwrap().version, Some(Version::new(20, 10, 24)));
        assert_eq!(side(&of(said), "Server").unwrap().min_api, Some(Version::new(1, 12, 0)));
        let alone = of(r#"{"Client":{"Version":"28.5.2+dfsg4","ApiVersion":"1.51"},"Server":null}"#);
        assert_eq!(side(&alone, "Client").unwrap().shown, "28.5.2+dfsg4");
        assert_eq!(side(&alone, "Server"), None);
        assert_eq!(read("Cannot connect"), None);
        assert_eq!(side(&of(r#"{"Server":{"Components":[{"Name":"containerd","Version":"v1.7"}]}}"#), "Server"), None);
        // Podman 4.3.1 behind docker's socket, shortened.
        let podman = r#"{"Server":{"Components":[{"Name":"Podman Engine","Version":"4.3.1"},{"Name":"Conmon"}],
            "Version":"4.3.1","ApiVersion":"1.41","MinAPIVersion":"1.24"}}"#;
        let podman = side(&of(podman), "Server").unwrap();
        assert_eq!((podman.is_podman, podman.shown.as_str()), (true, "Podman 4.3.1"));
    }

    #[test]
    fn plugins_are_known_without_an_engine() {
        // CLI 28.5.2 with its engine stopped, shortened.
        let said = r#"{"ID":"","Containers":0,"OSType":"","ServerErrors":["Cannot connect"],"ClientInfo":{"Plugins":[
            {"Name":"buildx","Version":"0.29.1+ds1","Path":"/p/docker-buildx"},
            {"Name":"compose","Version":"2.40.3-3","Path":"/p/docker-compose"}]}}"#;
        assert_eq!(info(&of(said)), None);
        assert_eq!(plugin(&of(said), "buildx"), Plugin::Here(Some(Version::new(0, 29, 1))));
        assert_eq!(plugin(&of(said), "compose"), Plugin::Here(Some(Version::new(2, 40, 3))));
        assert_eq!(plugin(&of("{}"), "compose"), Plugin::Unknown);
        let broken = r#"{"ClientInfo":{"Plugins":[{"Name":"buildx","Path":"/p/docker-buildx","Err":{}}]}}"#;
        assert_eq!(plugin(&of(broken), "buildx"), Plugin::Broken("/p/docker-buildx".into()));
    }

    #[test]
    fn a_builder_and_what_is_wrong_with_it() {
        let said = "Name:   default\nDriver: docker\n\nNodes:\nName:             default\nEndpoint:         default\n";
        let found = builder(said).unwrap();
        assert_eq!(
            (found.name.as_deref(), found.driver.as_deref(), found.is_running, found.error),
            (Some("default"), Some("docker"), None, None)
        );
        // On Podman, before the first build and after it.
        let said =
            "Name:   default\nDriver: docker-container\n\nNodes:\nName:     default\nEndpoint: default\nStatus:   ";
        assert_eq!(builder(&format!("{said}inactive\n")).unwrap().is_running, Some(false));
        assert_eq!(builder(&format!("{said}running\n")).unwrap().is_running, Some(true));
    }
}
