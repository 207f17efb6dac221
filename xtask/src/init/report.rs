//! What `init` says at its end: what was translated, what is left to decide, and lines for other files. All of it on stderr.

use std::path::Path;

use crate::init::draft::{Does, Draft, Step, Task, Word};
use crate::init::found::Found;
use crate::project::context::Context;
use crate::system::files;
use crate::ui::text::{and_list, count};

/// Says it, line by line.
pub fn print(context: &Context, draft: &Draft, found: &Found, folder: &Path, has_rust: bool) {
    let note = |text: String| context.ui.note(text);
    let has_old = found.makefile.is_some() || found.justfile.is_some() || !found.scripts.is_empty();
    match has_old || found.powershell.is_some() {
        true => translated(draft).into_iter().for_each(note),
        false => note(format!("{} for the services of compose's files", count(draft.tasks.len(), "task"))),
    }
    let mut decisions: Vec<String> = draft.tasks.iter().filter_map(to_confirm).collect();
    decisions.extend(draft.notes.iter().cloned());
    decisions.extend(taken_name(context, draft));
    section(context, "to decide:", decisions);
    section(context, "lines for other files:", lines_for_others(found, folder, has_rust));
    section(context, "once the team agrees:", can_go(draft, found));
    note(format!("next: {} help", if has_rust { "cargo xtask" } else { context.program() }));
}

fn section(context: &Context, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    context.ui.note(title);
    lines.into_iter().for_each(|line| context.ui.note(format_args!("  {line}")));
}

/// How many there are, and each that is wrapped, with the reason.
fn translated(draft: &Draft) -> Vec<String> {
    let wrapped: Vec<&Task> = draft.tasks.iter().filter(|task| task.wrapped.is_some()).collect();
    let all = draft.tasks.len();
    if wrapped.is_empty() {
        return vec![format!("{}, all of them translated", count(all, "task"))];
    }
    let mut lines = vec![format!(
        "{}: {} translated, {} still {} what ran it before",
        count(all, "task"),
        all - wrapped.len(),
        wrapped.len(),
        if wrapped.len() == 1 { "calls" } else { "call" },
    )];
    lines
        .extend(wrapped.iter().map(|task| format!("  {}: {}", task.name, task.wrapped.as_deref().unwrap_or_default())));
    lines
}

/// A task that removes data and does not ask.
fn to_confirm(task: &Task) -> Option<String> {
    if task.confirm.is_some() || task.wrapped.is_some() {
        return None;
    }
    let what = task.all_steps().find_map(removes)?;
    Some(format!("`{}` removes data (`{what}`): should it ask? confirm = \"…\"", task.name))
}

/// What of a step removes data, as it is typed.
fn removes(step: &Step) -> Option<String> {
    let lines: Vec<Vec<String>> = match &step.does {
        Does::Run(words) => vec![Word::flat(words).iter().map(text_of).collect()],
        Does::Sh(script) => script
            .split(['\n', ';', '|', '&'])
            .map(|line| line.split_whitespace().map(str::to_owned).collect())
            .collect(),
        Does::Say(_) => Vec::new(),
    };
    lines.iter().find_map(|words| {
        let has = |word: &str| words.iter().any(|other| other == word);
        let first = words.first()?;
        let is_of_docker = ["compose", "docker", "docker-compose", "podman"].contains(&first.as_str());
        let short = |letter: char| {
            words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
        };
        if is_of_docker && has("down") && (has("--volumes") || has("-v")) {
            return Some("down --volumes".to_owned());
        }
        if is_of_docker && has("volume") && (has("rm") || has("remove")) {
            return Some("volume rm".to_owned());
        }
        if is_of_docker && has("prune") {
            return Some("prune".to_owned());
        }
        (first == "rm" && (short('r') || short('R') || has("--recursive"))).then(|| words.join(" "))
    })
}

fn text_of(word: &Word) -> String {
    match word {
        Word::Literal(text) => text.clone(),
        Word::Placeholder(name) => format!("{{{name}}}"),
        Word::Shared { name, .. } => format!("{{{name}}}"),
    }
}

/// A task of theirs may have our name.
fn taken_name(context: &Context, draft: &Draft) -> Option<String> {
    let is_taken = draft.tasks.iter().any(|task| task.name == "init" && task.builtin.is_none());
    is_taken.then(|| format!("`{} init` is your own task from now on", context.program()))
}

fn lines_for_others(found: &Found, folder: &Path, has_rust: bool) -> Vec<String> {
    let text = |name: &str| files::text_of(&folder.join(name)).unwrap_or_default();
    let mut lines = Vec::new();
    let is_ignored = || text(".gitignore").lines().any(|line| line.trim().trim_matches('/') == "target");
    if has_rust && !is_ignored() {
        lines.push(".gitignore: `/target/`, where cargo builds".to_owned());
    }
    if found.has("Dockerfile") && !text(".dockerignore").lines().any(|line| line.trim() == "tasks.toml") {
        lines.push(".dockerignore: `tasks.toml`, which no image needs".to_owned());
    }
    if found.has("pyproject.toml") && !has_rust && !text("pyproject.toml").contains("compose-xtask") {
        let version = env!("CARGO_PKG_VERSION");
        lines.push(format!(
            "pyproject.toml: `dev = [\"compose-xtask>={version}\"]` under [dependency-groups], and everyone has it"
        ));
    }
    lines
}

/// Whether a step of a task calls, here, the program that ran it before.
fn calls_by_itself(task: &Task) -> bool {
    let Some(program) = task.program.first() else { return false };
    let calls = |words: &[String]| {
        words.windows(2).any(|pair| pair[0] == *program && !pair[1].starts_with("-C") && pair[1] != "--directory")
    };
    task.all_steps().any(|step| match &step.does {
        Does::Run(words) => {
            let words: Vec<String> = words.iter().map(text_of).collect();
            words.first() == Some(program) && calls(&words)
        }
        Does::Sh(text) => calls(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()),
        Does::Say(_) => false,
    })
}

/// The files that were read, and whether they are still needed.
fn can_go(draft: &Draft, found: &Found) -> Vec<String> {
    let scripts = found.scripts.iter().chain(&found.powershell);
    let files = found.makefile.iter().chain(&found.justfile).chain(scripts);
    let name = |file: &Path| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_called = |name: &str, task: &Task| {
        let is_makefile = found.makefile.as_ref().is_some_and(|file| file.ends_with(name));
        let is_justfile = found.justfile.as_ref().is_some_and(|file| file.ends_with(name));
        let lines =
            task.all_steps().filter_map(|step| if let Does::Run(words) = &step.does { Some(words) } else { None });
        let mut words = lines.flatten().map(text_of);
        words.any(|word| word.trim_start_matches("./") == name)
            || (is_makefile && task.program.first().is_some_and(|first| first == "make"))
            || (is_justfile && task.program.first().is_some_and(|first| first == "just"))
    };
    let of_file = |file: &std::path::PathBuf| {
        let name = name(file);
        let wrapped = draft.tasks.iter().filter(|task| task.wrapped.is_some() || calls_by_itself(task));
        let left: Vec<String> =
            wrapped.filter(|task| is_called(&name, task)).map(|task| format!("`{}`", task.name)).collect();
        match left.len() {
            0 => format!("`{name}` can go"),
            1..=3 => format!(
                "`{name}` can go when {} no longer {} it",
                and_list(&left, "and"),
                if left.len() == 1 { "calls" } else { "call" }
            ),
            more => format!("`{name}` can go when no task calls it: {more} do"),
        }
    };
    files.map(of_file).collect()
}
