//! From TOML's tables to values. Types are checked first, by the rows of [`super::keys`]; what is read here has
//! the right type.

mod settings;
mod steps;

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::system::os::Os;
use crate::tasks::config::step_line::Word;
use crate::tasks::config::{Body, Cache, Config, Flag, Variables, Written, check, keys, nesting, version};
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;

/// The file's content as far as it can be read, and every mistake of names and types in it. With mistakes of syntax
/// there is no content: what the parser guessed after one is not what the person wrote. Where a key appears twice, the
/// rest can be read: its mistakes are reported too, but not what seems to be missing.
pub fn config(source: &str, os: Os) -> Result<(Config, Vec<Written>, Vec<Finding>), Vec<Finding>> {
    if let Some(place) = nesting::too_deep(source) {
        return Err(vec![
            mistake("lists and tables are nested too deep here", place).fix("is one of them never closed?"),
        ]);
    }
    let (table, errors) = DeTable::parse_recoverable(source);
    if let Some(newer) = text(table.get_ref(), "xtask").and_then(|version| version::too_new(&version)) {
        return Err(vec![newer]);
    }
    let is_twice = |error: &toml::de::Error| error.message().trim_end() == TWICE;
    let mut found: Vec<Finding> = Vec::new();
    if !errors.is_empty() {
        let told = |error: &toml::de::Error| {
            let message = error.message().trim_end();
            let hint = match message {
                TWICE => "a table can have a key only once: merge the two",
                _ => "the syntax of TOML: https://toml.io/en/v1.0.0",
            };
            mistake(message, error.span().unwrap_or(0..0)).fix(hint)
        };
        found.extend(errors.iter().map(told));
        if !errors.iter().all(is_twice) {
            return Err(found);
        }
    }
    check::table(table.get_ref(), keys::FILE, check::TOP, &mut found);
    let faults = found.iter().map(|finding| finding.span().start).collect();
    let mut reader = Reader { source, found, faults };
    let (config, tasks) = reader.config(table.get_ref(), os);
    if errors.is_empty() { Ok((config, tasks, reader.found)) } else { Err(reader.found) }
}

/// The flags of all tasks, as far as the text can be read: mistakes are of no interest here.
pub fn flags(source: &str) -> Vec<Flag> {
    if nesting::too_deep(source).is_some() {
        return Vec::new();
    }
    let (table, _) = DeTable::parse_recoverable(source);
    let mut reader = Reader { source, found: Vec::new(), faults: BTreeSet::new() };
    let bodies = inner(table.get_ref(), "tasks").into_iter().flat_map(|tasks| tasks.values()).filter_map(as_table);
    let systems = |body| SYSTEMS.iter().filter_map(move |system| inner(body, system));
    let bodies = bodies.flat_map(|body| std::iter::once(body).chain(systems(body)));
    bodies.flat_map(|body| reader.flags(body)).collect()
}

/// The keys for one system, `unix` first: the narrower key is laid over it.
const SYSTEMS: [&str; 4] = ["unix", "windows", "linux", "macos"];

/// The parser's message for a key that its table already has.
const TWICE: &str = "duplicate key";

struct Reader<'a> {
    source: &'a str,
    found: Vec<Finding>,
    /// Where keys are unknown, and values of the wrong type.
    faults: BTreeSet<usize>,
}

impl Reader<'_> {
    fn config(&mut self, file: &DeTable<'_>, os: Os) -> (Config, Vec<Written>) {
        let mut written: Vec<Written> = inner(file, "tasks")
            .iter()
            .flat_map(|tasks| tasks.iter())
            .map(|(name, value)| self.task(name.get_ref(), name.span(), as_table(value)))
            .collect();
        written.sort_by_key(|task| task.span.start);
        let cache = self.cache(inner(file, "cache"));
        self.found.extend(text(file, "xtask").and_then(|least| version::mistaken(&least)));
        let allowed_rules = inner(file, "lint").and_then(|lint| texts(lint, "allow")).unwrap_or_default();
        let (base, modes) = self.settings(file);
        let (tasks, builtins, built_in) = (Vec::new(), Vec::new(), Vec::new());
        (Config { os, cache, allowed_rules, base, modes, mode: None, tasks, builtins, built_in }, written)
    }

    fn cache(&mut self, table: Option<&DeTable<'_>>) -> Cache {
        let namespace = table.and_then(|table| text(table, "namespace"));
        if let Some(other) = namespace.as_ref().filter(|name| name.get_ref() != keys::PROJECT) {
            let message = format!("`{}` is no namespace", other.get_ref());
            let hint = "leave it out to share the mounts with everyone on the engine";
            self.found.push(mistake(message, other.span()).label("expected `project`").fix(hint));
        }
        Cache { own_namespace: namespace.is_some() }
    }

    /// The words of a command without placeholders.
    fn words_of_a_command(&mut self, command: &Spanned<String>) -> Option<Vec<String>> {
        let mut words = Vec::new();
        for (word, span) in self.line(command)? {
            match word {
                Word::Literal(text) => words.push(text),
                _ => self.found.push(mistake("a placeholder can be used only in the steps of a task", span)),
            }
        }
        Some(words)
    }

    /// `table` is `None` where the value is something else, which is already reported.
    fn task(&mut self, name: &str, span: Range<usize>, table: Option<&DeTable<'_>>) -> Written {
        let own = |key| Some((key, self.body(as_table(table?.get(key)?))));
        let systems = SYSTEMS.into_iter().filter_map(own).collect();
        Written { name: name.to_owned(), span, base: self.body(table), systems }
    }

    fn body(&mut self, table: Option<&DeTable<'_>>) -> Body {
        let Some(table) = table else { return Body { broken: true, broken_flags: true, ..Body::default() } };
        self.one_line(table, &["about", "confirm", "group"]);
        let flags = self.flags(table);
        let dir = text(table, "dir");
        if let Some(dir) = &dir {
            self.forward_slashes(dir);
        }
        let (steps, are_all) = self.steps(table);
        Body {
            broken: !are_all || self.is_faulty(table, &["steps", "needs", "builtin", "rust", "mode"]),
            broken_flags: self.is_faulty(table, &["flags"]),
            about: text(table, "about").map(Spanned::into_inner),
            steps,
            needs: texts(table, "needs"),
            flags,
            dir,
            env: self.variables(table),
            env_span: table.get_key_value("env").map(|(key, _)| key.span()),
            confirm: text(table, "confirm").map(Spanned::into_inner),
            unless: text(table, "unless"),
            group: text(table, "group").map(Spanned::into_inner),
            mode: text(table, "mode"),
            hidden: flag_of(table, "hidden"),
            // A string in place of a list is already reported: its name still counts.
            aliases: texts(table, "aliases").or_else(|| Some(vec![text(table, "aliases")?])),
            builtin: text(table, "builtin"),
            rust: flag_of(table, "rust").unwrap_or(false),
        }
    }

    fn flags(&mut self, task: &DeTable<'_>) -> Vec<Flag> {
        let mut flags: Vec<Flag> = inner(task, "flags")
            .iter()
            .flat_map(|flags| flags.iter())
            .map(|(name, value)| self.flag(name.get_ref(), name.span(), as_table(value)))
            .collect();
        flags.sort_by_key(|flag| flag.span.start);
        flags
    }

    fn flag(&mut self, name: &str, span: Range<usize>, table: Option<&DeTable<'_>>) -> Flag {
        let name = name.to_owned();
        let Some(table) = table else { return Flag { name, span, broken: true, ..Flag::default() } };
        self.one_line(table, &["about", "value", "default", "choices"]);
        let short = text(table, "short").and_then(|short| {
            let mut chars = short.get_ref().chars();
            let letter = chars.next().filter(|c| c.is_ascii_alphanumeric() && chars.next().is_none());
            if letter.is_none() {
                let message = format!("`{}` can't be a short flag", short.get_ref());
                self.found.push(mistake(message, short.span()).label("expected one letter or digit"));
            }
            letter
        });
        Flag {
            broken: self.is_faulty(table, &["env", "value", "default", "words", "choices", "required", "from-env"]),
            name,
            span,
            short,
            about: text(table, "about").map(Spanned::into_inner),
            words: texts(table, "words").unwrap_or_default().into_iter().map(Spanned::into_inner).collect(),
            env: text(table, "env").map(Spanned::into_inner),
            value: text(table, "value").map(Spanned::into_inner),
            default: text(table, "default").map(Spanned::into_inner),
            choices: texts(table, "choices").unwrap_or_default().into_iter().map(Spanned::into_inner).collect(),
            required: flag_of(table, "required").unwrap_or(false),
            from_env: text(table, "from-env").map(Spanned::into_inner),
        }
    }

    /// Whether one of these entries has a mistake, or a key is unknown, which may have been meant for one of them. That
    /// is already reported: what is missing because of it is no second mistake.
    fn is_faulty(&self, table: &DeTable<'_>, keys: &[&str]) -> bool {
        table.iter().any(|(name, value)| {
            let is_one = keys.contains(&name.get_ref().as_ref());
            // A fault within a table is one of its own.
            let is_faulty = || match value.get_ref().as_table() {
                Some(_) => self.faults.contains(&value.span().start),
                None => self.faults.range(value.span()).next().is_some(),
            };
            self.faults.contains(&name.span().start) || (is_one && is_faulty())
        })
    }

    /// What is shown in one line of a list or a help, and must not move the cursor of a terminal.
    fn one_line(&mut self, table: &DeTable<'_>, keys: &[&str]) {
        for key in keys {
            for shown in text(table, key).into_iter().chain(texts(table, key).into_iter().flatten()) {
                // A NUL is already reported, wherever it is.
                if shown.get_ref().contains(|c: char| c.is_control() && c != '\0') {
                    let message = format!("a line break or control character in `{key}`");
                    let hint = "it is shown on one line: write it on one line, without escapes";
                    self.found.push(mistake(message, shown.span()).fix(hint));
                }
            }
        }
    }

    /// Paths are written with `/` and from the folder of tasks.toml, so that they mean the same everywhere.
    fn forward_slashes(&mut self, path: &Spanned<String>) {
        if path.get_ref().contains('\\') {
            let hint = format!("write `{}`: it works on Windows too", path.get_ref().replace('\\', "/"));
            self.found.push(mistake("a path with a backslash", path.span()).fix(hint));
        }
    }
}

fn as_table<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> Option<&'a DeTable<'i>> {
    value.get_ref().as_table()
}

fn inner<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<&'a DeTable<'i>> {
    as_table(table.get(key)?)
}

fn owned(value: &Spanned<DeValue<'_>>) -> Option<Spanned<String>> {
    Some(Spanned::new(value.span(), value.get_ref().as_str()?.to_owned()))
}

fn flag_of(table: &DeTable<'_>, key: &str) -> Option<bool> {
    table.get(key)?.get_ref().as_bool()
}

fn text(table: &DeTable<'_>, key: &str) -> Option<Spanned<String>> {
    owned(table.get(key)?)
}

fn texts(table: &DeTable<'_>, key: &str) -> Option<Vec<Spanned<String>>> {
    Some(table.get(key)?.get_ref().as_array()?.iter().filter_map(owned).collect())
}

fn variables(table: &DeTable<'_>, key: &str) -> Variables {
    let mut placed: Vec<(usize, String, String)> = inner(table, key)
        .iter()
        .flat_map(|variables| variables.iter())
        .filter_map(|(name, value)| {
            Some((name.span().start, name.get_ref().to_string(), value.get_ref().as_str()?.to_owned()))
        })
        .collect();
    placed.sort();
    placed.into_iter().map(|(_, name, value)| (name, value)).collect()
}
