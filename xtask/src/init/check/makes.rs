//! What make would run for a target, as values.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use crate::system::environment::Environment;

use super::item::{Item, Place};
use super::make::{Answer, Make, OF_MAKE};
use super::ours::of_script;
use super::printed::{self, Line};
use super::shell::fill::Values;

/// What make would run.
pub enum Makes {
    Lines(Vec<Line>),
    Failed(String),
    Stopped,
}

/// How the lines of make are read.
pub struct Reader<'a> {
    pub make: &'a Make,
    pub environment: &'a Environment,
    /// What is known of the variables in a line.
    pub values: Values,
    /// The variables that make gives to all commands.
    pub exported: Exported,
}

/// How deep calls of make are followed.
const DEEPEST: usize = 8;

/// Asks make.
///
/// # Errors
///
/// It can't be started.
pub fn ask(make: &Make, words: &[OsString], environment: &Environment) -> Result<Makes> {
    Ok(match make.print(words, environment)? {
        Answer::Printed(text) => Makes::Lines(printed::lines(&text)),
        Answer::Failed(why) => Makes::Failed(why),
        Answer::Stopped => Makes::Stopped,
    })
}

/// What make changes of the person's variables.
#[derive(Clone, Debug, Default)]
pub struct Exported {
    pub added: BTreeMap<String, String>,
    pub removed: BTreeSet<String>,
}

/// Variables that make itself or a shell has.
const OTHERS: [&str; 9] =
    ["_", "SHLVL", "OLDPWD", "PWD", "LC_ALL", "SHELL", "MAKE_RESTARTS", "CURDIR", "MAKEFILE_LIST"];

/// The variables that make gives to the commands of a target. `None`: make does not say.
///
/// # Errors
///
/// Make can't be started.
pub fn exported(make: &Make, words: &[OsString], target: &str, environment: &Environment) -> Result<Option<Exported>> {
    let Some(found) = make.variables(words, target, environment)? else { return Ok(None) };
    let is_makes = |name: &str| OF_MAKE.contains(&name) || OTHERS.contains(&name);
    let persons = environment.all().into_iter().map(|(name, _)| name);
    let removed = persons.filter(|name| !found.contains_key(name) && !is_makes(name)).collect();
    let is_new = |(name, value): &(String, String)| {
        let is_persons = environment.text(name).as_ref() == Some(value);
        !is_persons && !is_makes(name)
    };
    Ok(Some(Exported { added: found.into_iter().filter(is_new).collect(), removed }))
}

impl Reader<'_> {
    /// What lines run. `follows`: calls of make are replaced by what those run.
    pub fn items(&self, lines: &[Line], follows: bool) -> Vec<Item> {
        let mut items = Vec::new();
        self.add(lines, follows, 0, &mut items);
        items
    }

    /// The same of items that may call make.
    pub fn followed(&self, items: Vec<Item>) -> Vec<Item> {
        let mut followed = Vec::new();
        for item in items {
            match self.called(&item) {
                Some(lines) => self.add(&lines, true, 1, &mut followed),
                None => followed.push(item),
            }
        }
        followed
    }

    fn add(&self, lines: &[Line], follows: bool, depth: usize, items: &mut Vec<Item>) {
        for line in lines {
            let dir = if line.dir.is_empty() { self.make.dir.to_string_lossy().into_owned() } else { line.dir.clone() };
            let place = Place {
                dir,
                env: self.exported.added.clone(),
                removed: self.exported.removed.clone(),
                ..Place::default()
            };
            let of_line = of_script(&line.text, &place, &self.values, self.environment, false);
            if !follows || depth > DEEPEST {
                items.extend(of_line);
                continue;
            }
            let mut called = line.called.as_ref();
            for item in of_line {
                match (item.make().is_some(), called) {
                    (true, Some(lines)) => {
                        self.add(lines, true, depth + 1, items);
                        called = None;
                    }
                    // It is printed with the first of them.
                    (true, None) if line.called.is_some() => {}
                    (true, None) => match self.called(&item) {
                        Some(lines) => self.add(&lines, true, depth + 1, items),
                        None => items.push(item),
                    },
                    (false, _) => items.push(item),
                }
            }
            if let Some(lines) = called {
                self.add(lines, true, depth + 1, items);
            }
            // Nothing that follows runs.
            if matches!(items.last(), Some(Item::Refuses)) {
                return;
            }
        }
    }

    /// What a call of make would run, that make did not follow itself.
    fn called(&self, item: &Item) -> Option<Vec<Line>> {
        let (words, place) = (item.make()?, item.place()?);
        let dir = PathBuf::from(&place.dir);
        let file = self.make.file.clone().filter(|_| dir == self.make.dir);
        let make = Make { dir, file };
        let env: Vec<(String, OsString)> = place.env.iter().map(|(name, value)| (name.clone(), value.into())).collect();
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        match ask(&make, &words, &self.environment.with(&env)).ok()? {
            Makes::Lines(lines) => Some(lines),
            Makes::Failed(_) | Makes::Stopped => None,
        }
    }
}
