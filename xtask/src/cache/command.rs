//! `cache`: shows the engine's build cache in plain words, and prunes exactly what was named.

use std::time::Instant;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::cache::look::look;
use crate::cache::{prune, request, screen};
use crate::docker::build_cache::BuildCache;
use crate::docker::build_cache::LISTING;
use crate::doctor::asked::Asked;
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::system::exit::Exit;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "cache",
    about: "Show the build cache in words, or prune single mounts of it",
    needs_tasks: false,
    accepts,
    does: Does::Runs(cache),
};

fn accepts(command: Command) -> Command {
    request::accepts(command).arg(
        Arg::new("json")
            .long("json")
            .help("Print the table as JSON")
            .action(ArgAction::SetTrue)
            .conflicts_with("action"),
    )
}

fn cache(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    if matches.contains_id("action") {
        return prune::prune(context, matches);
    }
    request::without_prune(matches)?;
    let asked = Asked::to_look(context, Instant::now() + LISTING);
    let cache = BuildCache::new(&asked.environment, &asked.root, asked.engine.clone());
    let looked = look(context, &asked, &cache, false)?;
    if matches.get_flag("json") {
        context.ui.json(screen::json(&looked));
    } else {
        context.ui.result(screen::text(&looked, &context.ui.out));
    }
    Ok(Exit::DONE)
}
