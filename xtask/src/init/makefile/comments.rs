//! What comments say of the targets below them.

/// The comments since the last statement.
#[derive(Debug, Default)]
pub struct Comments {
    above: Vec<String>,
    group: Option<String>,
}

/// The longest text of a comment that says what a target is for, in characters.
const LONGEST: usize = 120;

impl Comments {
    pub fn blank(&mut self) {
        self.above.clear();
    }

    pub fn end(&mut self) {
        self.above.clear();
    }

    pub fn add(&mut self, comment: &str) {
        let text = comment.trim_start_matches('#').trim();
        if let Some(group) = comment.strip_prefix("##@") {
            self.group = Some(plain(group)).filter(|group| !group.is_empty());
            self.above.clear();
        } else if let Some(banner) = banner(comment) {
            self.group = Some(plain(banner)).filter(|group| !group.is_empty());
            self.above.clear();
        } else {
            self.above.push(text.to_owned());
        }
    }

    /// What the rule that comes now is for, and its group: `comment` stands behind it.
    pub fn of_rule(&mut self, comment: Option<&str>) -> (Option<String>, Option<String>) {
        let above = std::mem::take(&mut self.above);
        let behind = comment.filter(|comment| comment.starts_with("##"));
        let about = match behind {
            Some(comment) => Some(comment.trim_start_matches(['#', '@']).trim().to_owned()),
            None => about(&above),
        };
        (about.map(|about| plain(&about)).filter(|about| !about.is_empty()), self.group.clone())
    }
}

/// The last sentence-like line above a target: not what is commented out.
fn about(above: &[String]) -> Option<String> {
    let text = above.iter().rev().take_while(|line| !line.is_empty()).last()?;
    let text = text.trim_start_matches(['#', '@', '!']).trim();
    let is_code = text.contains(":=")
        || text.contains("$(")
        || text.starts_with(['@', '-', '$', '.'])
        || text.ends_with(':') && !text.contains(' ');
    let is_prose = text.chars().filter(|c| c.is_alphabetic()).count() * 2 > text.chars().count();
    (!is_code && is_prose && text.chars().count() <= LONGEST).then(|| text.to_owned())
}

/// A heading between lines of signs: `# ---- Docker ----`.
fn banner(comment: &str) -> Option<&str> {
    let text = comment.trim_start_matches('#').trim();
    let is_sign = |c: char| matches!(c, '-' | '=' | '*' | '~' | '#' | '+' | '_');
    let signs_before = text.len() - text.trim_start_matches(is_sign).len();
    let signs_behind = text.len() - text.trim_end_matches(is_sign).len();
    let inside = text.trim_matches(is_sign).trim();
    let hashes_behind = comment.len() - comment.trim_end_matches('#').len();
    let has_signs = signs_before >= 2 && signs_behind >= 2
        || comment.starts_with("###") && hashes_behind >= 3 && !inside.is_empty();
    has_signs.then_some(inside)
}

/// Without what a text of tasks.toml can't have.
fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.trim().trim_end_matches("##").trim().to_owned()
}
