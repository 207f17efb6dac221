//! A condition on one variable of the person that only changes shared words and variables of programs: a mode.

use std::collections::{BTreeMap, BTreeSet};

use crate::init::draft::{Does, Draft, Mode, Task, Value, Word};
use crate::init::translate::flags::dashed;
use crate::init::translate::world::{Here, plain};

/// A mode, and the world that it stands for.
pub struct OfMode {
    key: String,
    mode: Mode,
    here: Here,
    /// Tasks that are others in it in more than words.
    others: Vec<String>,
}

/// The variable that a condition asks for, and the value that it has to have.
fn asked(key: &str) -> Option<(String, Option<String>)> {
    if let Some(variable) = key.strip_suffix(" is set") {
        return Some((variable.to_owned(), None));
    }
    let (variable, is) = key.strip_suffix('`')?.split_once(" is `")?;
    Some((variable.to_owned(), Some(is.to_owned())))
}

/// The modes that say most. `at`: the world where one condition is the other way.
pub fn choose(base: &Here, at: &dyn Fn(&str) -> Here) -> Vec<OfMode> {
    let mut by_variable: BTreeMap<String, (usize, Vec<OfMode>)> = BTreeMap::new();
    for (key, holds) in &base.assumed {
        let Some((variable, is)) = asked(key).filter(|_| !holds) else { continue };
        let here = at(key);
        // A file of variables may set it, and `when` asks the person alone.
        if here.dies || here.env_files != base.env_files || base.may_set(&variable) {
            continue;
        }
        let Differences { count, words, others } = differences(base, &here);
        if count == 0 {
            continue;
        }
        let env: Vec<(String, Value)> =
            here.env.iter().filter(|variable| !base.env.contains(variable)).cloned().collect();
        let name = dashed(is.as_deref().unwrap_or(&variable));
        let mode = Mode { name, when: Some((variable.clone(), is)), words, env, ..Mode::default() };
        let entry = by_variable.entry(variable).or_default();
        // Whether it is set and what it is can't be two modes.
        let is_clear = entry.1.iter().all(|other| other.mode.when.as_ref().is_some_and(|(_, is)| is.is_some()))
            && (entry.1.is_empty() || mode.when.as_ref().is_some_and(|(_, is)| is.is_some()));
        if is_clear && !mode.name.is_empty() {
            entry.0 += count;
            entry.1.push(OfMode { key: key.clone(), mode, here, others });
        }
    }
    // A run has one mode, so that two variables can't both choose.
    by_variable.into_values().max_by_key(|(count, _)| *count).map(|(_, modes)| modes).unwrap_or_default()
}

/// How a world has to be: as without any mode, or as in the one that holds.
pub fn expected<'a>(modes: &'a [OfMode], base: &'a Here, assumed: &BTreeMap<String, bool>) -> &'a Here {
    let holds = |mode: &&OfMode| assumed.get(&mode.key) == Some(&true);
    modes.iter().find(holds).map_or(base, |mode| &mode.here)
}

/// The tasks that no mode can say, each with the condition that it depends on.
pub fn beyond(modes: &[OfMode]) -> impl Iterator<Item = (&str, &str)> {
    modes.iter().flat_map(|mode| mode.others.iter().map(|task| (task.as_str(), mode.key.as_str())))
}

/// The variables of programs that are not the same.
pub fn changed<'a>(one: &'a Here, other: &'a Here) -> BTreeSet<&'a str> {
    let value = |here: &Here, name: &str| here.env.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
    let names = one.env.iter().chain(&other.env).map(|(name, _)| name.as_str());
    names.filter(|name| value(one, name) != value(other, name)).collect()
}

/// Puts them into the draft, and takes away words that are none and that no mode changes.
pub fn write(modes: &[OfMode], base: &Here, draft: &mut Draft) {
    let mut names = BTreeSet::new();
    for of_mode in modes {
        for (name, _) in &of_mode.mode.words {
            if names.insert(name.clone()) {
                draft.words.push((name.clone(), words_of(base, name).unwrap_or_default()));
            }
        }
        draft.modes.push(of_mode.mode.clone());
    }
    for step in draft.tasks.iter_mut().flat_map(Task::all_steps_mut) {
        if let Does::Run(words) = &mut step.does {
            without_empty(words, &names);
        }
    }
    draft.words.iter_mut().for_each(|(_, words)| without_empty(words, &names));
    for mode in &mut draft.modes {
        mode.words.iter_mut().for_each(|(_, words)| without_empty(words, &names));
    }
}

fn without_empty(words: &mut Vec<Word>, names: &BTreeSet<String>) {
    words.retain_mut(|word| match word {
        Word::Shared { name, words } => {
            without_empty(words, names);
            !words.is_empty() || names.contains(name)
        }
        _ => true,
    });
}

/// The words that a name stands for.
fn words_of(here: &Here, name: &str) -> Option<Vec<Word>> {
    fn find(words: &[Word], name: &str) -> Option<Vec<Word>> {
        words.iter().find_map(|word| match word {
            Word::Shared { name: own, words } if own == name => Some(words.clone()),
            Word::Shared { words, .. } => find(words, name),
            _ => None,
        })
    }
    here.tasks.iter().flat_map(Task::all_steps).find_map(|step| match &step.does {
        Does::Run(words) => find(words, name),
        _ => None,
    })
}

/// How one world differs from another.
#[derive(Default)]
struct Differences {
    /// The tasks that only differ in shared words.
    count: usize,
    /// What those names stand for there.
    words: Vec<(String, Vec<Word>)>,
    /// The tasks that differ in more.
    others: Vec<String>,
}

fn differences(base: &Here, other: &Here) -> Differences {
    let Differences { mut count, words: mut all, mut others } = Differences::default();
    for task in &base.tasks {
        let Some(own) = other.tasks.iter().find(|own| own.name == task.name) else {
            others.push(task.name.clone());
            continue;
        };
        if plain(task) == plain(own) {
            continue;
        }
        let mut found = all.clone();
        if differ_in_words(task, own, &mut found) {
            (count, all) = (count + 1, found);
        } else {
            others.push(task.name.clone());
        }
    }
    Differences { count, words: all, others }
}

fn differ_in_words(task: &Task, own: &Task, found: &mut Vec<(String, Vec<Word>)>) -> bool {
    let bare = |task: &Task| Task { steps: Vec::new(), ..plain(task) };
    if bare(task) != bare(own) || task.steps.len() != own.steps.len() || !task.systems.is_empty() {
        return false;
    }
    task.steps.iter().zip(&own.steps).all(|(one, other)| match (&one.does, &other.does) {
        (Does::Run(words), Does::Run(others)) => {
            let keys = |step: &crate::init::draft::Step| (step.dir.clone(), step.env.clone(), step.may_fail);
            keys(one) == keys(other) && differ(words, others, found)
        }
        _ => one == other,
    })
}

/// Whether two lines are the same but for shared words, which are noted.
fn differ(words: &[Word], others: &[Word], found: &mut Vec<(String, Vec<Word>)>) -> bool {
    words.len() == others.len()
        && words.iter().zip(others).all(|pair| match pair {
            (one, other) if one == other => true,
            (Word::Shared { name, .. }, Word::Shared { name: own, words }) if name == own => {
                match found.iter().find(|(known, _)| known == name) {
                    Some((_, known)) => known == words,
                    None => {
                        found.push((name.clone(), words.clone()));
                        true
                    }
                }
            }
            _ => false,
        })
}
