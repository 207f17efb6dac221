//! `lint`: what keeps Dockerfiles from caching.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Arg, ArgMatches, Command, value_parser};

use crate::dockerfile::context::Texts;
use crate::lint::sources::{Read, Sources};
use crate::lint::{Judged, output};
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::system::paths;
use crate::ui::finding::Severity;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "lint",
    about: "Find what keeps Dockerfiles from caching, and fix it",
    needs_tasks: false,
    accepts,
    does: Does::Runs(lint),
};

fn accepts(command: Command) -> Command {
    command.arg(
        Arg::new("path")
            .value_name("PATH")
            .num_args(0..)
            .value_parser(value_parser!(PathBuf))
            .help("Dockerfiles, and folders with Dockerfiles, in place of those that the compose files build"),
    )
}

fn lint(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let shown = |path: &Path| paths::shown_from(&context.current_dir, path);
    let typed = matches.get_many::<PathBuf>("path").into_iter().flatten();
    let typed = typed.map(|path| paths::absolute(&context.current_dir, path)).collect();
    let sources = Sources::find(context, typed, shown);
    let read = sources.read(&Texts::new());
    let found = found(&read);
    if !read.builds.is_empty() || read.unread.is_empty() {
        context.ui.result(output::text::all(&found, &read.builds, &context.ui.out));
    }
    for left_out in &sources.left_out {
        context.ui.note(left_out);
    }
    for unread in &read.unread {
        context.ui.problem(format_args!("can't read `{}`: {}", unread.file, unread.why));
    }
    if let Some(broken) = &context.broken {
        context.ui.error(broken);
    }
    Ok(match found.iter().map(|found| found.finding.severity).max() {
        _ if !read.unread.is_empty() || context.broken.is_some() => Exit::CANNOT,
        Some(Severity::Warning | Severity::Error) => Exit::FINDINGS,
        _ => Exit::DONE,
    })
}

/// What is wrong, by file and line.
fn found(read: &Read) -> Vec<Judged> {
    let mut found = super::judge(&read.builds, &read.contexts, Os::HERE);
    found.retain(|found| found.finding.severity > Severity::Ok);
    found.sort_by(|left, right| {
        let key = |found: &Judged| (found.shown.clone(), found.finding.place.is_some(), found.finding.span().start);
        key(left).cmp(&key(right))
    });
    found
}
