//! What tasks refer to must be there, on every system, and a task must do something.

mod flags;
pub mod steps;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use toml::Spanned;

use crate::system::os::Os;
use crate::tasks::config::step_line::Word;
use crate::tasks::config::{Body, Config, Flag, Known, Task, Written, calls, cycles};
use crate::tasks::mistake::mistake;
use crate::tasks::typed::Typed;
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
    // What a task without keys for one system has wrong in itself is wrong on all of them, and looked for once.
    let mut known_to_be_sound = None;
    for os in systems {
        config.tasks = written.iter().map(|task| task.on(*os)).collect();
        let of_all = known_to_be_sound.is_none();
        let (everywhere, here) = mistakes(config, known, &mut known_to_be_sound);
        let names = if of_all { systems.iter().map(|os| os.name()).collect() } else { Vec::new() };
        let told = everywhere.into_iter().map(|finding| (finding, names.clone()));
        for (finding, names) in told.chain(here.into_iter().map(|finding| (finding, vec![os.name()]))) {
            let at = *places.entry((finding.span().start, finding.message.clone())).or_insert(found.len());
            match found.get_mut(at) {
                Some((_, told)) => {
                    told.extend(names.into_iter().filter(|name| !told.contains(name)).collect::<Vec<_>>())
                }
                None => found.push((finding, names)),
            }
        }
    }
    if systems.last() != Some(&config.os) {
        config.tasks = written.iter().map(|task| task.on(config.os)).collect();
    }
    let tell = |(mut finding, told): (Finding, Vec<&str>)| {
        if told.len() < systems.len() {
            finding.message.push_str(&format!(" on {}", text::and_list(&told, "and")));
        }
        finding
    };
    found.into_iter().map(tell).collect()
}

/// The mistakes on the system whose tasks these are: those of every system, and those that may be of this one alone.
///
/// `sound` has the tasks whose flags are as clap can take them. Where it is known, tasks without keys for one system are not
/// looked at by themselves again.
fn mistakes(config: &Config, known: Known<'_>, sound: &mut Option<Vec<bool>>) -> (Vec<Finding>, Vec<Finding>) {
    let index = config.index();
    let (mut everywhere, mut here): (Vec<Finding>, Vec<Finding>) = (Vec::new(), Vec::new());
    let before = sound.take();
    for mode in config.modes.iter().filter(|mode| !is_task_name(&mode.name)) {
        everywhere.push(mistake(format!("`{}` can't be the name of a mode", mode.name), mode.span.clone()).fix(NAMES));
    }
    let mut are_sound = Vec::new();
    for (at, task) in config.tasks.iter().enumerate() {
        if let Some(sound) = before.as_ref().filter(|_| task.systems.is_empty()) {
            are_sound.push(sound[at]);
            continue;
        }
        let body = &task.body;
        let mut found = Vec::new();
        names(task, |name| index.get(name).is_some_and(|other| *other != at), &mut found);
        builtin(task, known, &mut found);
        rust(task, known, &mut found);
        if !body.does_something() && !body.broken && task.systems.is_empty() {
            found.push(
                mistake(format!("task `{}` does nothing", task.name), task.span.clone())
                    .fix("give it `steps`, `needs`, `builtin` or `rust`"),
            );
        }
        let others = found.len();
        for flag in &body.flags {
            flags::mistakes(flag, body, config, known, &mut found);
        }
        are_sound.push(found.len() == others && !body.broken_flags && !body.flags.iter().any(|flag| flag.broken));
        for step in body.steps() {
            let is_compared = everywhere.len() + here.len() < MOST_COMPARED;
            found.extend(steps::in_every_mode(step, task, config, |words| {
                steps::mistakes(step, task, words, is_compared)
            }));
        }
        found.extend(body.mode.as_ref().and_then(|mode| unknown_mode(config, mode)));
        without_effect(task, &mut found);
        found.extend(steps::literal_braces(task, config));
        found.extend(body.unless.as_ref().filter(|_| !body.broken).and_then(|path| outside(body, path)));
        if task.systems.is_empty() { &mut everywhere } else { &mut here }.append(&mut found);
    }
    let found = &mut here;
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
            if let Some(mistake) = cannot_run(name, span.clone(), callee, config, known) {
                found.push(mistake);
            } else if let Some(step) = step.filter(|_| are_sound[*at] && !callee.body.broken) {
                let body = config.runs(callee);
                found.extend(steps::in_every_mode(step, task, config, |words| {
                    calls::mistakes(&Config::with_shared_words(step, words), name, body)
                }));
            } else if let Some(flag) = needed_flag(callee).filter(|_| step.is_none()) {
                let message = format!("task `{name}` needs `{}`, and `needs` gives no flags", flag.shown());
                let hint = format!("call it as a step: `task {name} --{} …`", flag.name);
                found.push(mistake(message, span).fix(hint));
            }
        }
    }
    found.extend(cycles::of_tasks(&config.tasks, |name| index.get(name).copied()));
    *sound = Some(are_sound);
    (everywhere, here)
}

/// A flag that a task can't run without, and that no variable gives.
fn needed_flag(task: &Task) -> Option<&Flag> {
    Typed::default().missing(&task.body).filter(|flag| flag.from_env.is_none())
}

/// After so many mistakes, unknown names are no longer compared with those that are known: each with each takes the square of
/// their number, and nobody reads that far.
pub const MOST_COMPARED: usize = 100;

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

fn unknown_mode(config: &Config, mode: &Spanned<String>) -> Option<Finding> {
    if config.mode_called(mode.get_ref()).is_some() {
        return None;
    }
    let finding = mistake(format!("no mode is called `{}`", mode.get_ref()), mode.span());
    Some(match nearest::nearest(mode.get_ref(), config.modes.iter().map(|mode| mode.name.as_str())) {
        Some(near) => finding.label(format!("did you mean `{near}`?")),
        None => finding.fix(format!("write it: [modes.{}]", mode.get_ref())),
    })
}

/// A path of `unless` that leads out of the project: what is there is none of its tasks' making.
fn outside(body: &Body, path: &Spanned<String>) -> Option<Finding> {
    let mut depth = 0;
    let whole = body.below_dir(path.get_ref());
    let is_absolute = [path.get_ref(), &whole].iter().any(|path| path.starts_with('/') || path.contains(':'));
    let leads_out = whole.split('/').any(|name| {
        depth += match name {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        depth < 0
    });
    let finding = || mistake("`unless` has no path in the project", path.span());
    (is_absolute || leads_out || depth == 0)
        .then(|| finding().fix("it is a path from `dir`, or from the folder of tasks.toml"))
}

/// Keys that would do nothing: flags that no step uses, and settings for commands where there are none.
fn without_effect(task: &Task, found: &mut Vec<Finding>) {
    let body = &task.body;
    if body.builtin.is_some() || body.rust || body.broken || !body.does_something() {
        return;
    }
    let words = body.steps().iter().flat_map(|step| step.words());
    let used: HashSet<&str> = words
        .filter_map(|(word, _)| match word {
            Word::Named(used) => Some(used.as_str()),
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
            found.push(mistake(format!("`{name}` can't be the name of a task"), span).fix(NAMES));
        } else if taken(name) {
            let message = format!("two tasks are called `{name}`");
            found.push(mistake(message, span).fix("rename one of them, or its alias"));
        }
    }
}

/// Whether a task can have this name.
pub fn is_task_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ':' | '.' | '+');
    !name.starts_with(['-', '+']) && name.split('/').all(|part| !part.is_empty() && part.chars().all(fits))
}

/// What to do about one that it can't have.
const NAMES: &str =
    "use letters, digits, `-`, `_`, `:`, `.` and `+`, with `/` between them, and don't start with `-` or `+`";

/// Names of rules that do not exist.
pub fn rules(config: &Config, rules: &[&str]) -> Vec<Finding> {
    let unknown = config.allowed_rules.iter().filter(|name| !rules.contains(&name.get_ref().as_str()));
    let finding = |name: &Spanned<String>| {
        let finding = mistake(format!("there is no rule `{}`", name.get_ref()), name.span());
        match nearest::nearest(name.get_ref(), rules.iter().copied()) {
            Some(near) => finding.label(format!("did you mean `{near}`?")),
            None => {
                let all: Vec<String> = rules.iter().map(|name| format!("`{name}`")).collect();
                finding.fix(format!("the rules are {}", text::and_list(&all, "and")))
            }
        }
    };
    unknown.map(finding).collect()
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
        || body.confirm.is_some()
        || body.unless.is_some()
        || body.mode.is_some();
    if has_more {
        found.push(
            mistake(format!("task `{}` is a built-in command and has keys of its own", task.name), task.span.clone())
                .fix(
                    "only `about`, `aliases`, `group` and `hidden` can stand beside `builtin`; write a second task for the rest",
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
