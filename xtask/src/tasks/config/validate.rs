//! What tasks refer to must be there, on every system, and a task must do something.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use toml::Spanned;

use crate::system::os::Os;
use crate::tasks::config::step_line::Word;
use crate::tasks::config::{Body, Config, Flag, Known, Step, Task, Written, calls, cycles};
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;
use crate::ui::nearest;
use crate::ui::text;

/// Every mistake beyond wrong types; leaves the tasks of the config's own system in it. Tasks with keys for one
/// system are checked for each system, and a mistake that not all of them have names those that do.
pub fn config(config: &mut Config, written: &[Written], known: Known<'_>) -> Vec<Finding> {
    let here = [config.os];
    let systems = if written.iter().all(|task| task.systems.is_empty()) { &here[..] } else { &Os::ALL[..] };
    let mut found: Vec<(Finding, Vec<&str>)> = Vec::new();
    let mut places: HashMap<(usize, String), usize> = HashMap::new();
    for os in systems {
        config.tasks = written.iter().map(|task| task.on(*os)).collect();
        for finding in mistakes(config, known) {
            let at = *places.entry((finding.span().start, finding.message.clone())).or_insert(found.len());
            match found.get_mut(at) {
                Some((_, told)) => told.push(os.name()),
                None => found.push((finding, vec![os.name()])),
            }
        }
    }
    config.tasks = written.iter().map(|task| task.on(config.os)).collect();
    let tell = |(mut finding, told): (Finding, Vec<&str>)| {
        if told.len() < systems.len() {
            finding.message.push_str(&format!(" on {}", text::and_list(&told, "and")));
        }
        finding
    };
    found.into_iter().map(tell).collect()
}

/// The mistakes on the system whose tasks these are.
fn mistakes(config: &Config, known: Known<'_>) -> Vec<Finding> {
    let index = config.index();
    let mut found: Vec<Finding> = Vec::new();
    // Tasks whose flags are as clap can take them.
    let mut sound = Vec::new();
    for (at, task) in config.tasks.iter().enumerate() {
        let body = &task.body;
        names(task, |name| index.get(name).is_some_and(|other| *other != at), &mut found);
        builtin(task, known, &mut found);
        rust(task, known, &mut found);
        if !body.does_something() && !body.broken && task.systems.is_empty() {
            found.push(
                mistake(format!("task `{}` does nothing", task.name), task.span.clone())
                    .fix("give it `steps`, `needs`, `builtin` or `rust`"),
            );
        }
        let before = found.len();
        for flag in &body.flags {
            self::flag(flag, body, known, &mut found);
        }
        sound.push(found.len() == before && !body.broken_flags && !body.flags.iter().any(|flag| flag.broken));
        for step in body.steps() {
            words(step, task, &mut found);
        }
        without_effect(task, &mut found);
    }
    for task in &config.tasks {
        let needs = task.body.needs().iter().map(|need| (need.get_ref().as_str(), need.span(), None));
        let calls = task.body.steps().iter().filter_map(|step| {
            let (name, span) = step.calls()?;
            Some((name, span, Some(step)))
        });
        for (name, span, step) in needs.chain(calls) {
            let Some(at) = index.get(name) else {
                found.push(unknown_task(name, span, config, known, found.len() < MOST_COMPARED));
                continue;
            };
            let callee = &config.tasks[*at];
            if let Some(mistake) = cannot_run(name, span, callee, config, known) {
                found.push(mistake);
            } else if let Some(step) = step.filter(|step| step.words.len() > 2 && sound[*at] && !callee.body.broken) {
                found.extend(calls::mistakes(step, name, config.runs(callee)));
            }
        }
    }
    found.extend(cycles::find(&config.tasks, |name| index.get(name).copied()));
    found
}

/// After so many mistakes, unknown names are no longer compared with those that are known: each with each takes the square of
/// their number, and nobody reads that far.
const MOST_COMPARED: usize = 100;

fn unknown_task(name: &str, span: Range<usize>, config: &Config, known: Known<'_>, is_compared: bool) -> Finding {
    let finding = mistake(format!("no task is called `{name}`"), span.clone());
    if (known.rust)().iter().any(|(rust, _)| *rust == name) {
        return finding
            .fix(format!("a step can run a command in Rust when the file names it: [tasks.{name}] rust = true"));
    }
    if known.builtins.contains(&name) && config.behind(name).is_none() {
        return runs_nothing(name, name, span);
    }
    if config.behind(name).is_some() {
        return finding.fix(format!("write it: [tasks.{name}] builtin = \"{name}\""));
    }
    let names = config.tasks.iter().map(|task| task.name.as_str()).filter(|_| is_compared);
    match nearest::nearest(name, names) {
        Some(near) => finding.label(format!("did you mean `{near}`?")),
        None => finding.fix(format!("write it: [tasks.{name}]")),
    }
}

/// For a task that is there and can't be run by another: it has nothing to do on this system, or nothing to run.
fn cannot_run(name: &str, span: Range<usize>, callee: &Task, config: &Config, known: Known<'_>) -> Option<Finding> {
    let body = &callee.body;
    if let Some(builtin) = body.builtin.as_ref().map(|builtin| builtin.get_ref().as_str()) {
        let is_known = known.builtins.contains(&builtin);
        return (is_known && config.behind(builtin).is_none()).then(|| runs_nothing(name, builtin, span));
    }
    let is_idle = !body.does_something() && !body.broken && !callee.systems.is_empty();
    let finding = mistake(format!("task `{name}` has nothing to do"), span).label(callee.does_only());
    is_idle.then(|| finding.fix("give it `steps` there, or refer to it only in the keys for those systems"))
}

fn runs_nothing(name: &str, builtin: &str, span: Range<usize>) -> Finding {
    mistake(format!("`{name}` can't be a step: it runs nothing"), span)
        .label(format!("the built-in command `{builtin}`"))
}

/// Keys that would do nothing: flags that no step uses, and settings for commands where there are none.
fn without_effect(task: &Task, found: &mut Vec<Finding>) {
    let body = &task.body;
    if body.builtin.is_some() || body.rust || body.broken || !body.does_something() {
        return;
    }
    let words = body.steps().iter().flat_map(|step| &step.words);
    let used: HashSet<&str> = words
        .filter_map(|(word, _)| match word {
            Word::Flag(used) => Some(used.as_str()),
            _ => None,
        })
        .collect();
    let known: HashSet<&str> = body.flags.iter().map(|flag| flag.name.as_str()).collect();
    // A misspelt use of a flag is already reported: it is not unused.
    let misspelt: Vec<&str> = used.difference(&known).take(MOST_COMPARED).copied().collect();
    for flag in body.flags.iter().filter(|flag| !flag.words.is_empty() && !flag.broken) {
        let name = &flag.name;
        let is_meant = || misspelt.iter().any(|used| nearest::nearest(used, [name.as_str()]).is_some());
        if !used.contains(name.as_str()) && !is_meant() {
            let message = format!("flag `{name}` has words, and no step has `{{{name}}}`");
            found.push(mistake(message, flag.span.clone()).fix("put it where the words belong"));
        }
    }
    if body.steps().iter().any(|step| !step.is_call()) {
        return;
    }
    let called = body.steps().iter().find_map(|step| step.calls().map(|(name, _)| name));
    let why = format!("task `{}` runs no command itself", task.name);
    let key = |name: &str, span: Range<usize>| {
        mistake(format!("`{name}` has no effect: {why}"), span)
            .fix(format!("a task that is called or needed has its own `{name}`: put it there"))
    };
    found.extend(body.dir.as_ref().map(|dir| key("dir", dir.span())));
    found.extend(body.env_span.clone().filter(|_| !body.env.is_empty()).map(|span| key("env", span)));
    for flag in &body.flags {
        let Some(env) = flag.env.as_ref().filter(|_| !flag.broken) else { continue };
        let name = &flag.name;
        let message = format!("flag `{name}` sets `{env}`, which has no effect: {why}");
        let hint = match called {
            Some(called) => {
                format!("give the called task the flag, and pass it on: `task {called} {{{name}}}`")
            }
            None => "a needed task gets no flags: call it instead, `task NAME {flag}`".to_owned(),
        };
        found.push(mistake(message, flag.span.clone()).fix(hint));
    }
}

fn names(task: &Task, taken: impl Fn(&str) -> bool, found: &mut Vec<Finding>) {
    let all = std::iter::once((task.name.as_str(), task.span.clone()))
        .chain(task.body.aliases().map(|alias| (alias.get_ref().as_str(), alias.span())));
    for (name, span) in all {
        if !is_task_name(name) {
            found.push(
                mistake(format!("`{name}` can't be the name of a task"), span)
                    .fix("use letters, digits, `-`, `_`, `:`, `.` and `+`, and don't start with `-` or `+`"),
            );
        } else if taken(name) {
            let message = format!("two tasks are called `{name}`");
            found.push(mistake(message, span).fix("rename one of them, or its alias"));
        }
    }
}

/// Whether a task can have this name.
pub fn is_task_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ':' | '.' | '+');
    !name.is_empty() && !name.starts_with(['-', '+']) && name.chars().all(fits)
}

fn builtin(task: &Task, known: Known<'_>, found: &mut Vec<Finding>) {
    let body = &task.body;
    let Some(name) = &body.builtin else { return };
    if !known.builtins.contains(&name.get_ref().as_str()) {
        let finding = mistake(format!("no built-in command is called `{}`", name.get_ref()), name.span());
        found.push(match nearest::nearest(name.get_ref(), known.builtins.iter().copied()) {
            Some(near) => finding.label(format!("did you mean `{near}`?")),
            None => {
                let all: Vec<String> = known.builtins.iter().map(|name| format!("`{name}`")).collect();
                finding.fix(format!("there are {}", text::and_list(&all, "and")))
            }
        });
    }
    let has_more = !body.steps().is_empty()
        || !body.needs().is_empty()
        || !body.flags.is_empty()
        || !body.env.is_empty()
        || body.dir.is_some()
        || body.confirm.is_some();
    if has_more {
        found.push(
            mistake(format!("task `{}` is a built-in command and has keys of its own", task.name), task.span.clone())
                .fix(
                    "only `about`, `aliases` and `hidden` can stand beside `builtin`; write a second task for the rest",
                ),
        );
    }
}

/// `rust = true` needs no command of that name here: a program without it still reads the file.
fn rust(task: &Task, known: Known<'_>, found: &mut Vec<Finding>) {
    let (name, body) = (&task.name, &task.body);
    if !body.rust {
        let is_rust = |typed: &str| (known.rust)().iter().any(|(rust, _)| *rust == typed);
        let aliases = body.aliases().map(|alias| (alias.get_ref().as_str(), alias.span()));
        for (typed, span) in std::iter::once((name.as_str(), task.span.clone())).chain(aliases) {
            if is_rust(typed) {
                let hint = match typed == name {
                    true => "rename one of them; if they are the same, write `rust = true` and no `steps`",
                    false => "rename one of them",
                };
                found.push(mistake(format!("`{typed}` is a task and a command in Rust"), span).fix(hint));
            }
        }
        return;
    }
    let no_step = || body.steps.as_ref().map(|_| task.span.clone());
    let others = [
        ("steps", body.steps().first().map(|step| step.span.clone()).or_else(no_step)),
        ("builtin", body.builtin.as_ref().map(Spanned::span)),
        ("flags", body.flags.first().map(|flag| flag.span.clone())),
        ("dir", body.dir.as_ref().map(Spanned::span)),
    ];
    for (key, span) in others.into_iter().filter_map(|(key, span)| Some((key, span?))) {
        let hint = match key {
            "flags" => format!("the command gets what comes after `--`: `task {name} -- --flag`"),
            "dir" => "the command starts in the folder of tasks.toml, and can go elsewhere itself".to_owned(),
            _ => "write a second task for it, and call this one from there: `task NAME`".to_owned(),
        };
        let message = format!("task `{name}` is a command in Rust and has `{key}`");
        found.push(mistake(message, span).fix(hint));
    }
}

fn flag(flag: &Flag, body: &Body, known: Known<'_>, found: &mut Vec<Finding>) {
    let mut mistake = |message: String, hint: &str| {
        let finding = mistake(message, flag.span.clone());
        found.push(if hint.is_empty() { finding } else { finding.fix(hint) });
    };
    let name = &flag.name;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.chars().all(fits) || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        mistake(
            format!("`{name}` can't be the name of a flag"),
            "use letters, digits, `-` and `_`, and start with a letter or digit",
        );
    }
    if name == "args" {
        mistake("a flag can't be called `args`".to_owned(), "`{args}` is what was typed after `--`");
    }
    let globals = (known.global_flags)();
    if globals.iter().any(|(global, _)| global == name) {
        mistake(format!("`--{name}` is a flag of every command"), "choose another name");
    }
    if let Some(short) = flag.short {
        if let Some((global, _)) = globals.iter().find(|(_, letter)| *letter == Some(short)) {
            mistake(format!("`-{short}` is `--{global}` of every command"), "choose another letter");
        }
        let first = body.flags.iter().find(|other| other.short == Some(short));
        if let Some(first) = first.filter(|first| first.name != *name && first.span.start < flag.span.start) {
            mistake(format!("`-{short}` is taken by `--{}`", first.name), "choose another letter");
        }
    }
    if flag.broken {
        return;
    }
    if flag.words.is_empty() && flag.env.is_none() {
        mistake(format!("flag `{name}` does nothing"), "give it `words` for its `{flag}` in a step, or `env`");
    }
    if flag.env.as_deref().is_some_and(|env| env.is_empty() || env.contains('=')) {
        mistake(format!("flag `{name}` has an `env` that can't be the name of a variable"), "");
    }
    let holds_value = flag.words.iter().any(|word| word.contains("{value}"));
    if flag.value.is_none() {
        if holds_value || flag.default.is_some() || !flag.choices.is_empty() {
            mistake(format!("flag `{name}` takes no value"), "give the value a name: `value = \"NAME\"`");
        }
    } else {
        if !flag.words.is_empty() && !holds_value {
            mistake(
                format!("the words of flag `{name}` leave out its value"),
                "put `{value}` where it belongs: words = [\"--tail\", \"{value}\"]",
            );
        }
        let is_choice = |default: &String| flag.choices.is_empty() || flag.choices.contains(default);
        if let Some(default) = flag.shown_default().filter(|_| !flag.default.as_ref().is_some_and(is_choice)) {
            mistake(format!("the default `{default}` of flag `{name}` is not one of its choices"), "");
        }
    }
}

/// Words that shells have built in, and that are no programs.
const SHELLS_OWN: [&str; 9] = ["cd", "export", "set", "unset", "source", "alias", "eval", "if", "for"];

/// The program of a step must be one that can be run as it stands, and its placeholders must be the task's.
fn words(step: &Step, task: &Task, found: &mut Vec<Finding>) {
    let body = &task.body;
    if step.is_call() && step.calls().is_none() {
        found.push(
            mistake("`task` without a name", step.words[0].1.clone())
                .fix("write `task NAME`: the name can't be a placeholder"),
        );
    }
    for (at, (word, span)) in step.words.iter().enumerate() {
        match word {
            _ if at == 0 && !matches!(word, Word::Literal(_)) => {
                found.push(mistake("a placeholder can't be the program", span.clone()));
            }
            Word::Literal(own) if at == 0 && SHELLS_OWN.contains(&own.as_str()) => {
                let hint = match own.as_str() {
                    "cd" => "`dir` sets the folder of a task's steps",
                    "export" | "set" | "unset" => "`env` sets variables for a task's steps",
                    _ => "run it in a shell: sh -c '…'",
                };
                found.push(
                    mistake(format!("`{own}` is built into shells, and there is no shell"), span.clone()).fix(hint),
                );
            }
            Word::Flag(name) => match body.flag(name) {
                Some(flag) if flag.words.is_empty() && !flag.broken => {
                    found.push(
                        mistake(format!("flag `{name}` has no words to put here"), span.clone()).fix("give it `words`"),
                    );
                }
                Some(_) => {}
                None if body.broken_flags => {}
                None => {
                    let names = body.flags.iter().map(|flag| flag.name.as_str()).chain(["args"]);
                    let names = names.filter(|_| found.len() < MOST_COMPARED);
                    let finding = mistake(format!("task `{}` has no flag `{name}`", task.name), span.clone());
                    found.push(match nearest::nearest(name, names) {
                        Some(near) => finding.label(format!("did you mean `{{{near}}}`?")),
                        None => finding.fix(format!(
                            "write it: [tasks.{}.flags] {name} = {{ words = [\"--{name}\"] }}",
                            task.name
                        )),
                    });
                }
            },
            Word::Args | Word::Literal(_) => {}
        }
    }
}
