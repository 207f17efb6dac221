//! What a variable is behind an assignment.

use crate::init::makefile::expand::{Scope, Value, Variable, push_text};
use crate::init::makefile::piece::{Piece, Reads};
use crate::init::makefile::read::{Assign, How};

/// What a variable is behind an assignment. `None`: as before.
pub fn assigned(scope: &Scope, name: &str, assign: &Assign) -> Option<Variable> {
    let before = scope.of_target.get(name).or_else(|| scope.variables.get(name));
    let simple = |text: &str| Value::Simple(scope.expand(text));
    let value = match assign.how {
        How::Recursive => Value::Raw(assign.value.clone()),
        How::Simple => simple(&assign.value),
        How::Shell => Value::Simple(vec![Piece::Shell(scope.expand(&assign.value))]),
        How::Default if before.is_some() => return None,
        How::Default => {
            return Some(Variable { value: Value::Raw(assign.value.clone()), is_default: true });
        }
        How::Append => match before {
            Some(Variable { value: Value::Raw(raw), .. }) => Value::Raw(format!("{raw} {}", assign.value)),
            Some(Variable { value: Value::Simple(pieces), .. }) => {
                let mut pieces = pieces.clone();
                push_text(&mut pieces, " ");
                pieces.extend(scope.expand(&assign.value));
                Value::Simple(pieces)
            }
            None => {
                let own = Piece::Asked { name: name.to_owned(), default: None, reads: Reads::Set };
                let mut pieces = vec![own, Piece::text(" ")];
                pieces.extend(scope.expand(&assign.value));
                Value::Simple(pieces)
            }
        },
    };
    // What is added to a default: the person's own is not added to.
    let is_default = assign.how == How::Append && before.is_some_and(|before| before.is_default);
    match is_default {
        true => Some(Variable {
            value: Value::Simple(vec![Piece::Unknown(format!("`{name}` has a default that is added to"))]),
            is_default: false,
        }),
        false => Some(Variable { value, is_default: false }),
    }
}
