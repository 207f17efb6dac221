//! The secret values of flags that stand in the file itself: a step that calls a task has them in its line.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::tasks::config::{Config, Flag, read};
use crate::ui::secret;

/// The flags with secret values, as they are typed (`--token`, `-t`), of all tasks in a text, as far as it can be read.
pub fn flags_in(source: &str) -> HashSet<String> {
    names(&read::flags(source))
}

/// Takes the values of secret flags out of what is shown of the steps that pass them on.
pub fn in_steps(config: &mut Config) {
    let index = config.index();
    // Of each task that is called with words.
    let mut flags: HashMap<usize, HashSet<String>> = HashMap::new();
    let mut hidden: Vec<(usize, usize, String)> = Vec::new();
    for (at, task) in config.tasks.iter().enumerate() {
        for (step_at, step) in task.body.steps().iter().enumerate().filter(|(_, step)| step.words().len() > 2) {
            let Some(callee) = step.calls().and_then(|(name, _)| index.get(name)) else { continue };
            let names = || names(&config.runs(&config.tasks[*callee]).flags);
            let shown = secret::hidden_step(&step.shown, flags.entry(*callee).or_insert_with(names));
            if let Cow::Owned(shown) = shown {
                hidden.push((at, step_at, shown));
            }
        }
    }
    for (at, step_at, shown) in hidden {
        if let Some(step) = config.tasks[at].body.steps.iter_mut().flatten().nth(step_at) {
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
