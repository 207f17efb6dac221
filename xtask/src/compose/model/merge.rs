//! How one file goes over another: maps key by key, lists one after the other, and what compose treats in its own way.

use serde_json::{Map, Value};

use crate::compose::model::Tree;
use crate::compose::yaml;

/// Puts a tree over another. `path`: where they stand.
pub fn maps(mut base: Tree, over: Tree, path: &[&str]) -> Tree {
    for (key, value) in over {
        let merged = match base.remove(&key) {
            Some(old) => values(old, value, &[path, &[&key]].concat()),
            None => value,
        };
        base.insert(key, merged);
    }
    base
}

/// Two services of one name, one extending the other.
pub fn services(base: Value, over: Value) -> Value {
    values(base, over, &["services", "*"])
}

fn values(base: Value, over: Value, path: &[&str]) -> Value {
    match path {
        ["services", _, "command" | "entrypoint"] | ["services", _, "healthcheck", "test"] => over,
        ["services", _, "build"] => Value::Object(maps(build(base), build(over), path)),
        ["services", _, "depends_on" | "networks" | "models"] => {
            Value::Object(maps(by_name(base), by_name(over), path))
        }
        ["services", _, rest @ ..] if is_list_of_pairs(rest) => {
            let mut list = pairs(base);
            list.extend(pairs(over));
            Value::Array(list)
        }
        ["services", _, "extra_hosts"] | ["services", _, "build", "extra_hosts"] => {
            let mut list = pairs(base);
            let new: Vec<Value> = pairs(over).into_iter().filter(|host| !list.contains(host)).collect();
            list.extend(new);
            Value::Array(list)
        }
        _ => match (base, over) {
            (base, Value::Null) => base,
            (Value::Object(base), Value::Object(over)) => Value::Object(maps(base, over, path)),
            (Value::Array(mut base), Value::Array(over)) => {
                base.extend(over);
                Value::Array(base)
            }
            // Where the two are of different kinds, compose refuses the files.
            (_, over) => over,
        },
    }
}

/// What may be a map or a list of `name=value`, and becomes one list.
fn is_list_of_pairs(path: &[&str]) -> bool {
    matches!(
        path,
        ["build", "args" | "additional_contexts" | "labels"]
            | ["annotations" | "dns" | "dns_opt" | "dns_search" | "env_file" | "environment" | "label_file" | "labels"]
            | ["sysctls" | "tmpfs"]
            | ["deploy", "labels"]
    )
}

fn build(value: Value) -> Tree {
    match value {
        Value::Object(map) => map,
        Value::String(context) => Tree::from_iter([("context".to_owned(), Value::String(context))]),
        _ => Tree::new(),
    }
}

/// A list of names as a map; each of `depends_on` waits until the other has started.
fn by_name(value: Value) -> Tree {
    match value {
        Value::Object(map) => map,
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).map(|name| (name.to_owned(), Value::Null)).collect()
        }
        _ => Tree::new(),
    }
}

fn pairs(value: Value) -> Vec<Value> {
    let pair = |name: &str, value: &Value| Value::String(format!("{name}={}", yaml::shown(value)));
    match value {
        Value::Array(list) => list,
        Value::Object(map) => map
            .iter()
            .flat_map(|(name, value)| match value {
                Value::Null => vec![Value::String(name.clone())],
                Value::Array(values) => values.iter().map(|value| pair(name, value)).collect(),
                value => vec![pair(name, value)],
            })
            .collect(),
        Value::Null => Vec::new(),
        value => vec![value],
    }
}

/// Drops what later files reset or override. Items of lists stay: compose drops none.
pub fn clear(tree: &mut Tree, cleared: &[Vec<String>]) {
    for path in cleared {
        if let Some((last, parents)) = path.split_last() {
            let mut map: Option<&mut Map<String, Value>> = Some(&mut *tree);
            for parent in parents {
                map = map.and_then(|map| map.get_mut(parent)?.as_object_mut());
            }
            if let Some(map) = map {
                map.remove(last);
            }
        }
    }
}
