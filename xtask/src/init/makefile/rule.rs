//! A line with a colon: a rule, or a variable for targets.

use crate::init::makefile::lines::{Line, find_outside};
use crate::init::makefile::read::{Assign, Kind, Rule, Statement, assignment, first_word, modified};

/// `targets: prerequisites`, or a variable for targets.
pub fn rule(plain: &str, colon: usize, comment: Option<&str>) -> Kind {
    let targets = plain[..colon].trim().to_owned();
    let is_double = plain[colon + 1..].starts_with(':');
    let rest = &plain[colon + 1 + usize::from(is_double)..];
    let (rest, _) = split_at_recipe(rest);
    let of_targets = |kind: Kind| match kind {
        Kind::Assign(assign) => Some(Kind::Assign(Assign { targets: Some(targets.clone()), ..assign })),
        _ => None,
    };
    let (word, behind) = first_word(rest);
    let assigns = match word {
        "export" | "unexport" | "override" | "private" => of_targets(modified(word, behind)),
        _ => assignment(rest).and_then(|assign| of_targets(Kind::Assign(assign))),
    };
    if let Some(assigns) = assigns {
        return assigns;
    }
    let (pattern, rest) = match find_outside(rest, |rest| rest.starts_with(':')) {
        Some(second) => (Some(rest[..second].trim().to_owned()), &rest[second + 1..]),
        None => (None, rest),
    };
    let (normal, order_only) = match find_outside(rest, |rest| rest.starts_with('|')) {
        Some(bar) => (&rest[..bar], &rest[bar + 1..]),
        None => (rest, ""),
    };
    Kind::Rule(Rule {
        targets,
        is_double,
        prerequisites: normal.trim().to_owned(),
        order_only: order_only.trim().to_owned(),
        pattern,
        comment: comment.map(|comment| comment.trim().to_owned()),
    })
}

fn split_at_recipe(rest: &str) -> (&str, Option<&str>) {
    match find_outside(rest, |rest| rest.starts_with(';')) {
        Some(at) => (&rest[..at], Some(rest[at + 1..].trim_start())),
        None => (rest, None),
    }
}

/// What stands behind the `;` of a rule. Comments belong to it: they are the shell's.
pub fn inline_recipe(line: &Line, kind: &Kind, text: &str) -> Option<Statement> {
    let Kind::Rule(_) = kind else { return None };
    let colon = find_outside(text, |rest| rest.starts_with(':'))?;
    // A comment that begins before it is the rule's.
    let rest = &text[colon..];
    if find_outside(rest, |rest| rest.starts_with(['#', ';'])).is_some_and(|at| rest[at..].starts_with('#')) {
        return None;
    }
    let (_, recipe) = split_at_recipe(rest);
    Some(Statement { line: line.number, kind: Kind::Recipe(recipe?.to_owned()) })
}
