//! What a shell script is made of. Places are those in the text of its [`Source`](super::source::Source).

use std::ops::Range;
use std::rc::Rc;

pub type Span = Range<usize>;

/// Commands one after the other.
pub type List = Vec<AndOr>;

/// Pipelines with `&&` and `||` between them.
pub struct AndOr {
    pub first: Pipeline,
    pub rest: Vec<(Link, Pipeline)>,
    /// It ends in `&`.
    pub in_background: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Link {
    And,
    Or,
}

/// Commands with `|` between them.
pub struct Pipeline {
    pub parts: Vec<Node>,
    /// It begins with `!`.
    pub is_negated: bool,
}

pub struct Node {
    pub kind: Kind,
    pub redirects: Vec<Redirect>,
    pub span: Span,
}

pub enum Kind {
    Simple {
        assignments: Vec<Assignment>,
        words: Vec<Raw>,
    },
    Group(List),
    Subshell(List),
    If {
        /// Conditions and what they lead to.
        branches: Vec<(List, List)>,
        otherwise: Option<List>,
    },
    /// `while` and `until`.
    Loop {
        condition: List,
        body: List,
    },
    For {
        name: String,
        words: Vec<Raw>,
        body: List,
    },
    Case {
        word: Raw,
        arms: Vec<List>,
        /// One of the arms takes everything.
        is_complete: bool,
    },
    Function {
        name: String,
        body: Rc<Node>,
    },
    /// `[[ … ]]`, `(( … ))`: a test that the shell does itself.
    Test(Vec<Piece>),
}

/// `NAME=value` in front of a command.
pub struct Assignment {
    pub name: String,
    /// `+=`, or an array: what comes of it is not known.
    pub is_plain: bool,
    pub value: Raw,
}

pub struct Redirect {
    /// It is the standard input that it changes.
    pub is_input: bool,
    pub target: Target,
}

pub enum Target {
    /// A file, or another stream.
    File(Raw),
    /// A here-document, by its place among the bodies.
    Document(usize),
    /// `<<< word`
    Text(Raw),
}

/// What stands in a here-document.
pub struct Body {
    pub word: Raw,
    /// `<<-`
    pub without_tabs: bool,
    /// Nothing in it is expanded: its text is what stands there.
    pub is_literal: bool,
}

/// A word before expansion.
#[derive(Default)]
pub struct Raw {
    pub pieces: Vec<Piece>,
    pub span: Span,
}

pub struct Piece {
    pub what: What,
    pub is_quoted: bool,
    pub span: Span,
}

pub enum What {
    Text(String),
    /// `$NAME`, `${NAME}`, and with an operator `${NAME:-word}`.
    Variable {
        name: String,
        operator: Option<(Operator, Raw)>,
    },
    /// `$(…)`, `<(…)`.
    Commands(List),
    /// The text between backticks, without its escapes.
    Backticks(String),
    /// Not known; the commands that run inside it are.
    Other(Vec<Piece>),
}

/// What `${NAME…}` does with a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `:-`, `-`; also `:=`, `=`, which set the variable as well.
    Default { sets: bool, empty_counts: bool },
    /// `:+`, `+`
    Instead { empty_counts: bool },
    /// `:?`, `?`
    Require { empty_counts: bool },
}

impl Raw {
    /// The text of a word without quotes and expansions, as reserved words have to be.
    pub fn plain(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece { what: What::Text(text), is_quoted: false, .. }] => Some(text),
            _ => None,
        }
    }
}
