//! What a script has changed by the time that it comes to a command: variables, functions, folder, user.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::source::Source;
use super::{Reached, Seen, Value};

/// Whether a variable gets to the programs that the shell starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Export {
    No,
    Maybe,
    Yes,
}

#[derive(Debug)]
struct Variable {
    /// None: it was removed.
    value: Option<Value>,
    export: Export,
    by_script: bool,
}

/// The variables of a shell. One that has not changed is shared with the shell's earlier states: that tells where two of
/// them differ.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    known: Rc<BTreeMap<String, Rc<Variable>>>,
    /// All others were removed, by `env -i` or `sudo`.
    is_complete: bool,
}

impl Variables {
    /// What the Dockerfile says before the script.
    pub fn given(variables: &BTreeMap<String, Value>) -> Variables {
        let variable =
            |value: &Value| Variable { value: Some(value.clone()), export: Export::Yes, by_script: false }.into();
        let known = variables.iter().map(|(name, value)| (name.clone(), variable(value))).collect();
        Variables { known: Rc::new(known), is_complete: false }
    }

    /// How much a copy of them costs.
    pub fn size(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing has changed between the two.
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

    /// What the shell itself puts in the place of `$NAME`.
    pub fn of_shell(&self, name: &str) -> Seen<'_> {
        match self.known.get(name).map(|variable| &variable.value) {
            Some(Some(Value::Known(value))) => Seen::Value(value),
            Some(Some(Value::Unknown)) => Seen::Unknown,
            Some(None) => Seen::Unset,
            None if self.is_complete => Seen::Unset,
            None => Seen::Nowhere,
        }
    }

    /// What a program gets.
    pub fn of_program(&self, name: &str) -> Seen<'_> {
        match (self.of_shell(name), self.export(name)) {
            (Seen::Value(_) | Seen::Unknown, Export::Maybe) => Seen::Unknown,
            // Only the shell has it, unless the base image has exported it before.
            (Seen::Value(_) | Seen::Unknown, Export::No) => Seen::Nowhere,
            (seen, _) => seen,
        }
    }

    /// Whether a variable gets to programs without `export`, since it does so already.
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

    /// Those that another shell begins with.
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

    /// Those of `env -i`, apart from the ones that are kept.
    pub fn cleared(&self, kept: &[String]) -> Variables {
        let kept = kept.iter().filter_map(|name| self.known.get_key_value(name));
        let known = kept.map(|(name, variable)| (name.clone(), variable.clone())).collect();
        Variables { known: Rc::new(known), is_complete: true }
    }

    /// What holds where a script goes on from one of two states: what one of them has changed is not known.
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

/// The place of a function's body.
#[derive(Debug, PartialEq)]
pub struct Function {
    pub source: Source,
    pub at: usize,
    /// What has to happen before it is defined.
    pub reached: Reached,
}

/// The functions by their names; none where it depends on what runs which of several it is.
pub type Functions = BTreeMap<String, Option<Rc<Function>>>;

/// What the shell has changed in itself.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub variables: Variables,
    pub functions: Rc<Functions>,
    pub folder: Rc<Value>,
    pub user: Option<Value>,
    /// `exit`, `exec`: what follows does not run. It is read all the same.
    pub is_over: bool,
}

impl State {
    /// What holds where a script goes on from one of two states.
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
