//! The lines of a recipe, and the conditions between them that a run decides.

use std::collections::BTreeSet;

use crate::init::makefile::read::{Assign, Condition, How, Kind, Statement};

/// A line, or lines that stand under a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Not expanded: automatic variables and those of the target come first.
    Plain(String),
    Branch {
        test: Test,
        then: Vec<Line>,
        otherwise: Vec<Line>,
    },
}

/// What is asked of a variable of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    pub variable: String,
    pub default: Option<String>,
    /// The value that it has to have; none: any but nothing.
    pub is: Option<String>,
    pub negated: bool,
}

/// The texts of all lines, whatever their conditions.
pub fn texts(lines: &[Line]) -> Vec<&str> {
    let mut all = Vec::new();
    for line in lines {
        match line {
            Line::Plain(text) => all.push(text.as_str()),
            Line::Branch { then, otherwise, .. } => {
                all.extend(texts(then));
                all.extend(texts(otherwise));
            }
        }
    }
    all
}

/// Whether all of it are lines of a recipe.
pub fn is_recipe(statements: &[Statement]) -> bool {
    statements.iter().all(|statement| match &statement.kind {
        Kind::Recipe(_) | Kind::Blank | Kind::Comment(_) => true,
        Kind::If { then, otherwise, .. } => is_recipe(then) && is_recipe(otherwise),
        _ => false,
    })
}

/// Whether a statement ends make with a message.
pub fn fails(kind: &Kind) -> bool {
    match kind {
        Kind::Bare(text) => text.starts_with("$(error") || text.starts_with("${error"),
        Kind::Recipe(text) => {
            let text = text.trim().trim_start_matches(['@', '-', '+']).trim();
            let says = text.starts_with("echo ") || text.starts_with("printf ");
            text.starts_with("$(error") || text.starts_with("exit ") || says && !text.contains("&&")
        }
        Kind::Blank | Kind::Comment(_) => true,
        _ => false,
    }
}

/// The only thing that the statements do, if it is to set this variable.
pub fn default_of<'a>(statements: &'a [Statement], name: &str) -> Option<&'a Assign> {
    let mut said = statements.iter().filter(|statement| !matches!(statement.kind, Kind::Blank | Kind::Comment(_)));
    match (said.next().map(|statement| &statement.kind), said.next()) {
        (Some(Kind::Assign(assign)), None) => {
            let is_it =
                assign.name == name && assign.targets.is_none() && matches!(assign.how, How::Recursive | How::Simple);
            is_it.then_some(assign)
        }
        _ => None,
    }
}

/// Every variable that the file sets for all targets, whatever the conditions, and that no condition asks for: elsewhere
/// it is empty, and nobody is meant to give it.
pub fn assigned(statements: &[Statement]) -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    asked_for(statements, &mut asked);
    set_somewhere(statements).difference(&asked).cloned().collect()
}

/// The names in all conditions.
fn asked_for(statements: &[Statement], all: &mut BTreeSet<String>) {
    let mut add = |text: &str| {
        let names = text.split(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)));
        all.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
    };
    for statement in statements {
        if let Kind::If { condition, .. } = &statement.kind {
            match condition {
                Condition::Equal { left, right, .. } => [left, right].into_iter().for_each(|side| add(side)),
                Condition::Defined { name, .. } => add(name),
            }
        }
    }
    for statement in statements {
        if let Kind::If { then, otherwise, .. } = &statement.kind {
            asked_for(then, all);
            asked_for(otherwise, all);
        }
    }
}

fn set_somewhere(statements: &[Statement]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for statement in statements {
        match &statement.kind {
            Kind::Assign(assign) if assign.targets.is_none() && !matches!(assign.how, How::Default | How::Append) => {
                // `PATH := bin:$(PATH)` begins with the person's own.
                let own = [format!("$({})", assign.name), format!("${{{}}}", assign.name)];
                if !own.iter().any(|own| assign.value.contains(own)) {
                    all.insert(assign.name.clone());
                }
            }
            Kind::If { then, otherwise, .. } => {
                all.extend(set_somewhere(then));
                all.extend(set_somewhere(otherwise));
            }
            _ => {}
        }
    }
    all
}
