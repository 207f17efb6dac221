//! Conditions: what is known of them without a run.

use crate::init::makefile::expand::{Scope, Value};
use crate::init::makefile::piece::{self, Piece, Pieces};
use crate::init::makefile::read::Condition;
use crate::init::makefile::recipe::Test;

/// What is known of a condition.
pub enum Decided {
    Known(bool),
    /// Only a run can tell: what is asked, whether that holds where nothing is set, and whether the condition is its opposite.
    Open {
        key: String,
        base: bool,
        negated: bool,
        /// The same, where it asks for one variable.
        test: Option<Test>,
    },
}

pub fn decide(scope: &Scope, condition: &Condition) -> Decided {
    match condition {
        Condition::Defined { name, negated } => {
            let Some(name) = piece::text(&scope.expand(name)) else {
                return Decided::Open {
                    key: format!("`{name}` is defined"),
                    base: false,
                    negated: *negated,
                    test: None,
                };
            };
            let (key, base) = match scope.variables.get(name.trim()) {
                // The value, not expanded, has to be there.
                Some(found) if !found.is_default => {
                    let is_there = match &found.value {
                        Value::Raw(raw) => !raw.is_empty(),
                        Value::Simple(pieces) => !pieces.is_empty(),
                    };
                    return Decided::Known(is_there != *negated);
                }
                found => {
                    let is_there =
                        found.is_some_and(|found| !matches!(&found.value, Value::Raw(raw) if raw.is_empty()));
                    (format!("{} is set", name.trim()), is_there)
                }
            };
            let default = scope.variables.get(name.trim()).and_then(|found| match &found.value {
                Value::Raw(raw) => piece::text(&scope.expand(raw)),
                Value::Simple(pieces) => piece::text(pieces),
            });
            let test = Test { variable: name.trim().to_owned(), default, is: None, negated: *negated };
            Decided::Open { key, base, negated: *negated, test: Some(test) }
        }
        Condition::Equal { left, right, negated } => {
            // `ifeq ($(origin NAME), undefined)`
            let undefined = |a: &str, b: &str| {
                let name = a.trim().strip_prefix("$(origin ")?.strip_suffix(')')?.trim();
                (b.trim() == "undefined").then(|| name.to_owned())
            };
            if let Some(name) = undefined(left, right).or_else(|| undefined(right, left)) {
                return decide(scope, &Condition::Defined { name, negated: !negated });
            }
            let (left, right) = unquoted(piece::flat(&scope.expand(left)), piece::flat(&scope.expand(right)));
            if let (Some(left), Some(right)) = (piece::text(&left), piece::text(&right)) {
                return Decided::Known((left == right) != *negated);
            }
            match (left.as_slice(), piece::text(&right), right.as_slice(), piece::text(&left)) {
                ([Piece::Asked { name, default, .. }], Some(text), ..) => is(name, default.as_ref(), &text, *negated),
                (_, _, [Piece::Asked { name, default, .. }], Some(text)) => is(name, default.as_ref(), &text, *negated),
                _ => {
                    let key = format!("{} is {}", piece::shown(&left), shown(&right));
                    Decided::Open { key, base: false, negated: *negated, test: None }
                }
            }
        }
    }
}

/// `$(NAME)` compared with a text.
fn is(name: &str, default: Option<&Pieces>, text: &str, negated: bool) -> Decided {
    let own = default.map_or_else(|| Some(String::new()), |default| piece::text(default));
    let equal = own.as_deref().map(str::trim) == Some(text.trim());
    let test = |is: Option<&str>, negated: bool| {
        // A default that isn't known can't be asked for.
        let own = own.clone()?;
        let default = default.map(|_| own);
        Some(Test { variable: name.to_owned(), default, is: is.map(str::to_owned), negated })
    };
    match text.trim() {
        "" => {
            let test = test(None, !negated);
            Decided::Open { key: format!("{name} is set"), base: !equal, negated: !negated, test }
        }
        text => {
            Decided::Open { key: format!("{name} is `{text}`"), base: equal, negated, test: test(Some(text), negated) }
        }
    }
}

/// Both sides without the quotes that they have in common.
fn unquoted(left: Pieces, right: Pieces) -> (Pieces, Pieces) {
    for quote in ['"', '\''] {
        let strip = |pieces: &Pieces| {
            let mut pieces = pieces.clone();
            match pieces.first_mut() {
                Some(Piece::Text(text)) => *text = text.strip_prefix(quote)?.to_owned(),
                _ => return None,
            }
            match pieces.last_mut() {
                Some(Piece::Text(text)) => *text = text.strip_suffix(quote)?.to_owned(),
                _ => return None,
            }
            Some(piece::flat(&pieces))
        };
        if let (Some(left), Some(right)) = (strip(&left), strip(&right)) {
            return (left, right);
        }
    }
    (left, right)
}

fn shown(pieces: &[Piece]) -> String {
    match piece::text(pieces) {
        Some(text) if text.is_empty() => "empty".to_owned(),
        _ => piece::shown(pieces),
    }
}

/// The variable of the person that is not set where the condition holds: `ifndef NAME`, `ifeq ($(NAME),)`.
pub fn is_missing(scope: &Scope, condition: &Condition) -> Option<String> {
    let name = match condition {
        Condition::Defined { name, negated: true } => name.trim().to_owned(),
        Condition::Equal { left, right, negated: false } => {
            let (left, right) = (piece::flat(&scope.expand(left)), piece::flat(&scope.expand(right)));
            match (left.as_slice(), right.as_slice()) {
                ([Piece::Asked { name, default: None, .. }], []) | ([], [Piece::Asked { name, default: None, .. }]) => {
                    name.clone()
                }
                _ => return None,
            }
        }
        _ => return None,
    };
    (!scope.variables.contains_key(&name)).then_some(name)
}

/// The files that are there where the condition holds: `ifneq (,$(wildcard .env))`.
pub fn is_there(scope: &Scope, condition: &Condition) -> Option<String> {
    let Condition::Equal { left, right, negated: true } = condition else { return None };
    let bare = |side: &str| side.trim().trim_matches(['"', '\'']).to_owned();
    let paths = match (bare(left).as_str(), bare(right).as_str()) {
        ("", paths) | (paths, "") => paths.strip_prefix("$(wildcard ")?.strip_suffix(')')?.trim().to_owned(),
        _ => return None,
    };
    piece::with_defaults(&scope.expand(&paths))
}
