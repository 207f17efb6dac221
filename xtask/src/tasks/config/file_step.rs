//! The literal words of a step that is a file command of our own. What the placeholders add is checked when it runs.

use crate::file_commands::FileCommand;
use crate::file_commands::line;
use crate::tasks::config::step::Step;
use crate::tasks::config::step_line::Word;
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;

/// Every mistake in the words of one step.
pub fn mistakes(step: &Step) -> Vec<Finding> {
    let Some(command) = step.first().and_then(FileCommand::from_name) else { return Vec::new() };
    let words = step.words().iter().enumerate().skip(1);
    let words: Vec<(usize, &str)> = words
        .filter_map(|(at, (word, _))| match word {
            Word::Literal(text) => Some((at, text.as_str())),
            Word::Named(_) | Word::Args => None,
        })
        .collect();
    let is_whole = words.len() + 1 == step.words().len();
    let refusals = line::mistakes(command, &words, is_whole);
    let place = |at: Option<usize>| step.words()[at.unwrap_or(0)].1.clone();
    refusals.into_iter().map(|refusal| mistake(refusal.message, place(refusal.at)).fix(refusal.hint)).collect()
}
