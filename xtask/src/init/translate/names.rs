//! The names of the tasks that targets become.

use std::collections::{BTreeMap, BTreeSet};

use crate::init::makefile::evaluate::Target;
use crate::init::makefile::recipe;
use crate::tasks::config::validate::is_task_name;

/// Which target is called what.
#[derive(Debug, Default)]
pub struct Names {
    tasks: BTreeMap<String, String>,
    /// Targets that do nothing.
    idle: BTreeSet<String>,
    help: BTreeSet<String>,
}

impl Names {
    pub fn new(targets: &[Target]) -> Names {
        let mut names = Names::default();
        for target in targets.iter().filter(|target| target.has_rule) {
            if is_help(target) {
                names.help.insert(target.name.clone());
            }
        }
        for target in targets.iter().filter(|target| target.has_rule) {
            // A list of the tasks is no task that others can call.
            let only_help = |target: &Target| target.needs.iter().all(|need| names.help.contains(need));
            let is_idle = recipe::texts(&target.recipe).into_iter().all(is_nothing)
                && target.order_only.is_empty()
                && only_help(target);
            if is_idle {
                names.idle.insert(target.name.clone());
                continue;
            }
            if is_task_name(&target.name) && !target.name.starts_with('.') {
                names.tasks.insert(target.name.clone(), target.name.clone());
            }
        }
        // The others take what is left.
        for target in targets.iter().filter(|target| target.has_rule) {
            if !names.idle.contains(&target.name) && !names.tasks.contains_key(&target.name) {
                let name = free(&target.name, &names.tasks);
                names.tasks.insert(target.name.clone(), name);
            }
        }
        names
    }

    /// The task that a target is.
    pub fn of(&self, target: &str) -> Option<String> {
        self.tasks.get(target).cloned()
    }

    pub fn is_idle(&self, target: &str) -> bool {
        self.idle.contains(target)
    }

    pub fn is_help(&self, target: &str) -> bool {
        self.help.contains(target)
    }
}

fn is_nothing(line: &str) -> bool {
    let line = line.trim().trim_start_matches(['@', '-', '+']).trim();
    line.is_empty() || line.starts_with('#') || matches!(line, ":" | "true" | "exit 0")
}

/// A name that a task can have and none has yet.
fn free(target: &str, taken: &BTreeMap<String, String>) -> String {
    let is_taken = |name: &str| taken.values().any(|own| own == name);
    if is_task_name(target) && !target.starts_with('.') && !is_taken(target) {
        return target.to_owned();
    }
    let plain = target.trim_start_matches(['.', '/']).replace('%', "any");
    let plain = plain.replace(|c: char| !(c.is_alphanumeric() || "-_:.+/".contains(c)), "-");
    let plain = plain.trim_matches(['-', '/', '+']).to_owned();
    let base = match plain.is_empty() || !is_task_name(&plain) {
        true => "target".to_owned(),
        false if target.starts_with('.') => format!("{plain}-file"),
        false => plain,
    };
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(base)
}

/// Whether a target lists the targets: built in.
pub fn is_help(target: &Target) -> bool {
    let is_listing = |line: &str| {
        let line = line.trim().trim_start_matches('@').trim();
        ["echo", "printf", "grep", "awk", "sed", "cat", "python", "perl", "$(info", "column", "sort", "|", "#"]
            .iter()
            .any(|start| line.starts_with(start))
            || line.contains("MAKEFILE_LIST")
    };
    let lines = recipe::texts(&target.recipe);
    let reads_itself = lines.iter().any(|line| line.contains("MAKEFILE_LIST"));
    let lists = lines.iter().all(|line| line.trim().is_empty() || is_listing(line));
    !lines.is_empty() && lists && (target.name == "help" || reads_itself)
}
