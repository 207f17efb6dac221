//! What a part of a script changes, as far as its words tell before it runs.

use std::collections::BTreeSet;

use crate::dockerfile::shell::parse::length_of_name;
use crate::dockerfile::shell::syntax::{Assignment, Kind, List, Node, Raw, What};

/// What a list changes in the shell that runs it, as far as its words tell.
#[derive(Default)]
pub struct Changed {
    pub names: BTreeSet<String>,
    pub folder: bool,
    pub looked_at: usize,
}

impl Changed {
    pub fn by_list(&mut self, list: &List) {
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
                self.names.insert(name.clone());
                self.by_list(body);
            }
            Kind::Case { arms, .. } => arms.iter().for_each(|arm| self.by_list(arm)),
            Kind::Subshell(_) | Kind::Function { .. } | Kind::Test(_) => {}
        }
    }

    fn by_simple(&mut self, assignments: &[Assignment], words: &[Raw]) {
        self.looked_at += assignments.len() + words.len();
        if words.is_empty() {
            self.names.extend(assignments.iter().map(|assignment| assignment.name.clone()));
        }
        let names = words.iter().flat_map(|word| &word.pieces).filter_map(|piece| match &piece.what {
            What::Text(text) => Some(text[..length_of_name(text)].to_owned()),
            _ => None,
        });
        match words.first().and_then(Raw::plain) {
            Some("cd" | "pushd" | "popd") => self.folder = true,
            // One name too many is one that is not known.
            Some(
                "export" | "unset" | "read" | "declare" | "typeset" | "local" | "readonly" | "getopts" | "command",
            ) => {
                self.names.extend(names.filter(|name| !name.is_empty()));
            }
            _ => {}
        }
    }
}
