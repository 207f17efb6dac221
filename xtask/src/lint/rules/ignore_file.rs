//! A line of an ignore file that docker refuses, and with it the whole build.

use crate::dockerfile::builds::BuildFacts;
use crate::dockerfile::dockerignore::BadPattern;
use crate::lint::rule::{Found, Look, Rule};
use crate::ui::finding::Finding;

const NAME: &str = "ignore-file";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A line of an ignore file that docker refuses",
    why: "One line that docker can't read makes it refuse the whole file, and with it every build that uses \
          this context.",
    instead: "Correct the line, or remove it: `[` needs its `]`, `!` needs a pattern behind it, and a `\\` at the \
          end of a line has nothing to escape. A `#` begins a comment only at the start of a line.",
    fix: "",
    examples: &[],
    look: Look::Build(|build| look(build.facts).into_iter().map(Found::from).collect()),
};

pub fn look(build: &BuildFacts) -> Vec<Finding> {
    let Some((file, BadPattern { line, text, why })) = &build.bad_pattern else { return Vec::new() };
    let found = Finding::error(NAME, format!("invalid pattern `{text}` in line {line} of `{file}`: {why}"))
        .why("docker refuses the whole file, and with it the build")
        .fix("correct the line, or remove it");
    vec![found]
}
