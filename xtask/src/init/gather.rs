//! One draft from all that was found: the Makefile first, then the justfile, scripts, and what compose's files have.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::compose::files as compose_files;
use crate::init::draft::{Does, Draft, Task, Word};
use crate::init::found::Found;
use crate::init::place::Place;
use crate::init::translate::compose;
use crate::init::{justfile, script, services, translate};
use crate::project::context::Context;
use crate::system::{files, paths};
use crate::ui::problem::Problem;

/// Reads everything, runs nothing.
pub fn draft(context: &Context, place: &Place, found: &Found) -> Result<Draft> {
    let mut draft = Draft::default();
    if let Some(file) = &found.makefile {
        draft = translate::draft(&place.folder, file)?;
        let program = program("make", file, &["GNUmakefile", "makefile", "Makefile"]);
        with_program(&mut draft, &program);
    }
    if let Some(file) = &found.justfile {
        let mut recipes = just(context, place, file)?;
        with_program(&mut recipes, &program("just", file, &["justfile", "Justfile", ".justfile"]));
        add(&mut draft, recipes, "just");
    }
    let has_old = found.makefile.is_some() || found.justfile.is_some();
    if !has_old && !found.compose.is_empty() {
        add(&mut draft, stack(context, place, found)?, "sh");
    }
    let beside = found.powershell.as_deref();
    let mut is_paired = false;
    for file in &found.scripts {
        let beside = beside.filter(|beside| beside.file_stem() == file.file_stem());
        is_paired |= beside.is_some();
        add(&mut draft, script::draft(file, &text(context, file)?, beside), stem(file));
    }
    if let Some(file) = beside.filter(|_| !is_paired) {
        add(&mut draft, script::powershell(file), "ps1");
    }
    if draft.tasks.is_empty() {
        let problem = Problem::new("there is no target in what was found, or none that can be read");
        return Err(problem.hint("what make itself says of it: make -n").into());
    }
    // A task of that name takes the place of this command, which is still needed to compare.
    if is_taken(&draft, "init") && !is_taken(&draft, "xtask-init") {
        let name = "xtask-init".to_owned();
        draft.tasks.push(Task { name, builtin: Some("init"), hidden: true, ..Task::default() });
        let program = context.program();
        draft.notes.push(format!("`init` is a task here: `{program} xtask-init --check` compares the tasks with make"));
    }
    Ok(draft)
}

/// How a program is called with a file: by its name, if it does not find that itself.
fn program(name: &str, file: &Path, found_by_itself: &[&str]) -> Vec<String> {
    let file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match found_by_itself.contains(&file.as_str()) {
        true => vec![name.to_owned()],
        false => vec![name.to_owned(), "-f".to_owned(), file],
    }
}

fn with_program(draft: &mut Draft, program: &[String]) {
    for task in &mut draft.tasks {
        // What a wrapped task calls has its program in it.
        let words = |program: &[String]| program.iter().map(|word| Word::literal(word)).collect::<Vec<_>>();
        if let (Some(Does::Run(line)), true) =
            (task.steps.first_mut().map(|step| &mut step.does), task.wrapped.is_some())
        {
            if line.starts_with(&words(&task.program)) {
                line.splice(..task.program.len(), words(program));
            }
        }
        task.program = program.to_vec();
    }
}

fn stem(file: &Path) -> &str {
    file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("sh")
}

fn is_taken(draft: &Draft, name: &str) -> bool {
    draft.tasks.iter().any(|task| task.name == name || task.aliases.iter().any(|alias| alias == name))
}

/// Adds the tasks of another draft. One whose name is taken gets the other's name before it.
fn add(draft: &mut Draft, other: Draft, of: &str) {
    if draft.tasks.is_empty() {
        *draft = other;
        return;
    }
    // Their steps call each other by name, and are meant with what holds in their file.
    let is_same = (&other.compose, &other.env, &other.env_files) == (&draft.compose, &draft.env, &draft.env_files);
    let is_free = !other.tasks.iter().any(|task| task.builtin.is_none() && is_taken(draft, &task.name));
    for mut task in other.tasks {
        if task.wrapped.is_none() && task.builtin.is_none() && !(is_same && is_free) {
            let why =
                if is_free { "its file has settings of its own" } else { "its file has names that are taken here" };
            task = task.into_wrapped(why);
        }
        if is_taken(draft, &task.name) {
            if task.builtin.is_some() {
                continue;
            }
            let name = if task.name == of { format!("{of}-script") } else { format!("{of}-{}", task.name) };
            let (old, runner) = (&task.name, task.runner());
            draft.notes.push(format!("`{old}` is there twice: that of `{runner}` is the task `{name}`"));
            task.name = name;
        }
        task.aliases.retain(|alias| !is_taken(draft, alias));
        draft.tasks.push(task);
    }
    draft.notes.extend(other.notes);
    draft.words.extend(other.words);
}

fn text(context: &Context, file: &Path) -> Result<String> {
    let shown = paths::shown_from(&context.current_dir, file);
    let text = files::text_up_to(file, files::LARGEST)
        .map_err(|unread| Problem::new(format!("can't read `{shown}`: {}", unread.why)))?;
    Ok(text)
}

/// The tasks of compose's files.
fn stack(context: &Context, place: &Place, found: &Found) -> Result<Draft> {
    let services = compose_files::read(&found.compose, &place.folder, &context.environment).map_err(|unreadable| {
        Problem::new(format!("can't read compose's files: {unreadable}"))
            .hint("ask compose itself: docker compose config")
    })?;
    let named = |file: &PathBuf| paths::shown_from(&place.folder, file).replace('\\', "/");
    let files = if found.compose_finds_them { Vec::new() } else { found.compose.iter().map(named).collect() };
    let mut draft = services::draft(&services, files);
    let example = [".env.example", ".env.sample", ".env.template"].into_iter().find(|name| found.has(name));
    draft.notes.extend(example.map(|name| {
        format!("`{name}` is there: a task with `unless = \".env\"` and the step `cp {name} .env` makes the file, and `dev` can need it")
    }));
    Ok(draft)
}

fn just(context: &Context, place: &Place, file: &Path) -> Result<Draft> {
    let beside = |name: &str| {
        let path = paths::absolute(&place.folder, Path::new(name));
        paths::is_really_in(&path, &place.top).then(|| files::text_of(&path)).flatten()
    };
    let taken = (context.known.global_flags)().into_iter().map(|(name, _)| name).collect();
    let mut draft = justfile::draft(&text(context, file)?, &beside, taken);
    compose::hoist(&mut draft);
    Ok(draft)
}
