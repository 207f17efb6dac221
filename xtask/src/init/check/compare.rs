//! One target compared with its task: the same, or the lines that differ.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::tasks::config::Task;

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

/// What differs in one run.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What was typed, or the variables that were set; both empty for nothing.
    pub typed: String,
    pub set: Vec<(String, String)>,
    pub lines: Vec<Line>,
    /// Whether one that removes something differs.
    pub removes: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Both(Item),
    Make(Item),
    Ours(Item),
    Note(String),
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
    let (items, answers) = match (&makes, ours) {
        (Makes::Stopped, _) => return Ok(None),
        (Makes::Failed(_), Ours::Refuses(_)) => return Ok(Some(Outcome::Same)),
        (Makes::Failed(why), Ours::Items { items, .. }) => {
            let is_wrapped = is_wrapper(&items, target);
            return Ok(Some(if is_wrapped { Outcome::Wrapped } else { Outcome::MakeFailed(why.clone()) }));
        }
        (Makes::Lines(_), Ours::Refuses(why)) => (Err(why), BTreeMap::new()),
        (Makes::Lines(_), Ours::Items { items, answers }) => (Ok(items), answers),
    };
    if items.as_ref().is_ok_and(|items| is_wrapper(items, target)) {
        return Ok(Some(Outcome::Wrapped));
    }
    let Makes::Lines(lines) = makes else { return Ok(None) };
    let typed: Vec<String> =
        run.makes.iter().filter_map(|word| word.to_str()?.split_once('=')).map(|(name, _)| name.to_owned()).collect();
    let mut exported = makes::exported(make, &words, target, environment)?;
    let of_ours = items.iter().flatten().filter_map(Item::place).flat_map(|place| place.env.keys());
    let of_ours: Vec<&String> = of_ours.collect();
    if let Some(exported) = &mut exported {
        let is_known = |name: &String| known.contains(name) && !run.setting.choosing.contains(name);
        exported.added.retain(|name, _| {
            let is_read = of_ours.contains(&name) || run.readers.names.contains(name);
            // What is typed behind make is given to every command.
            match typed.contains(name) {
                true => is_read,
                false => is_read || is_known(name) || !run.readers.exports_all,
            }
        });
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
            let lines =
                makes.into_iter().map(Line::Make).chain([Line::Note(format!("the task does not begin: {why}"))]);
            let lines = lines.collect();
            return Ok(Some(Outcome::Different(difference(run, lines))));
        }
    };
    let forgiven = |items: Vec<Item>| if is_known { items } else { without_variables(items) };
    // Calls of make as they are, and with what they run.
    let makes = forgiven(reader.items(&lines, false));
    if is_same(&makes, &forgiven(ours.clone())) {
        return Ok(Some(Outcome::Same));
    }
    let (makes, ours) = (forgiven(reader.items(&lines, true)), forgiven(reader.followed(ours)));
    if is_same(&makes, &ours) {
        return Ok(Some(Outcome::Same));
    }
    Ok(Some(Outcome::Different(difference(run, diff(&makes, &ours)))))
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

fn is_same(makes: &[Item], ours: &[Item]) -> bool {
    makes.len() == ours.len() && makes.iter().zip(ours).all(|(makes, ours)| Item::is_same(makes, ours))
}

fn difference(run: &Run<'_>, lines: Vec<Line>) -> Difference {
    let changed = |line: &&Line| matches!(line, Line::Make(_) | Line::Ours(_));
    let removes = lines.iter().filter(changed).any(|line| match line {
        Line::Make(item) | Line::Ours(item) => item.removes(),
        Line::Both(_) | Line::Note(_) => false,
    });
    let set = if run.name.is_empty() { run.setting.set.clone() } else { Vec::new() };
    Difference { typed: run.name.clone(), set, lines, removes }
}

/// How large a table for common lines may be.
const LARGEST: usize = 1 << 20;

/// The longest common lines, and what differs between them.
fn diff(makes: &[Item], ours: &[Item]) -> Vec<Line> {
    let same = |left: usize, right: usize| Item::is_same(&makes[left], &ours[right]);
    if makes.len().saturating_mul(ours.len()) > LARGEST {
        return makes.iter().cloned().map(Line::Make).chain(ours.iter().cloned().map(Line::Ours)).collect();
    }
    // How many are common from two places on.
    let mut common = vec![vec![0_usize; ours.len() + 1]; makes.len() + 1];
    for left in (0..makes.len()).rev() {
        for right in (0..ours.len()).rev() {
            common[left][right] = match same(left, right) {
                true => common[left + 1][right + 1] + 1,
                false => common[left + 1][right].max(common[left][right + 1]),
            };
        }
    }
    let (mut left, mut right, mut lines) = (0, 0, Vec::new());
    while left < makes.len() || right < ours.len() {
        if left < makes.len() && right < ours.len() && same(left, right) {
            lines.push(Line::Both(makes[left].clone()));
            (left, right) = (left + 1, right + 1);
        } else if right == ours.len() || left < makes.len() && common[left + 1][right] >= common[left][right + 1] {
            lines.push(Line::Make(makes[left].clone()));
            left += 1;
        } else {
            lines.push(Line::Ours(ours[right].clone()));
            right += 1;
        }
    }
    lines
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
