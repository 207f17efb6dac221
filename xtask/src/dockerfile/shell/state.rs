//! What a script has changed at one of its commands: variables, folder. And how much may be read at all.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Seen, Value};

/// Steps that may still be taken. Values can double with every line of a script, so its own size bounds nothing.
pub struct Budget {
    left: Cell<usize>,
    taken: Cell<usize>,
}

impl Budget {
    /// Enough for a script of so many bytes that real people write.
    pub fn for_size(bytes: usize) -> Budget {
        Budget { left: Cell::new(20_000 + 200 * bytes), taken: Cell::new(0) }
    }

    /// False when it is used up. What is charged then is charged all the same.
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
        is_exported: bool,
    },
    Unset {
        name: Rc<str>,
    },
    /// `env -i`: nothing that came before is there.
    Cleared,
    /// Another shell begins here: of what came before it sees what was exported.
    Shell,
}

impl Kind {
    fn name(&self) -> Option<&Rc<str>> {
        match self {
            Kind::Set { name, .. } | Kind::Unset { name } => Some(name),
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

    pub fn set(&mut self, before: Scope, name: &str, value: Value, is_exported: bool) -> Scope {
        self.add(before, Kind::Set { name: name.into(), value, is_exported })
    }

    pub fn unset(&mut self, before: Scope, name: &str) -> Scope {
        self.add(before, Kind::Unset { name: name.into() })
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

    /// The last change of a variable. `Err`: none in the script; whether the script has thrown away what was given.
    fn last(&self, scope: Scope, name: &str, budget: Option<&Budget>) -> Result<&Kind, bool> {
        let mut is_other_shell = false;
        for node in self.back(scope) {
            if budget.is_some_and(|budget| !budget.charge(1)) {
                return Err(false);
            }
            match &node.kind {
                Kind::Cleared => return Err(true),
                Kind::Shell => is_other_shell = true,
                Kind::Set { name: known, is_exported: false, .. } if is_other_shell && **known == *name => {
                    return Err(false);
                }
                kind if kind.name().is_some_and(|known| **known == *name) => return Ok(kind),
                _ => {}
            }
        }
        Err(false)
    }

    fn given(&self, name: &str, is_cleared: bool) -> Seen<'_> {
        match self.given.get(name) {
            _ if is_cleared => Seen::Unset,
            Some(Value::Known(value)) => Seen::Value(value),
            Some(Value::Unknown) => Seen::Unknown,
            None => Seen::Nowhere,
        }
    }

    /// What the shell itself puts in the place of `$NAME`.
    pub fn of_shell(&self, scope: Scope, name: &str, budget: &Budget) -> Seen<'_> {
        match self.last(scope, name, Some(budget)) {
            Ok(Kind::Set { value: Value::Known(value), .. }) => Seen::Value(value),
            Ok(Kind::Set { .. }) => Seen::Unknown,
            Ok(_) => Seen::Unset,
            Err(is_cleared) => self.given(name, is_cleared),
        }
    }

    /// What a program gets.
    pub fn exported(&self, scope: Scope, name: &str) -> Seen<'_> {
        match self.last(scope, name, None) {
            Ok(Kind::Set { value: Value::Known(value), is_exported: true, .. }) => Seen::Value(value),
            Ok(Kind::Set { is_exported: true, .. }) => Seen::Unknown,
            // Only the shell has it, unless the base image has exported it before.
            Ok(Kind::Set { .. }) => Seen::Nowhere,
            Ok(_) => Seen::Unset,
            Err(is_cleared) => self.given(name, is_cleared),
        }
    }

    /// Whether a variable gets to programs without `export`, since it does so already.
    pub fn is_exported(&self, scope: Scope, name: &str, budget: &Budget) -> bool {
        match self.last(scope, name, Some(budget)) {
            Ok(Kind::Set { is_exported, .. }) => *is_exported,
            Ok(_) => false,
            Err(is_cleared) => !is_cleared && self.given.contains_key(name),
        }
    }

    /// What the script sets for a program.
    pub fn set_by_script(&self, scope: Scope) -> BTreeMap<&str, &Value> {
        let mut seen: BTreeMap<&str, Option<&Value>> = BTreeMap::new();
        for node in self.back(scope).take_while(|node| !matches!(node.kind, Kind::Cleared)) {
            match &node.kind {
                Kind::Set { name, value, is_exported } => {
                    seen.entry(name).or_insert(is_exported.then_some(value));
                }
                Kind::Unset { name } => {
                    seen.entry(name).or_insert(None);
                }
                Kind::Cleared | Kind::Shell => {}
            }
        }
        seen.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Where two branches part, and the names that one of them has changed since.
    fn parting(&self, mut one: Scope, mut other: Scope, budget: &Budget) -> (Scope, BTreeMap<Rc<str>, bool>) {
        let mut names = BTreeMap::new();
        while one != other {
            budget.charge(1);
            let deeper = if self.depth(one) >= self.depth(other) { &mut one } else { &mut other };
            let Some(node) = self.node(*deeper) else { break };
            if let Some(name) = node.kind.name() {
                let is_exported = matches!(node.kind, Kind::Set { is_exported: true, .. });
                *names.entry(name.clone()).or_insert(false) |= is_exported;
            }
            *deeper = node.before;
        }
        (one, names)
    }

    /// What holds where a script goes on from one of two places: what differs is not known.
    pub fn merged(&mut self, one: Scope, other: Scope, budget: &Budget) -> Scope {
        let (mut scope, names) = self.parting(one, other, budget);
        for (name, is_exported) in names {
            let is_exported = is_exported || self.is_exported(scope, &name, budget);
            scope = self.add(scope, Kind::Set { name, value: Value::Unknown, is_exported });
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
