//! What refers to itself: tasks that would run themselves, through `needs`, through `task NAME` steps, or both; and words.

use std::collections::HashMap;
use std::ops::Range;

use crate::tasks::config::Task;
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;

/// References that were walked, each from one entry to another.
#[derive(Debug, Default)]
pub struct Walk {
    pub circles: Vec<Circle>,
    /// Every entry, behind those that it refers to where there is no circle.
    pub order: Vec<usize>,
}

/// Entries that refer to each other, and the reference that closes the circle.
#[derive(Debug)]
pub struct Circle {
    pub round: Vec<usize>,
    pub span: Range<usize>,
}

/// Walks with a stack of its own: a chain of ten thousand must not overflow the program's.
pub fn walk(edges: &[Vec<(usize, Range<usize>)>]) -> Walk {
    let mut walk = Walk::default();
    let mut done = vec![false; edges.len()];
    for start in 0..edges.len() {
        if done[start] {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        let mut on_path: HashMap<usize, usize> = HashMap::from([(start, 0)]);
        while let Some((entry, next)) = path.last_mut() {
            let entry = *entry;
            let Some((target, span)) = edges[entry].get(*next) else {
                done[entry] = true;
                walk.order.push(entry);
                on_path.remove(&entry);
                path.pop();
                continue;
            };
            *next += 1;
            if let Some(from) = on_path.get(target) {
                let round = path[*from..].iter().map(|(entry, _)| *entry).collect();
                walk.circles.push(Circle { round, span: span.clone() });
            } else if !done[*target] {
                on_path.insert(*target, path.len());
                path.push((*target, 0));
            }
        }
    }
    walk
}

/// A mistake for each circle of tasks. `index` gives the place of the task that a name means.
pub fn of_tasks(tasks: &[Task], index: impl Fn(&str) -> Option<usize>) -> Vec<Finding> {
    let edges: Vec<Vec<(usize, Range<usize>)>> = tasks
        .iter()
        .map(|Task { body, .. }| {
            let needs = body.needs().iter().map(|need| (need.get_ref().as_str(), need.span()));
            let calls = body.steps().iter().filter_map(|step| step.calls());
            needs.chain(calls).filter_map(|(name, span)| Some((index(name)?, span))).collect()
        })
        .collect();
    let told = |Circle { round, span }: Circle| {
        let names: Vec<String> = round.iter().map(|task| format!("`{}`", tasks[*task].name)).collect();
        let message = match &names[..] {
            [own] => format!("task {own} runs itself"),
            _ => format!("tasks run each other in a circle: {} → {}", names.join(" → "), names[0]),
        };
        mistake(message, span).fix("remove this reference, or move the shared steps into a task of their own")
    };
    walk(&edges).circles.into_iter().map(told).collect()
}
