//! The rows by subject, the most specific first: a message that matches two rows gets the more specific one first.
//!
//! Wordings are those of engines 20.10, 26.1 and 28.5 with compose 1.29, 2.26 and 2.40 (`tests.rs` has them verbatim);
//! others are marked with where they come from.

mod docker;
mod machine;
mod project;

use crate::doctor::explain::Row;

/// The row of commands that docker does not have, whatever they are.
pub const ANY_COMMAND: &str = "… is not a docker command";

/// Each subject with its rows, as docs/troubleshooting.md has them.
pub static SUBJECTS: [(&str, &[Row]); 3] = [
    ("Docker, its engine and BuildKit", docker::ROWS),
    ("Ports, disk, registries and networks", machine::ROWS),
    ("Compose files, builds and containers", project::ROWS),
];

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    SUBJECTS.iter().flat_map(|(_, rows)| *rows)
}
