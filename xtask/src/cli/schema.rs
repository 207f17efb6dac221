//! `schema`: writes the JSON schema for editors, made from the rows of [`crate::tasks::config::keys`].

use std::path::PathBuf;

use anyhow::Result;
use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::{Map, Value, json};

use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::system::command_line::quote;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::system::{drafts, files, paths};
use crate::tasks::config::keys::{ENV_FILE, FILE, Key, TASK_ON, Takes, VARIABLE};
use crate::ui::problem::Problem;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "schema",
    about: "Write the JSON schema of tasks.toml, for your editor",
    needs_tasks: false,
    accepts,
    does: Does::Runs(schema),
};

/// The name of the file, beside tasks.toml.
const FILE_NAME: &str = "tasks.schema.json";

fn accepts(command: Command) -> Command {
    command.arg(
        // Not `file`: the global flag has that name.
        Arg::new("path")
            .value_name("FILE")
            .help("Where to write it: a path, or - for standard output [default: tasks.schema.json beside tasks.toml]")
            .value_parser(value_parser!(PathBuf)),
    )
}

fn schema(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let text = format!("{:#}\n", whole());
    let named = matches.get_one::<PathBuf>("path");
    if named.is_some_and(|name| name.as_os_str() == "-") {
        context.ui.result(text.trim_end());
        return Ok(Exit::DONE);
    }
    let path = match named {
        Some(name) => paths::absolute(&context.current_dir, name),
        None => beside_tasks(context)?,
    };
    let shown = paths::shown_from(&context.current_dir, &path);
    if context.globals.dry_run {
        context.ui.result(format_args!("{} schema {}", context.program(), quote(shown.as_ref(), Os::HERE)));
        return Ok(Exit::DONE);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
        let folder = paths::shown_from(&context.current_dir, folder);
        return Err(Problem::new(format!("there is no folder `{folder}`")).into());
    }
    if let Some(target) = named.is_none().then(|| path.read_link()).and_then(Result::ok) {
        // The repository's link, and nobody typed where it leads.
        let hint = format!("name the file: {} schema {}", context.program(), quote(target.as_ref(), Os::HERE));
        return Err(Problem::new(format!("`{shown}` is a link to `{}`", target.display())).hint(hint).into());
    }
    let found = files::find(&path);
    let written = found.and_then(|found| drafts::draft(&found.path, text.as_bytes())).and_then(drafts::Draft::replace);
    written.map_err(|error| Problem::new(format!("can't write `{shown}`: {error}")))?;
    context.ui.result(format_args!("wrote `{shown}`"));
    if let Some(folder) = context.file.as_ref().and_then(|file| file.parent()) {
        let named = paths::shown_from(folder, &path).replace('\\', "/");
        let dot = if path.starts_with(folder) { "./" } else { "" };
        context.ui.result(format_args!("for your editor, the first line of tasks.toml: #:schema {dot}{named}"));
    }
    Ok(Exit::DONE)
}

/// Beside tasks.toml, whatever mistakes that has.
fn beside_tasks(context: &Context) -> Result<PathBuf> {
    let file = context.file.as_ref().ok_or_else(|| {
        Problem::new("there is no tasks.toml here or above to put the schema beside")
            .hint(format!("name a file: {} schema {FILE_NAME}", context.program()))
    })?;
    Ok(file.with_file_name(FILE_NAME))
}

fn whole() -> Value {
    let mut schema = table(FILE);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("tasks.toml");
    schema["description"] = json!("The tasks of a repository, run by `cargo xtask NAME`");
    schema["definitions"] = json!({ "on": table(TASK_ON) });
    schema
}

fn table(keys: &'static [Key]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// A table in the place of a text: it has one of the keys that say what it is.
fn entry(keys: &'static [Key]) -> Value {
    let mut entry = table(keys);
    if std::ptr::eq(keys, ENV_FILE) {
        entry["required"] = json!(["path"]);
        return entry;
    }
    let is_one = keys.iter().take(3).map(|key| json!({ "required": [key.name] }));
    entry["oneOf"] = is_one.collect();
    entry
}

fn property(key: &Key) -> Value {
    let mut property = match key.takes {
        Takes::Text if key.name == "builtin" => json!({ "type": "string", "enum": crate::cli::commands::NAMES }),
        Takes::Text => json!({ "type": "string" }),
        Takes::Boolean => json!({ "type": "boolean" }),
        Takes::Count => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        Takes::Texts if key.name == "allow" => {
            json!({ "type": "array", "items": { "type": "string", "enum": crate::lint::names() } })
        }
        Takes::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Takes::TextsOrTables(keys) => {
            json!({ "type": "array", "items": { "anyOf": [{ "type": "string" }, entry(keys)] } })
        }
        Takes::Variables => json!({
            "type": "object",
            "additionalProperties": { "anyOf": [{ "type": "string" }, entry(VARIABLE)] },
        }),
        Takes::PlainVariables | Takes::Words => {
            json!({ "type": "object", "additionalProperties": { "type": "string" } })
        }
        Takes::Table(keys) if std::ptr::eq(keys, TASK_ON) => json!({ "allOf": [{ "$ref": "#/definitions/on" }] }),
        Takes::Table(keys) => table(keys),
        Takes::Named(keys) => json!({ "type": "object", "additionalProperties": table(keys) }),
    };
    property["description"] = json!(key.about);
    property
}
