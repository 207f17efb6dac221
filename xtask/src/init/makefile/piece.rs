//! What a text of a Makefile becomes without running anything: its known parts, and what only a run can tell.

/// A text in parts.
pub type Pieces = Vec<Piece>;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// The value that the file gives a variable.
    Named {
        name: String,
        value: Pieces,
    },
    /// A variable of the person, from the command line or the environment.
    Asked {
        name: String,
        default: Option<Pieces>,
        reads: Reads,
    },
    /// What stands there if the person's variable is not empty.
    IfAsked {
        name: String,
        then: Pieces,
    },
    /// Nothing, if the person's variable is not empty; else make ends with a message.
    Required(String),
    /// What a command prints: `$(shell …)`.
    Shell(Pieces),
    /// The folder that make runs in.
    Root,
    /// The program itself: `$(MAKE)`.
    Make,
    /// The words behind the target that was typed.
    Args,
    /// What can't be known without a run, and why.
    Unknown(String),
}

/// When a variable of the person counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Where it is set, to nothing, too.
    Set,
    NotEmpty,
}

impl Piece {
    pub fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }
}

/// The text, if all of it is known.
pub fn text(pieces: &[Piece]) -> Option<String> {
    let mut all = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => all.push_str(text),
            Piece::Named { value, .. } => all.push_str(&text(value)?),
            _ => return None,
        }
    }
    Some(all)
}

/// How many parts and characters it has, all told.
pub fn weight(pieces: &[Piece]) -> usize {
    let of = |piece: &Piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::Named { value, .. } | Piece::Shell(value) | Piece::IfAsked { then: value, .. } => weight(value),
        Piece::Asked { default, .. } => default.as_deref().map_or(0, weight),
        _ => 0,
    };
    pieces.iter().map(|piece| 1 + of(piece)).sum()
}

/// The text where the person gives nothing.
pub fn with_defaults(pieces: &[Piece]) -> Option<String> {
    let mut all = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => all.push_str(text),
            Piece::Named { value, .. } => all.push_str(&with_defaults(value)?),
            Piece::Asked { default: Some(default), .. } => all.push_str(&with_defaults(default)?),
            _ => return None,
        }
    }
    Some(all)
}

/// The first part that can't be known, and why.
pub fn unknown(pieces: &[Piece]) -> Option<&str> {
    pieces.iter().find_map(|piece| match piece {
        Piece::Unknown(why) => Some(why.as_str()),
        Piece::Named { value, .. } | Piece::Shell(value) => unknown(value),
        Piece::Asked { default, .. } => unknown(default.as_deref()?),
        Piece::IfAsked { then, .. } => unknown(then),
        _ => None,
    })
}

/// The person's variables in it, each with its default.
pub fn asked(pieces: &[Piece]) -> Vec<(&str, Option<&Pieces>)> {
    let mut found = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Asked { name, default, .. } => {
                found.push((name.as_str(), default.as_ref()));
                found.extend(default.iter().flat_map(|default| asked(default)));
            }
            Piece::IfAsked { name, then } => {
                found.push((name.as_str(), None));
                found.extend(asked(then));
            }
            Piece::Required(name) => found.push((name.as_str(), None)),
            Piece::Named { value, .. } | Piece::Shell(value) => found.extend(asked(value)),
            _ => {}
        }
    }
    found
}

/// The same without the names of the file's own variables, and texts joined.
pub fn flat(pieces: &[Piece]) -> Pieces {
    let mut all = Pieces::new();
    flatten(pieces, &mut all);
    all
}

fn flatten(pieces: &[Piece], all: &mut Pieces) {
    for piece in pieces {
        match (piece, all.last_mut()) {
            (Piece::Named { value, .. }, _) => flatten(value, all),
            (Piece::Text(text), Some(Piece::Text(last))) => last.push_str(text),
            (Piece::Text(text), _) if text.is_empty() => {}
            (piece, _) => all.push(piece.clone()),
        }
    }
}

/// As a Makefile would have it, for a message.
pub fn shown(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Named { name, .. } | Piece::Asked { name, .. } => format!("$({name})"),
            Piece::IfAsked { name, then } => format!("$(if $({name}),{})", shown(then)),
            Piece::Required(name) => format!("$(if $({name}),,$(error …))"),
            Piece::Shell(command) => format!("$(shell {})", shown(command)),
            Piece::Root => "$(CURDIR)".to_owned(),
            Piece::Make => "$(MAKE)".to_owned(),
            Piece::Args => "$(ARGS)".to_owned(),
            Piece::Unknown(why) => format!("({why})"),
        })
        .collect()
}
