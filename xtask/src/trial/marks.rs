//! Finds the steps of our builds in the log: each has a mark before its command, where that is possible.

use crate::docker::output::progress::{Progress, Step};
use crate::dockerfile::model::{Dockerfile, Instruction};
use crate::ui::text::on_one_line;

/// How much of a command is shown while it runs.
pub const LONGEST: usize = 120;

/// A Dockerfile that is built with marks of this namespace: `NAMESPACE:LINE`.
#[derive(Clone, Copy)]
pub struct Marked<'a> {
    pub file: &'a Dockerfile,
    pub namespace: &'a str,
}

impl<'a> Marked<'a> {
    /// The mark of the step in a line.
    pub fn mark(&self, line: usize) -> String {
        format!("{}:{line}", self.namespace)
    }

    /// The `RUN` that a step of the log is.
    pub fn run_of(&self, step: &Step) -> Option<&'a Instruction> {
        self.file.runs().map(|(run, _)| run).find(|run| is_marked(&step.name, &self.mark(run.line)))
    }

    /// The step of the log that a `RUN` is: by its mark; one that can't have a mark, by its command.
    pub fn step_of<'p>(&self, run: &Instruction, progress: &'p Progress) -> Option<&'p Step> {
        if run.run().is_some_and(|run| run.slot.is_some()) {
            return progress.steps.iter().find(|step| is_marked(&step.name, &self.mark(run.line)));
        }
        let plain =
            |text: &str| text.chars().filter(|c| !c.is_whitespace() && !"\\\",[]'".contains(*c)).collect::<String>();
        let own = plain(&run.arguments);
        progress.steps.iter().find(|step| step.command().starts_with("RUN ") && plain(step.command()).contains(&own))
    }

    /// A step of the log as it stands in the Dockerfile, without our words, short enough for a line.
    pub fn shown(&self, step: &Step) -> String {
        let run = self.run_of(step).map(|run| format!("RUN {}", run.arguments));
        short(&run.unwrap_or_else(|| step.command().to_owned()))
    }
}

/// The line of a failed step that says why: the last that begins as an error (uv's hints and causes come after it), else
/// its last.
pub fn reason(lines: &[String]) -> Option<&str> {
    let lines = || lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let is_error = |line: &&str| line.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("error:"));
    lines().rfind(is_error).or_else(|| lines().next_back())
}

fn short(command: &str) -> String {
    let whole = on_one_line(command);
    let short: String = whole.chars().take(LONGEST).collect();
    if short.len() < whole.len() { format!("{short}…") } else { short }
}

/// Whether a text contains a mark; `ns:12` does not contain `ns:1`.
fn is_marked(text: &str, mark: &str) -> bool {
    text.match_indices(mark).any(|(at, _)| !text[at + mark.len()..].starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_no_longer_number() {
        assert!(is_marked("x ns:12; y", "ns:12") && is_marked("ns:1", "ns:1"));
        assert!(!is_marked("x ns:12; y", "ns:1"));
    }

    #[test]
    fn the_line_that_says_why_a_step_failed() {
        let of = |lines: &[&str]| {
            reason(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()).map(str::to_owned)
        };
        let uv = ["Using Python 3", "error: No solution found", "  cause: Because", "hint: try"];
        assert_eq!(of(&uv).as_deref(), Some("error: No solution found"));
        assert_eq!(of(&["ERROR: one", "ERROR: two", ""]).as_deref(), Some("ERROR: two"));
        assert_eq!((of(&["said", " last ", " "]).as_deref(), of(&[])), (Some("last"), None));
    }

    #[test]
    fn a_command_is_shown_on_one_line() {
        assert_eq!(on_one_line("pip install     -r  x\n"), "pip install -r x");
        assert_eq!(short(&"x".repeat(LONGEST + 1)).chars().count(), LONGEST + 1);
        assert_eq!(short("short"), "short");
    }
}
