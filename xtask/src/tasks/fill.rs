//! From the words of a step to those of a command: what was typed stands in place of the placeholders.

use crate::tasks::config::step_line::Word;
use crate::tasks::config::{Flag, Step};
use crate::tasks::typed::{Given, PlanWord, Typed, Value};
use crate::ui::escape::one_line;

/// A step's words with the placeholders filled.
pub fn fill(step: &Step, flags: &[Flag], typed: &Typed) -> Vec<PlanWord> {
    let mut filled = Vec::new();
    for (word, _) in step.words() {
        match word {
            Word::Literal(text) => filled.push(PlanWord::plain(text)),
            Word::Args => filled.extend(typed.args.iter().cloned()),
            Word::Named(name) => {
                let Some(flag) = flags.iter().find(|flag| flag.name == *name) else { continue };
                let words =
                    |value: &str| flag.words.iter().map(|word| word.replace("{value}", value)).collect::<Vec<_>>();
                let exact = |value: &Value| {
                    let pairs = words(&value.text).into_iter().zip(words(&value.shown));
                    pairs
                        .map(|(word, shown)| PlanWord::Exact { word: word.into(), shown: shown.into() })
                        .collect::<Vec<_>>()
                };
                match typed.flag(name) {
                    Some(Given::Yes(Some(value)) | Given::ByVariable(value)) => filled.extend(exact(value)),
                    Some(Given::Yes(None)) => filled.extend(words("").into_iter().map(PlanWord::plain)),
                    Some(Given::Maybe) => {
                        let shown =
                            format!("[{}]", one_line(words(flag.value.as_deref().unwrap_or_default()).join(" ")));
                        let example = flag.choices.first().or(flag.value.as_ref());
                        filled.push(PlanWord::Optional { shown, words: words(example.map_or("", String::as_str)) });
                    }
                    None => filled.extend(flag.default.iter().flat_map(|default| exact(&Value::of(flag, default)))),
                }
            }
        }
    }
    filled
}
