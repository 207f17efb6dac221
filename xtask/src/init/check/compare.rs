//! One target compared with its task: the same, or the lines that differ.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::tasks::config::Task;

use super::difference::{Difference, is_same};
use super::item::{Item, is_make};
use super::make::Make;
use super::makes::{self, Makes, Reader};
use super::ours::{self, Ours};
use super::scenario::{Kind, Run};
use super::shell::fill::{Values, one_blank};

/// What a comparison of a target came to.
#[derive(Debug)]
pub enum Verdict {
    Same,
    /// The task calls make for it.
    Wrapped,
    Different(Vec<Difference>),
    /// Make does not say what it would run.
    MakeFailed(String),
    NotCompared(String),
    NoTask,
    NoTarget,
}

/// What one run came to.
pub enum Outcome {
    Same,
    Wrapped,
    Different(Difference),
    MakeFailed(String),
    CantTell(String),
}

/// Compares a target in one run. `None`: the run says nothing.
///
/// # Errors
///
/// Make can't be started.
pub fn run(make: &Make, target: &str, task: &Task, run: &Run<'_>) -> Result<Option<Outcome>> {
    let (context, known) = (&run.setting.context, &run.setting.known);
    let environment = &context.environment;
    let words: Vec<_> = std::iter::once(target.into()).chain(run.makes.iter().cloned()).collect();
    let makes = makes::ask(make, &words, environment)?;
    if run.kind == Kind::Guess {
        let without = makes::ask(make, &words[..words.len() - run_words(run)], environment)?;
        if matches!((&makes, &without), (Makes::Lines(with), Makes::Lines(without)) if with == without)
            || matches!(makes, Makes::Failed(_))
        {
            return Ok(None);
        }
    }
    // Those that a script of ours has, too.
    let shell = |script: &str| {
        let used = run.shell_calls.iter().filter(|command| script.contains(&format!("$({command})")));
        used.filter_map(|command| Some((one_blank(command), make.shell(command, environment)?))).collect()
    };
    let ours = match ours::items(context, task, &run.typed, known, &shell) {
        Ok(ours) => ours,
        Err(error) => return Ok(Some(Outcome::CantTell(ours::why(&error)))),
    };
    let (items, answers, carried) = match (&makes, ours) {
        (Makes::Stopped, _) => return Ok(None),
        (Makes::Failed(_), Ours::Refuses(_)) => return Ok(Some(Outcome::Same)),
        (Makes::Failed(why), Ours::Items { items, .. }) => {
            let is_wrapped = is_wrapper(&items, target);
            return Ok(Some(if is_wrapped { Outcome::Wrapped } else { Outcome::MakeFailed(why.clone()) }));
        }
        (Makes::Lines(_), Ours::Refuses(why)) => (Err(why), BTreeMap::new(), Vec::new()),
        (Makes::Lines(_), Ours::Items { items, answers, carried }) => (Ok(items), answers, carried),
    };
    if items.as_ref().is_ok_and(|items| is_wrapper(items, target)) {
        return Ok(Some(Outcome::Wrapped));
    }
    let Makes::Lines(lines) = makes else { return Ok(None) };
    let typed: Vec<String> =
        run.makes.iter().filter_map(|word| word.to_str()?.split_once('=')).map(|(name, _)| name.to_owned()).collect();
    let mut exported = makes::exported(make, &words, target, environment)?;
    let mut items = items;
    if let Some(exported) = &mut exported {
        let of_ours: Vec<&String> =
            items.iter().flatten().filter_map(Item::place).flat_map(|place| place.env.keys()).collect();
        let is_known = |name: &String| known.contains(name) && !run.setting.choosing.contains(name);
        exported.added.retain(|name, _| {
            let is_read = run.readers.names.contains(name);
            // What is typed behind make is given to every command.
            match typed.contains(name) {
                true => is_read,
                false => is_read || of_ours.contains(&name) || is_known(name) || !run.readers.exports_all,
            }
        });
        // What only brings a value into a script, or is what was typed, counts where something reads it.
        let uncounted: Vec<String> = carried.iter().chain(&typed).cloned().collect();
        for place in items.iter_mut().flatten().filter_map(Item::place_mut) {
            place.uncounted = uncounted.clone();
            place.uncounted.retain(|name| !exported.added.contains_key(name) && !run.readers.names.contains(name));
        }
        if !run.readers.unexports {
            exported.removed.clear();
        }
    }
    let variables = known.iter().map(|name| (name.clone(), environment.text(name)));
    let of_make =
        exported.iter().flat_map(|exported| &exported.added).map(|(name, value)| (name.clone(), Some(value.clone())));
    let variables = variables.chain(of_make).collect();
    let values = Values { variables, args: None, answers };
    let is_known = exported.is_some();
    let reader = Reader { make, environment, values, exported: exported.unwrap_or_default() };
    let ours = match items {
        Ok(items) => items,
        Err(why) => {
            let makes = reader.items(&lines, true);
            if matches!(makes.last(), Some(Item::Refuses)) {
                return Ok(Some(Outcome::Same));
            }
            return Ok(Some(Outcome::Different(Difference::of_refusal(run, makes, &why))));
        }
    };
    // What the person has already is no change.
    let changes = |mut items: Vec<Item>| {
        for place in items.iter_mut().filter_map(Item::place_mut) {
            place.env.retain(|name, value| environment.text(name).as_ref() != Some(value));
        }
        items
    };
    let forgiven = |items: Vec<Item>| changes(if is_known { items } else { without_variables(items) });
    // Calls of make as they are, and with what they run.
    let makes = forgiven(reader.items(&lines, false));
    if is_same(&makes, &forgiven(ours.clone())) {
        return Ok(Some(Outcome::Same));
    }
    let (makes, ours) = (forgiven(reader.items(&lines, true)), forgiven(reader.followed(ours)));
    if is_same(&makes, &ours) {
        return Ok(Some(Outcome::Same));
    }
    Ok(Some(Outcome::Different(Difference::new(run, &makes, &ours))))
}

/// How many words of make's are those of a guess.
fn run_words(run: &Run<'_>) -> usize {
    let is_pair = run.makes.last().is_some_and(|word| word.to_string_lossy().contains('='));
    if is_pair { 1 } else { 2 }
}

/// Whether a task does nothing but call make for its target.
fn is_wrapper(items: &[Item], target: &str) -> bool {
    match items {
        [Item::Run { words, .. }] => is_make(&words[0]) && words[1..].iter().any(|word| word == target),
        _ => false,
    }
}

fn without_variables(mut items: Vec<Item>) -> Vec<Item> {
    items.iter_mut().filter_map(Item::place_mut).for_each(|place| {
        place.env.clear();
        place.removed.clear();
    });
    items
}

/// What all runs of a target come to.
pub fn verdict(outcomes: Vec<Outcome>) -> Verdict {
    let mut differences: Vec<Difference> = Vec::new();
    let (mut failed, mut cant_tell, mut wrapped) = (None, None, false);
    for outcome in outcomes {
        match outcome {
            Outcome::Same => {}
            Outcome::Wrapped => wrapped = true,
            Outcome::Different(difference) => {
                // Once is enough for the same lines.
                if !differences.iter().any(|known| known.lines == difference.lines) {
                    differences.push(difference);
                }
            }
            Outcome::MakeFailed(why) => failed = failed.or(Some(why)),
            Outcome::CantTell(why) => cant_tell = cant_tell.or(Some(why)),
        }
    }
    match (failed, cant_tell) {
        _ if !differences.is_empty() => Verdict::Different(differences),
        (Some(why), _) => Verdict::MakeFailed(why),
        (None, Some(why)) => Verdict::NotCompared(why),
        (None, None) if wrapped => Verdict::Wrapped,
        (None, None) => Verdict::Same,
    }
}
