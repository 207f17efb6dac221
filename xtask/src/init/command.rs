//! `init`: moves a repository in. For now `--check`: whether its tasks run what make would run.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::init::check;
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::paths;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "init",
    about: "Compare the tasks with a Makefile",
    needs_tasks: false,
    accepts,
    does: Does::Runs(init),
};

fn accepts(command: Command) -> Command {
    let path = || value_parser!(PathBuf);
    command
        .arg(Arg::new("dir").value_name("DIR").value_parser(path()).help("The repository, if it is not this folder"))
        .arg(Arg::new("from").long("from").value_name("FILE").value_parser(path()).help("The Makefile to read"))
        .arg(
            Arg::new("check")
                .long("check")
                .required(true)
                .action(ArgAction::SetTrue)
                .help("Compare what the tasks and make would run"),
        )
        .arg(Arg::new("json").long("json").help("Print the comparison as JSON").action(ArgAction::SetTrue))
}

fn init(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let path = |name: &str| matches.get_one::<PathBuf>(name).map(|path| paths::absolute(&context.current_dir, path));
    let dir = path("dir").unwrap_or_else(|| context.current_dir.clone());
    let from = path("from");
    let request = check::Request {
        dir: &dir,
        from: from.as_deref().map(Path::as_ref),
        tasks: &|target| Some(target.to_owned()),
        args: &|_| None,
        json: matches.get_flag("json"),
    };
    check::check(context, &request)
}
