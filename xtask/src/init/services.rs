//! A repository with compose files alone: the tasks that every stack has.

use crate::compose::services::Services;
use crate::init::draft::{Compose, Does, Draft, Flag, Step, Task, Word};

/// The tasks for a stack. `files`: those that compose does not find by itself.
pub fn draft(services: &Services, files: Vec<String>) -> Draft {
    let is_built = services.services.iter().any(|service| service.build.is_some());
    let mut tasks = Vec::new();
    if is_built {
        tasks.push(Task {
            flags: vec![detached(), pull()],
            ..task(
                "dev",
                "Build what changed and start the stack",
                &["task build {pull}", "compose up {detached} {args}"],
            )
        });
        tasks.push(Task {
            flags: vec![no_cache(), pull()],
            ..task("build", "Build what changed", &["compose build {no-cache} {pull} {args}"])
        });
        tasks.push(builtin("build-fresh"));
    } else {
        tasks.push(Task {
            flags: vec![detached()],
            ..task("dev", "Start the stack", &["compose up {detached} {args}"])
        });
    }
    let volumes = flag("volumes", "Remove its volumes too", &["--volumes"]);
    tasks.push(Task {
        flags: vec![volumes],
        ..task("down", "Stop the stack and remove its containers", &["compose down {volumes} {args}"])
    });
    tasks.push(Task {
        flags: vec![follow(), tail()],
        ..task("logs", "Show what the services print", &["compose logs {follow} {tail} {args}"])
    });
    tasks.push(task("ps", "List the containers", &["compose ps {args}"]));
    tasks.push(task("restart", "Restart the services", &["compose restart {args}"]));
    let mut notes = Vec::new();
    let built = services.services.iter().find(|service| service.build.is_some());
    if let Some(service) = built.or(services.services.first()) {
        let step = format!("compose exec {{no-tty}} {} sh {{args}}", service.name);
        let no_tty = Flag { short: Some('T'), ..flag("no-tty", "Without a terminal: in a pipe, in CI", &["-T"]) };
        tasks.push(Task { flags: vec![no_tty], ..task("shell", "Open a shell in the running service", &[&step]) });
        if services.services.len() > 1 {
            notes.push(format!("`shell` opens in the service `{}`: name another one in its step", service.name));
        }
    }
    tasks.push(builtin("help"));
    Draft { compose: Compose { files, project: None }, tasks, notes, ..Draft::default() }
}

/// A task from lines whose words have no quotes; `{name}` is a placeholder.
fn task(name: &str, about: &str, lines: &[&str]) -> Task {
    let word = |word: &str| match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
        Some(name) => Word::Placeholder(name.to_owned()),
        None => Word::literal(word),
    };
    let steps = lines.iter().map(|line| Step::new(Does::Run(line.split(' ').map(word).collect())));
    Task {
        name: name.to_owned(),
        source: name.to_owned(),
        about: Some(about.to_owned()),
        steps: steps.collect(),
        ..Task::default()
    }
}

fn builtin(name: &'static str) -> Task {
    Task { name: name.to_owned(), source: name.to_owned(), builtin: Some(name), ..Task::default() }
}

fn flag(name: &str, about: &str, words: &[&str]) -> Flag {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    Flag { name: name.to_owned(), about: Some(about.to_owned()), words, ..Flag::default() }
}

fn detached() -> Flag {
    Flag { short: Some('d'), ..flag("detached", "Return when the stack is up", &["--detach"]) }
}

fn pull() -> Flag {
    flag("pull", "Look for newer base images", &["--pull"])
}

fn no_cache() -> Flag {
    flag("no-cache", "Build every step again; empties the cache mounts too", &["--no-cache"])
}

fn follow() -> Flag {
    Flag { short: Some('f'), ..flag("follow", "Go on until Ctrl-C", &["--follow"]) }
}

fn tail() -> Flag {
    Flag { value: Some("LINES".to_owned()), ..flag("tail", "Only the last lines", &["--tail", "{value}"]) }
}
