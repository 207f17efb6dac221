//! A Makefile in all worlds that its conditions tell apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::init::draft::{Does, Draft, EnvFile, Flag, Step, Task, Value, Word};
use crate::init::makefile::evaluate::{self, Evaluated, Includes, World};
use crate::init::makefile::recipe;
use crate::init::translate::names::Names;
use crate::init::translate::task::{self, Around, Translated};
use crate::init::translate::{exports, files};
use crate::system::os::Os;

/// Worlds that are looked at.
const MOST: usize = 64;

/// A Makefile in one world.
struct Here {
    tasks: Vec<Task>,
    env: Vec<(String, Value)>,
    env_files: Vec<EnvFile>,
    notes: Vec<String>,
    /// The conditions that it depends on, and what was assumed.
    assumed: BTreeMap<String, bool>,
    dies: bool,
}

/// Translates the text of a Makefile.
pub fn draft(text: &str, makefile: &str, exists: &dyn Fn(&str) -> bool, includes: Includes<'_>) -> Draft {
    let at = |os: Os, holds: &BTreeMap<String, bool>| {
        let world = World { os, holds: holds.clone() };
        here(&evaluate::evaluate(text, makefile, &world, includes), exists)
    };
    let base = at(Os::Linux, &BTreeMap::new());
    let mut draft = Draft {
        env: base.env.clone(),
        env_files: base.env_files.clone(),
        tasks: base.tasks.clone(),
        notes: base.notes.clone(),
        ..Draft::default()
    };
    // What only holds elsewhere.
    let mut differs: BTreeMap<String, String> = BTreeMap::new();
    let mut everything: Option<String> = None;
    let (mut seen, mut left) = (vec![base.assumed.clone()], vec![base.assumed.clone()]);
    while let Some(assumed) = left.pop() {
        for (key, holds) in &assumed {
            let flipped: BTreeMap<String, bool> =
                assumed.iter().map(|(own, value)| (own.clone(), if own == key { !holds } else { *value })).collect();
            if seen.len() >= MOST {
                everything.get_or_insert("it has too many conditions that only make can decide".to_owned());
                break;
            }
            let other = at(Os::Linux, &flipped);
            // New conditions can come up in a branch.
            if seen.contains(&flipped) {
                continue;
            }
            seen.push(flipped);
            if other.dies {
                continue;
            }
            if !seen.contains(&other.assumed) {
                seen.push(other.assumed.clone());
            }
            left.push(other.assumed.clone());
            compare(&base, &other, key, &mut differs, &mut everything, &mut draft);
        }
    }
    for (os, key, sign) in [(Os::Mac, "macos", "Darwin"), (Os::Windows, "windows", "Windows_NT")] {
        if text.contains(sign) || os == Os::Mac && text.contains("uname") {
            let other = at(os, &base.assumed);
            systems(&base, &other, key, &mut differs, &mut everything, &mut draft);
        }
    }
    draft.tasks = draft
        .tasks
        .into_iter()
        .map(|task| match everything.as_ref().or_else(|| differs.get(&task.name)) {
            Some(why) if task.builtin.is_none() && task.wrapped.is_none() => {
                Task { systems: BTreeMap::new(), ..task }.into_wrapped(why)
            }
            _ => task,
        })
        .collect();
    draft
}

/// What is not the same where a condition is another.
fn compare(
    base: &Here,
    other: &Here,
    key: &str,
    differs: &mut BTreeMap<String, String>,
    everything: &mut Option<String>,
    draft: &mut Draft,
) {
    let why = format!("it depends on whether {key}");
    // A person who sets that has to set the others, too, or a mode does.
    let changed = |name: &str| {
        let value = |all: &[(String, Value)]| all.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
        value(&base.env) != value(&other.env)
    };
    let names: BTreeSet<&str> = base.env.iter().chain(&other.env).map(|(name, _)| name.as_str()).collect();
    for name in names.into_iter().filter(|name| changed(name)) {
        let note = format!("for make, `{name}` depends on whether {key}; here it does not, and a mode can say it");
        if !draft.notes.contains(&note) {
            draft.notes.push(note);
        }
    }
    if base.env_files != other.env_files {
        everything.get_or_insert(format!("which files of variables it reads depends on whether {key}"));
    }
    for task in &base.tasks {
        let same = other.tasks.iter().any(|own| own.name == task.name && plain(own) == plain(task));
        if !same {
            differs.entry(task.name.clone()).or_insert_with(|| why.clone());
        }
    }
    for task in &other.tasks {
        if !draft.tasks.iter().any(|own| own.name == task.name) {
            draft.tasks.push(task.clone());
            differs.insert(task.name.clone(), why.clone());
        }
    }
}

/// What another system has of its own.
fn systems(
    base: &Here,
    other: &Here,
    key: &'static str,
    differs: &mut BTreeMap<String, String>,
    everything: &mut Option<String>,
    draft: &mut Draft,
) {
    let why = format!("it differs on {key}");
    if base.env != other.env || base.env_files != other.env_files {
        everything.get_or_insert(format!("the variables of its programs differ on {key}"));
    }
    for task in &mut draft.tasks {
        let Some(own) = other.tasks.iter().find(|own| own.name == task.name) else {
            if base.tasks.iter().any(|own| own.name == task.name) {
                differs.entry(task.name.clone()).or_insert_with(|| why.clone());
            }
            continue;
        };
        if plain(own) == plain(&Task { systems: BTreeMap::new(), ..task.clone() }) {
            continue;
        }
        let only_steps = Task { steps: Vec::new(), ..plain(own) }
            == Task { steps: Vec::new(), systems: BTreeMap::new(), ..plain(task) };
        if only_steps && task.wrapped.is_none() && own.wrapped.is_none() && !own.steps.is_empty() {
            task.systems.insert(key, own.steps.clone());
        } else {
            differs.entry(task.name.clone()).or_insert_with(|| why.clone());
        }
    }
}

/// A task without what is only for reading: names of shared words, texts, the reason why it is wrapped.
fn plain(task: &Task) -> Task {
    let step = |step: &Step| {
        let does = match &step.does {
            Does::Run(words) => Does::Run(Word::flat(words)),
            other => other.clone(),
        };
        Step { does, ..step.clone() }
    };
    Task {
        steps: task.steps.iter().map(step).collect(),
        about: None,
        group: None,
        wrapped: task.wrapped.as_ref().map(|_| String::new()),
        ..task.clone()
    }
}

/// Translates the targets of one world.
fn here(file: &Evaluated, exists: &dyn Fn(&str) -> bool) -> Here {
    let names = Names::new(&file.targets);
    let kinds = files::kinds(&file.targets, &file.phony, exists);
    let exported = exports::exported(file);
    let around = Around {
        file,
        names: &names,
        kinds: &kinds,
        exists,
        exports: exported.why_not.as_deref(),
        prelude: &exported.prelude,
        exported: &exported.env.iter().map(|(name, _)| name.clone()).collect(),
    };
    let mut all: Vec<Translated> = Vec::new();
    for target in &file.targets {
        if target.name.contains('%') {
            all.extend(pattern(target, file));
        } else if names.of(&target.name).is_some() {
            all.push(task::task(target, &around));
        }
    }
    pass_on(&mut all, &names);
    let overrides = file.exports.all;
    let env_file = |own: &evaluate::EnvFile| EnvFile { path: own.path.clone(), required: !own.optional, overrides };
    let mut notes = file.notes.clone();
    notes.extend(exported.notes.iter().cloned());
    if !file.env_files.is_empty() && !file.exports.all {
        notes.push(
            "every program gets the variables of `env-files`; make keeps those of a file without `export` to itself"
                .to_owned(),
        );
    }
    Here {
        tasks: all.into_iter().map(|own| own.task).collect(),
        env: exported.env,
        env_files: file.env_files.iter().map(env_file).collect(),
        notes,
        assumed: file.assumed.clone(),
        dies: file.dies,
    }
}

/// Gives calls the flags for the variables that they pass on.
fn pass_on(all: &mut [Translated], names: &Names) {
    for at in 0..all.len() {
        for call in all[at].calls.clone() {
            let Some(callee) = names.of(&call.target) else { continue };
            let Some(place) = all.iter().position(|own| own.task.name == callee) else { continue };
            let target = all[place].task.clone();
            let below = below(all, &target);
            let reaches = call.variables.iter().find(|(name, _)| below.contains(name));
            let result = match reaches {
                Some((name, _)) if target.wrapped.is_none() => {
                    Err(format!("it gives `{name}` to what `{}` runs, too", call.target))
                }
                _ => task::resolve(&mut all[at].task.steps, &call, &target),
            };
            if let Err(why) = result {
                all[at].task = std::mem::take(&mut all[at].task).into_wrapped(&why);
                break;
            }
        }
    }
}

/// The variables that what a task needs or calls uses.
fn below(all: &[Translated], task: &Task) -> BTreeSet<String> {
    let called = |task: &Task| -> Vec<String> {
        let calls = task.all_steps().filter_map(|step| match &step.does {
            Does::Run(words) => match words.as_slice() {
                [Word::Literal(first), Word::Literal(name), ..] if first == "task" => Some(name.clone()),
                _ => None,
            },
            _ => None,
        });
        task.needs.iter().cloned().chain(calls).collect()
    };
    let (mut uses, mut seen, mut left) = (BTreeSet::new(), BTreeSet::new(), called(task));
    while let Some(name) = left.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        if let Some(own) = all.iter().find(|own| own.task.name == name) {
            uses.extend(own.uses.iter().cloned());
            left.extend(called(&own.task));
        }
    }
    uses
}

/// A pattern rule: what `%` stands for is a flag.
fn pattern(target: &evaluate::Target, file: &Evaluated) -> Option<Translated> {
    let (before, behind) = target.name.split_once('%')?;
    let lines = recipe::texts(&target.recipe);
    let is_idle = lines.iter().all(|line| matches!(line.trim().trim_start_matches('@').trim(), "" | ":" | "true"));
    let is_guard =
        lines.iter().any(|line| ["${${*}}", "$($(*))", "$($*)", "${$*}"].iter().any(|asks| line.contains(asks)));
    // `%.html: %.md` makes files, which nobody types.
    let is_typed =
        file.phony.contains(&target.name) || behind.is_empty() && !before.is_empty() && !before.contains(['/', '.']);
    if is_idle || is_guard || !is_typed {
        return None;
    }
    let name = before.trim_end_matches(['-', '_', ':', '.']);
    let name = match name.is_empty() || file.targets.iter().any(|other| other.name == name) {
        true => format!("{}-any", if name.is_empty() { "target" } else { name }),
        false => name.to_owned(),
    };
    let flag = Flag {
        name: "name".to_owned(),
        value: Some("NAME".to_owned()),
        about: Some(format!("What stands for `%` in `{}`", target.name)),
        required: true,
        words: vec![format!("{before}{{value}}{behind}")],
        ..Flag::default()
    };
    let words = vec![Word::literal("make"), Word::Placeholder("name".to_owned()), Word::Placeholder("args".to_owned())];
    let task = Task {
        name,
        source: target.name.clone(),
        about: target.about.clone(),
        group: target.group.clone(),
        steps: vec![Step::new(Does::Run(words))],
        flags: vec![flag],
        wrapped: Some("it is a rule for a pattern".to_owned()),
        ..Task::default()
    };
    Some(Translated { task, calls: Vec::new(), uses: BTreeSet::new() })
}
