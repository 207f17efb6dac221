//! The literal words of a `task NAME words…` step, which the task that is called must accept. What the placeholders add
//! is checked when the step is planned: only then is it known.

use std::ops::Range;

use clap::error::ErrorKind;

use crate::tasks::config::step_line::Word;
use crate::tasks::config::{Body, Step};
use crate::tasks::mistake::mistake;
use crate::tasks::{clap_errors, typed};
use crate::ui::finding::Finding;
use crate::ui::secret::hidden_words;

/// Every mistake in the words of one step. `callee` is what the task called `name` runs.
pub fn mistakes(step: &Step, name: &str, callee: &Body) -> Vec<Finding> {
    let mut found = Vec::new();
    let may_lack = callee.flags.iter().any(|flag| flag.required && flag.from_env.is_none());
    if step.words().len() == 2 && !may_lack {
        return found;
    }
    let mut words: Vec<(&str, Range<usize>)> = Vec::new();
    // A placeholder stands among the words: it may end in a flag whose value is the next word, or be a value itself.
    let mut open = false;
    let mut is_behind_placeholder = false;
    for (word, span) in &step.words()[2..] {
        match word {
            Word::Literal(text) if text == "--" => {
                if !callee.takes_args() {
                    let finding = mistake(format!("task `{name}` takes no words after `--`"), span.clone());
                    found.push(finding.fix("one of its steps needs `{args}` for them"));
                }
                break;
            }
            Word::Literal(text) if text.starts_with('-') || !is_behind_placeholder => {
                words.push((text, span.clone()));
            }
            Word::Args if callee.flags.is_empty() => {
                let message = format!("task `{name}` takes no flags, so `{{args}}` has no place here");
                let hint = match callee.takes_args() {
                    true => format!("words for its command go after `--`: `task {name} -- {{args}}`"),
                    false => format!("no step of `{name}` has `{{args}}`: leave it out"),
                };
                found.push(mistake(message, span.clone()).fix(hint));
            }
            Word::Literal(_) | Word::Args | Word::Named(_) => {}
        }
        is_behind_placeholder = !matches!(word, Word::Literal(_));
        open |= is_behind_placeholder;
    }
    let ask = |words: &[(&str, Range<usize>)]| typed::parse(callee, words.iter().map(|(word, _)| word.into()));
    let mut is_sound = true;
    while let Err(error) = ask(&words) {
        is_sound = false;
        // The mistake is what follows the longest valid part: a word, or a flag and its value.
        let start = (0..words.len()).rev().find(|end| ask(&words[..*end]).is_ok()).unwrap_or(0);
        let value = clap_errors::value(&error);
        let end = start + usize::from(words.get(start + 1).is_some_and(|(word, _)| Some(*word) == value));
        let Some((_, span)) = words.get(end) else { break };
        let lacks_value = error.kind() == ErrorKind::InvalidValue && value.is_none();
        if !(lacks_value && open) {
            found.push(clap_errors::refused(&error, name, callee, span.clone()));
        }
        // A secret behind a flag that is none would be named as the next mistake.
        let pair = words.get(end..=end + 1).map(|pair| pair.iter().map(|(word, _)| word.into()).collect::<Vec<_>>());
        let is_before_secret = pair.is_some_and(|pair| hidden_words(&pair)[1] != pair[1]);
        words.drain(start..=end + usize::from(is_before_secret));
    }
    // What placeholders add is known later, and so are variables.
    let has_placeholder = step.words()[2..].iter().any(|(word, _)| !matches!(word, Word::Literal(_)));
    let is_known = may_lack && is_sound && !has_placeholder;
    let typed = is_known.then(|| ask(&words).ok()).flatten();
    if let Some(flag) = typed.and_then(|typed| typed.missing(callee)).filter(|flag| flag.from_env.is_none()) {
        found.push(mistake(format!("task `{name}` needs `{}`", flag.shown()), step.span.clone()));
    }
    found
}
