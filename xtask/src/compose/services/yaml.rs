//! YAML as the values that JSON has, too.

use serde_json::{Map, Value};
use yaml_rust2::Yaml;

use crate::compose::services::scalar;

/// Maps have their merge keys followed.
pub fn as_json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::String(text) | Yaml::Real(text) => Value::String(text.clone()),
        Yaml::Integer(number) => Value::from(*number),
        Yaml::Boolean(flag) => Value::Bool(*flag),
        Yaml::Array(items) => Value::Array(items.iter().map(as_json).collect()),
        Yaml::Hash(pairs) => {
            let pairs = pairs.iter().filter_map(|(key, value)| Some((scalar(&as_json(key))?, as_json(value))));
            let mut own = pairs.collect::<Map<String, Value>>();
            // `<<: *name`, or a list of them: the first that has a key gives it, unless the map has it itself.
            let merged = match own.remove("<<") {
                Some(Value::Array(maps)) => maps,
                Some(map) => vec![map],
                None => Vec::new(),
            };
            for (key, value) in merged.into_iter().filter_map(|map| map.as_object().cloned()).flatten() {
                own.entry(key).or_insert(value);
            }
            Value::Object(own)
        }
        Yaml::Alias(_) | Yaml::Null | Yaml::BadValue => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::services::Services;

    #[test]
    fn merged_maps_are_part_of_a_service() {
        let text = "x-b: &b { build: { context: a }, image: x }\nx-c: &c { image: y, profiles: [p] }\n\
            services:\n  one: { <<: *b, image: own }\n  two: { <<: [*b, *c] }\n";
        let services = Services::from_yaml(text).expect("YAML").services;
        let seen = |at: usize| {
            let service = &services[at];
            let context = service.build.as_ref().and_then(|build| build.context.clone());
            (context, service.image.as_deref(), service.profiles.len())
        };
        assert_eq!(seen(0), (Some("a".into()), Some("own"), 0));
        assert_eq!(seen(1), (Some("a".into()), Some("x"), 1));
    }
}
