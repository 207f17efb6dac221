//! Tasks that would run themselves: through `needs`, through `task NAME` steps, or both.

use std::collections::HashMap;
use std::ops::Range;

use crate::tasks::config::Task;
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;

/// One finding for each cycle, at the reference that closes it.
///
/// A walk with a stack of its own: a chain of ten thousand tasks must not overflow the program's.
pub fn find(tasks: &[Task], index: impl Fn(&str) -> Option<usize>) -> Vec<Finding> {
    let edges: Vec<Vec<(usize, Range<usize>)>> = tasks
        .iter()
        .map(|Task { body, .. }| {
            let needs = body.needs().iter().map(|need| (need.get_ref().as_str(), need.span()));
            let calls = body.steps().iter().filter_map(|step| step.calls());
            needs.chain(calls).filter_map(|(name, span)| Some((index(name)?, span))).collect()
        })
        .collect();
    let mut found = Vec::new();
    let mut done = vec![false; tasks.len()];
    for start in 0..tasks.len() {
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        let mut on_path: HashMap<usize, usize> = HashMap::from([(start, 0)]);
        while let Some((task, next)) = path.last_mut() {
            let task = *task;
            let Some((target, span)) = edges[task].get(*next).filter(|_| !done[task]) else {
                done[task] = true;
                on_path.remove(&task);
                path.pop();
                continue;
            };
            *next += 1;
            if let Some(from) = on_path.get(target) {
                let mut round: Vec<String> =
                    path[*from..].iter().map(|(task, _)| format!("`{}`", tasks[*task].name)).collect();
                let message = if round.len() == 1 {
                    format!("task {} runs itself", round[0])
                } else {
                    round.push(round[0].clone());
                    format!("tasks run each other in a circle: {}", round.join(" → "))
                };
                found.push(
                    mistake(message, span.clone())
                        .fix("remove this reference, or move the shared steps into a task of their own"),
                );
            } else if !done[*target] {
                on_path.insert(*target, path.len());
                path.push((*target, 0));
            }
        }
    }
    found
}
