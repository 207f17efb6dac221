//! The secret values of flags that stand in the file itself: a step that calls a task has them in its line.

use std::collections::HashSet;

use crate::tasks::config::{Config, Flag, Step, Task, read};
use crate::ui::secret;

/// The flags with secret values, as they are typed (`--token`, `-t`), of all tasks in a text, as far as it can be read.
pub fn flags_in(source: &str) -> HashSet<String> {
    names(&read::flags(source))
}

/// Takes the values of secret flags out of what is shown of the steps that pass them on.
pub fn in_steps(config: &mut Config) {
    let of_task = |task: &Task| names(&config.runs(task).flags);
    let flags: Vec<HashSet<String>> = config.tasks.iter().map(of_task).collect();
    let index = config.index();
    let shown = |step: &Step| match step.calls().and_then(|(name, _)| index.get(name)) {
        Some(callee) => secret::hidden_step(&step.shown, &flags[*callee]).into_owned(),
        None => step.shown.clone(),
    };
    let shown: Vec<Vec<String>> =
        config.tasks.iter().map(|task| task.body.steps().iter().map(shown).collect()).collect();
    for (task, shown) in config.tasks.iter_mut().zip(shown) {
        for (step, shown) in task.body.steps.iter_mut().flatten().zip(shown) {
            step.shown = shown;
        }
    }
}

fn names(flags: &[Flag]) -> HashSet<String> {
    let secret = flags.iter().filter(|flag| flag.value.is_some() && flag.is_secret());
    secret
        .flat_map(|flag| {
            let letter = flag.short.map(|short| format!("-{short}"));
            std::iter::once(format!("--{}", flag.name)).chain(letter)
        })
        .collect()
}
