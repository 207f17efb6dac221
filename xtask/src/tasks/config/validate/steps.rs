//! The program of a step must be one that can be run as it stands, and its placeholders must be there.

use std::iter;
use std::ops::Range;

use crate::tasks::config::setting::Mode;
use crate::tasks::config::step::Does;
use crate::tasks::config::step_line::{Word, variable_before_program};
use crate::tasks::config::variable::Content;
use crate::tasks::config::words::Words;
use crate::tasks::config::{Config, Step, Task, file_step};
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;
use crate::ui::nearest;
use crate::ui::text::and_list;

/// Words that shells have built in, and that are no programs.
pub const SHELLS_OWN: [&str; 9] = ["cd", "export", "set", "unset", "source", "alias", "eval", "if", "for"];

/// The mistakes in the words of one step, in each mode that it can run in. One that some modes do not have names those that do.
/// `mistakes` finds them where these words are shared.
pub fn in_every_mode(
    step: &Step,
    task: &Task,
    config: &Config,
    mistakes: impl Fn(&Words) -> Vec<Finding>,
) -> Vec<Finding> {
    let has_name = step.words().iter().any(|(word, _)| matches!(word, Word::Named(_)));
    let own = task.body.mode.as_ref();
    if let Some(mode) = own.and_then(|mode| config.modes.iter().find(|other| other.name == *mode.get_ref())) {
        return mistakes(&mode.setting.words);
    }
    let without = mistakes(&config.base.words);
    if !has_name {
        return without;
    }
    // In most modes the words of a step are those without a mode.
    let named =
        || step.words().iter().filter_map(|(word, _)| if let Word::Named(name) = word { Some(name) } else { None });
    let is_same = |mode: &&Mode| named().all(|name| mode.setting.words.get(name) == config.base.words.get(name));
    let in_mode = |mode: &Mode| format!("in mode `{}`", mode.name);
    let same =
        || iter::once("without a mode".to_owned()).chain(config.modes.iter().filter(is_same).map(in_mode)).collect();
    let mut told: Vec<(Finding, Vec<String>)> = without.into_iter().map(|finding| (finding, same())).collect();
    for mode in config.modes.iter().filter(|mode| !is_same(mode)) {
        for finding in mistakes(&mode.setting.words) {
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
    let named = |(mut finding, modes): (Finding, Vec<String>)| {
        if modes.len() <= config.modes.len() {
            finding.message.push_str(&format!(" {}", and_list(&modes, "and")));
        }
        finding
    };
    told.into_iter().map(named).collect()
}

/// The mistakes where these words are shared.
pub fn mistakes(step: &Step, task: &Task, words: &Words, is_compared: bool) -> Vec<Finding> {
    let mut found = Vec::new();
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
                let own = words[name].as_ref();
                if let Some(first) = own.and_then(|own| own.first()).filter(|_| !has_program) {
                    found.extend(own_of_shells(first, span).or_else(|| variable_before_program(first, span)));
                }
                has_program |= own.is_none_or(|own| !own.is_empty());
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
    found
}

/// Names in braces where nothing is put in for them: texts, scripts, folders and variables stay as they are.
pub fn literal_braces(task: &Task, config: &Config) -> Vec<Finding> {
    let body = &task.body;
    let settings = || iter::once(&config.base).chain(config.modes.iter().map(|mode| &mode.setting));
    let is_known = |name: &str| {
        name == "args" || body.flag(name).is_some() || settings().any(|setting| setting.words.contains_key(name))
    };
    let mut found = Vec::new();
    let mut look = |text: &str, span: Range<usize>, hint: &str| {
        let used = names_in_braces(text).find(|name| is_known(name));
        found.extend(used.map(|name| mistake(format!("nothing is put in for `{{{name}}}` here"), span).fix(hint)));
    };
    for step in body.steps() {
        match &step.does {
            Does::Sh(script) => look(script, step.span.clone(), IN_SCRIPT),
            Does::Say(text) => look(text, step.span.clone(), "a text is printed as it is"),
            Does::Run(_) => {}
        }
        let Some(keys) = &step.keys else { continue };
        let env = keys.places.iter().find(|(name, _)| *name == "env").map(|(_, span)| span.clone());
        keys.env.iter().for_each(|(_, value)| look(value, env.clone().unwrap_or_default(), IN_WORDS));
        keys.dir.iter().for_each(|dir| look(dir.get_ref(), dir.span(), IN_WORDS));
    }
    for variable in &body.env {
        if let Content::Text(value) = &variable.content {
            look(value, body.env_span.clone().unwrap_or_default(), IN_WORDS);
        }
    }
    body.dir.iter().chain(&body.unless).for_each(|path| look(path.get_ref(), path.span(), IN_WORDS));
    found
}

const IN_SCRIPT: &str = "in a script a flag is the variable of its `env`, and what was typed after `--` is \"$@\"";
const IN_WORDS: &str = "placeholders stand in the words of a step; a flag sets a variable with its `env`";

/// The names in `{name}` where that is a whole word, as a placeholder is: `'{print}'`, `${HOME}` and `{{.Names}}` are none.
fn names_in_braces(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'))
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
