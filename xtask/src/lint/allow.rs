//! `# xtask: allow RULE reason`: comments that switch a rule off for the instruction below them, or around them.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::dockerfile::builds::BuildFacts;
use crate::instructions::lines::{Directives, Instructions};
use crate::lint::Judged;
use crate::lint::rule::Found;
use crate::lint::rules::{self, invalid_allow, unused_allow};
use crate::ui::finding::Severity;
use crate::ui::nearest::nearest;
use crate::ui::source::Source;
use crate::ui::text;

/// One comment.
#[derive(Debug, PartialEq, Eq)]
pub struct Allow<'a> {
    /// What stands behind `# xtask:`.
    pub words: Vec<&'a str>,
    /// From its `#` on, without the line end.
    pub span: Range<usize>,
    /// The instruction that it is for; `None` below the last one.
    of: Option<Range<usize>>,
}

impl<'a> Allow<'a> {
    /// The rule, if it names one.
    pub fn rule(&self) -> Option<&'a str> {
        self.words.get(1).copied().filter(|_| self.words[0] == "allow")
    }
}

/// The comments of a Dockerfile. A here-document has none: what looks like one there is content.
pub fn comments(text: &str) -> Vec<Allow<'_>> {
    let mut found = Vec::new();
    if !text.contains("xtask:") {
        return found;
    }
    let Ok(Directives { escape, .. }) = Directives::of(text) else { return found };
    let mut from = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    for written in Instructions::of(text, escape) {
        let document = written.documents.iter().flatten().map(|document| document.at).next();
        let until = document.unwrap_or(written.span.end);
        read(text, from..until, Some(&written.span), &mut found);
        from = written.span.end;
    }
    read(text, from..text.len(), None, &mut found);
    found
}

/// The comments on the lines of a part of the text.
fn read<'a>(text: &'a str, part: Range<usize>, of: Option<&Range<usize>>, found: &mut Vec<Allow<'a>>) {
    let mut at = part.start;
    for line in text[part].split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        at += line.len();
        let Some(words) = line.trim().strip_prefix('#').and_then(|rest| rest.trim_start().strip_prefix("xtask:"))
        else {
            continue;
        };
        let words: Vec<&str> = words.split_whitespace().collect();
        let span = start..start + line.trim().len();
        found.push(Allow { words, span, of: of.cloned() });
    }
}

/// Takes out what comments of the Dockerfiles allow, and adds what is wrong with the comments.
pub fn apply(found: Vec<Judged>, builds: &[BuildFacts]) -> Vec<Judged> {
    let mut files: Vec<File<'_>> = Vec::new();
    let mut places: HashMap<(&str, Option<&PathBuf>), usize> = HashMap::new();
    for build in builds {
        let Ok(dockerfile) = &build.dockerfile else { continue };
        let at = *places.entry((&build.shown, build.path.as_ref())).or_insert_with(|| {
            let comments = comments(&dockerfile.text).into_iter().map(|comment| (comment, false)).collect();
            files.push(File { build, comments, looked_at: Vec::new() });
            files.len() - 1
        });
        if !files[at].comments.is_empty() {
            files[at].looked_at.extend(build.stages().iter().map(|stage| stage.at));
        }
    }
    let mut left = Vec::new();
    for judged in found {
        let file = places.get(&(judged.shown.as_str(), judged.path.as_ref()));
        if !file.is_some_and(|at| files[*at].allows(&judged)) {
            left.push(judged);
        }
    }
    left.extend(files.iter().flat_map(File::mistakes));
    left
}

/// A Dockerfile with its comments.
struct File<'a> {
    build: &'a BuildFacts,
    /// Each with whether it allowed something.
    comments: Vec<(Allow<'a>, bool)>,
    /// The stages that some build runs.
    looked_at: Vec<usize>,
}

impl File<'_> {
    fn allows(&mut self, judged: &Judged) -> bool {
        if judged.finding.severity == Severity::Ok || judged.finding.place.is_none() {
            return false;
        }
        let at = judged.finding.span().start;
        let is_it = |allow: &Allow<'_>| {
            allow.rule() == Some(judged.finding.rule) && allow.of.as_ref().is_some_and(|of| of.contains(&at))
        };
        let mut is_allowed = false;
        for (_, is_used) in self.comments.iter_mut().filter(|(allow, _)| is_it(allow)) {
            (*is_used, is_allowed) = (true, true);
        }
        is_allowed
    }

    fn mistakes(&self) -> Vec<Judged> {
        let Ok(dockerfile) = &self.build.dockerfile else { return Vec::new() };
        let text = dockerfile.text.as_str();
        let mut found: Vec<Found> = Vec::new();
        for (allow, is_used) in &self.comments {
            match invalid_allow::finding(allow) {
                Some(mistake) => found.push(mistake.into()),
                None if !is_used && self.is_looked_at(allow) => found.push(unused_allow::found(allow, text)),
                None => {}
            }
        }
        if found.is_empty() {
            return Vec::new();
        }
        let source = Arc::new(Source::new(&self.build.shown, text));
        let judged = |Found { finding, fix }| Judged {
            finding: finding.of(&source),
            fix,
            shown: self.build.shown.clone(),
            path: self.build.path.clone(),
        };
        found.into_iter().map(judged).collect()
    }

    /// Whether its instruction is run by a build. What stands before the first stage and behind the last counts.
    fn is_looked_at(&self, allow: &Allow<'_>) -> bool {
        let (Ok(dockerfile), Some(of)) = (&self.build.dockerfile, &allow.of) else { return true };
        let stage = dockerfile.stages.iter().rev().find(|stage| stage.span.start <= of.start);
        stage.is_none_or(|stage| self.looked_at.contains(&stage.at))
    }
}

/// The name of a rule that comes near, for a hint.
pub fn near(name: &str) -> String {
    let names = rules::ALL.iter().map(|rule| rule.name);
    match nearest(name, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            format!("the rules are {}", text::and_list(&names, "and"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::os::Os;

    fn told(text: &str) -> Vec<String> {
        let found = crate::lint::judge(&[BuildFacts::of_api(text)], &[], Os::Linux);
        let found = found.into_iter().filter(|found| found.finding.severity > Severity::Ok);
        let found = found.filter(|found| found.finding.rule != "missing-cache-mount");
        found.map(|found| format!("{}: {}", found.finding.rule, found.finding.message)).collect()
    }

    const PINNED: &str = "unpinned-base-image: `python` names no version";

    #[test]
    fn a_comment_allows_what_the_instruction_below_or_around_it_has() {
        assert_eq!(told("FROM python\n"), [PINNED]);
        assert!(told("# xtask: allow unpinned-base-image we follow it\n\n# why\nFROM python\n").is_empty());
        let late =
            "COPY . .\nRUN true && \\\n  # xtask: allow code-before-dependencies it is small\n  pip install x==1\n";
        assert!(told(&format!("FROM python:3.12\n{late}")).is_empty());
        let both = "#xtask:allow code-before-dependencies small\n# xtask: allow unpinned-base-image we follow it\nFROM python\n";
        assert_eq!(told(both), ["unused-allow: `code-before-dependencies` finds nothing here"]);
        // Of the instruction above.
        let above = told("FROM python\n# xtask: allow unpinned-base-image we follow it\nRUN x\n");
        assert_eq!(above, [PINNED, "unused-allow: `unpinned-base-image` finds nothing here"]);
    }

    #[test]
    fn content_is_no_comment() {
        let text =
            "FROM python:3.12\nCOPY <<EOF /x\n# xtask: allow nothing at all\nEOF\nRUN <<EOF\n# xtask: foo\nEOF\n";
        assert!(told(text).is_empty());
    }

    #[test]
    fn comments_with_mistakes_are_told() {
        let of = |comment: &str| told(&format!("{comment}\nFROM python:3.12\n"));
        let no_reason = told("# xtask: allow unpinned-base-image\nFROM python\n");
        assert_eq!(no_reason, ["invalid-allow: there is no reason for `unpinned-base-image`"]);
        assert_eq!(of("# xtask: allow unpinned-base-imag x"), ["invalid-allow: there is no rule `unpinned-base-imag`"]);
        assert_eq!(of("# xtask: allow"), ["invalid-allow: the comment names no rule"]);
        assert_eq!(of("# xtask: ignore it"), ["invalid-allow: xtask has no comment `ignore`"]);
        assert!(of("# xtask is a task runner").is_empty());
    }

    #[test]
    fn what_no_build_runs_is_not_unused() {
        let text = "FROM python AS a\n# xtask: allow code-before-dependencies small\nRUN x\nFROM python:3.12\n";
        assert!(told(text).is_empty());
        assert_eq!(told(&format!("{text}# xtask: allow line-endings why\n")).len(), 1);
    }
}
