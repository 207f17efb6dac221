//! Targets that are files: what make does with them, and what a task can do.

use std::collections::{BTreeMap, BTreeSet};

use crate::init::makefile::evaluate::Target;

/// What a target is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its recipe runs each time.
    Task,
    /// A file that is made once: `unless`.
    Once,
    /// A file that is made again when what it is made of is newer, and why that is known.
    ByTime(String),
}

/// What each target is, by its name. `exists`: whether a path is there now.
pub fn kinds(targets: &[Target], phony: &BTreeSet<String>, exists: &dyn Fn(&str) -> bool) -> BTreeMap<String, Kind> {
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    let by_name: BTreeMap<&str, &Target> = targets.iter().map(|target| (target.name.as_str(), target)).collect();
    // Each need is looked at before what needs it; a circle is make's to refuse.
    fn kind(
        target: &Target,
        by_name: &BTreeMap<&str, &Target>,
        phony: &BTreeSet<String>,
        exists: &dyn Fn(&str) -> bool,
        kinds: &mut BTreeMap<String, Kind>,
        depth: usize,
    ) -> Kind {
        if let Some(known) = kinds.get(&target.name) {
            return known.clone();
        }
        // `.PHONY: *` is every file that is there.
        let is_phony = phony.contains(&target.name) || phony.contains("*") && exists(&target.name);
        let own = if is_phony || depth > 200 {
            Kind::Task
        } else {
            let needs: Vec<Kind> = target
                .needs
                .iter()
                .filter_map(|need| by_name.get(need.as_str()))
                .map(|need| kind(need, by_name, phony, exists, kinds, depth + 1))
                .collect();
            let is_path = target.name.contains(['/', '.']);
            // What is never a file is always remade, and so is what needs it.
            let is_made_of_files = target.needs.iter().any(|need| !by_name.contains_key(need.as_str()) && exists(need));
            if needs.contains(&Kind::Task) || !is_path && !is_made_of_files && !exists(&target.name) {
                Kind::Task
            } else if target.needs.is_empty() && target.order_only.is_empty() {
                Kind::Once
            } else {
                Kind::ByTime(format!("make looks whether `{}` is older than what it needs", target.name))
            }
        };
        kinds.insert(target.name.clone(), own.clone());
        own
    }
    for target in targets {
        kind(target, &by_name, phony, exists, &mut kinds, 0);
    }
    kinds
}
