//! A comment for this program that it does not understand, or that gives no reason.

use crate::lint::allow::{Allow, near};
use crate::lint::rule::{Example, Look, Rule};
use crate::lint::rules;
use crate::ui::finding::Finding;

const NAME: &str = "invalid-allow";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "An allow comment with a mistake, or without a reason",
    why: "A rule is switched off for one instruction by a comment on the line before it.\n\n\
          ```dockerfile\n# xtask: allow RULE reason\n```\n\n\
          With a rule that does not exist it has no effect. Without a reason the next reader can't tell whether it is still \
          right.",
    instead: "Name one rule, then say why it does not hold here. Several such lines may follow each other, one for each rule.",
    fix: "",
    examples: &[Example {
        bad: "# xtask: allow unpinned-base-image\nFROM python\n",
        good: "# xtask: allow unpinned-base-image we build against the newest one every night\nFROM python\n",
    }],
    look: Look::Comments,
};

/// What is wrong with a comment, if anything is.
pub fn finding(allow: &Allow<'_>) -> Option<Finding> {
    let is_rule = |name: &str| rules::ALL.iter().any(|rule| rule.name == name);
    let (message, fix) = match allow.words.as_slice() {
        ["allow", rule, _, ..] if is_rule(rule) => return None,
        ["allow", rule] if is_rule(rule) => {
            let message = format!("there is no reason for `{rule}`");
            (message, format!("say why behind the rule: # xtask: allow {rule} REASON"))
        }
        ["allow", rule, ..] => (format!("there is no rule `{rule}`"), near(rule)),
        ["allow"] => ("the comment names no rule".to_owned(), FORM.to_owned()),
        [other, ..] => (format!("xtask has no comment `{other}`"), FORM.to_owned()),
        [] => ("the comment says nothing".to_owned(), FORM.to_owned()),
    };
    Some(Finding::warning(NAME, message).at(allow.span.clone()).fix(fix))
}

const FORM: &str = "write it as: # xtask: allow RULE REASON";
