//! docs/rules.md, made from the rules.

use crate::lint::rules::*;

/// Lines of paragraphs are no longer than this.
const WIDTH: usize = 120;

/// The table, and a section for each rule.
fn sections() -> String {
    let mut page = String::from("| rule | what it finds | fix |\n|---|---|---|\n");
    for rule in &ALL {
        let fix = if rule.fix.is_empty() { "by hand" } else { "yes" };
        page.push_str(&format!("| [{0}](#{0}) | {1} | {fix} |\n", rule.name, rule.about));
    }
    for rule in &ALL {
        page.push_str(&format!("\n## {}\n\n{}.\n", rule.name, rule.about));
        page.push_str(&format!("\n{}\n", wrapped(rule.why)));
        for example in rule.examples {
            page.push_str(&format!("\n```dockerfile\n{}```\n", example.bad));
        }
        page.push_str(&format!("\n{}\n", wrapped(&format!("**Instead.** {}", rule.instead))));
        for example in rule.examples {
            page.push_str(&format!("\n```dockerfile\n{}```\n", example.good));
        }
        if !rule.fix.is_empty() {
            page.push_str(&format!("\n{}\n", wrapped(&format!("**Fix.** {}", rule.fix))));
        }
    }
    page
}

/// Paragraphs of Markdown with no line longer than `WIDTH`, where words allow that. What is indented stays as it is.
fn wrapped(text: &str) -> String {
    let paragraph = |text: &str| {
        if text.starts_with([' ', '|', '-', '`']) && text.contains('\n') {
            return text.to_owned();
        }
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let line = lines.last_mut().expect("there is a line");
            if line.is_empty() {
                line.push_str(word);
            } else if line.chars().count() + 1 + word.chars().count() <= WIDTH {
                line.push(' ');
                line.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
        lines.join("\n")
    };
    text.split("\n\n").map(paragraph).collect::<Vec<_>>().join("\n\n")
}

/// `XTASK_WRITE_DOCS=1 cargo test page_on_rules` writes it anew. Where the package was copied into another repository, the
/// page is not there.
#[test]
#[allow(clippy::disallowed_methods)] // a test reads and writes its own file
fn the_page_on_rules_has_all_of_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rules.md");
    let page = std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    let begin = "<!-- rules: made from xtask/src/lint/rules -->\n";
    let Some((before, found)) = page.split_once(begin) else { return };
    let made = format!("\n{}", sections());
    if std::env::var_os("XTASK_WRITE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{begin}{made}")).expect("the page can be written");
        return;
    }
    assert!(found == made, "write it anew: XTASK_WRITE_DOCS=1 cargo test page_on_rules");
}

#[test]
fn paragraphs_are_wrapped_between_words() {
    let long = "word ".repeat(50);
    let text = wrapped(&format!("{long}\n\n- one\n- two"));
    assert!(text.lines().all(|line| line.len() <= WIDTH) && text.ends_with("\n\n- one\n- two"), "{text}");
    assert_eq!(text.lines().count(), 6);
}
