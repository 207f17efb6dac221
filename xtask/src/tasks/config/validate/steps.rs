//! The program of a step must be one that can be run as it stands, and its placeholders must be there.

use std::iter;
use std::ops::Range;

use crate::tasks::config::setting::Mode;
use crate::tasks::config::step_line::Word;
use crate::tasks::config::words::Words;
use crate::tasks::config::{Config, Step, Task, file_step};
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;
use crate::ui::nearest;
use crate::ui::text::and_list;

/// Words that shells have built in, and that are no programs.
const SHELLS_OWN: [&str; 9] = ["cd", "export", "set", "unset", "source", "alias", "eval", "if", "for"];

/// Every mistake in the words of one step, in each mode that it can run in. One that some modes do not have names those that do.
pub fn in_every_mode(step: &Step, task: &Task, config: &Config, is_compared: bool, found: &mut Vec<Finding>) {
    let has_name = step.words().iter().any(|(word, _)| matches!(word, Word::Named(_)));
    let own = task.body.mode.as_ref();
    if let Some(mode) = own.and_then(|mode| config.modes.iter().find(|other| other.name == *mode.get_ref())) {
        return mistakes(step, task, &mode.setting.words, is_compared, found);
    }
    let before = found.len();
    mistakes(step, task, &config.base.words, is_compared, found);
    if !has_name {
        return;
    }
    let without = found.split_off(before);
    // In most modes the words of a step are those without a mode.
    let named =
        || step.words().iter().filter_map(|(word, _)| if let Word::Named(name) = word { Some(name) } else { None });
    let is_same = |mode: &&Mode| named().all(|name| mode.setting.words.get(name) == config.base.words.get(name));
    let in_mode = |mode: &Mode| format!("in mode `{}`", mode.name);
    let same =
        || iter::once("without a mode".to_owned()).chain(config.modes.iter().filter(is_same).map(in_mode)).collect();
    let mut told: Vec<(Finding, Vec<String>)> = without.into_iter().map(|finding| (finding, same())).collect();
    for mode in config.modes.iter().filter(|mode| !is_same(mode)) {
        let mut of_mode = Vec::new();
        mistakes(step, task, &mode.setting.words, is_compared, &mut of_mode);
        for finding in of_mode {
            let name = in_mode(mode);
            let same = |(other, _): &&mut (Finding, Vec<String>)| {
                other.span() == finding.span() && other.message == finding.message
            };
            match told.iter_mut().find(same) {
                Some((_, modes)) => modes.push(name),
                None => told.push((finding, vec![name])),
            }
        }
    }
    found.extend(told.into_iter().map(|(mut finding, modes)| {
        if modes.len() <= config.modes.len() {
            finding.message.push_str(&format!(" {}", and_list(&modes, "and")));
        }
        finding
    }));
}

/// The mistakes where these words are shared.
fn mistakes(step: &Step, task: &Task, words: &Words, is_compared: bool, found: &mut Vec<Finding>) {
    if step.is_call() && step.calls().is_none() {
        found.push(
            mistake("`task` without a name", step.words()[0].1.clone())
                .fix("write `task NAME`: the name can't be a placeholder"),
        );
    }
    // Empty shared words vanish: what comes behind them is the program.
    let mut has_program = false;
    for (word, span) in step.words() {
        match word {
            Word::Literal(own) if own == "task" && !has_program && !step.is_call() => {
                found.push(mistake("`task` has to be the first word of its step", span.clone()));
                has_program = true;
            }
            Word::Literal(own) => {
                found.extend(own_of_shells(own, span).filter(|_| !has_program));
                has_program = true;
            }
            Word::Named(name) if words.contains_key(name) => {
                if let Some(first) = words[name].first() {
                    found.extend(own_of_shells(first, span).filter(|_| !has_program));
                    has_program = true;
                }
            }
            Word::Args if !has_program => {
                found.push(mistake("`{args}` can't be the program", span.clone()));
                has_program = true;
            }
            Word::Named(name) if !has_program => {
                let finding = mistake(format!("`{{{name}}}` is a flag, and can't be the program"), span.clone());
                found.extend(task.body.flag(name).map(|_| finding.fix("a word can, or shared ones: [words]")));
                has_program = true;
            }
            Word::Named(_) | Word::Args => {}
        }
        if let Word::Named(name) = word {
            found.extend(placeholder(name, span, task, words, is_compared));
        }
    }
    if let Some((_, span)) = step.words().first().filter(|_| !has_program) {
        found.push(
            mistake("nothing is left of this step", span.clone()).fix("its shared words are empty: add a program"),
        );
    }
    found.extend(file_step::mistakes(&Config::with_shared_words(step, words)));
}

fn own_of_shells(program: &str, span: &Range<usize>) -> Option<Finding> {
    let hint = match program {
        "cd" => "a step has a folder: { run = \"…\", dir = \"…\" }, and so has a task: `dir`",
        "export" | "set" | "unset" => "a step has variables: { run = \"…\", env = { … } }, and so has a task: `env`",
        _ => "run it in a shell: { sh = \"…\" }",
    };
    let finding = || mistake(format!("`{program}` is built into shells, and there is no shell"), span.clone());
    SHELLS_OWN.contains(&program).then(|| finding().fix(hint))
}

fn placeholder(name: &str, span: &Range<usize>, task: &Task, words: &Words, is_compared: bool) -> Option<Finding> {
    let body = &task.body;
    match body.flag(name) {
        Some(flag) if flag.words.is_empty() && !flag.broken => {
            let finding = mistake(format!("flag `{name}` has no words to put here"), span.clone());
            return Some(finding.fix("give it `words`"));
        }
        Some(_) => return None,
        None if body.broken_flags || words.contains_key(name) => return None,
        None => {}
    }
    let flags = body.flags.iter().map(|flag| flag.name.as_str()).chain(["args"]);
    let names = flags.chain(words.keys().map(String::as_str)).filter(|_| is_compared);
    let finding = mistake(format!("task `{}` has no flag `{name}`", task.name), span.clone());
    Some(match nearest::nearest(name, names) {
        Some(near) => finding.label(format!("did you mean `{{{near}}}`?")),
        None => finding.fix(format!("write it: [tasks.{}.flags] {name} = {{ words = [\"--{name}\"] }}", task.name)),
    })
}
