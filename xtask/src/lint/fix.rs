//! Fixes: edits with a stated safety.

use std::path::PathBuf;

use crate::dockerfile::edit::Edit;

/// Edits that belong together: all are applied, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub safety: Safety,
    /// The file, if it is not the one that the finding is in. It may not exist yet.
    pub file: Option<PathBuf>,
    /// In the order of the text, without overlaps.
    pub edits: Vec<Edit>,
}

/// Whether a fix can be applied without a look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Whether it builds stays as it was, and so does what is in the image, but for what tells an installer to keep nothing.
    /// `--fix` applies it.
    Safe,
    /// It may change what the image holds, or needs something that can't be seen here. `--unsafe-fixes` applies it.
    Unsafe,
}

impl Fix {
    /// One for the file that the finding is in.
    pub fn new(safety: Safety, edits: Vec<Edit>) -> Fix {
        Fix { safety, file: None, edits }
    }
}
