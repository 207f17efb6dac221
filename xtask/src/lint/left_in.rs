//! Files that no image needs and that builds take: what is told of them, and the lines that keep them out.

use crate::dockerfile::context::facts::ContextFacts;
use crate::dockerfile::dockerignore::glob_or_above;
use crate::dockerfile::edit::Edit;
use crate::lint::fix::{Fix, Safety};
use crate::lint::rule::Found;
use crate::ui::finding::Finding;
use crate::ui::text;

/// Further entries are counted, not named.
const MOST_NAMED: usize = 4;

/// The finding of a rule of this name about all of them; `None` if there are none.
pub fn found(rule: &'static str, facts: &ContextFacts) -> Option<Found> {
    if facts.unwanted.is_empty() {
        return None;
    }
    let place = facts.ignore_file.as_deref().unwrap_or(&facts.ignore_place);
    let lines: Vec<String> = facts.unwanted.iter().map(|unwanted| format!("`{}`", unwanted.line)).collect();
    let seen: Vec<String> = facts.unwanted.iter().map(|unwanted| unwanted.seen.clone()).collect();
    // The instruction that takes them: that of the whole context, or else the first.
    let taken = facts.whole().or(facts.taken.first());
    let is_mount = taken.is_some_and(|taken| taken.is_mount);
    let what = match (seen.len() == 1, is_mount) {
        (true, false) => "gets into the image",
        (false, false) => "get into the image",
        (true, true) => "is mounted into a build",
        (false, true) => "are mounted into a build",
    };
    let why = if has_secret(facts) { "passwords may get into the image, and every change" } else { "every change" };
    let from = taken.map_or_else(String::new, |taken| format!(" from `{}` line {} on", taken.dockerfile, taken.line));
    let message = format!("{} of `{}` {what} ({})", some_of(&seen), facts.shown, size(facts));
    let finding = Finding::warning(rule, message)
        .why(format!("{why} of them runs the steps{from} again"))
        .fix(format!("add to `{place}`: {}", lines.join(", ")));
    Some(Found { finding, fix: fix(facts) })
}

fn has_secret(facts: &ContextFacts) -> bool {
    facts.unwanted.iter().any(|unwanted| unwanted.secret)
}

/// How many files builds take, and their bytes.
pub fn size(facts: &ContextFacts) -> String {
    let more = if facts.cut_short { "more than " } else { "" };
    format!("{more}{}, {}", text::count(facts.files as usize, "file"), text::size(facts.bytes))
}

/// The first paths, and how many more there are.
pub fn some_of(paths: &[String]) -> String {
    let mut named: Vec<String> = paths.iter().take(MOST_NAMED).map(|path| format!("`{path}`")).collect();
    if paths.len() > MOST_NAMED {
        named.push(format!("{} more", paths.len() - MOST_NAMED));
    }
    text::and_list(&named, "and")
}

/// The lines, at the end of the ignore file, where they count most. A program may read a file of secrets when it is built
/// or when it runs, so leaving that out is not safe.
fn fix(facts: &ContextFacts) -> Option<Fix> {
    let lines: Vec<&str> = facts.unwanted.iter().map(|unwanted| unwanted.line.as_str()).collect();
    let text = match &facts.ignore_file {
        None => "",
        Some(_) => facts.ignore_text.as_deref()?,
    };
    // What is no UTF-8 was read with other characters, so that its length is not known.
    if text.contains('\u{fffd}') || !lines.iter().all(|line| is_plain(line)) || takes_in(text, &lines) {
        return None;
    }
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let first = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    let added: String = lines.iter().map(|line| format!("{line}{end}")).collect();
    let edit = Edit { span: text.len()..text.len(), text: format!("{first}{added}") };
    let safety = if has_secret(facts) { Safety::Unsafe } else { Safety::Safe };
    Some(Fix { safety, file: Some(facts.ignore_path.clone()), edits: vec![edit] })
}

/// Whether a pattern means the file it was made from, and ends with its line.
fn is_plain(line: &str) -> bool {
    line.trim() == line && !line.contains(|c: char| c.is_control() || matches!(c, '[' | '\\'))
}

/// Whether the ignore file takes something in with `!` that one of the lines would leave out again.
fn takes_in(text: &str, lines: &[&str]) -> bool {
    let kept = text.lines().filter_map(|line| line.trim().strip_prefix('!'));
    let kept = kept.map(|pattern| pattern.trim().trim_matches('/'));
    kept.into_iter().any(|kept| lines.iter().any(|line| glob_or_above(line, kept)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::context::facts::Unwanted;
    use crate::dockerfile::edit::apply;

    fn context(ignore: Option<&str>, lines: &[&str]) -> ContextFacts {
        let unwanted = |line: &&str| Unwanted {
            line: (*line).to_owned(),
            secret: line.contains(".env"),
            seen: line.trim_start_matches("**/").to_owned(),
        };
        ContextFacts {
            ignore_file: ignore.map(|_| ".dockerignore".to_owned()),
            ignore_text: ignore.map(str::to_owned),
            ignore_path: "/project/.dockerignore".into(),
            unwanted: lines.iter().map(unwanted).collect(),
            ..ContextFacts::default()
        }
    }

    /// The ignore file after the fix.
    fn fixed(ignore: Option<&str>, lines: &[&str]) -> Option<String> {
        let fix = found("x", &context(ignore, lines)).expect("a finding").fix?;
        assert_eq!(fix.file.as_deref(), Some("/project/.dockerignore".as_ref()));
        Some(apply(ignore.unwrap_or_default(), &fix.edits))
    }

    #[test]
    fn the_lines_are_added_at_the_end_with_the_line_ends_of_the_file() {
        let lines = ["**/.git", "docs"];
        for (ignore, expected) in [
            (None, "**/.git\ndocs\n"),
            (Some(""), "**/.git\ndocs\n"),
            (Some("*.log\n"), "*.log\n**/.git\ndocs\n"),
            (Some("*.log"), "*.log\n**/.git\ndocs\n"),
            (Some("a\r\n*.log"), "a\r\n*.log\r\n**/.git\r\ndocs\r\n"),
            (Some("*\n!app\n"), "*\n!app\n**/.git\ndocs\n"),
            (Some("\u{feff}# ä\n"), "\u{feff}# ä\n**/.git\ndocs\n"),
        ] {
            assert_eq!(fixed(ignore, &lines).as_deref(), Some(expected), "{ignore:?}");
        }
    }

    #[test]
    fn a_line_that_would_leave_out_too_much_or_too_little_is_not_added() {
        assert_eq!(fixed(Some("!important.log\n"), &["**/*.log"]), None);
        assert_eq!(fixed(Some("! /docs/api/\n"), &["docs"]), None);
        assert_eq!(fixed(Some(""), &["**/a[1].key"]), None);
        assert_eq!(fixed(Some(""), &["**/a\n!b.key"]), None);
        assert_eq!(fixed(Some("\u{fffd}\n"), &["docs"]), None);
        let unread = ContextFacts { ignore_text: None, ..context(Some(""), &["docs"]) };
        assert_eq!(found("x", &unread).expect("a finding").fix, None);
    }

    #[test]
    fn leaving_out_secrets_is_not_safe() {
        let safety = |lines: &[&str]| found("x", &context(None, lines)).and_then(|it| it.fix).map(|fix| fix.safety);
        assert_eq!(safety(&["**/.git"]), Some(Safety::Safe));
        assert_eq!(safety(&["**/.git", "**/.env"]), Some(Safety::Unsafe));
        assert_eq!(found("x", &context(None, &[])), None);
    }
}
