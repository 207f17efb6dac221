//! `init`: writes a tasks.toml for a repository that has a Makefile, a justfile, scripts or compose files.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::init::draft::Draft;
use crate::init::found::Found;
use crate::init::place::Place;
use crate::init::settle::settle;
use crate::init::{check, gather, page, report, rust, translate};
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::project::root::FILE_NAME;
use crate::system::change::{self, Change};
use crate::system::exit::Exit;
use crate::system::paths;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "init",
    about: "Write a tasks.toml from a Makefile, a justfile, scripts or compose files",
    needs_tasks: false,
    accepts,
    does: Does::Runs(init),
};

fn accepts(command: Command) -> Command {
    let path = || value_parser!(PathBuf);
    command
        .arg(Arg::new("dir").value_name("DIR").value_parser(path()).help("The repository, if it is not this folder"))
        .arg(
            Arg::new("from")
                .long("from")
                .value_name("FILE")
                .value_parser(path())
                .help("Read this file alone: a Makefile, a justfile, a script or a compose file"),
        )
        .arg(
            Arg::new("rust")
                .long("rust")
                .action(ArgAction::SetTrue)
                .help("Add a thin xtask package, for commands of your own in Rust"),
        )
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .help("Compare what the tasks and make would run, after asking"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .requires("check")
                .action(ArgAction::SetTrue)
                .help("Print the comparison as JSON"),
        )
}

fn init(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    if matches.get_flag("check") {
        return compare(context, matches);
    }
    let place = Place::find(context, matches.get_one("dir"), matches.get_one("from"))?;
    let shown = |path: &Path| paths::shown_from(&context.current_dir, path);
    let has_rust = matches.get_flag("rust");
    let tasks = place.folder.join(FILE_NAME);
    if !has_rust && rust::is_copy(&place.folder) {
        let text = format!("`{}` is a copy of this program", shown(&place.folder.join("xtask")));
        context.ui.warning(text, rust::INSTEAD);
    }
    if has_rust && tasks.exists() {
        return with_rust(context, &place, shown);
    }
    let found = Found::look(&place, shown)?;
    let settled = settle(gather::draft(context, &place, &found)?, context.known)?;
    let tasks = Change::of(tasks.clone(), &shown(&tasks), settled.text)?;
    let page = onboarding(&place, &found, has_rust, &settled.draft, &tasks, shown)?;
    let mut changes: Vec<Change> = std::iter::once(tasks).chain(page).collect();
    if has_rust {
        changes.extend(rust::changes(&place, &found, shown)?);
    }
    let is_there = changes[0].old.is_some();
    changes.retain(|change| !change.is_nothing());
    if changes.is_empty() {
        context
            .ui
            .result(format_args!("nothing to do: `{}` is what would be written", shown(&place.folder.join(FILE_NAME))));
        return Ok(Exit::DONE);
    }
    if context.globals.dry_run {
        dry_run(context, &changes, shown);
    } else if is_there {
        for change in &changes {
            context.ui.result(change.difference(&shown(&change.path)).trim_end());
        }
        context.ui.note(format_args!("`{}` is there and differs: nothing was written", shown(&changes[0].path)));
        return Ok(Exit::FINDINGS);
    } else {
        write(context, &changes, shown)?;
    }
    report::print(context, &settled.draft, &found, &place.folder, has_rust);
    Ok(Exit::DONE)
}

/// The page for a new colleague: written where there is none, compared where it has our marks.
fn onboarding(
    place: &Place,
    found: &Found,
    has_rust: bool,
    draft: &Draft,
    tasks: &Change,
    shown: impl Fn(&Path) -> String,
) -> Result<Option<Change>> {
    let path = page::path(&place.folder, found);
    let mut change = Change::of(path.clone(), &shown(&path), String::new())?;
    change.new =
        page::text(change.old.as_deref(), page::typed(found, has_rust || rust::is_there(&place.folder)), draft);
    // Where the tasks are there already, a page that is missing was not wanted; and none is changed.
    let is_wanted = change.old.is_some() == tasks.old.is_some();
    Ok(is_wanted.then_some(change))
}

/// The thin xtask for a repository that has its tasks.
fn with_rust(context: &Context, place: &Place, shown: impl Fn(&Path) -> String + Copy) -> Result<Exit> {
    let changes = rust::changes(place, &Found::names(place), shown)?;
    if changes.is_empty() {
        context.ui.result("nothing to do: the thin xtask is there");
    } else if context.globals.dry_run {
        dry_run(context, &changes, shown);
    } else {
        write(context, &changes, shown)?;
        context.ui.note("next: cargo xtask help");
    }
    Ok(Exit::DONE)
}

/// The text of a single new file, which can be written to a file; of several and of changes, as a diff.
fn dry_run(context: &Context, changes: &[Change], shown: impl Fn(&Path) -> String) {
    let is_tasks = |change: &&Change| change.path.ends_with(FILE_NAME);
    if let Some(tasks) = changes.iter().find(is_tasks) {
        context.ui.result(tasks.new.trim_end());
    }
    for change in changes.iter().filter(|change| !is_tasks(change)) {
        match is_tasks(&&changes[0]) {
            true => context.ui.note(format_args!("it would write `{}`, too", shown(&change.path))),
            false => context.ui.result(change.difference(&shown(&change.path)).trim_end()),
        }
    }
}

fn write(context: &Context, changes: &[Change], shown: impl Fn(&Path) -> String + Copy) -> Result<()> {
    change::write(&changes.iter().collect::<Vec<_>>(), shown)?;
    for change in changes {
        let did = if change.old.is_some() { "changed" } else { "wrote" };
        context.ui.result(format_args!("{did} `{}`", shown(&change.path)));
    }
    Ok(())
}

/// The tasks as they are now with what make would run.
fn compare(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let path = |name: &str| matches.get_one::<PathBuf>(name).map(|path| paths::absolute(&context.current_dir, path));
    let (dir, from) = (path("dir").unwrap_or_else(|| context.current_dir.clone()), path("from"));
    // What the Makefile says of its targets: their names here, and the variable whose words are typed after `--`.
    let file = from.clone().or_else(|| check::make::find(&dir));
    let translated = file.and_then(|file| translate::draft(&dir, &file).ok()).unwrap_or_default();
    let of = |target: &str| translated.tasks.iter().find(|task| task.source == target);
    let by_name = |name: &str| translated.tasks.iter().find(|task| task.name == name);
    let request = check::Request {
        dir: &dir,
        from: from.as_deref(),
        tasks: &|target| Some(of(target).map_or_else(|| target.to_owned(), |task| task.name.clone())),
        args: &|task| match by_name(task)?.args_from.as_deref()? {
            "MAKECMDGOALS" => Some(check::Args::Targets),
            variable => Some(check::Args::Variable(variable.to_owned())),
        },
        json: matches.get_flag("json"),
    };
    check::check(context, &request)
}
