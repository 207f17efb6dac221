//! `--explain RULE`: the rule's page, as text.

use crate::lint::rule::Rule;
use crate::lint::rules;
use crate::ui::style::{Paint as _, Styles};

/// The page of a rule; `None` if there is no such rule.
pub fn page(name: &str, styles: &Styles) -> Option<String> {
    Some(text(rules::ALL.iter().find(|rule| rule.name == name)?, styles))
}

fn text(rule: &Rule, styles: &Styles) -> String {
    let mut page = format!("{}\n\n{}.\n", rule.name.style(styles.heading), rule.about);
    let mut section = |title: &str, text: &str, examples: Vec<&str>| {
        if text.is_empty() {
            return;
        }
        page.push_str(&format!("\n{}\n\n{text}\n", title.style(styles.heading)));
        for example in examples {
            let lines: String = example.lines().map(|line| format!("    {line}\n")).collect();
            page.push_str(&format!("\n{lines}"));
        }
    };
    section("Why", rule.why, rule.examples.iter().map(|example| example.bad).collect());
    section("Instead", rule.instead, rule.examples.iter().map(|example| example.good).collect());
    section("Fix", rule.fix, Vec::new());
    page.truncate(page.trim_end().len());
    page
}
