//! A Makefile in all worlds that its conditions tell apart.

use std::collections::BTreeMap;

use crate::init::draft::{Draft, Task};
use crate::init::makefile::evaluate::{self, Includes, World};
use crate::init::translate::modes;
use crate::init::translate::world::{Here, here, plain};
use crate::system::os::Os;

/// Worlds that are looked at.
const MOST: usize = 64;

/// Translates the text of a Makefile.
pub fn draft(text: &str, makefile: &str, exists: &dyn Fn(&str) -> bool, includes: Includes<'_>) -> Draft {
    let at = |os: Os, holds: &BTreeMap<String, bool>| {
        let world = World { os, holds: holds.clone() };
        here(&evaluate::evaluate(text, makefile, &world, includes), exists)
    };
    let base = at(Os::Linux, &BTreeMap::new());
    let of_modes = modes::choose(&base, &|key| at(Os::Linux, &flipped(&base.assumed, key)));
    let draft = Draft {
        env: base.env.clone(),
        env_files: base.env_files.clone(),
        tasks: base.tasks.clone(),
        notes: base.notes.clone(),
        ..Draft::default()
    };
    let mut found = Found { draft, differs: BTreeMap::new(), everything: None };
    for (task, key) in modes::beyond(&of_modes) {
        found.differs.insert(task.to_owned(), format!("it depends on whether {key}"));
    }
    if base.dies {
        found.everything = Some("make ends with a message unless something is set".to_owned());
    }
    let (mut seen, mut left) = (vec![base.assumed.clone()], vec![base.assumed.clone()]);
    'worlds: while let Some(assumed) = left.pop() {
        for key in assumed.keys() {
            let flipped = flipped(&assumed, key);
            if seen.contains(&flipped) {
                continue;
            }
            if seen.len() >= MOST {
                found.everything.get_or_insert("it has too many conditions that only make can decide".to_owned());
                break 'worlds;
            }
            let other = at(Os::Linux, &flipped);
            seen.push(flipped);
            if other.dies || seen.contains(&other.assumed) && other.assumed.len() != assumed.len() {
                continue;
            }
            if !seen.contains(&other.assumed) {
                seen.push(other.assumed.clone());
            }
            left.push(other.assumed.clone());
            found.compare(modes::expected(&of_modes, &base, &other.assumed), &other, key);
        }
    }
    for (os, key, sign) in [(Os::Mac, "macos", "Darwin"), (Os::Windows, "windows", "Windows_NT")] {
        if text.contains(sign) || os == Os::Mac && text.contains("uname") {
            found.system(&base, &at(os, &base.assumed), key);
        }
    }
    modes::write(&of_modes, &base, &mut found.draft);
    found.wrapped()
}

/// The same conditions, one of them the other way.
fn flipped(assumed: &BTreeMap<String, bool>, key: &str) -> BTreeMap<String, bool> {
    assumed.iter().map(|(own, holds)| (own.clone(), *holds != (own == key))).collect()
}

/// What the worlds have in common so far.
struct Found {
    draft: Draft,
    /// Tasks that are not the same everywhere, and why.
    differs: BTreeMap<String, String>,
    /// Why none of them is.
    everything: Option<String>,
}

impl Found {
    /// What is not the same where a condition is another.
    fn compare(&mut self, expected: &Here, other: &Here, key: &str) {
        let why = format!("it depends on whether {key}");
        for name in modes::changed(expected, other) {
            // A person who sets the one has to set the other, too.
            let note = format!("for make, `{name}` depends on whether {key}, and here it does not");
            if !self.draft.notes.contains(&note) {
                self.draft.notes.push(note);
            }
        }
        if expected.env_files != other.env_files {
            self.everything.get_or_insert(format!("which files of variables it reads depends on whether {key}"));
        }
        for task in &expected.tasks {
            let same = other.tasks.iter().any(|own| own.name == task.name && plain(own) == plain(task));
            if !same {
                self.differs.entry(task.name.clone()).or_insert_with(|| why.clone());
            }
        }
        for task in &other.tasks {
            if !self.draft.tasks.iter().any(|own| own.name == task.name) {
                self.draft.tasks.push(task.clone());
                self.differs.insert(task.name.clone(), why.clone());
            }
        }
    }

    /// What another system has of its own.
    fn system(&mut self, base: &Here, other: &Here, key: &'static str) {
        let why = format!("it differs on {key}");
        if base.env != other.env || base.env_files != other.env_files {
            self.everything.get_or_insert(format!("the variables of its programs differ on {key}"));
        }
        for task in &mut self.draft.tasks {
            let Some(own) = other.tasks.iter().find(|own| own.name == task.name) else {
                if base.tasks.iter().any(|own| own.name == task.name) {
                    self.differs.entry(task.name.clone()).or_insert_with(|| why.clone());
                }
                continue;
            };
            let (own_plain, plain) = (plain(own), plain(&Task { systems: BTreeMap::new(), ..task.clone() }));
            if own_plain == plain {
                continue;
            }
            let only_steps = Task { steps: Vec::new(), ..own_plain } == Task { steps: Vec::new(), ..plain };
            if only_steps && task.wrapped.is_none() && own.wrapped.is_none() && !own.steps.is_empty() {
                task.systems.insert(key, own.steps.clone());
            } else {
                self.differs.entry(task.name.clone()).or_insert_with(|| why.clone());
            }
        }
    }

    /// The draft, with what is not the same everywhere left to make.
    fn wrapped(self) -> Draft {
        let Found { mut draft, differs, everything } = self;
        for task in &mut draft.tasks {
            if let Some(why) = everything.as_ref().or_else(|| differs.get(&task.name)) {
                if task.builtin.is_none() && task.wrapped.is_none() {
                    let own = Task { systems: BTreeMap::new(), ..std::mem::take(task) };
                    *task = own.into_wrapped(why);
                }
            }
        }
        draft
    }
}
