//! The table of rules. A new one is a file beside these, and a row here.

pub mod argument_before_dependencies;
pub mod code_before_dependencies;
pub mod context;
pub mod defeated_cache_mount;
pub mod dockerfile;
pub mod ignore_file;
pub mod invalid_allow;
pub mod leaky_dockerignore;
pub mod line_endings;
pub mod misplaced_cache_mount;
pub mod missing_cache_mount;
pub mod missing_dockerignore;
pub mod unpinned_base_image;
pub mod unpinned_requirements;
pub mod unsafe_cache_sharing;
pub mod unused_allow;

use crate::lint::rule::Rule;

/// In the order in which they report.
pub static ALL: [Rule; 16] = [
    dockerfile::RULE,
    ignore_file::RULE,
    missing_cache_mount::RULE,
    defeated_cache_mount::RULE,
    misplaced_cache_mount::RULE,
    unsafe_cache_sharing::RULE,
    unpinned_base_image::RULE,
    unpinned_requirements::RULE,
    code_before_dependencies::RULE,
    argument_before_dependencies::RULE,
    missing_dockerignore::RULE,
    leaky_dockerignore::RULE,
    context::RULE,
    line_endings::RULE,
    invalid_allow::RULE,
    unused_allow::RULE,
];

#[cfg(test)]
mod tests;
