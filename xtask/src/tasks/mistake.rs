//! What is wrong in tasks.toml.

use std::ops::Range;

use crate::ui::finding::Finding;

/// A mistake at bytes of tasks.toml.
pub fn mistake(message: impl Into<String>, span: Range<usize>) -> Finding {
    Finding::error("tasks", message).at(span)
}
