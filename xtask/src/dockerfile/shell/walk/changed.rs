//! What a part of a script changes, as far as its words tell before it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Walker;
use crate::dockerfile::shell::Value;
use crate::dockerfile::shell::parse::length_of_name;
use crate::dockerfile::shell::state::{Export, State};
use crate::dockerfile::shell::syntax::{Assignment, Kind, List, Node, Operator, Raw, What};

impl Walker<'_> {
    /// What a loop changes is not known at its beginning: it may be its second turn.
    pub fn forget_changed(&mut self, state: &mut State, lists: &[&List]) {
        let mut changed = Changed::default();
        for list in lists {
            changed.by_list(list);
        }
        let mut seen = BTreeSet::new();
        while let Some(name) = changed.called.pop_first() {
            if let Some(Some(function)) = self.functions.get(&name).filter(|_| seen.insert(name.clone())) {
                changed.by_node(&function.body);
            }
        }
        if !self.charge(changed.looked_at) {
            return;
        }
        for (name, exports) in changed.names {
            if exports {
                state.scope = self.changes.export(state.scope, &name, Export::Maybe);
            }
            self.assign(state, &name, Value::Unknown);
        }
        if changed.folder {
            state.folder = Rc::new(Value::Unknown);
        }
    }
}

/// What a list changes in the shell that runs it, as far as its words tell.
#[derive(Default)]
struct Changed {
    /// The names of variables, and whether they get to programs by it.
    names: BTreeMap<String, bool>,
    folder: bool,
    /// What it calls: some may be functions.
    called: BTreeSet<String>,
    looked_at: usize,
}

impl Changed {
    fn by_list(&mut self, list: &List) {
        for item in list {
            let pipelines = std::iter::once(&item.first).chain(item.rest.iter().map(|(_, pipeline)| pipeline));
            for pipeline in pipelines {
                if let [node] = pipeline.parts.as_slice() {
                    self.by_node(node);
                }
            }
        }
    }

    fn by_node(&mut self, node: &Node) {
        self.looked_at += 1;
        match &node.kind {
            Kind::Simple { assignments, words } => self.by_simple(assignments, words),
            Kind::Group(list) => self.by_list(list),
            Kind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.by_list(condition);
                    self.by_list(body);
                }
                otherwise.iter().for_each(|list| self.by_list(list));
            }
            Kind::Loop { condition, body } => {
                self.by_list(condition);
                self.by_list(body);
            }
            Kind::For { name, body, .. } => {
                self.names.entry(name.clone()).or_insert(false);
                self.by_list(body);
            }
            Kind::Case { arms, .. } => arms.iter().for_each(|arm| self.by_list(arm)),
            Kind::Function { body, .. } => self.by_node(body),
            Kind::Subshell(_) | Kind::Test(_) => {}
        }
    }

    fn by_simple(&mut self, assignments: &[Assignment], words: &[Raw]) {
        self.looked_at += assignments.len() + words.len();
        if words.is_empty() {
            self.add(assignments.iter().map(|assignment| assignment.name.as_str()), false);
        }
        let values = assignments.iter().map(|assignment| &assignment.value);
        let pieces = || words.iter().flat_map(|word| &word.pieces);
        let sets = values.flat_map(|value| &value.pieces).chain(pieces()).filter_map(|piece| match &piece.what {
            What::Variable { name, operator: Some((Operator::Default { sets: true, .. }, _)) } => Some(name.as_str()),
            _ => None,
        });
        self.add(sets, false);
        let names = || {
            pieces().skip(1).filter_map(|piece| match &piece.what {
                What::Text(text) => Some(&text[..length_of_name(text)]),
                _ => None,
            })
        };
        match words.first().and_then(Raw::plain) {
            Some("cd" | "pushd" | "popd") => self.folder = true,
            // One name too many is one that is not known.
            Some("export" | "declare" | "typeset" | "eval" | "command") => self.add(names(), true),
            Some("unset" | "read" | "local" | "readonly" | "getopts") => self.add(names(), false),
            Some(name) => {
                self.called.insert(name.to_owned());
            }
            None => {}
        }
    }

    fn add<'a>(&mut self, names: impl Iterator<Item = &'a str>, exports: bool) {
        for name in names.filter(|name| !name.is_empty()) {
            *self.names.entry(name.to_owned()).or_insert(false) |= exports;
        }
    }
}
