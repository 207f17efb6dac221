//! The table of rules. A new one is a file beside these, and a row here.

pub mod argument_before_dependencies;
pub mod code_before_dependencies;
pub mod context;
pub mod dockerfile;
pub mod ignore_file;
pub mod line_endings;
pub mod unpinned_base_image;

use crate::lint::rule::Rule;

/// In the order in which they report.
pub static ALL: [Rule; 7] = [
    dockerfile::RULE,
    ignore_file::RULE,
    unpinned_base_image::RULE,
    code_before_dependencies::RULE,
    argument_before_dependencies::RULE,
    context::RULE,
    line_endings::RULE,
];

#[cfg(test)]
mod tests;
