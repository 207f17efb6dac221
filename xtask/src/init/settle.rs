//! What was written is read back: a task with a mistake calls what ran it before, until the file is valid.

use std::collections::{BTreeMap, HashSet};

use crate::init::draft::{Compose, Does, Draft, Task, Word};
use crate::init::write::{Part, write};
use crate::system::os::Os;
use crate::tasks::config::{Config, Known};
use crate::ui::problem::Problem;

/// A draft that is a valid tasks.toml, and its text.
#[derive(Debug)]
pub struct Settled {
    pub draft: Draft,
    pub text: String,
}

/// Writes and reads a draft until nothing is wrong with it.
///
/// # Errors
///
/// It can't be made valid, which is a bug.
pub fn settle(mut draft: Draft, known: Known<'_>) -> Result<Settled, Problem> {
    without_doubles(&mut draft);
    loop {
        let written = write(&draft);
        let found = match Config::parse(&written.text, known, Os::HERE) {
            Ok(_) => return Ok(Settled { draft, text: written.text }),
            Err(found) => found,
        };
        let mut wrong: Vec<(Part, &str)> = Vec::new();
        for finding in &found {
            let part = written.part_at(finding.span().start);
            if let Some(part) = part.filter(|part| wrong.iter().all(|(known, _)| known != *part)) {
                wrong.push((part.clone(), &finding.message));
            }
        }
        let before = draft.clone();
        wrong.iter().for_each(|(part, why)| remedy(&mut draft, part, why));
        draft.tasks.retain(|task| !task.name.is_empty());
        // Each round wraps or drops something, so there is an end.
        if draft == before {
            let why = found.first().map_or("", |finding| finding.message.as_str());
            let problem = Problem::new(format!("the tasks.toml that was made of it is not valid: {why}"));
            return Err(problem.hint("please report this"));
        }
    }
}

/// A name can stand only once: of two tasks the first stays.
fn without_doubles(draft: &mut Draft) {
    let Draft { tasks, env, modes, words, notes, .. } = draft;
    let mut seen = HashSet::new();
    tasks.retain(|task| {
        let is_new = seen.insert(task.name.clone());
        if !is_new {
            notes.push(format!("`{}` is there twice: the second one is left out", task.name));
        }
        is_new && !task.name.is_empty()
    });
    for task in tasks {
        task.aliases.retain(|alias| seen.insert(alias.clone()));
        let mut seen = HashSet::new();
        task.flags.retain(|flag| seen.insert(flag.name.clone()));
        task.all_steps_mut().for_each(|step| last_of_each(&mut step.env));
    }
    last_of_each(env);
    last_of_each(words);
    let mut seen = HashSet::new();
    modes.retain(|mode| seen.insert(mode.name.clone()));
}

/// The place of the first, the value of the last, as where both are set one after the other.
fn last_of_each<T: Clone>(entries: &mut Vec<(String, T)>) {
    let last: BTreeMap<String, T> = entries.iter().cloned().collect();
    let mut seen = HashSet::new();
    entries.retain(|(name, _)| seen.insert(name.clone()));
    for (name, value) in entries {
        if let Some(last) = last.get(name) {
            *value = last.clone();
        }
    }
}

/// Takes away what is wrong. A dropped task has no name.
fn remedy(draft: &mut Draft, part: &Part, why: &str) {
    let note = |what: &str| format!("{what} is left out: {why}");
    match part {
        Part::Task(at) => {
            let Some(task) = draft.tasks.get_mut(*at) else { return };
            let old = std::mem::take(task);
            let can_be = !old.program.is_empty();
            if old.wrapped.is_none() && can_be {
                *task = old.into_wrapped(why);
            } else if can_be && old != bare(&old) {
                *task = bare(&old);
            } else {
                draft.notes.push(note(&format!("`{}`", old.name)));
            }
        }
        Part::Variable(name) => {
            draft.env.retain(|(other, _)| other != name);
            draft.notes.push(note(&format!("the variable `{name}`")));
        }
        Part::Words(name) => {
            draft.words.retain(|(other, _)| other != name);
            for step in draft.tasks.iter_mut().flat_map(Task::all_steps_mut) {
                if let Does::Run(words) = &mut step.does {
                    *words = written_out(words, name);
                }
            }
            draft.words.iter_mut().for_each(|(_, words)| *words = written_out(words, name));
        }
        // A task that names it has a mistake then, and is wrapped.
        Part::Mode(name) => {
            draft.modes.retain(|mode| mode.name != *name);
            draft.notes.push(note(&format!("the mode `{name}`")));
        }
        Part::Compose => {
            draft.compose = Compose::default();
            draft.notes.push(note("[compose]"));
            // Without its files another stack would be meant.
            let runs = |task: &Task| task.all_steps().any(|step| matches!(&step.does, Does::Run(_)));
            for task in draft.tasks.iter_mut().filter(|task| task.wrapped.is_none() && runs(task)) {
                *task = std::mem::take(task).into_wrapped(why);
            }
        }
        Part::EnvFiles => {
            draft.env_files.clear();
            draft.notes.push(note("`env-files`"));
        }
    }
}

/// A wrapped task with nothing else that could be wrong.
fn bare(task: &Task) -> Task {
    let reason = task.wrapped.clone().unwrap_or_default();
    let Task { name, source, program, .. } = task.clone();
    Task { name, source, program, ..Task::default() }.into_wrapped(&reason)
}

/// Words without the shared ones of one name.
fn written_out(words: &[Word], name: &str) -> Vec<Word> {
    let of = |word: &Word| match word {
        Word::Shared { name: own, words } if own == name => written_out(words, name),
        Word::Shared { name: own, words } => {
            vec![Word::Shared { name: own.clone(), words: written_out(words, name) }]
        }
        word => vec![word.clone()],
    };
    words.iter().flat_map(of).collect()
}
