//! The targets of a Makefile in one world.

use std::collections::{BTreeMap, BTreeSet};

use crate::init::draft::{Does, EnvFile, Flag, Step, Task, Value, Word};
use crate::init::makefile::evaluate::{self, Evaluated};
use crate::init::makefile::recipe;
use crate::init::translate::flags::is_of;
use crate::init::translate::names::Names;
use crate::init::translate::task::{self, Around, Translated};
use crate::init::translate::{exports, files};
use crate::ui::text::and_list;

/// A Makefile in one world.
pub struct Here {
    pub tasks: Vec<Task>,
    pub env: Vec<(String, Value)>,
    pub env_files: Vec<EnvFile>,
    pub notes: Vec<String>,
    /// The conditions that it depends on, and what was assumed.
    pub assumed: BTreeMap<String, bool>,
    pub dies: bool,
    /// The names in files of variables; none: of one of them they are not known.
    pub set_by_files: Option<BTreeSet<String>>,
}

impl Here {
    /// Whether a file of variables may set this one.
    pub fn may_set(&self, variable: &str) -> bool {
        self.set_by_files.as_ref().is_none_or(|names| names.contains(variable))
    }
}

/// Translates the targets of one world.
pub fn here(file: &Evaluated, exists: &dyn Fn(&str) -> bool) -> Here {
    let names = Names::new(&file.targets);
    let kinds = files::kinds(&file.targets, &file.phony, exists);
    let exported = exports::exported(file);
    let around = Around {
        file,
        names: &names,
        kinds: &kinds,
        exists,
        exports: exported.why_not.as_deref(),
        asks: &exported.asks,
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
    reach(&mut all);
    let env_file =
        |own: &evaluate::EnvFile| EnvFile { path: own.path.clone(), required: !own.optional, overrides: true };
    let mut notes = file.notes.clone();
    let renamed = all.iter().filter(|own| own.task.name != own.task.source && !own.task.source.contains('%'));
    notes.extend(renamed.map(|own| format!("the target `{}` is the task `{}`", own.task.source, own.task.name)));
    let (env_files, own) = of_env_files(file, &mut all);
    notes.extend(own);
    let env_files: Vec<EnvFile> = env_files.into_iter().map(env_file).collect();
    if !env_files.is_empty() && !file.exports.all {
        notes.push(
            "every program gets the variables of `env-files`; make keeps those of a file without `export` to itself"
                .to_owned(),
        );
    }
    if !exported.unsaid.is_empty() {
        let names: Vec<String> = exported.unsaid.iter().map(|name| format!("`{name}`")).collect();
        notes.push(format!("`export` passes {} on, too, whose values `[env]` can't say", and_list(&names, "and")));
    }
    Here {
        tasks: all.into_iter().map(|own| own.task).collect(),
        env: exported.env,
        env_files,
        notes,
        assumed: file.assumed.clone(),
        dies: file.dies,
        set_by_files: file
            .env_files
            .iter()
            .map(|own| own.names.clone())
            .collect::<Option<Vec<_>>>()
            .map(|all| all.into_iter().flatten().collect()),
    }
}

/// The files of variables that are read. Without `export` they are make's own: where few targets ask for them, those stay
/// make's, and no other program gets what make would not give it.
fn of_env_files<'a>(file: &'a Evaluated, all: &mut [Translated]) -> (Vec<&'a evaluate::EnvFile>, Vec<String>) {
    if file.exports.all {
        return (file.env_files.iter().collect(), Vec::new());
    }
    let (mut kept, mut notes) = (Vec::new(), Vec::new());
    for own in &file.env_files {
        let Some(names) = &own.names else {
            kept.push(own);
            continue;
        };
        let asks = |one: &Translated| one.task.wrapped.is_none() && one.uses.iter().any(|name| names.contains(name));
        let count = all.iter().filter(|one| asks(one)).count();
        if count * 3 > all.len() {
            kept.push(own);
            continue;
        }
        for one in all.iter_mut().filter(|one| asks(one)) {
            let why = format!("it uses a variable of `{}`, which make keeps to itself", own.path);
            one.task = std::mem::take(&mut one.task).into_wrapped(&why);
        }
        if count == 0 {
            notes.push(format!("`{}` is included, and no target uses it", own.path));
        }
    }
    (kept, notes)
}

/// Gives calls the flags for the variables that they pass on.
fn pass_on(all: &mut [Translated], names: &Names) {
    let index = index(all);
    for at in 0..all.len() {
        for call in all[at].calls.clone() {
            let Some(callee) = names.of(&call.target) else { continue };
            let Some(place) = all.iter().position(|own| own.task.name == callee) else { continue };
            let target = all[place].task.clone();
            let below = below(all, &index, &target);
            let reaches = call.variables.iter().find(|(name, _)| below.contains(name));
            let result = match reaches {
                Some((name, _)) if target.wrapped.is_none() => {
                    Err(format!("it gives `{name}` to what `{}` runs, too", call.target))
                }
                _ => task::resolve(&mut all[at].task, &call, &target),
            };
            if let Err(why) = result {
                all[at].task = std::mem::take(&mut all[at].task).into_wrapped(&why);
                break;
            }
        }
    }
}

/// Leaves to make what a flag would have to reach, too: a variable that is typed for make is everybody's.
fn reach(all: &mut [Translated]) {
    let index = index(all);
    let mut wrapped = Vec::new();
    for (at, own) in all
        .iter()
        .enumerate()
        .filter(|(_, own)| !own.task.flags.is_empty())
        .filter(|(_, own)| own.task.wrapped.is_none())
    {
        let below = below(all, &index, &own.task);
        // What its calls pass on by a flag does reach them.
        let is_passed = |flag: &Flag| {
            own.task.all_steps().any(|step| match &step.does {
                Does::Run(words) => {
                    let calls = words.first() == Some(&Word::literal("task"));
                    calls && words.contains(&Word::Placeholder(flag.name.clone()))
                }
                _ => false,
            })
        };
        let mut flags = own.task.flags.iter().filter(|flag| !is_passed(flag));
        let shared = flags.find_map(|flag| below.iter().find(|name| is_of(flag, name)));
        wrapped.extend(shared.map(|name| (at, format!("`{name}` is for what it runs before, too"))));
    }
    for (at, why) in wrapped {
        all[at].task = std::mem::take(&mut all[at].task).into_wrapped(&why);
    }
}

/// The places of the tasks, by their names.
fn index(all: &[Translated]) -> BTreeMap<String, usize> {
    all.iter().enumerate().map(|(at, own)| (own.task.name.clone(), at)).collect()
}

/// The variables that what a task needs or calls uses.
fn below(all: &[Translated], index: &BTreeMap<String, usize>, task: &Task) -> BTreeSet<String> {
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
        if let Some(own) = index.get(name.as_str()).map(|at| &all[*at]) {
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
    let words = vec![Word::Placeholder("name".to_owned()), Word::Placeholder("args".to_owned())];
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

/// A task without what is only for reading: names of shared words, texts, the reason why it is wrapped.
pub fn plain(task: &Task) -> Task {
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
