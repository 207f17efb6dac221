//! `verify`: reads the command line, builds each Dockerfile twice, and reports.

use std::time::Instant;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::trial::project;
use crate::trial::session::{Ended, Session};
use crate::verify::report;
use crate::verify::two_builds::TwoBuilds;
use crate::verify::verdict::Mount;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "verify",
    about: "Prove that each cache mount is filled and used again",
    needs_tasks: false,
    accepts,
    does: Does::Runs(verify),
};

fn accepts(command: Command) -> Command {
    command
        .arg(Arg::new("service").value_name("SERVICE").num_args(0..).help("Only the builds of these services"))
        .arg(Arg::new("json").long("json").help("Print the verdicts as JSON").action(ArgAction::SetTrue))
}

fn verify(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let start = Instant::now();
    if context.globals.dry_run {
        context.ui.note("nothing is built in a dry run: verify builds each Dockerfile with cache mounts twice");
        return Ok(Exit::DONE);
    }
    let json = matches.get_flag("json");
    let wanted: Vec<String> = matches.get_many("service").into_iter().flatten().cloned().collect();
    let project = project::open(context, &wanted)?;
    let plans = project.builds.iter().filter_map(|facts| TwoBuilds::plan(context, &project, facts).transpose());
    let plans = plans.collect::<Result<Vec<TwoBuilds<'_>>>>()?;
    if plans.is_empty() {
        return Ok(report::print(context, &project, json, &[], 0.0, None, start));
    }
    if let Some(value) = project.classic_builder() {
        let unbuilt = |mount| Mount { classic_builder: Some(value.clone()), ..mount };
        let mounts: Vec<Mount> = plans.iter().flat_map(TwoBuilds::mounts).map(unbuilt).collect();
        return Ok(report::print(context, &project, json, &mounts, 0.0, None, start));
    }
    let session = Session::start(context, &project, "verify")?;
    // Each has its own namespace, so that none finds what another left in a mount.
    let mut mounts = Vec::new();
    let build = |(number, plan): (usize, &TwoBuilds<'_>)| {
        plan.build(context, &session, &format!("{}-{number}", session.run.name), &mut mounts)
    };
    let took = plans.iter().enumerate().map(build).sum();
    match session.end(took)? {
        Ended::Done(took, left) => Ok(report::print(context, &project, json, &mounts, took, Some(&left), start)),
        Ended::Stopped(exit) => Ok(exit),
    }
}
