//! The lines that a line of a recipe becomes, and what stands before their commands.

use crate::init::makefile::piece::{self, Piece, Pieces};

/// Lines that a variable of several lines became: each has its own shell.
pub fn split_lines(pieces: &Pieces) -> Vec<Pieces> {
    let mut lines = vec![Pieces::new()];
    fn walk(pieces: &Pieces, lines: &mut Vec<Pieces>) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    let mut escaped = false;
                    let mut own = String::new();
                    for c in text.chars() {
                        if c == '\n' && !escaped {
                            lines
                                .last_mut()
                                .into_iter()
                                .for_each(|line| line.push(Piece::Text(std::mem::take(&mut own))));
                            lines.push(Pieces::new());
                        } else {
                            own.push(c);
                        }
                        escaped = c == '\\' && !escaped;
                    }
                    lines.last_mut().into_iter().for_each(|line| line.push(Piece::Text(std::mem::take(&mut own))));
                }
                // A name can be kept where its value is within one line.
                Piece::Named { value, .. }
                    if piece::flat(value)
                        .iter()
                        .any(|piece| matches!(piece, Piece::Text(text) if text.contains('\n'))) =>
                {
                    walk(value, lines)
                }
                other => lines.last_mut().into_iter().for_each(|line| line.push(other.clone())),
            }
        }
    }
    walk(pieces, &mut lines);
    lines
}

/// A line without `@`, `-` and `+` at its start, and whether it may fail.
pub fn without_prefix(mut line: Pieces) -> (Pieces, bool) {
    let mut may_fail = false;
    loop {
        match line.first_mut() {
            Some(Piece::Text(text)) => {
                let rest = text.trim_start_matches([' ', '\t']);
                match rest.chars().next() {
                    Some(sign @ ('@' | '-' | '+')) => {
                        may_fail |= sign == '-';
                        *text = rest[1..].to_owned();
                    }
                    Some(_) => {
                        *text = rest.to_owned();
                        return (line, may_fail);
                    }
                    None => {
                        line.remove(0);
                    }
                }
            }
            Some(Piece::Named { value, .. }) => {
                let begins = piece::flat(value);
                let has_sign =
                    matches!(begins.first(), Some(Piece::Text(text)) if text.trim_start().starts_with(['@', '-', '+']));
                if !has_sign && !begins.is_empty() {
                    return (line, may_fail);
                }
                line.splice(0..1, begins);
            }
            _ => return (line, may_fail),
        }
    }
}
