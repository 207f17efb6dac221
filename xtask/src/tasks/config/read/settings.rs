//! What holds for commands: the tables of the whole file, and those of its modes.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::tasks::config::read::{Reader, as_table, check, flag_of, inner, owned, text, texts};
use crate::tasks::config::setting::{Compose, EnvFile, Mode, Setting, When};
use crate::tasks::config::variable::{Content, Output, User, Variable};
use crate::tasks::config::words::{self, Shared};
use crate::tasks::mistake::mistake;
use crate::ui::text::and_list;

/// The keys that say what a variable is set to: it has one of them.
const CONTENTS: [&str; 3] = ["value", "from", "output"];

impl Reader<'_> {
    /// What holds without a mode, and the modes in the order of the file.
    pub(super) fn settings(&mut self, file: &DeTable<'_>) -> (Setting, Vec<Mode>) {
        let shared = self.shared_words(file);
        let base = Setting {
            compose: self.compose(inner(file, "compose"), Compose::default()),
            of_mode: Vec::new(),
            env: self.variables(file),
            env_files: self.env_files(file).unwrap_or_default(),
            words: words::expand(&shared, &mut self.found),
        };
        let mut modes: Vec<Mode> = Vec::new();
        for (name, written) in inner(file, "modes").into_iter().flatten() {
            let Some(table) = as_table(written) else { continue };
            let when = inner(table, "when").and_then(|when| {
                let env = text(when, "env");
                if env.is_none() && !self.is_faulty(when, &["env"]) {
                    self.found
                        .push(mistake("`when` without a variable", name.span()).fix("write when = { env = \"CI\" }"));
                }
                if let Some(env) = env.as_ref().filter(|env| env.get_ref().is_empty() || env.get_ref().contains('=')) {
                    let message = format!("`{}` can't be the name of a variable", env.get_ref());
                    self.found.push(mistake(message, env.span()));
                }
                if let Some(is) = text(when, "is").filter(|is| is.get_ref().is_empty()) {
                    self.found
                        .push(mistake("`is` without a value", is.span()).fix("leave it out: any value but nothing"));
                }
                Some(When { env: env?.into_inner(), is: text(when, "is").map(Spanned::into_inner) })
            });
            let own = self.shared_words(table);
            let mut all: Vec<Shared> =
                shared.iter().filter(|under| own.iter().all(|over| over.name != under.name)).cloned().collect();
            let known = self.found.len();
            all.extend(own);
            let words = words::expand(&all, &mut self.found);
            // What is wrong with the words of the whole file is told once.
            let mut of_mode = self.found.split_off(known);
            of_mode.retain(|finding| !self.found.iter().any(|told| told.span() == finding.span()));
            self.found.append(&mut of_mode);
            let setting = Setting {
                compose: self.compose(inner(table, "compose"), base.compose.clone()),
                of_mode: self.variables(table),
                env: base.env.clone(),
                env_files: self.env_files(table).unwrap_or_else(|| base.env_files.clone()),
                words,
            };
            modes.push(Mode { name: name.get_ref().to_string(), span: name.span(), when, setting });
        }
        modes.sort_by_key(|mode| mode.span.start);
        (base, modes)
    }

    fn shared_words(&mut self, table: &DeTable<'_>) -> Vec<Shared> {
        let of = |(name, value): (&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
            let line = owned(value).and_then(|line| match line.get_ref().trim().is_empty() {
                true => Some(Vec::new()),
                false => self.part_of_line(&line),
            });
            Shared { name: name.get_ref().to_string(), span: name.span(), line }
        };
        let mut shared: Vec<Shared> = inner(table, "words").into_iter().flatten().map(of).collect();
        shared.sort_by_key(|shared| shared.span.start);
        shared
    }

    /// What a table says of compose, over what holds without it.
    fn compose(&mut self, table: Option<&DeTable<'_>>, mut compose: Compose) -> Compose {
        let Some(table) = table else { return compose };
        if let Some(files) = texts(table, "files") {
            files.iter().for_each(|file| self.forward_slashes(file));
            compose.files = files;
        }
        if let Some(cli) = text(table, "cli") {
            compose.cli = self.words_of_a_command(&cli);
        }
        compose.project = text(table, "project").map(Spanned::into_inner).or(compose.project);
        if let Some(DeValue::Integer(number)) = table.get("wait").map(Spanned::get_ref) {
            compose.wait = check::count(number.as_str(), number.radix()).unwrap_or(compose.wait);
        }
        compose
    }

    fn env_files(&mut self, table: &DeTable<'_>) -> Option<Vec<EnvFile>> {
        let written = table.get("env-files")?.get_ref().as_array()?;
        let mut files = Vec::new();
        for entry in written.iter() {
            let of = |key, otherwise| as_table(entry).and_then(|file| flag_of(file, key)).unwrap_or(otherwise);
            let path = match as_table(entry) {
                Some(file) => text(file, "path"),
                None => owned(entry),
            };
            match path {
                Some(path) => {
                    self.forward_slashes(&path);
                    if path.get_ref().is_empty() {
                        self.found.push(mistake("an env file without a `path`", entry.span()));
                    }
                    files.push(EnvFile { path, required: of("required", true), overrides: of("override", false) });
                }
                None if as_table(entry).is_some_and(|file| !self.is_faulty(file, &["path"])) => {
                    self.found.push(mistake("an env file without a `path`", entry.span()));
                }
                None => {}
            }
        }
        Some(files)
    }

    /// The variables of `env`, in the order of the file.
    pub(super) fn variables(&mut self, table: &DeTable<'_>) -> Vec<Variable> {
        let mut placed: Vec<(usize, Variable)> = Vec::new();
        for (name, value) in inner(table, "env").into_iter().flatten() {
            let variable = match value.get_ref() {
                DeValue::String(text) => Some(Variable::text(name.get_ref(), text)),
                DeValue::Table(table) => self.variable(name, table),
                _ => None,
            };
            placed.extend(variable.map(|variable| (name.span().start, variable)));
        }
        placed.sort_by_key(|(at, _)| *at);
        placed.into_iter().map(|(_, variable)| variable).collect()
    }

    fn variable(&mut self, name: &Spanned<Cow<'_, str>>, table: &DeTable<'_>) -> Option<Variable> {
        if self.is_faulty(table, &["value", "from", "output", "override"]) {
            return None;
        }
        let contents: Vec<&str> = CONTENTS.into_iter().filter(|key| table.contains_key(*key)).collect();
        let [key] = contents[..] else {
            let named: Vec<String> = contents.iter().map(|key| format!("`{key}`")).collect();
            self.found.push(match contents.is_empty() {
                true => mistake(format!("`{}` has no value", name.get_ref()), name.span())
                    .fix("give it `value`, `from` or `output`"),
                false => mistake(format!("`{}` has {}", name.get_ref(), and_list(&named, "and")), name.span())
                    .fix("a variable has one value"),
            });
            return None;
        };
        let written = text(table, key)?;
        let content = match key {
            "value" => Content::Text(written.into_inner()),
            "from" => {
                let Some((_, user)) = User::ALL.into_iter().find(|(known, _)| known == written.get_ref()) else {
                    let message = format!("`{}` is nothing that a variable can be from", written.get_ref());
                    self.found.push(mistake(message, written.span()).fix("it can be `user`, `uid` or `gid`"));
                    return None;
                };
                Content::User(user)
            }
            _ => {
                let words = self.words_of_a_command(&written)?;
                if let Some(first) = words.first().filter(|first| ["task", "compose"].contains(&first.as_str())) {
                    let message = format!("`{first}` can't be asked for a variable");
                    self.found.push(mistake(message, written.span()).fix("it is a command that runs before any step"));
                }
                Content::Output(Output { words, line: written.get_ref().clone(), span: written.span() })
            }
        };
        let overrides = flag_of(table, "override").unwrap_or(false);
        Some(Variable { name: name.get_ref().to_string(), content, overrides })
    }
}
