//! Findings as text and as JSON.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Message, Origin, Renderer, Snippet, Title};
use serde_json::{Value, json};

use crate::ui::escape::{escaped, one_line, with_our_colours};
use crate::ui::finding::{Finding, Place, Severity};
use crate::ui::secret::starred;
use crate::ui::source::Source;
use crate::ui::style::{Paint as _, Styles};
use crate::ui::text::count;

/// Mistakes that stop us, reported in one go.
#[derive(Debug)]
pub struct Report {
    findings: Vec<Finding>,
    /// How many are not shown.
    more: usize,
}

/// How many mistakes of a file are shown. Nobody reads more, and each has an excerpt.
const MOST: usize = 20;

impl Report {
    /// The mistakes of one file, in its order. `flags` are those of its tasks that have secret values.
    pub fn new(source: Source, mut findings: Vec<Finding>, flags: &HashSet<String>) -> Report {
        // The places of the findings, and the carets, stay right.
        let source = Arc::new(Source::new(source.path, starred(&source.text, flags)));
        findings.sort_by_key(|finding| finding.span().start);
        let more = findings.len().saturating_sub(MOST);
        findings.truncate(MOST);
        Report { findings: findings.into_iter().map(|finding| finding.of(&source)).collect(), more }
    }

    /// Each with its excerpt and caret.
    pub fn render(&self, coloured: bool) -> String {
        let styles = Styles::new(coloured);
        let shown = text(&self.findings, &styles);
        match self.more {
            0 => shown,
            more => format!("{shown}\n\n… and {}", count(more, "more mistake")),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Report {}

/// The findings in their order, each an excerpt with a caret.
fn text(findings: &[Finding], styles: &Styles) -> String {
    let mut text = String::new();
    let renderer = renderer(styles);
    for finding in findings {
        let Some((place, source)) = finding.placed() else { continue };
        text.push_str(&with_our_colours(&excerpt(&renderer, finding, place, source, None)));
        text.push_str("\n\n");
    }
    text.truncate(text.trim_end().len());
    text
}

fn renderer(styles: &Styles) -> Renderer {
    if styles.coloured { Renderer::styled() } else { Renderer::plain() }
}

/// A finding with the name of its rule: with an excerpt where it has a place, else with its file alone.
pub fn block(finding: &Finding, file: &str, styles: &Styles) -> String {
    let renderer = renderer(styles);
    let shown = match finding.placed() {
        Some((place, source)) => excerpt(&renderer, finding, place, source, Some(finding.rule)),
        None => {
            let group = title(finding, Some(finding.rule)).element(Origin::path(plain(file)));
            renderer.render(&[group.elements(reasons(finding))])
        }
    };
    with_our_colours(&shown)
}

/// The findings in their order as a table: a line each, with its place at the end and its reasons below.
pub fn table(findings: &[Finding], styles: &Styles) -> String {
    let width = findings.iter().map(|finding| finding.rule.len()).max().unwrap_or(0);
    let text: String = findings.iter().map(|finding| line(finding, width, styles)).collect();
    text.trim_end().to_owned()
}

/// `warning  ports  what was seen`, with why and the fix below.
fn line(finding: &Finding, width: usize, styles: &Styles) -> String {
    let style = match finding.severity {
        Severity::Ok => styles.name,
        Severity::Advice => styles.hint,
        Severity::Warning => styles.warning,
        Severity::Error => styles.error,
    };
    let word = finding.severity.name();
    let gap = " ".repeat("warning".len() - word.len());
    let place = finding.placed().map(|(place, source)| {
        let line = source.lines.line(floor_char(&source.text, place.span.start));
        format!(" ({}:{})", one_line(&source.path), line + 1)
    });
    let place = place.unwrap_or_default();
    let mut text =
        format!("{}{gap}  {:width$}  {}{place}\n", word.style(style), finding.rule, one_line(&finding.message));
    let indent = " ".repeat("warning".len() + 2 + width + 2);
    if let Some(why) = &finding.why {
        text.push_str(&format!("{indent}{}\n", one_line(why)));
    }
    if let Some(fix) = &finding.fix {
        text.push_str(&format!("{indent}{}: {}\n", "fix".style(styles.hint), one_line(fix)));
    }
    text
}

/// Only the lines of the finding go to the renderer: it would otherwise walk the whole file for each. What it gets is
/// escaped, so that its own colours are the only sequences in what it makes.
fn excerpt(
    renderer: &Renderer,
    finding: &Finding,
    place: &Place,
    source: &Source,
    rule: Option<&'static str>,
) -> String {
    let text = source.text.as_str();
    let start = floor_char(text, place.span.start);
    let end = floor_char(text, place.span.end.max(start));
    let line = source.lines.line(start);
    let from = source.lines.start(line);
    let until = text[end..].find('\n').map_or(text.len(), |offset| end + offset);
    let until = if text[end..until].ends_with('\r') { until - 1 } else { until };
    // The carets stand below what is shown.
    let before = escaped(&text[from..start]);
    let marked = escaped(&text[start..end]);
    let shown = format!("{before}{marked}{}", escaped(&text[end..until]));
    let mut annotation = AnnotationKind::Primary.span(before.len()..before.len() + marked.len());
    if let Some(label) = &place.label {
        annotation = annotation.label(plain(label));
    }
    let snippet = Snippet::source(shown.as_str()).line_start(line + 1).path(plain(&source.path)).annotation(annotation);
    let group: Group<'_> = title(finding, rule).element(snippet).elements(reasons(finding));
    renderer.render(&[group])
}

fn plain(text: &str) -> String {
    escaped(&one_line(text)).into_owned()
}

fn title<'a>(finding: &Finding, rule: Option<&'static str>) -> Title<'a> {
    let level = match finding.severity {
        Severity::Ok => Level::INFO,
        Severity::Advice => Level::INFO.with_name("advice"),
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let title = level.primary_title(plain(&finding.message));
    match rule {
        Some(rule) => title.id(rule),
        None => title,
    }
}

/// Why, and what to do.
fn reasons<'a>(finding: &Finding) -> impl Iterator<Item = Message<'a>> + use<'a> {
    let why = finding.why.as_ref().map(|why| Level::NOTE.message(plain(why)));
    let fix = finding.fix.as_ref().map(|fix| Level::HELP.with_name("hint").message(plain(fix)));
    why.into_iter().chain(fix)
}

/// The largest character boundary at or below `at`.
pub fn floor_char(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A finding as `--json` prints it. Lines and columns count from 1, columns in characters.
pub fn as_json(finding: &Finding) -> Value {
    let mut value = json!({
        "rule": finding.rule,
        "severity": finding.severity.name(),
        "message": finding.message,
        "why": finding.why,
        "fix": finding.fix,
    });
    if let Some((place, source)) = finding.placed() {
        let start = floor_char(&source.text, place.span.start);
        let line = source.lines.line(start);
        let before = source.text[..start].rsplit('\n').next().unwrap_or_default();
        value["file"] = json!(source.path);
        value["line"] = json!(line + 1);
        value["column"] = json!(before.chars().count() + 1);
        value["span"] = json!([place.span.start, place.span.end]);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Vec<Finding> {
        let source = Arc::new(Source::new("sub/a.toml", "one\nté x y\n"));
        let placed = Finding::warning("rule", "`x` is odd").at(8..9).label("here").why("it is").fix("take it out");
        vec![
            placed.of(&source),
            Finding::error("ports", "port 1 is taken").why("why").fix("stop it"),
            Finding::ok("a", "b"),
        ]
    }

    #[test]
    fn a_mistake_is_an_excerpt() {
        let expected = "\
warning: `x` is odd
 --> sub/a.toml:2:4
  |
2 | té x y
  |    ^ here
  |
  = note: it is
  = hint: take it out";
        assert_eq!(text(&found()[..1], &Styles::default()), expected);
    }

    #[test]
    fn a_table_has_a_line_for_each_with_its_place() {
        let expected = "\
warning  rule   `x` is odd (sub/a.toml:2)
                it is
                fix: take it out
error    ports  port 1 is taken
                why
                fix: stop it
ok       a      b";
        assert_eq!(table(&found(), &Styles::default()), expected);
    }

    #[test]
    fn json_has_the_place_where_there_is_one() {
        let found = found();
        let expected = json!({
            "rule": "rule", "severity": "warning", "message": "`x` is odd", "why": "it is", "fix": "take it out",
            "file": "sub/a.toml", "line": 2, "column": 4, "span": [8, 9],
        });
        assert_eq!(as_json(&found[0]), expected);
        let expected = json!({ "rule": "a", "severity": "ok", "message": "b", "why": null, "fix": null });
        assert_eq!(as_json(&found[2]), expected);
    }
}
