//! `bench`: reads the command line, runs the same builds with and without the cache mounts, and reports.

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::bench::builds::Builds;
use crate::bench::report;
use crate::docker::how_to_get;
use crate::dockerfile::builds::BuildFacts;
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::trial::project::{self, Project};
use crate::trial::session::{Ended, Session};
use crate::ui::problem::Problem;
use crate::ui::text;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "bench",
    about: "Measure what the cache mounts save on this machine",
    needs_tasks: false,
    accepts,
    does: Does::Runs(bench),
};

fn accepts(command: Command) -> Command {
    command
        .arg(
            Arg::new("service")
                .value_name("SERVICE")
                .help("The service to build; without it, the first with cache mounts"),
        )
        .arg(
            Arg::new("runs")
                .long("runs")
                .value_name("N")
                .value_parser(value_parser!(u32).range(1..=100))
                .help("How often to measure everything; the median counts"),
        )
        .arg(Arg::new("json").long("json").help("Print all figures as JSON").action(ArgAction::SetTrue))
        .arg(
            Arg::new("markdown")
                .long("markdown")
                .help("Print a table in Markdown, to be pasted")
                .conflicts_with("json")
                .action(ArgAction::SetTrue),
        )
}

fn bench(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    if context.globals.dry_run {
        context
            .ui
            .note("nothing is built in a dry run: bench builds ten times, five with cache mounts and five without");
        return Ok(Exit::DONE);
    }
    let wanted: Vec<String> = matches.get_one::<String>("service").into_iter().cloned().collect();
    let runs = matches.get_one::<u32>("runs").copied().unwrap_or(1);
    let project = project::open(context, &wanted)?;
    if let Some(value) = project.classic_builder() {
        return Err(Problem::new(format!("DOCKER_BUILDKIT={value}: the classic builder has no cache mounts"))
            .hint(how_to_get::unset("DOCKER_BUILDKIT", Os::HERE))
            .into());
    }
    let facts = choose(context, &project)?;
    let session = Session::start(context, &project, "bench")?;
    let (builds, mut lines) = Builds::plan(context, &session, facts, runs)?;
    let measured = builds.measure(context, &session, &mut lines);
    match session.end(measured)? {
        Ended::Done((), left) => {
            report::print(context, matches, &builds, &lines, &left);
            Ok(Exit::DONE)
        }
        Ended::Stopped(exit) => Ok(exit),
    }
}

/// The build to measure: the first with cache mounts. A note names the others.
fn choose<'a>(context: &Context, project: &'a Project) -> Result<&'a BuildFacts> {
    for facts in project.builds.iter().filter(|facts| facts.dockerfile.is_ok()) {
        project::file_of(facts)?;
    }
    let has_mounts = |facts: &&BuildFacts| facts.cache_mounts().next().is_some();
    let all: Vec<&BuildFacts> = project.builds.iter().filter(has_mounts).collect();
    let Some((facts, others)) = all.split_first() else {
        return Err(Problem::new("no build has a step with a cache mount: there is nothing to compare")
            .hint("docs/guide.md says where one belongs: RUN --mount=type=cache,target=FOLDER …")
            .into());
    };
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(|other| format!("`{}`", other.services[0])).collect();
        let others = text::and_list(&others, "and");
        context.ui.note(format_args!("measuring `{}`; others have cache mounts too: {others}", facts.services[0]));
    }
    Ok(facts)
}
