//! A justfile as a draft.

pub mod expression;
pub mod line;
pub mod read;
pub mod recipe;
pub mod shell;
pub mod value;

use crate::init::draft::{Does, Draft, EnvFile, Task, Value as Variable, Word};
use crate::init::justfile::read::{Justfile, Recipe};
use crate::init::justfile::recipe::{File, Translated, named, systems};
use crate::init::justfile::shell::Shell;
use crate::init::justfile::value::{Scope, Value};
use crate::init::simple::commands;

/// Settings that change nothing here.
const WITHOUT_EFFECT: [&str; 14] = [
    "allow-duplicate-recipes",
    "allow-duplicate-variables",
    "fallback",
    "ignore-comments",
    "quiet",
    "tempdir",
    "unstable",
    "windows-shell",
    "windows-powershell",
    "no-exit-message",
    "script-interpreter",
    "shell",
    "positional-arguments",
    "working-directory",
];

/// Translates a justfile. `load` gives the text of a file that it imports; `taken` are the names of global flags.
pub fn draft(text: &str, load: &dyn Fn(&str) -> Option<String>, taken: Vec<&'static str>) -> Draft {
    let file = read::read(text, load);
    let mut draft = Draft::default();
    let setting = |name: &str| file.settings.iter().rev().find(|setting| setting.name == name);
    let is_on =
        |name: &str| setting(name).is_some_and(|setting| setting.values.first().is_none_or(|value| value == "true"));
    let text_of = |name: &str| setting(name).and_then(|setting| setting.values.first().cloned());
    draft.env_files = env_files(&text_of, &is_on);
    let of_all = exports(&file, is_on("export"), &mut draft);
    draft.notes.extend(file.modules.iter().map(|name| format!("`mod {name}` is left out: its recipes stay with just")));
    draft.notes.extend(file.odd.iter().map(|line| format!("a line is left out: `{line}`")));
    for setting in &file.settings {
        if !WITHOUT_EFFECT.contains(&setting.name.as_str())
            && setting.name != "export"
            && !setting.name.starts_with("dotenv-")
        {
            draft.notes.push(format!("`set {}` is left out", setting.name));
        }
    }
    let all = File {
        file: &file,
        shell: Shell::new(setting("shell").map(|setting| setting.values.clone()).unwrap_or_default()),
        has_positional: is_on("positional-arguments"),
        dir: text_of("working-directory"),
        taken,
    };
    let mut names: Vec<&str> = Vec::new();
    for recipe in &file.recipes {
        if names.contains(&recipe.name.as_str()) {
            continue;
        }
        names.push(&recipe.name);
        let same: Vec<&Recipe> = file.recipes.iter().filter(|other| other.name == recipe.name).collect();
        draft.tasks.push(task(&all, &same, of_all.as_deref()));
    }
    wrap_callers(&mut draft.tasks);
    if draft.tasks.iter().any(|task| task.wrapped.is_none() && task.flags.iter().any(|flag| flag.from_env.is_none())) {
        draft.notes.push("parameters are flags now, and further words are typed after `--`".to_owned());
    }
    draft
}

/// A task that stays with just has no flags: what gives it words stays there, too.
fn wrap_callers(tasks: &mut [Task]) {
    loop {
        let wrapped: Vec<String> =
            tasks.iter().filter(|task| task.wrapped.is_some()).map(|task| task.name.clone()).collect();
        let called = |task: &Task| {
            task.all_steps().find_map(|step| match &step.does {
                Does::Run(words) => match &words[..] {
                    [Word::Literal(first), Word::Literal(name), _, ..] if first == "task" => {
                        wrapped.contains(name).then(|| name.clone())
                    }
                    _ => None,
                },
                Does::Sh(_) | Does::Say(_) => None,
            })
        };
        let found = tasks.iter().position(|task| task.wrapped.is_none() && called(task).is_some());
        let Some(task) = found.and_then(|at| tasks.get_mut(at)) else { return };
        let why = format!("it calls `{}`, which stays with just", called(task).unwrap_or_default());
        *task = Task { confirm: None, ..std::mem::take(task) }.into_wrapped(&why);
    }
}

/// All recipes of one name: one for all systems, or one for each. `of_all`: why none can be translated.
fn task(all: &File<'_>, same: &[&Recipe], of_all: Option<&str>) -> Task {
    // Of two for the same system the last one counts.
    let recipe = same.iter().rev().find(|recipe| systems(recipe).is_empty()).or(same.last()).copied();
    let Some(recipe) = recipe else { return Task::default() };
    let aliases = all.file.aliases.iter().filter(|(_, target)| *target == recipe.name).map(|(alias, _)| alias.clone());
    let mut task = named(recipe, aliases.collect());
    task.program = vec!["just".to_owned()];
    let wrapped = |task: Task, why: &str| Task { confirm: None, ..task }.into_wrapped(why);
    if let Some(why) = of_all {
        return wrapped(task, why);
    }
    let is_for_all = systems(recipe).is_empty();
    let wanted: Vec<&Recipe> = if is_for_all { vec![recipe] } else { same.to_vec() };
    let mut flags = None;
    for recipe in wanted {
        // Where nothing is said, Linux stands for all, and what differs elsewhere is written beside it.
        let os = systems(recipe).into_iter().find(|key| *key != "unix").unwrap_or("linux");
        let Translated { steps, needs, flags: own, is_list, asked_system } = match all.translate(recipe, os) {
            Ok(translated) => translated,
            Err(why) => return wrapped(task, &why),
        };
        for other in ["windows", "macos"].into_iter().filter(|_| asked_system && is_for_all) {
            match all.translate(recipe, other) {
                Ok(there) if there.needs == needs && there.flags == own => {
                    task.systems.extend((there.steps != steps).then_some((other, there.steps)));
                }
                Ok(_) => return wrapped(task, "its flags or needs are others on another system"),
                Err(why) => return wrapped(task, &why),
            }
        }
        if is_list {
            let Task { name, source, program, aliases, hidden, .. } = task;
            return Task { name, source, program, aliases, hidden, builtin: Some("help"), ..Task::default() };
        }
        if flags.as_ref().is_some_and(|flags| *flags != own) || (!is_for_all && !needs.is_empty()) {
            return wrapped(task, "its recipes for several systems differ in more than their lines");
        }
        flags = Some(own);
        match is_for_all {
            true => (task.steps, task.needs) = (steps, needs),
            false => task.systems.extend(systems(recipe).into_iter().map(|key| (key, steps.clone()))),
        }
    }
    task.flags = flags.unwrap_or_default();
    task
}

fn env_files(text_of: &dyn Fn(&str) -> Option<String>, is_on: &dyn Fn(&str) -> bool) -> Vec<EnvFile> {
    let named = text_of("dotenv-path").or_else(|| text_of("dotenv-filename"));
    if named.is_none() && !is_on("dotenv-load") {
        return Vec::new();
    }
    let path = named.unwrap_or_else(|| ".env".to_owned());
    vec![EnvFile { path, required: is_on("dotenv-required"), overrides: is_on("dotenv-override") }]
}

/// Exported variables. Gives why no recipe can be translated, if one can't be.
fn exports(file: &Justfile, all: bool, draft: &mut Draft) -> Option<String> {
    let scope = Scope::new(file, &[], &[], "linux");
    for variable in file.variables.iter().filter(|variable| all || variable.is_exported) {
        let name = variable.name.clone();
        let value = scope.value(&variable.value);
        if scope.asked_system() {
            let there = |os| Scope::new(file, &[], &[], os).value(&variable.value);
            for (os, value) in
                [("macOS", there("macos")), ("Windows", there("windows"))].iter().filter(|(_, there)| *there != value)
            {
                let shown = if let Value::Text(text) = value { format!("`{text}`") } else { "another one".to_owned() };
                draft.notes.push(format!("`{name}` is {shown} on {os}, and that of Linux here"));
            }
        }
        let value = match value {
            Value::Text(value) => Variable::Text { value, overrides: true },
            Value::Input(input) if input.from_env.as_deref() == Some(name.as_str()) => {
                // The person's own is stronger anyhow, and without a default there is nothing to set.
                let Some(value) = input.default else { continue };
                Variable::Text { value, overrides: false }
            }
            Value::Shell(text, inputs) => {
                if !inputs.is_empty() && !draft.env_files.is_empty() {
                    draft
                        .notes
                        .push(format!("`{name}` is asked before env files are read: none of theirs counts for it"));
                }
                let by_shell = || ["sh", "-c", &format!("printf %s \"{text}\"")].map(Word::literal).to_vec();
                let command = command(&text).unwrap_or_else(by_shell);
                Variable::Output { command, overrides: true }
            }
            _ if !variable.is_exported => continue,
            _ => return Some(format!("`export {name}` is not known before it runs")),
        };
        draft.env.push((name, value));
    }
    None
}

/// The command in `$(…)`, if it needs no shell.
fn command(text: &str) -> Option<Vec<Word>> {
    let mut several = commands(text.strip_prefix("$(")?.strip_suffix(')')?)?;
    let one =
        several.pop().filter(|one| several.is_empty() && one.env.is_empty() && one.dir.is_none() && !one.may_fail)?;
    Some(one.words.iter().map(|word| Word::literal(word)).collect())
}

#[cfg(test)]
mod tests;
