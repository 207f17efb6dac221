//! A comment that allows what is not there.

use crate::dockerfile::edit::Edit;
use crate::lint::allow::Allow;
use crate::lint::fix::{Fix, Safety};
use crate::lint::rule::{Example, Found, Look, Rule};
use crate::ui::finding::Finding;

const NAME: &str = "unused-allow";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A comment that allows what is not there",
    why: "`# xtask: allow RULE reason` switches a rule off for one instruction. Where the rule finds nothing there, the \
          comment tells its readers of a problem that is gone, and would hide the next one.",
    instead: "Remove the comment. If it stands above the wrong instruction, move it to the line before the right one.",
    fix: "`--fix` removes the comment. It stays where the line below it would become a directive (`# syntax=…`).",
    examples: &[Example {
        bad: "# xtask: allow unpinned-base-image we want the newest one\nFROM python:3.12-slim\n",
        good: "FROM python:3.12-slim\n",
    }],
    look: Look::Comments,
};

/// `text`: the Dockerfile.
pub fn found(allow: &Allow<'_>, text: &str) -> Found {
    let rule = allow.rule().unwrap_or_default();
    let finding = Finding::warning(NAME, format!("`{rule}` finds nothing here"))
        .at(allow.span.clone())
        .why("the comment would hide what comes later")
        .fix("remove the comment, or put it on the line before the instruction that it is for");
    Found { finding, fix: removal(allow, text) }
}

fn removal(allow: &Allow<'_>, text: &str) -> Option<Fix> {
    let start = text[..allow.span.start].rfind('\n').map_or(0, |end| end + 1);
    let start = if text[start..].starts_with('\u{feff}') { start + '\u{feff}'.len_utf8() } else { start };
    let end = text[allow.span.end..].find('\n').map_or(text.len(), |end| allow.span.end + end + 1);
    // Directives stand at the top, with nothing before them.
    let is_at_top = text[..start].trim_start_matches('\u{feff}').lines().all(is_directive);
    let becomes_one = is_at_top && text[end..].lines().next().is_some_and(is_directive);
    let edit = Edit { span: start..end, text: String::new() };
    (!becomes_one).then(|| Fix::new(Safety::Safe, vec![edit]))
}

fn is_directive(line: &str) -> bool {
    line.trim_start().starts_with('#') && line.contains('=')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::edit;
    use crate::lint::allow::comments;

    fn fixed(text: &str) -> Option<String> {
        removal(&comments(text)[0], text).map(|fix| edit::apply(text, &fix.edits))
    }

    #[test]
    fn the_whole_line_goes_and_nothing_else() {
        let fixed = |text| fixed(text).unwrap_or_default();
        assert_eq!(fixed("\u{feff}  # xtask: allow x y \r\nFROM z\r\n"), "\u{feff}FROM z\r\n");
        assert_eq!(fixed("FROM z\n# xtask: allow x y"), "FROM z\n");
        assert_eq!(fixed("FROM z\nRUN a \\\n  # xtask: allow x y\n  b\n"), "FROM z\nRUN a \\\n  b\n");
    }

    #[test]
    fn no_comment_becomes_a_directive() {
        assert_eq!(fixed("# xtask: allow x y\n# syntax=a\nFROM z\n"), None);
        assert_eq!(fixed("# check=skip=all\n# xtask: allow x y\n# escape=`\nFROM z\n"), None);
        assert!(fixed("# why\n# xtask: allow x y\n# syntax=a\nFROM z\n").is_some());
    }
}
