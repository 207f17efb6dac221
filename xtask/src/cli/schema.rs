//! The JSON schema for editors, made from the rows of [`crate::tasks::config::keys`]: `tasks.schema.json` beside the sources is this.

use serde_json::{Map, Value, json};

use crate::tasks::config::keys::{FILE, Key, TASK_ON, Takes};

/// The schema's path, from the package's folder.
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tasks.schema.json");

fn schema() -> Value {
    let mut schema = table(FILE);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("tasks.toml");
    schema["description"] = json!("The tasks of a repository, run by `cargo xtask NAME`");
    schema["required"] = json!(["tasks"]);
    schema["definitions"] = json!({ "on": table(TASK_ON) });
    schema
}

fn table(keys: &'static [Key]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn property(key: &Key) -> Value {
    let mut property = match key.takes {
        Takes::Text if key.name == "builtin" => json!({ "type": "string", "enum": crate::cli::commands::NAMES }),
        Takes::Text => json!({ "type": "string" }),
        Takes::Boolean => json!({ "type": "boolean" }),
        Takes::Count => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        Takes::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Takes::Variables => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Takes::Table(keys) if std::ptr::eq(keys, TASK_ON) => json!({ "allOf": [{ "$ref": "#/definitions/on" }] }),
        Takes::Table(keys) => table(keys),
        Takes::Named(keys) => json!({ "type": "object", "additionalProperties": table(keys) }),
    };
    property["description"] = json!(key.about);
    property
}

/// `XTASK_WRITE_SCHEMA=1 cargo test schema` writes it anew.
#[test]
#[allow(clippy::disallowed_methods)] // a test reads and writes its own file
fn the_shipped_schema_is_what_the_program_accepts() {
    let made = format!("{:#}\n", schema());
    if std::env::var_os("XTASK_WRITE_SCHEMA").is_some() {
        std::fs::write(PATH, &made).expect("the schema can be written");
    }
    let shipped = std::fs::read_to_string(PATH).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(shipped, made, "write it anew: XTASK_WRITE_SCHEMA=1 cargo test schema");
}
