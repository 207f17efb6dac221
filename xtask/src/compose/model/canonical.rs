//! The long form of what can be written short, and each entry of a list once. Files are merged in this form.

use serde_json::{Value, json};

use crate::compose::model::{Tree, Variables};
use crate::compose::yaml;

/// Writes the services of a tree in their long form.
pub fn expand(tree: &mut Tree) {
    for service in services(tree) {
        if let Some(Value::String(context)) = service.get("build") {
            let long = json!({ "context": context });
            service.insert("build".to_owned(), long);
        }
        if let Some(build) = service.get_mut("build").and_then(Value::as_object_mut) {
            once(build, &["args", "additional_contexts", "labels", "tags"], key_of);
            if let Some(Value::Array(list)) = build.get("additional_contexts") {
                let pair =
                    |item: &Value| item.as_str()?.split_once('=').map(|(name, place)| (name.to_owned(), place.into()));
                let map: Tree = list.iter().filter_map(pair).collect();
                build.insert("additional_contexts".to_owned(), Value::Object(map));
            }
        }
        if let Some(Value::Array(names)) = service.get("depends_on") {
            let started = || json!({ "condition": "service_started", "required": true });
            let map: Tree = names.iter().filter_map(|name| Some((name.as_str()?.to_owned(), started()))).collect();
            service.insert("depends_on".to_owned(), Value::Object(map));
        }
        let env_files = match service.remove("env_file") {
            Some(Value::Array(list)) => list,
            Some(Value::Null) | None => Vec::new(),
            Some(one) => vec![one],
        };
        if !env_files.is_empty() {
            let long = |file: Value| if file.is_string() { json!({ "path": file }) } else { file };
            service.insert("env_file".to_owned(), env_files.into_iter().map(long).collect());
        }
        if let Some(Value::String(name)) = service.get("extends") {
            let long = json!({ "service": name });
            service.insert("extends".to_owned(), long);
        }
        once(service, &["environment", "labels", "links", "profiles", "ports"], key_of);
        once(service, &["env_file"], |file| file.get("path").map(yaml::shown));
    }
}

fn services(tree: &mut Tree) -> impl Iterator<Item = &mut Tree> {
    let services = tree.get_mut("services").and_then(Value::as_object_mut);
    services.into_iter().flatten().filter_map(|(_, service)| service.as_object_mut())
}

/// What tells the entries of a list apart: the name of `name=value`, the whole of a port.
fn key_of(item: &Value) -> Option<String> {
    match item {
        Value::String(text) => Some(text.split_once('=').map_or(text.as_str(), |(name, _)| name).to_owned()),
        Value::Object(port) => {
            let part = |key: &str, usual: &str| port.get(key).map_or_else(|| usual.to_owned(), yaml::shown);
            let place = [part("host_ip", "0.0.0.0"), part("published", ""), part("target", "")].join(":");
            Some(format!("{place}/{}", part("protocol", "tcp")))
        }
        other => Some(yaml::shown(other)),
    }
}

/// Leaves each entry of these lists once: the last one, in the place of the first.
fn once(map: &mut Tree, names: &[&str], key: impl Fn(&Value) -> Option<String>) {
    for name in names {
        let Some(Value::Array(list)) = map.get_mut(*name) else { continue };
        let mut places = std::collections::HashMap::new();
        let mut kept: Vec<Value> = Vec::new();
        for item in std::mem::take(list) {
            match places.entry(key(&item)) {
                std::collections::hash_map::Entry::Occupied(place) => {
                    let place: usize = *place.get();
                    kept[place] = item;
                }
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(kept.len());
                    kept.push(item);
                }
            }
        }
        *list = kept;
    }
}

/// What compose adds once all files are merged: the context of a build, and the values of arguments that have none. One
/// that no variable sets is left out.
pub fn set_defaults(tree: &mut Tree, variables: &Variables) {
    for build in services(tree).filter_map(|service| service.get_mut("build")?.as_object_mut()) {
        match build.get_mut("args") {
            Some(Value::Object(args)) => {
                for (name, value) in args.iter_mut().filter(|(_, value)| value.is_null()) {
                    *value = variables.get(name).map_or(Value::Null, Value::String);
                }
                args.retain(|_, value| !value.is_null());
            }
            Some(Value::Array(args)) => {
                let set = |arg: &mut Value| {
                    let Some(name) = arg.as_str().filter(|arg| !arg.contains('=')) else { return true };
                    let Some(value) = variables.get(name) else { return false };
                    *arg = Value::String(format!("{name}={value}"));
                    true
                };
                args.retain_mut(set);
            }
            _ => {}
        }
    }
}
