//! The schema that editors use and the program agree on what a tasks.toml is.

use serde_json::{Map, Value, json};
use toml::de::{DeTable, DeValue};

use crate::harness::{Sandbox, repository, shipped_tasks};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    Valid,
    /// Both see it.
    Invalid,
    /// Only the program does: a schema knows nothing of references, of words in a text, of two keys together, or of commands
    /// in Rust, which may stand alone.
    OnlyTheProgram,
}

use Verdict::{Invalid, OnlyTheProgram, Valid};

const ROWS: &[(Verdict, &str)] = &[
    (Valid, "[tasks.t]\nsteps = ['x']"),
    (Valid, "tasks.t.steps = ['x']"),
    (Valid, "tasks = { t = { steps = ['x'], about = '' } }"),
    (
        Valid,
        "[compose]\nfiles = ['a/b.yaml']\ncli = 'docker compose'\nproject = 'p'\nwait = 0\n[tasks.t]\nsteps = ['x']",
    ),
    (Valid, "[compose]\nwait = 0x10\n[tasks.t]\nsteps = ['x']"),
    (Valid, "[compose]\nwait = 1_000\n[tasks.t]\nsteps = ['x']"),
    (Valid, "[compose]\nwait = 4294967295\n[tasks.t]\nsteps = ['x']"),
    (
        Valid,
        "[env]\nA = ''\n[cache]\nnamespace = 'project'\n[lint]\nallow = ['dockerfile', 'context']\n[tasks.t]\nsteps = ['x']",
    ),
    (
        Valid,
        "[tasks.t]\nsteps = ['x {f} {args}']\n[tasks.t.flags]\nf = { short = 'f', about = 'a', words = ['{value}'], value = 'V', default = 'a', choices = ['a'], env = 'E' }",
    ),
    (
        Valid,
        "[tasks.a]\nneeds = ['t']\n[tasks.t]\nsteps = ['x']\ndir = 'a'\nenv = { A = '1' }\nconfirm = '?'\nhidden = true\naliases = ['b']",
    ),
    (Valid, "[tasks.t]\nbuiltin = 'help'"),
    (Valid, "[tasks.t]\nwindows = { steps = ['x'] }\nunix.steps = ['y']\nlinux.env.A = 'b'\nmacos.hidden = true"),
    (Valid, "[tasks.t.unix]\nsteps = ['x {f}']\nflags.f.words = ['f']"),
    (OnlyTheProgram, ""),
    (Invalid, "tasks = []"),
    (Invalid, "[[tasks]]\nname = 'x'"),
    (Valid, "xtask = '0.1'\n[words]\na = 'x'\nb = ''\n[tasks.t]\ngroup = 'G'\nunless = 'f'\nsteps = ['{a} {b}']"),
    (
        Valid,
        "[tasks.t]\nsteps = ['x', { run = 'x', dir = 'a', env = { A = '1' }, may-fail = true }, { sh = 'a | b' }, { say = 'b' }]",
    ),
    (
        Valid,
        "[tasks.t]\nsteps = ['x {f}']\nflags.f = { words = ['{value}'], value = 'V', required = true, from-env = 'F' }",
    ),
    (Invalid, "[tasks.t]\nsteps = [{ run = 'x', sh = 'y' }]"),
    (Invalid, "[tasks.t]\nsteps = [{ dir = 'x' }]"),
    (Invalid, "[tasks.t]\nsteps = [{ run = 'x', say = 1 }]"),
    (Invalid, "[tasks.t]\nsteps = [{ run = 'x', fail = true }]"),
    (Invalid, "[words]\na = ['x']\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "xtask = 1\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[task.t]\nsteps = ['x']"),
    (Invalid, "[tasks]\nt = ['x']"),
    (Invalid, "[tasks.t]\nsteps = 'x'"),
    (Invalid, "[tasks.t]\nsteps = [['x']]"),
    (Invalid, "[tasks.t]\nsteps = [1]"),
    (Invalid, "[tasks.t]\nsteps = ['x']\nunknown = 1"),
    (Invalid, "[tasks.t]\nsteps = ['x']\nabout = 1"),
    (Invalid, "[tasks.t]\nsteps = ['x']\nhidden = 'true'"),
    (Invalid, "[tasks.t]\nsteps = ['x']\naliases = 'a'"),
    (Invalid, "[tasks.t]\nsteps = ['x']\nenv = { A = 1 }"),
    (Invalid, "[tasks.t]\nsteps = ['x']\nenv = ['A=1']"),
    (Invalid, "[tasks.t]\nsteps = ['x']\ndir = 1979-05-27"),
    (Invalid, "[tasks.t]\nsteps = ['x']\nneeds = { a = 1 }"),
    (Invalid, "[tasks.t]\nsteps = ['x']\nwindows = 'x'"),
    (Invalid, "[tasks.t]\nsteps = ['x']\nwindows.step = ['x']"),
    (Invalid, "[tasks.t]\nsteps = ['x']\nwindows.linux.steps = ['x']"),
    (Invalid, "[tasks.t]\nsteps = ['x']\nflags = ['f']"),
    (Invalid, "[tasks.t]\nsteps = ['x {f}']\nflags.f = '--f'"),
    (Invalid, "[tasks.t]\nsteps = ['x {f}']\nflags.f = { words = '--f' }"),
    (Invalid, "[tasks.t]\nsteps = ['x {f}']\nflags.f = { words = ['--f'], long = 'f' }"),
    (Invalid, "[tasks.t]\nsteps = ['x {f}']\nflags.f = { words = ['--f'], value = true }"),
    (Invalid, "[tasks.t]\nbuiltin = 'nothing'"),
    (Invalid, "[tasks.t]\nbuiltin = true"),
    (Invalid, "env = 1\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[env]\nA = 1\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[env]\nA.B = 'c'\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[compose]\nfiles = 'a.yaml'\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[compose]\nwait = -1\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[compose]\nwait = 4294967296\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[compose]\nwait = 1.5\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[compose]\nwait = '1'\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[compose]\ncli = ['docker', 'compose']\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[compose]\nproject = 1\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[cache]\nname = 'x'\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[lint]\nallow = ['rule']\n[tasks.t]\nsteps = ['x']"),
    (Invalid, "[lint]\nallow = 'x'\n[tasks.t]\nsteps = ['x']"),
    (OnlyTheProgram, "[tasks.t]"),
    (OnlyTheProgram, "[tasks.t]\nsteps = []"),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['a | b']"),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['']"),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['x {f}']"),
    (OnlyTheProgram, "[tasks.t]\nneeds = ['nobody']"),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['task nobody']"),
    (OnlyTheProgram, "[tasks.t]\nneeds = ['t']"),
    (OnlyTheProgram, "[tasks.'a b']\nsteps = ['x']"),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['x']\naliases = ['-a']"),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['x']\ndir = 'a\\b'"),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['x']\nbuiltin = 'help'"),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['x']\nenv = { 'A=B' = 'c' }"),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['x {f}']\nflags.f = { short = 'ff', words = ['f'] }"),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['x {quiet}']\nflags.quiet = { words = ['q'] }"),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['x {f}']\nflags.f = { words = ['{value}'] }"),
    (
        OnlyTheProgram,
        "[tasks.t]\nsteps = ['x {f}']\nflags.f = { words = ['{value}'], value = 'V', default = 'a', choices = ['b'] }",
    ),
    (OnlyTheProgram, "[tasks.t]\nsteps = ['x']\nflags.f = {}"),
];

#[test]
fn the_schema_and_the_program_agree() {
    let sandbox = Sandbox::bare();
    let schema: Value = serde_json::from_str(&sandbox.run("schema -").stdout).expect("JSON");
    let mut wrong = Vec::new();
    for (verdict, text) in ROWS {
        sandbox.file("tasks.toml", text);
        let done = sandbox.run("help");
        let by_program = done.code == 0;
        let table = DeTable::parse(text).expect("TOML");
        let instance = to_json(&DeValue::Table(table.into_inner()));
        let mistakes = mistakes(&schema, &instance, &schema, "");
        let expected = (*verdict == Valid, *verdict != Invalid);
        if (by_program, mistakes.is_empty()) != expected {
            wrong.push(format!("{verdict:?}\n{text}\n{}{mistakes:?}", done.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// `cargo xtask schema` writes it anew.
#[test]
fn the_shipped_schema_is_current() {
    let Some(_) = shipped_tasks() else { return };
    let shipped = std::fs::read_to_string(repository().join("tasks.schema.json")).expect("it is there");
    Sandbox::bare().run("schema -").is(0, &shipped.replace("\r\n", "\n"), "");
}

#[test]
fn the_schema_is_written_beside_tasks_toml() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool']\n");
    let schema = sandbox.run("schema -").stdout;
    let wrote = |shown: &str| {
        format!("wrote `{shown}`\nfor your editor, the first line of tasks.toml: #:schema ./tasks.schema.json\n")
    };
    sandbox.run("-n schema").is(0, "xtask schema tasks.schema.json\n", "");
    let path = sandbox.project().join("tasks.schema.json");
    assert!(!path.exists());
    sandbox.run("schema").is(0, &wrote("tasks.schema.json"), "");
    assert_eq!(std::fs::read_to_string(&path).expect("the schema"), schema);
    // From below, over an old one, and for a file with mistakes, too.
    std::fs::write(&path, "old").expect("a file");
    sandbox.file("tasks.toml", "tasks = 1");
    sandbox.run_in(&sandbox.folder("a"), "schema").is(0, &wrote("../tasks.schema.json"), "");
    assert_eq!(std::fs::read_to_string(&path).expect("the schema"), schema);
    // Wherever it is, the line names it from tasks.toml.
    sandbox.folder("docs");
    let said = |shown: &str| format!("wrote `{shown}`\nfor your editor, the first line of tasks.toml: #:schema ");
    sandbox.run("schema docs/s.json").is(0, &(said("docs/s.json") + "./docs/s.json\n"), "");
    sandbox.run("schema ../s.json").is(0, &(said("../s.json") + "../s.json\n"), "");
    sandbox.run("schema nowhere/s.json").is(2, "", "error: there is no folder `nowhere`\n");
    assert!(!sandbox.project().join("nowhere").exists());
}

/// The repository may have any link there.
#[cfg(unix)]
#[test]
fn the_schema_is_not_written_through_a_link_of_the_repository() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['x']\n");
    let other = sandbox.home().join("own");
    std::fs::write(&other, "mine").expect("a file");
    std::os::unix::fs::symlink("../own", sandbox.project().join("tasks.schema.json")).expect("a link");
    let said = "error: `tasks.schema.json` is a link to `../own`\nhint: name the file: xtask schema ../own\n";
    sandbox.run("schema").is(2, "", said);
    assert_eq!(std::fs::read_to_string(&other).expect("a file"), "mine");
    sandbox.run("schema tasks.schema.json");
    assert!(std::fs::read_to_string(&other).expect("a file").starts_with('{'), "it was typed");
}

#[test]
fn without_a_project_the_schema_needs_a_place() {
    let sandbox = Sandbox::bare();
    let error = "error: there is no tasks.toml here or above to put the schema beside\nhint: name a file: xtask schema tasks.schema.json\n";
    sandbox.run("schema").is(2, "", error);
    sandbox.run("schema x.json").is(0, "wrote `x.json`\n", "");
    assert!(sandbox.project().join("x.json").exists());
}

#[test]
fn the_shipped_tasks_are_valid_by_the_schema_and_name_it() {
    let Some(text) = shipped_tasks() else { return };
    let named = text.lines().next().and_then(|line| line.strip_prefix("#:schema ./")).expect("a schema is named");
    let schema = std::fs::read_to_string(repository().join(named.trim())).expect("it is there");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let instance = to_json(&DeValue::Table(DeTable::parse(&text).expect("TOML").into_inner()));
    assert_eq!(mistakes(&schema, &instance, &schema, ""), [""; 0]);
}

fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text.as_ref()),
        DeValue::Integer(number) => {
            json!(i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).expect("a number"))
        }
        DeValue::Float(number) => json!(number.as_str().parse::<f64>().expect("a number")),
        DeValue::Boolean(value) => json!(value),
        DeValue::Datetime(date) => json!({ "$date": date.to_string() }),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => {
            let pairs = table.iter().map(|(name, value)| (name.get_ref().to_string(), to_json(value.get_ref())));
            Value::Object(pairs.collect::<Map<String, Value>>())
        }
    }
}

/// The part of JSON Schema that the schema uses; any other word in it is a mistake too.
fn mistakes(schema: &Value, value: &Value, root: &Value, place: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (word, rule) in schema.as_object().expect("a schema is an object") {
        let holds =
            match word.as_str() {
                "$schema" | "title" | "description" | "definitions" => true,
                "type" => match rule.as_str().expect("one type") {
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "array" => value.is_array(),
                    "object" => value.is_object(),
                    other => panic!("a type: {other}"),
                },
                "enum" => rule.as_array().expect("values").contains(value),
                "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().expect("a number")),
                "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().expect("a number")),
                "minLength" => {
                    value.as_str().is_none_or(|text| text.chars().count() as u64 >= rule.as_u64().expect("a number"))
                }
                "required" => rule.as_array().expect("names").iter().all(|name| {
                    value.as_object().is_none_or(|object| object.contains_key(name.as_str().expect("a name")))
                }),
                "items" => {
                    for item in value.as_array().into_iter().flatten() {
                        found.extend(mistakes(rule, item, root, &format!("{place}[]")));
                    }
                    true
                }
                "properties" => {
                    for (name, rule) in rule.as_object().expect("rules") {
                        if let Some(inner) = value.get(name) {
                            found.extend(mistakes(rule, inner, root, &format!("{place}.{name}")));
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let known = |name: &str| schema.get("properties").is_some_and(|known| known.get(name).is_some());
                    for (name, inner) in value.as_object().into_iter().flatten().filter(|(name, _)| !known(name)) {
                        match rule {
                            Value::Bool(false) => found.push(format!("{place}.{name} is unknown")),
                            rule => found.extend(mistakes(rule, inner, root, &format!("{place}.{name}"))),
                        }
                    }
                    true
                }
                "allOf" => {
                    for rule in rule.as_array().expect("rules") {
                        found.extend(mistakes(rule, value, root, place));
                    }
                    true
                }
                "anyOf" | "oneOf" => {
                    let fits = |rule: &&Value| mistakes(rule, value, root, place).is_empty();
                    let fitting = rule.as_array().expect("rules").iter().filter(fits).count();
                    if word == "oneOf" { fitting == 1 } else { fitting > 0 }
                }
                "$ref" => {
                    let path = rule.as_str().and_then(|path| path.strip_prefix('#')).expect("a place in this schema");
                    found.extend(mistakes(root.pointer(path).expect("it is there"), value, root, place));
                    true
                }
                other => panic!("this test does not know `{other}`"),
            };
        if !holds {
            found.push(format!("{place}: {word}"));
        }
    }
    found
}
