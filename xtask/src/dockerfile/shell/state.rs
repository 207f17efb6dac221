//! What a script has changed when it reaches a command: variables, functions, folder, user.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::source::Source;
use super::{Reached, Seen, Value};

/// Whether programs that the shell starts get a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Export {
    No,
    Maybe,
    Yes,
}

#[derive(Debug)]
struct Variable {
    /// `None` if it was removed.
    value: Option<Value>,
    export: Export,
    by_script: bool,
}

/// The variables of a shell. Unchanged ones are shared with earlier states, so comparing pointers shows where two states
/// differ.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    known: Rc<BTreeMap<String, Rc<Variable>>>,
    /// Set after `env -i` or `sudo`: any other variable is unset.
    is_complete: bool,
}

impl Variables {
    /// What the Dockerfile sets before the script.
    pub fn given(variables: &BTreeMap<String, Value>) -> Variables {
        let variable =
            |value: &Value| Variable { value: Some(value.clone()), export: Export::Yes, by_script: false }.into();
        let known = variables.iter().map(|(name, value)| (name.clone(), variable(value))).collect();
        Variables { known: Rc::new(known), is_complete: false }
    }

    /// The cost of a copy, in steps.
    pub fn size(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing changed between these two.
    pub fn is(&self, other: &Variables) -> bool {
        Rc::ptr_eq(&self.known, &other.known)
    }

    pub fn set(&mut self, name: &str, value: Value, export: Export) {
        self.put(name, Variable { value: Some(value), export, by_script: true });
    }

    pub fn unset(&mut self, name: &str) {
        self.put(name, Variable { value: None, export: Export::No, by_script: true });
    }

    fn put(&mut self, name: &str, variable: Variable) {
        Rc::make_mut(&mut self.known).insert(name.to_owned(), Rc::new(variable));
    }

    /// What the shell expands `$NAME` to.
    pub fn of_shell(&self, name: &str) -> Seen<'_> {
        match self.known.get(name).map(|variable| &variable.value) {
            Some(Some(Value::Known(value))) => Seen::Value(value),
            Some(Some(Value::Unknown)) => Seen::Unknown,
            Some(None) => Seen::Unset,
            None if self.is_complete => Seen::Unset,
            None => Seen::Nowhere,
        }
    }

    /// What a program sees.
    pub fn of_program(&self, name: &str) -> Seen<'_> {
        match (self.of_shell(name), self.export(name)) {
            (Seen::Value(_) | Seen::Unknown, Export::Maybe) => Seen::Unknown,
            // Only the shell sees it, unless the base image exports it.
            (Seen::Value(_) | Seen::Unknown, Export::No) => Seen::Nowhere,
            (seen, _) => seen,
        }
    }

    /// Whether programs get a variable once it has a new value.
    pub fn export(&self, name: &str) -> Export {
        self.known.get(name).map_or(Export::No, |variable| variable.export)
    }

    /// What the script sets for a program.
    pub fn set_by_script(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.known.iter().filter(|(_, variable)| variable.by_script).filter_map(|(name, variable)| {
            let value = variable.value.as_ref()?;
            match variable.export {
                Export::Yes => Some((name.as_str(), value)),
                Export::Maybe => Some((name, &Value::Unknown)),
                Export::No => None,
            }
        })
    }

    /// What a new shell starts with.
    pub fn of_new_shell(&self) -> Variables {
        let gets_there = |variable: &Variable| variable.value.is_none() || variable.export != Export::No;
        let known = self.known.iter().filter(|(_, variable)| gets_there(variable)).map(|(name, variable)| {
            let shared = match variable.export {
                Export::Maybe => Variable { value: Some(Value::Unknown), ..**variable }.into(),
                _ => variable.clone(),
            };
            (name.clone(), shared)
        });
        Variables { known: Rc::new(known.collect()), is_complete: self.is_complete }
    }

    /// What is left after `env -i`: only `kept`.
    pub fn cleared(&self, kept: &[String]) -> Variables {
        let kept = kept.iter().filter_map(|name| self.known.get_key_value(name));
        let known = kept.map(|(name, variable)| (name.clone(), variable.clone())).collect();
        Variables { known: Rc::new(known), is_complete: true }
    }

    /// The variables after either of two ways through a script: whatever one of them changed is unknown.
    pub fn merged(&self, other: &Variables) -> Variables {
        if self.is(other) {
            return self.clone();
        }
        let mut merged = Variables { known: self.known.clone(), is_complete: self.is_complete && other.is_complete };
        for name in self.known.keys().chain(other.known.keys()) {
            let (own, others) = (self.known.get(name), other.known.get(name));
            if own.zip(others).is_some_and(|(own, others)| Rc::ptr_eq(own, others)) {
                continue;
            }
            let (own, others) = (self.export(name), other.export(name));
            merged.set(name, Value::Unknown, if own == others { own } else { Export::Maybe });
        }
        merged
    }
}

/// Where the body of a function is.
#[derive(Debug, PartialEq)]
pub struct Function {
    pub source: Source,
    pub at: usize,
    /// When its definition runs.
    pub reached: Reached,
}

/// Functions by name; `None` if it depends on the run which of several definitions holds.
pub type Functions = BTreeMap<String, Option<Rc<Function>>>;

/// The state of a shell.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub variables: Variables,
    pub functions: Rc<Functions>,
    pub folder: Rc<Value>,
    pub user: Option<Value>,
    /// After `exit` or `exec`: the rest is read but does not run.
    pub is_over: bool,
}

impl State {
    /// The state after either of two ways through a script.
    pub fn merged(self, other: State) -> State {
        match (self.is_over, other.is_over) {
            (true, _) => return other,
            (_, true) => return self,
            _ => {}
        }
        let mut functions = self.functions.clone();
        if !Rc::ptr_eq(&functions, &other.functions) {
            for name in self.functions.keys().chain(other.functions.keys()) {
                let merged = match (self.functions.get(name), other.functions.get(name)) {
                    (Some(own), Some(other)) if own == other => continue,
                    (Some(_), Some(_)) => None,
                    (own, other) => own.or(other).cloned().flatten(),
                };
                Rc::make_mut(&mut functions).insert(name.clone(), merged);
            }
        }
        State {
            variables: self.variables.merged(&other.variables),
            functions,
            folder: if Rc::ptr_eq(&self.folder, &other.folder) { self.folder } else { Rc::new(Value::Unknown) },
            user: self.user,
            is_over: false,
        }
    }
}
