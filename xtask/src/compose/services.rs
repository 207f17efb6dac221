//! The services as compose itself understands its files: what `compose config` prints, read.

pub mod build_flags;
pub mod held;

use std::path::PathBuf;

use build_flags::LeftOut;
use held::Held;
use serde_json::Value;

use crate::compose::model::Tree;
use crate::compose::yaml;

/// What `compose config` says, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Services {
    /// Compose's project name; compose 1 does not say it.
    pub project: Option<String>,
    pub services: Vec<Service>,
    /// The variables of all containers.
    pub environment: Vec<(String, String)>,
    pub held: Vec<Held>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    pub name: String,
    /// `None` if it is not built.
    pub build: Option<Build>,
    pub image: Option<String>,
    pub ports: Vec<Port>,
    /// The services that compose starts before it.
    pub needs: Vec<String>,
    /// Those of them that have to be healthy, or to have ended with 0, before it starts.
    pub waits_for: Vec<String>,
    /// Those of them without which it starts all the same: `required: false`.
    pub optional: Vec<String>,
    /// It exists only if one of these is active; empty: always.
    pub profiles: Vec<String>,
    /// How many containers `up` starts, where the file says it.
    pub replicas: Option<u64>,
    /// `env_file:` and `label_file:`, as it is written: compose's own reading has their variables in place of them.
    pub env_files: Vec<PathBuf>,
}

/// `build:` of a service, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build {
    /// A folder of this machine; none for an address (`https://…`, `git@…`).
    pub context: Option<PathBuf>,
    /// From the context, or absolute.
    pub dockerfile: PathBuf,
    /// `dockerfile_inline`: the Dockerfile's text, in place of a file.
    pub inline: Option<String>,
    pub target: Option<String>,
    /// Those with a value.
    pub args: Vec<(String, String)>,
    /// Those without: compose takes the variable of that name.
    pub open_args: Vec<String>,
    /// Whether it wants secrets of the build, which only BuildKit has.
    pub has_secrets: bool,
    /// What else it says, as flags of `docker build`, and the keys that have none there.
    pub flags: Vec<String>,
    pub left_out: Vec<LeftOut>,
    /// Its named contexts: each name with a folder, an address, `docker-image://…` or `service:…`.
    pub contexts: Vec<(String, String)>,
    /// The key by which compose empties its cache mounts in every build.
    pub empties_mounts: Option<&'static str>,
    /// Whether it takes layers from elsewhere: `cache_from`.
    pub takes_cache: bool,
}

/// Ports that compose publishes on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// An address of the host; none: all of them.
    pub host: Option<String>,
    /// The host's ports, first and last. A port that the engine chooses is not listed.
    pub published: (u16, u16),
    pub udp: bool,
}

impl Services {
    /// Reads `compose config --format json` (compose 2.26 and 2.40).
    pub fn from_json(text: &str) -> Option<Services> {
        Services::of_answer(&serde_json::from_str(text).ok()?)
    }

    /// Reads `docker-compose config`, which is YAML (compose 1.29). The error says what is wrong with it, if YAML does.
    pub fn from_yaml(text: &str) -> Result<Services, Option<String>> {
        let documents = yaml::documents(text).map_err(|mistake| {
            let line = mistake.line.map(|line| format!("line {line}: ")).unwrap_or_default();
            format!("{line}{}", mistake.why)
        })?;
        documents.first().and_then(|document| Services::of_answer(&document.value)).ok_or(None)
    }

    /// `None` if it is something else: without services, compose lists none of them.
    fn of_answer(value: &Value) -> Option<Services> {
        value.get("services").map(|_| Services::of(value))
    }

    /// What our own reading of the files says.
    pub fn from_tree(tree: Tree) -> Services {
        Services::of(&Value::Object(tree))
    }

    fn of(value: &Value) -> Services {
        let services = value.get("services").and_then(Value::as_object);
        let mut services: Vec<Service> = services
            .into_iter()
            .flatten()
            .map(|(name, service)| Service::of(name, service, value.get("secrets")))
            .collect();
        services.sort_by(|left, right| left.name.cmp(&right.name));
        let (environment, held) = (held::environment(value), held::of(value));
        Services { project: text(value, "name"), services, environment, held }
    }
}

impl Service {
    /// Whether it belongs to these profiles; one without any belongs to all.
    pub fn is_active(&self, profiles: &[String]) -> bool {
        let is = |name: &String| profiles.iter().any(|active| active == name || active == "*");
        self.profiles.is_empty() || self.profiles.iter().any(is)
    }

    fn of(name: &str, value: &Value, secrets: Option<&Value>) -> Service {
        let (platform, depends_on) = (text(value, "platform"), value.get("depends_on"));
        let build = |build| Build::of(build, platform.as_deref(), secrets);
        let ports = value.get("ports").and_then(Value::as_array).into_iter().flatten();
        let replicas = value.get("scale").or_else(|| value.get("deploy")?.get("replicas")).and_then(scalar);
        Service {
            name: name.to_owned(),
            build: value.get("build").filter(|build| !build.is_null()).map(build),
            image: text(value, "image"),
            ports: ports.filter_map(Port::of).collect(),
            needs: names(depends_on).into_iter().chain(links(value)).collect(),
            waits_for: where_it(depends_on, |how| text(how, "condition").is_some_and(|it| it != "service_started")),
            optional: where_it(depends_on, |how| how.get("required") == Some(&Value::Bool(false))),
            profiles: names(value.get("profiles")),
            replicas: replicas.and_then(|number| number.parse().ok()),
            env_files: ["env_file", "label_file"]
                .iter()
                .flat_map(|key| names(value.get(key)))
                .map(PathBuf::from)
                .collect(),
        }
    }
}

impl Build {
    /// A build is a map, or its context alone.
    pub(super) fn of(value: &Value, platform: Option<&str>, secrets: Option<&Value>) -> Build {
        let context = text(value, "context").or_else(|| value.as_str().map(str::to_owned)).unwrap_or_default();
        let is_address = context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/");
        let (args, open_args): (Vec<_>, Vec<_>) =
            args(value.get("args")).into_iter().partition(|(_, value)| value.is_some());
        let (flags, left_out) = build_flags::of(value, platform, secrets);
        Build {
            context: (!is_address).then(|| context.into()),
            dockerfile: text(value, "dockerfile").unwrap_or_else(|| "Dockerfile".to_owned()).into(),
            inline: text(value, "dockerfile_inline"),
            target: text(value, "target"),
            args: args.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            open_args: open_args.into_iter().map(|(name, _)| name).collect(),
            has_secrets: value.get("secrets").and_then(Value::as_array).is_some_and(|list| !list.is_empty()),
            flags,
            left_out,
            contexts: build_flags::contexts(value),
            empties_mounts: build_flags::empties_mounts(value),
            takes_cache: value
                .get("cache_from")
                .is_some_and(|from| from.as_array().is_none_or(|from| !from.is_empty())),
        }
    }
}

impl Port {
    /// A map (`published: "8000"`, with `host_ip` and `protocol` where they are not the usual), or compose 1's short
    /// form (`127.0.0.1:9000:9000/udp`, `::1:7000:7000/tcp`). None when no port of the host is named.
    fn of(value: &Value) -> Option<Port> {
        if let Some(short) = value.as_str() {
            return Port::short(short);
        }
        let published = range(&value.get("published").and_then(scalar)?)?;
        let host = text(value, "host_ip");
        Some(Port { host: address(host.as_deref()), published, udp: text(value, "protocol").as_deref() == Some("udp") })
    }

    /// Each port of the range, at most 50 of them.
    pub fn each(&self) -> impl Iterator<Item = Port> + '_ {
        let (first, last) = self.published;
        (first..=last.min(first.saturating_add(49))).map(|port| Port { published: (port, port), ..self.clone() })
    }

    /// Whether both need the same port of the host. "All addresses" overlaps with each of them.
    pub fn overlaps(&self, other: &Port) -> bool {
        let (first, last) = self.published;
        self.udp == other.udp
            && (self.host.is_none() || other.host.is_none() || self.host == other.host)
            && first <= other.published.1
            && other.published.0 <= last
    }

    /// The short form, which is also that of `docker run -p`.
    pub fn short(text: &str) -> Option<Port> {
        let (places, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let (outer, _) = places.rsplit_once(':')?;
        let (host, published) = match outer.rsplit_once(':') {
            Some((host, published)) => (Some(host), published),
            None => (None, outer),
        };
        Some(Port { host: address(host), published: range(published)?, udp: protocol == "udp" })
    }
}

/// An address; none for "all of them".
fn address(host: Option<&str>) -> Option<String> {
    let host = host?.trim_matches(['[', ']']);
    (!matches!(host, "" | "0.0.0.0" | "::")).then(|| host.to_owned())
}

/// `8000`, `9000-9002`. None for 0, which leaves the choice to the engine.
fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range: (u16, u16) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (range.0 > 0 && range.0 <= range.1).then_some(range)
}

/// A text that is not empty: what is empty counts as not there.
fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The arguments of a build, each with its value if it has one.
fn args(value: Option<&Value>) -> Vec<(String, Option<String>)> {
    match value {
        Some(Value::Object(args)) => args.iter().map(|(name, value)| (name.clone(), scalar(value))).collect(),
        Some(Value::Array(args)) => args
            .iter()
            .filter_map(Value::as_str)
            .map(|arg| match arg.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (arg.to_owned(), None),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A list of names, a map by names, or one name. An entry of a list may be a map, whose `path` counts.
fn names(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Object(map)) => map.keys().cloned().collect(),
        Some(Value::Array(list)) => {
            list.iter().filter_map(|entry| entry.as_str().map(str::to_owned).or_else(|| text(entry, "path"))).collect()
        }
        _ => Vec::new(),
    }
}

/// The names of a map whose values are of some kind.
fn where_it(map: Option<&Value>, is: impl Fn(&Value) -> bool) -> Vec<String> {
    let entries = map.and_then(Value::as_object).into_iter().flatten();
    entries.filter(|(_, value)| is(value)).map(|(name, _)| name.clone()).collect()
}

/// `links`: `SERVICE`, or `SERVICE:NAME`.
fn links(value: &Value) -> Vec<String> {
    let links = names(value.get("links"));
    links.iter().map(|link| link.split(':').next().unwrap_or(link).to_owned()).collect()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        value => Some(yaml::shown(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(host: Option<&str>, port: u16, udp: bool) -> Port {
        Port { host: host.map(str::to_owned), published: (port, port), udp }
    }

    /// Recorded from compose 2.40.3 (2.26.1 says the same), shortened.
    const JSON: &str = r#"{"name": "odd", "services": {"api": {"build": {"context": "/p", "dockerfile": "Dockerfile",
        "args": {"A": "one", "B": "x"}, "cache_from": ["x/y:cache"], "target": "dev"}, "command": null, "ports": [
        {"mode": "ingress", "target": 80, "published": "8000", "protocol": "tcp"},
        {"mode": "ingress", "host_ip": "127.0.0.1", "target": 9000, "published": "9000", "protocol": "udp"},
        {"mode": "ingress", "host_ip": "::1", "target": 7000, "published": "7000", "protocol": "tcp"},
        {"mode": "ingress", "target": 5000, "protocol": "tcp"}]}, "db": {"image": "postgres"}}}"#;

    /// Recorded from compose 1.29.2 for the same file, shortened.
    const YAML: &str = "services:\n  api:\n    build:\n      args:\n        A: one\n        B: x\n      cache_from:\n      - x/y:cache\n      context: /p\n      target: dev\n    ports:\n    - published: 8000\n      target: 80\n    - 127.0.0.1:9000:9000/udp\n    - ::1:7000:7000/tcp\n    - target: 5000\n  db:\n    image: postgres\nversion: '3.8'\n";

    #[test]
    fn both_forms_say_the_same() {
        let json = Services::from_json(JSON).unwrap();
        let yaml = Services::from_yaml(YAML).unwrap();
        assert_eq!(json.project.as_deref(), Some("odd"));
        assert_eq!(json.services, yaml.services);
        let api = &json.services[0];
        assert_eq!(
            api.ports,
            [port(None, 8000, false), port(Some("127.0.0.1"), 9000, true), port(Some("::1"), 7000, false)]
        );
        let build = api.build.as_ref().unwrap();
        assert_eq!((build.context.as_deref(), build.target.as_deref()), (Some("/p".as_ref()), Some("dev")));
        assert_eq!(build.args, [("A".to_owned(), "one".to_owned()), ("B".to_owned(), "x".to_owned())]);
        assert_eq!(json.services[1].build, None);
    }

    #[test]
    fn an_address_is_no_folder_and_ranges_are_ports() {
        let said =
            r#"{"services": {"a": {"build": "https://example.org/x.git#main", "ports": ["9000-9002:1-3", "0:1"]}}}"#;
        let services = Services::from_json(said).unwrap();
        assert_eq!(services.services[0].build.as_ref().unwrap().context, None);
        assert_eq!(services.services[0].ports[0].published, (9000, 9002));
        assert_eq!(services.services[0].ports.len(), 1);
    }

    #[test]
    fn any_output_is_read_without_a_panic() {
        for text in
            ["", "[", "services: 1", "a: &x [*x]", "services: {a: {ports: [1, ':', '::', '-:1', {published: []}]}}"]
        {
            let _ = (Services::from_json(text), Services::from_yaml(text));
        }
        let mut seed = 7_u64;
        for _ in 0..2000 {
            let mut bytes = YAML.as_bytes().to_vec();
            for _ in 0..4 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (seed >> 33) as usize % bytes.len();
                bytes[at] = b":-[]{}'\"#&*\n\t x"[(seed >> 20) as usize % 15];
            }
            let text = String::from_utf8_lossy(&bytes);
            let _ = Services::from_yaml(&text);
        }
    }
}
