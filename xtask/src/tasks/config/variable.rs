//! A variable of `[env]`, of a mode or of a task: a text, or where its value comes from.

use std::ops::Range;

use crate::system::os::Os;
use crate::system::user;

/// A variable as it is written.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub content: Content,
    /// Whether it beats the person's own.
    pub overrides: bool,
}

/// What a variable is set to.
#[derive(Clone, Debug)]
pub enum Content {
    Text(String),
    User(User),
    Output(Output),
}

/// What of the person who runs this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// `uid:gid`
    Both,
    Id,
    Group,
}

/// What a command prints, without the line breaks at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub words: Vec<String>,
    /// The command as it is written, and where.
    pub line: String,
    pub span: Range<usize>,
}

impl Variable {
    pub fn text(name: &str, value: &str) -> Variable {
        Variable { name: name.to_owned(), content: Content::Text(value.to_owned()), overrides: false }
    }
}

impl User {
    pub const ALL: [(&str, User); 3] = [("user", User::Both), ("uid", User::Id), ("gid", User::Group)];

    pub fn name(self) -> &'static str {
        User::ALL.into_iter().find(|(_, user)| *user == self).map_or("", |(name, _)| name)
    }

    /// Its value; none on Windows, so that compose's own default holds.
    pub fn value(self, os: Os) -> Option<String> {
        let (id, group) = user::ids().filter(|_| os != Os::Windows)?;
        Some(match self {
            User::Both => format!("{id}:{group}"),
            User::Id => id.to_string(),
            User::Group => group.to_string(),
        })
    }
}
