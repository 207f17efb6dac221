//! What differs between the items of make and of a task, as lines for people.

use std::collections::BTreeMap;

use crate::file_commands::FileCommand;

use super::item::{Item, Place, is_buildkits};
use super::scenario::Run;

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
    /// Variables of all commands.
    MakesVariables(Variables),
    OurVariables(Variables),
    Note(String),
}

type Variables = BTreeMap<String, String>;

/// How large a table for common lines may be.
const LARGEST: usize = 1 << 20;

/// Whether all of them do the same.
pub fn is_same(makes: &[Item], ours: &[Item]) -> bool {
    makes.len() == ours.len() && makes.iter().zip(ours).all(|(makes, ours)| Item::is_same(makes, ours))
}

impl Difference {
    pub fn new(run: &Run<'_>, makes: &[Item], ours: &[Item]) -> Difference {
        if let Some(lines) = of_variables(makes, ours) {
            let removes = makes.iter().zip(ours).any(|(makes, ours)| makes.removes() && !Item::is_same(makes, ours));
            return Difference::of(run, lines, removes);
        }
        let (makes, ours) = without_common_variables(makes.to_vec(), ours.to_vec());
        let lines = diff(&makes, &ours);
        let removes = lines.iter().any(|line| match line {
            Line::Make(item) | Line::Ours(item) => item.removes(),
            _ => false,
        });
        Difference::of(run, lines, removes)
    }

    /// The task does not begin.
    pub fn of_refusal(run: &Run<'_>, makes: Vec<Item>, why: &str) -> Difference {
        let note = Line::Note(format!("the task does not begin: {why}"));
        Difference::of(run, makes.into_iter().map(Line::Make).chain([note]).collect(), false)
    }

    fn of(run: &Run<'_>, lines: Vec<Line>, removes: bool) -> Difference {
        let set = if run.name.is_empty() { run.setting.set.clone() } else { Vec::new() };
        Difference { typed: run.name.clone(), set, lines, removes }
    }

    /// Its marks in order, by which two differences are alike.
    pub fn marks(&self) -> impl Iterator<Item = u8> {
        self.lines.iter().map(|line| match line {
            Line::Both(_) => 0,
            Line::Make(_) => 1,
            Line::Ours(_) => 2,
            Line::MakesVariables(_) => 3,
            Line::OurVariables(_) => 4,
            Line::Note(_) => 5,
        })
    }
}

/// The lines where only variables differ, and the same ones everywhere.
fn of_variables(makes: &[Item], ours: &[Item]) -> Option<Vec<Line>> {
    let bare = |item: &Item| {
        let mut item = item.clone();
        if let Some(place) = item.place_mut() {
            place.env.clear();
        }
        item
    };
    let mut found: Option<(Variables, Variables)> = None;
    let mut lines = Vec::new();
    let differing = makes.iter().zip(ours).filter(|(makes, ours)| !Item::is_same(makes, ours));
    if makes.len() != ours.len() || differing.count() < 2 {
        return None;
    }
    for (make, our) in makes.iter().zip(ours) {
        if !Item::is_same(&bare(make), &bare(our)) {
            return None;
        }
        lines.push(Line::Both(bare(make)));
        if Item::is_same(make, our) {
            continue;
        }
        let (make, our) = (&make.place()?.env, &our.place()?.env);
        let only = |one: &Variables, other: &Variables| -> Variables {
            let is_own =
                |(name, value): &(&String, &String)| other.get(*name) != Some(*value) && !is_buildkits(name, value);
            one.iter().filter(is_own).map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let pair = (only(make, our), only(our, make));
        if *found.get_or_insert_with(|| pair.clone()) != pair {
            return None;
        }
    }
    let (make, our) = found?;
    lines.extend((!make.is_empty()).then_some(Line::MakesVariables(make)));
    lines.extend((!our.is_empty()).then_some(Line::OurVariables(our)));
    Some(lines)
}

/// Leaves out the variables that all commands of both have.
fn without_common_variables(mut makes: Vec<Item>, mut ours: Vec<Item>) -> (Vec<Item>, Vec<Item>) {
    let has_any = |item: &&Item| {
        let is_file_command = matches!(item, Item::Run { words, .. } if FileCommand::from_name(&words[0]).is_some());
        item.place().is_some() && !is_file_command
    };
    let mut common: Option<Variables> = None;
    for place in makes.iter().chain(&ours).filter(has_any).filter_map(Item::place) {
        let common = common.get_or_insert_with(|| place.env.clone());
        common.retain(|name, value| place.env.get(name) == Some(value));
    }
    let hide = |place: &mut Place| {
        place.env.retain(|name, _| common.as_ref().is_none_or(|common| !common.contains_key(name)));
    };
    makes.iter_mut().chain(&mut ours).filter_map(Item::place_mut).for_each(hide);
    (makes, ours)
}

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
