//! What a script has changed at one of its commands: variables, folder. And how much may be read at all.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Seen, Value};

/// The steps left. Values can double with every line, so the size of a script alone bounds nothing.
pub struct Budget {
    left: Cell<usize>,
    taken: Cell<usize>,
}

impl Budget {
    /// Far more than a real script of this size needs.
    pub fn for_size(bytes: usize) -> Budget {
        Budget { left: Cell::new(20_000 + 200 * bytes), taken: Cell::new(0) }
    }

    /// Takes steps. False if there are not enough left.
    pub fn charge(&self, steps: usize) -> bool {
        self.taken.set(self.taken.get() + steps);
        let left = self.left.get().checked_sub(steps);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }

    #[cfg(test)]
    pub fn taken(&self) -> usize {
        self.taken.get()
    }
}

/// The last change that a command sees, by its number from 1; 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope(usize);

/// Whether a variable gets to the programs that the shell starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Export {
    No,
    Maybe,
    Yes,
}

impl From<bool> for Export {
    fn from(is_exported: bool) -> Export {
        if is_exported { Export::Yes } else { Export::No }
    }
}

/// All changes of variables, each with the one before it: a tree whose branches are subshells.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    nodes: Vec<Change>,
    /// What the Dockerfile says before the script.
    given: BTreeMap<String, Value>,
}

#[derive(Clone, Debug)]
struct Change {
    before: Scope,
    /// How many came before it in its branch.
    depth: usize,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Set {
        name: Rc<str>,
        value: Value,
        export: Export,
    },
    Unset {
        name: Rc<str>,
    },
    /// `export NAME` without a value: the next one gets to programs.
    Exported {
        name: Rc<str>,
        export: Export,
    },
    /// `env -i`: nothing that came before is there.
    Cleared,
    /// Another shell begins here: of what came before it sees what was exported.
    Shell,
}

/// Why the script has no change of a variable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// What was given holds.
    Untouched,
    /// What was given is gone.
    Cleared,
    Unclear,
}

impl Kind {
    fn name(&self) -> Option<&Rc<str>> {
        match self {
            Kind::Set { name, .. } | Kind::Unset { name } | Kind::Exported { name, .. } => Some(name),
            Kind::Cleared | Kind::Shell => None,
        }
    }
}

impl Changes {
    pub fn new(given: BTreeMap<String, Value>) -> Changes {
        Changes { nodes: Vec::new(), given }
    }

    fn add(&mut self, before: Scope, kind: Kind) -> Scope {
        let depth = self.depth(before) + 1;
        self.nodes.push(Change { before, depth, kind });
        Scope(self.nodes.len())
    }

    pub fn set(&mut self, before: Scope, name: &str, value: Value, export: Export) -> Scope {
        self.add(before, Kind::Set { name: name.into(), value, export })
    }

    pub fn unset(&mut self, before: Scope, name: &str) -> Scope {
        self.add(before, Kind::Unset { name: name.into() })
    }

    pub fn export(&mut self, before: Scope, name: &str, export: Export) -> Scope {
        self.add(before, Kind::Exported { name: name.into(), export })
    }

    pub fn clear(&mut self, before: Scope) -> Scope {
        self.add(before, Kind::Cleared)
    }

    pub fn new_shell(&mut self, before: Scope) -> Scope {
        self.add(before, Kind::Shell)
    }

    fn depth(&self, scope: Scope) -> usize {
        self.node(scope).map_or(0, |node| node.depth)
    }

    fn node(&self, scope: Scope) -> Option<&Change> {
        self.nodes.get(scope.0.checked_sub(1)?)
    }

    /// The changes that a scope sees, the last first.
    fn back(&self, from: Scope) -> impl Iterator<Item = &Change> {
        let first = self.node(from);
        std::iter::successors(first, |node| self.node(node.before))
    }

    /// The last change of a variable.
    fn last(&self, scope: Scope, name: &str, with_marks: bool, budget: Option<&Budget>) -> Result<&Kind, Missing> {
        let mut is_other_shell = false;
        for node in self.back(scope) {
            if budget.is_some_and(|budget| !budget.charge(1)) {
                return Err(Missing::Unclear);
            }
            match &node.kind {
                Kind::Cleared => return Err(Missing::Cleared),
                Kind::Shell => is_other_shell = true,
                // A name without a value is no part of an environment.
                Kind::Exported { .. } if !with_marks || is_other_shell => {}
                kind if kind.name().is_none_or(|known| **known != *name) => {}
                Kind::Set { export: Export::No, .. } if is_other_shell => return Err(Missing::Untouched),
                Kind::Set { export: Export::Maybe, .. } if is_other_shell => return Err(Missing::Unclear),
                kind => return Ok(kind),
            }
        }
        Err(Missing::Untouched)
    }

    fn given(&self, name: &str, missing: Missing) -> Seen<'_> {
        match (missing, self.given.get(name)) {
            (Missing::Cleared, _) => Seen::Unset,
            (Missing::Unclear, _) | (_, Some(Value::Unknown)) => Seen::Unknown,
            (_, Some(Value::Known(value))) => Seen::Value(value),
            (_, None) => Seen::Nowhere,
        }
    }

    /// What the shell itself puts in the place of `$NAME`.
    pub fn of_shell(&self, scope: Scope, name: &str, budget: &Budget) -> Seen<'_> {
        match self.last(scope, name, false, Some(budget)) {
            Ok(Kind::Set { value: Value::Known(value), .. }) => Seen::Value(value),
            Ok(Kind::Set { .. }) => Seen::Unknown,
            Ok(_) => Seen::Unset,
            Err(missing) => self.given(name, missing),
        }
    }

    /// What a program gets.
    pub fn exported(&self, scope: Scope, name: &str) -> Seen<'_> {
        match self.last(scope, name, false, None) {
            Ok(Kind::Set { value: Value::Known(value), export: Export::Yes, .. }) => Seen::Value(value),
            Ok(Kind::Set { export: Export::Yes | Export::Maybe, .. }) => Seen::Unknown,
            // Only the shell has it, unless the base image has exported it before.
            Ok(Kind::Set { .. }) => Seen::Nowhere,
            Ok(_) => Seen::Unset,
            Err(missing) => self.given(name, missing),
        }
    }

    /// Whether a variable gets to programs without `export`, since it does so already.
    pub fn export_of(&self, scope: Scope, name: &str, budget: &Budget) -> Export {
        match self.last(scope, name, true, Some(budget)) {
            Ok(Kind::Set { export, .. } | Kind::Exported { export, .. }) => *export,
            Ok(_) => Export::No,
            Err(Missing::Unclear) => Export::Maybe,
            Err(missing) => (missing == Missing::Untouched && self.given.contains_key(name)).into(),
        }
    }

    /// What the script sets for a program.
    pub fn set_by_script(&self, scope: Scope) -> BTreeMap<&str, &Value> {
        let mut seen: BTreeMap<&str, Option<&Value>> = BTreeMap::new();
        for node in self.back(scope).take_while(|node| !matches!(node.kind, Kind::Cleared)) {
            match &node.kind {
                Kind::Set { name, value, export } => {
                    seen.entry(name).or_insert(match export {
                        Export::Yes => Some(value),
                        Export::Maybe => Some(&Value::Unknown),
                        Export::No => None,
                    });
                }
                Kind::Unset { name } => {
                    seen.entry(name).or_insert(None);
                }
                Kind::Exported { .. } | Kind::Cleared | Kind::Shell => {}
            }
        }
        seen.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Where two branches part, and the names that one of them has changed since.
    fn parting(&self, mut one: Scope, mut other: Scope, budget: &Budget) -> (Scope, BTreeMap<Rc<str>, Export>) {
        let mut names = BTreeMap::new();
        while one != other {
            budget.charge(1);
            let deeper = if self.depth(one) >= self.depth(other) { &mut one } else { &mut other };
            let Some(node) = self.node(*deeper) else { break };
            if let Some(name) = node.kind.name() {
                let export = match &node.kind {
                    Kind::Set { export, .. } | Kind::Exported { export, .. } => *export,
                    _ => Export::No,
                };
                let most = names.entry(name.clone()).or_insert(export);
                *most = export.max(*most);
            }
            *deeper = node.before;
        }
        (one, names)
    }

    /// What holds where a script goes on from one of two places: what differs is not known.
    pub fn merged(&mut self, one: Scope, other: Scope, budget: &Budget) -> Scope {
        let (mut scope, names) = self.parting(one, other, budget);
        for (name, export) in names {
            let export = match self.export_of(scope, &name, budget) {
                Export::Yes => Export::Yes,
                before => before.max(export).min(Export::Maybe),
            };
            scope = self.add(scope, Kind::Set { name, value: Value::Unknown, export });
        }
        scope
    }
}

/// What the shell has changed in itself.
#[derive(Clone, Debug)]
pub struct State {
    pub scope: Scope,
    pub folder: Rc<Value>,
    /// `set -a`
    pub exports_all: bool,
    /// `exit`, `exec`: what follows does not run.
    pub is_over: bool,
}

impl Default for State {
    fn default() -> State {
        let folder = Rc::new(Value::Known(String::new()));
        State { scope: Scope::default(), folder, exports_all: false, is_over: false }
    }
}

impl State {
    /// That of a shell that has ended.
    pub fn ended() -> State {
        State { is_over: true, ..State::default() }
    }

    /// What holds where a script goes on from one of two states.
    pub fn merged(self, other: State, changes: &mut Changes, budget: &Budget) -> State {
        match (self.is_over, other.is_over) {
            (true, _) => return other,
            (_, true) => return self,
            _ => {}
        }
        State {
            scope: changes.merged(self.scope, other.scope, budget),
            folder: if self.folder == other.folder { self.folder } else { Rc::new(Value::Unknown) },
            exports_all: self.exports_all || other.exports_all,
            is_over: false,
        }
    }
}
