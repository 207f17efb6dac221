//! `init`: writes a tasks.toml for a repository that has a Makefile, a justfile, scripts or compose files.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::init::change::{self, Change};
use crate::init::found::Found;
use crate::init::place::Place;
use crate::init::settle::settle;
use crate::init::{check, gather, report, translate};
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::project::root::FILE_NAME;
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
    let found = Found::look(&place, shown)?;
    let settled = settle(gather::draft(context, &place, &found)?, context.known)?;
    let path = place.folder.join(FILE_NAME);
    let tasks = Change::of(path.clone(), &shown(&path), settled.text)?;
    if context.globals.dry_run {
        context.ui.result(tasks.new.trim_end());
    } else if tasks.is_nothing() {
        context.ui.result(format_args!("nothing to do: `{}` is what would be written", shown(&path)));
        return Ok(Exit::DONE);
    } else if tasks.old.is_some() {
        context.ui.result(tasks.difference(&shown(&path)).trim_end());
        context.ui.note(format_args!("`{}` is there and differs: nothing was written", shown(&path)));
        return Ok(Exit::FINDINGS);
    } else {
        change::write(&[&tasks], shown)?;
        context.ui.result(format_args!("wrote `{}`", shown(&path)));
    }
    report::print(context, &settled.draft, &found, &place.folder);
    Ok(Exit::DONE)
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
