//! What a rule is: its page, its examples, and the function that looks.

use crate::dockerfile::context::facts::ContextFacts;
use crate::lint::build::Build;
use crate::lint::fix::Fix;
use crate::system::os::Os;
use crate::ui::finding::Finding;

/// One rule. Its file in `rules/` has one of these, called `RULE`.
pub struct Rule {
    /// As `--select` and `# xtask: allow` take it.
    pub name: &'static str,
    /// What it finds, in one line without a full stop.
    pub about: &'static str,
    /// Why that matters: paragraphs of Markdown.
    pub why: &'static str,
    /// What to write instead: paragraphs of Markdown.
    pub instead: &'static str,
    /// Whether `--fix` applies its fix, and what the fix does not do: a paragraph of Markdown. Empty without a fix.
    pub fix: &'static str,
    /// Each is run as a test.
    pub examples: &'static [Example],
    pub look: Look,
}

/// A Dockerfile that the rule reports, and what becomes of it.
pub struct Example {
    pub bad: &'static str,
    /// The same after all fixes of this rule, unsafe ones too; without a fix, how a person would write it. This rule finds
    /// nothing in it.
    pub good: &'static str,
}

/// What a rule looks at.
pub enum Look {
    /// One Dockerfile with its target and build args.
    Build(fn(&Build<'_>) -> Vec<Found>),
    /// One build context, on this system.
    Context(fn(&ContextFacts, Os) -> Vec<Found>),
    /// The comments that switch rules off: `allow.rs` does, when all other rules have looked.
    Comments,
}

/// What a rule found, and the edits that would change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub finding: Finding,
    pub fix: Option<Fix>,
}

impl From<Finding> for Found {
    fn from(finding: Finding) -> Found {
        Found { finding, fix: None }
    }
}
