//! What a `task NAME words…` step passes on: the task that is called must take it, whatever the caller was told.

use std::ffi::OsString;
use std::ops::Range;

use crate::tasks::args;
use crate::tasks::config::step::Word;
use crate::tasks::config::{Body, Flag, Known, Step};
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;

/// A word as it would be passed on, and the place that it comes from.
type Passed = (String, Range<usize>);

/// The task that is called, by its name and by what it runs.
pub struct Callee<'a> {
    pub name: &'a str,
    pub body: &'a Body,
}

/// Every mistake in the words of one step. `caller` is the task whose step it is.
pub fn mistakes(step: &Step, caller: &Body, callee: &Callee<'_>, known: Known<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = args_before_the_end(step, callee).into_iter().collect();
    for given in tellings(step, caller) {
        for mistake in Call::new(step, caller, &given, callee, known).mistakes() {
            if !found.contains(&mistake) {
                found.push(mistake);
            }
        }
    }
    found
}

/// `task NAME {args}`: what was typed would be flags of a task that has none.
fn args_before_the_end(step: &Step, callee: &Callee<'_>) -> Option<Finding> {
    let mut before = step.words.iter().take_while(|(word, _)| *word != Word::Literal("--".to_owned()));
    let (_, span) = before.find(|(word, _)| *word == Word::Args).filter(|_| callee.body.flags.is_empty())?;
    let name = callee.name;
    let hint = match callee.body.takes_args() {
        true => format!("words for its command stand behind `--`: `task {name} -- {{args}}`"),
        false => format!("no step of `{name}` has `{{args}}`: call it without"),
    };
    Some(mistake(format!("task `{name}` takes no flags, which `{{args}}` would be here"), span.clone()).fix(hint))
}

/// What the caller can be told, as far as the step passes it on: nothing, each flag by itself with each of its
/// choices, all flags at once.
fn tellings<'a>(step: &Step, caller: &'a Body) -> Vec<Vec<(&'a Flag, String)>> {
    let used = caller.flags.iter().filter(|flag| {
        !flag.broken && step.words.iter().any(|(word, _)| matches!(word, Word::Flag(name) if *name == flag.name))
    });
    let used: Vec<&Flag> = used.collect();
    let values = |flag: &Flag| match flag.choices.as_slice() {
        [] => vec![example(flag)],
        choices => choices.to_vec(),
    };
    let mut tellings = vec![Vec::new()];
    tellings.extend(used.iter().flat_map(|flag| values(flag).into_iter().map(|value| vec![(*flag, value)])));
    if used.len() > 1 {
        tellings.push(used.iter().map(|flag| (*flag, values(flag).swap_remove(0))).collect());
    }
    tellings
}

/// The value of a flag that takes any.
fn example(flag: &Flag) -> String {
    format!("<{}>", flag.value.as_deref().unwrap_or_default())
}

/// One way to call.
struct Call<'a> {
    callee: &'a Callee<'a>,
    known: Known<'a>,
    words: Vec<Passed>,
    /// Values that stand for any.
    examples: Vec<String>,
    /// Whether words that nobody knows stand among the others.
    open: bool,
    whole: Range<usize>,
}

impl<'a> Call<'a> {
    fn new(
        step: &Step,
        caller: &Body,
        given: &[(&Flag, String)],
        callee: &'a Callee<'a>,
        known: Known<'a>,
    ) -> Call<'a> {
        let mut words: Vec<Passed> = Vec::new();
        let mut open = false;
        for (word, span) in step.words.iter().skip(2) {
            match word {
                Word::Literal(text) => words.push((text.clone(), span.clone())),
                Word::Flag(name) => {
                    let Some(flag) = caller.flag(name).filter(|flag| !flag.broken) else {
                        open = true;
                        continue;
                    };
                    let typed = given.iter().find(|(other, _)| other.name == *name).map(|(_, value)| value);
                    let Some(value) = typed.or(flag.default.as_ref()) else { continue };
                    words.extend(flag.words.iter().map(|word| (word.replace("{value}", value), span.clone())));
                }
                // Behind `--` they are the callee's, whatever they are.
                Word::Args => open |= !words.iter().any(|(word, _)| word == "--"),
            }
        }
        let examples = given.iter().filter(|(flag, _)| flag.value.is_some() && flag.choices.is_empty());
        let examples = examples.map(|(_, value)| value.clone()).collect();
        Call { callee, known, words, examples, open, whole: step.span.clone() }
    }

    /// Asks clap, which tells the first mistake; takes that word out, and asks again.
    fn mistakes(mut self) -> Vec<Finding> {
        let mut found = Vec::new();
        if let Some(end) = self.words.iter().position(|(word, _)| word == "--") {
            if !self.callee.body.takes_args() {
                let message = format!("task `{}` takes no words behind `--`", self.callee.name);
                let hint = "one of its steps needs `{args}` for them";
                found.push(mistake(message, self.words[end].1.clone()).fix(hint));
                self.words.truncate(end);
            }
        }
        while let Err(error) = self.ask() {
            if let Some((value, valid)) = args::value(&error) {
                if self.try_another(value, valid) {
                    continue;
                }
            }
            let Some(at) = self.place(&error) else {
                if !self.open {
                    found.push(self.mistake(&error, self.whole.clone()));
                }
                break;
            };
            let lacks_value =
                matches!(error.kind(), clap::error::ErrorKind::InvalidValue) && args::value(&error).is_none();
            if !(lacks_value && self.open) {
                found.push(self.mistake(&error, self.words[at].1.clone()));
            }
            let value_alone = args::value(&error).is_some_and(|(value, _)| self.words[at].0 == value);
            self.words.remove(at);
            if value_alone && at > 0 {
                self.words.remove(at - 1);
            }
        }
        found
    }

    fn ask(&self) -> Result<(), clap::Error> {
        let words: Vec<OsString> = self.words.iter().map(|(word, _)| word.into()).collect();
        (self.known.accepts)(self.callee.body, &words)
    }

    /// Where the caller takes any value and the callee only some: one of those, since the rest may be right.
    fn try_another(&mut self, value: &str, valid: &[String]) -> bool {
        let Some(valid) = valid.first() else { return false };
        let Some(at) = self.examples.iter().position(|example| value.contains(example.as_str())) else { return false };
        let example = self.examples.swap_remove(at);
        // The callee's choice is the whole value.
        for (word, _) in &mut self.words {
            if word.contains(&example) {
                *word = word.replace(value, valid);
            }
        }
        true
    }

    /// The word that an error is about.
    fn place(&self, error: &clap::Error) -> Option<usize> {
        let find = |is: &dyn Fn(&str) -> bool| self.words.iter().position(|(word, _)| is(word));
        if let Some((value, _)) = args::value(error) {
            return find(&|word| word == value)
                .or_else(|| find(&|word| word.starts_with('-') && word.ends_with(value)));
        }
        let argument = args::word(error)?;
        let in_cluster = |word: &str| match (word.strip_prefix('-'), argument.strip_prefix('-')) {
            (Some(cluster), Some(letter)) => !cluster.starts_with('-') && letter.len() == 1 && cluster.contains(letter),
            _ => false,
        };
        find(&|word| word == argument)
            .or_else(|| find(&|word| word.strip_prefix(argument.as_str()).is_some_and(|rest| rest.starts_with('='))))
            .or_else(|| find(&in_cluster))
    }

    fn mistake(&self, error: &clap::Error, span: Range<usize>) -> Finding {
        let (problem, hint) = args::explain(error);
        let name = self.callee.name;
        let hint = hint.or_else(|| {
            let word = args::word(error).filter(|_| error.kind() == clap::error::ErrorKind::UnknownArgument)?;
            Some(match (word.starts_with('-'), self.callee.body.takes_args()) {
                (true, _) => {
                    "`task NAME …` takes what can be typed behind the name; words for its command stand behind `--`"
                        .to_owned()
                }
                (false, true) => format!("words for its command stand behind `--`: `task {name} -- {word}`"),
                (false, false) => format!("no step of `{name}` has `{{args}}`: it takes flags alone"),
            })
        });
        mistake(format!("task `{name}` can't be called like this: {problem}"), span).fix_if(hint)
    }
}
