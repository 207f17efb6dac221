//! What an expression of a justfile is worth without running anything.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::init::justfile::expression::{Condition, Expression};
use crate::init::justfile::read::{Justfile, Kind, Parameter};

/// What stands in a line for an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// What a flag gives.
    Input(Input),
    /// All that was typed after `--`.
    Args,
    /// What a shell makes of it, the same with and without double quotes; and the inputs in it.
    Shell(String, Vec<Input>),
    /// What can't be known, and why.
    Unknown(String),
}

/// What a person gives: a parameter, or a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    /// The flag that gives it.
    pub flag: String,
    /// The variable that a script reads it from.
    pub variable: String,
    pub from_env: Option<String>,
    pub default: Option<String>,
    pub is_required: bool,
    /// Whether the script's variable is set by a flag.
    pub is_flag: bool,
}

/// How far expressions are followed.
const DEEPEST: usize = 30;
const MOST: usize = 100_000;

/// The variables of a file, and the parameters of a recipe.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    pub file: &'a Justfile,
    pub parameters: BTreeMap<String, Value>,
    /// Long names of the global flags.
    taken: &'a [&'static str],
    /// The system that it is for, and whether that was asked.
    os: &'static str,
    asked: Cell<bool>,
    /// How much is left to do: each variable can have the one before it twice.
    work: Cell<usize>,
}

impl<'a> Scope<'a> {
    /// `os`: `linux`, `macos` or `windows`.
    pub fn new(file: &'a Justfile, parameters: &[Parameter], taken: &'a [&'static str], os: &'static str) -> Scope<'a> {
        let mut scope =
            Scope { file, parameters: BTreeMap::new(), taken, os, asked: Cell::new(false), work: Cell::new(MOST) };
        for parameter in parameters {
            let value = scope.parameter(parameter);
            scope.parameters.insert(parameter.name.clone(), value);
        }
        scope
    }

    /// Whether something depends on the system.
    pub fn asked_system(&self) -> bool {
        self.asked.get()
    }

    fn parameter(&self, parameter: &Parameter) -> Value {
        let default = parameter.default.as_ref().map(|default| self.value(default));
        if parameter.kind != Kind::One {
            return match default {
                None => Value::Args,
                Some(Value::Text(text)) if text.is_empty() => Value::Args,
                Some(_) => Value::Unknown(format!("`{}` has a default for several words", parameter.name)),
            };
        }
        let variable = match parameter.is_exported {
            true => parameter.name.clone(),
            false => format!("ARG_{}", shouted(&parameter.name)),
        };
        let own = Input {
            name: parameter.name.clone(),
            flag: flag_name(&parameter.name, self.taken),
            variable,
            from_env: None,
            default: None,
            is_required: false,
            is_flag: true,
        };
        match default {
            None => Value::Input(Input { is_required: true, ..own }),
            Some(Value::Text(text)) => {
                Value::Input(Input { default: Some(text).filter(|text| !text.is_empty()), ..own })
            }
            Some(Value::Input(from)) if !from.is_flag => Value::Input(Input {
                from_env: from.from_env,
                default: from.default,
                is_required: from.is_required,
                ..own
            }),
            Some(_) => Value::Unknown(format!("the default of `{}` is not known before it runs", parameter.name)),
        }
    }

    pub fn value(&self, expression: &Expression) -> Value {
        self.at_depth(expression, 0)
    }

    fn at_depth(&self, expression: &Expression, depth: usize) -> Value {
        let size = if let Expression::Text(text) = expression { text.len() } else { 0 };
        self.work.set(self.work.get().saturating_sub(size + 1));
        if depth > DEEPEST || self.work.get() == 0 {
            return Value::Unknown("a variable that stands for itself, or for too much".to_owned());
        }
        let inner = |expression: &Expression| self.at_depth(expression, depth + 1);
        match expression {
            Expression::Text(text) => Value::Text(text.clone()),
            Expression::Odd(what) => Value::Unknown((*what).to_owned()),
            Expression::Command(command) if command.contains("{{") || command.contains('\n') => {
                Value::Unknown("a command with more than a line".to_owned())
            }
            Expression::Command(command) => Value::Shell(format!("$({})", command.trim()), Vec::new()),
            Expression::Variable(name) => match (self.parameters.get(name), self.variable(name)) {
                (Some(value), _) => value.clone(),
                (None, Some(value)) => inner(value),
                (None, None) => Value::Unknown(format!("`{name}` is not set in the file")),
            },
            Expression::Joined(parts) => joined(parts.iter().map(inner).collect(), ""),
            Expression::Path(parts) => joined(parts.iter().map(inner).collect(), "/"),
            Expression::If(condition) => self.condition(condition, depth),
            Expression::Call(name, words) if words.is_empty() && (name == "os" || name == "os_family") => {
                self.asked.set(true);
                let is_family = name == "os_family" && self.os != "windows";
                Value::Text(if is_family { "unix" } else { self.os }.to_owned())
            }
            Expression::Call(name, words) => call(name, words.iter().map(inner).collect(), self.taken),
        }
    }

    /// What a condition decides on, if it is known; else the shell decides.
    fn condition(&self, condition: &Condition, depth: usize) -> Value {
        let inner = |expression: &Expression| self.at_depth(expression, depth + 1);
        let unknown = || Value::Unknown("a condition".to_owned());
        let is_equal = match condition.operator {
            "==" => true,
            "!=" => false,
            _ => return unknown(),
        };
        let (left, right) = (inner(&condition.left), inner(&condition.right));
        if let (Value::Text(left), Value::Text(right)) = (&left, &right) {
            return inner(if (left == right) == is_equal { &condition.then } else { &condition.other });
        }
        let mut inputs = Vec::new();
        let mut in_quotes = |value: Value| match joined(vec![value, Value::Shell(String::new(), Vec::new())], "") {
            Value::Shell(text, more) => {
                inputs.extend(more);
                Some(format!("\"{text}\""))
            }
            _ => None,
        };
        let parts = [left, right, inner(&condition.then), inner(&condition.other)].map(&mut in_quotes);
        let [Some(left), Some(right), Some(then), Some(other)] = parts else { return unknown() };
        let operator = if is_equal { "=" } else { "!=" };
        let text = format!("$(if [ {left} {operator} {right} ]; then printf %s {then}; else printf %s {other}; fi)");
        Value::Shell(text, inputs)
    }

    fn variable(&self, name: &str) -> Option<&'a Expression> {
        self.file.variables.iter().rev().find(|variable| variable.name == name).map(|variable| &variable.value)
    }
}

fn call(name: &str, words: Vec<Value>, taken: &[&str]) -> Value {
    let texts: Option<Vec<&str>> =
        words.iter().map(|word| if let Value::Text(text) = word { Some(text.as_str()) } else { None }).collect();
    let of_env = |variable: &str, default: Option<&str>| {
        Value::Input(Input {
            name: variable.to_lowercase(),
            flag: flag_name(&variable.to_lowercase(), taken),
            variable: variable.to_owned(),
            from_env: Some(variable.to_owned()),
            default: default.filter(|text| !text.is_empty()).map(str::to_owned),
            is_required: default.is_none(),
            is_flag: false,
        })
    };
    match (name, texts.as_deref()) {
        ("env_var" | "env", Some([variable])) => of_env(variable, None),
        ("env_var_or_default" | "env", Some([variable, default])) => of_env(variable, Some(default)),
        ("justfile_directory" | "justfile_dir" | "source_directory" | "source_dir", Some([])) => {
            Value::Shell("$PWD".to_owned(), Vec::new())
        }
        ("home_directory" | "home_dir", Some([])) => Value::Shell("$HOME".to_owned(), Vec::new()),
        ("just_executable", Some([])) => Value::Text("just".to_owned()),
        ("uppercase", Some([text])) => Value::Text(text.to_uppercase()),
        ("lowercase", Some([text])) => Value::Text(text.to_lowercase()),
        ("trim", Some([text])) => Value::Text(text.trim().to_owned()),
        ("replace", Some([text, from, to])) if !from.is_empty() => Value::Text(text.replace(from, to)),
        ("env_var_or_default" | "env", None) => match &words[..] {
            [Value::Text(variable), default] => {
                match joined(vec![default.clone(), Value::Shell(String::new(), Vec::new())], "") {
                    Value::Shell(text, inputs) => Value::Shell(format!("${{{variable}-{text}}}"), inputs),
                    unknown => unknown,
                }
            }
            _ => Value::Unknown(format!("`{name}(…)` is not known before it runs")),
        },
        ("quote", Some([text])) => Value::Text(format!("'{}'", text.replace('\'', "'\\''"))),
        ("quote", _) if matches!(words[..], [Value::Input(_)]) => words.into_iter().next().unwrap_or(Value::Args),
        _ => Value::Unknown(format!("`{name}(…)` is not known before it runs")),
    }
}

/// Texts one after the other. Where one is not known before it runs, the shell puts them together.
fn joined(parts: Vec<Value>, between: &str) -> Value {
    let mut texts = Vec::new();
    let mut inputs = Vec::new();
    let mut needs_shell = false;
    for part in parts {
        match part {
            Value::Text(text) => texts.push((text, true)),
            Value::Shell(text, more) => {
                texts.push((text, false));
                inputs.extend(more);
                needs_shell = true;
            }
            Value::Input(input) => match in_shell(&input) {
                Some(text) => {
                    texts.push((text, false));
                    inputs.push(input);
                    needs_shell = true;
                }
                None => return Value::Unknown(format!("`{}` has a default that a shell would change", input.name)),
            },
            Value::Args => return Value::Unknown("words that are put together with a text".to_owned()),
            unknown @ Value::Unknown(_) => return unknown,
        }
    }
    if needs_shell && !texts.iter().all(|(text, is_text)| !is_text || is_plain(text)) {
        return Value::Unknown("a text that a shell would change".to_owned());
    }
    let texts: Vec<String> = texts.into_iter().map(|(text, _)| text).collect();
    let text = texts.join(between);
    if needs_shell { Value::Shell(text, inputs) } else { Value::Text(text) }
}

/// How a script reads an input, with and without double quotes.
pub fn in_shell(input: &Input) -> Option<String> {
    let variable = &input.variable;
    match (&input.default, input.is_flag || input.is_required) {
        // The flag's default is in its variable.
        _ if input.is_flag => Some(format!("${{{variable}-}}")),
        (Some(default), _) if is_plain(default) => Some(format!("${{{variable}-{default}}}")),
        (Some(_), _) => None,
        (None, true) => Some(format!("${{{variable}?}}")),
        (None, false) => Some(format!("${{{variable}-}}")),
    }
}

/// A text that a shell leaves as it is, quoted or not.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "./:_-@=,+%".contains(c))
}

/// A name as variables are written.
pub fn shouted(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

/// The name of the flag for an input; not one that every command has.
pub fn flag_name(name: &str, taken: &[&str]) -> String {
    let name = name.trim_start_matches('_').replace('_', "-");
    if taken.contains(&name.as_str()) { format!("{name}-arg") } else { name }
}
