//! The lines of a recipe, and the conditions between them that a run decides.

use crate::init::makefile::read::{Kind, Statement};

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
