//! `verify`: reads what was typed, has each Dockerfile built twice, and reports.

use std::time::Instant;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::project::built_in::{Does, Row};
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::trial::project;
use crate::trial::session::{Ended, Session};
use crate::ui::problem::Problem;
use crate::verify::report;
use crate::verify::two_builds::TwoBuilds;

pub const ROW: Row = Row {
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
    let mut plans = Vec::new();
    for facts in &project.builds {
        match &facts.dockerfile {
            Ok(file) => plans.extend(TwoBuilds::plan(context, facts, file)?),
            Err(error) => return Err(Problem::new(format!("`{}` can't be read: {error}", facts.shown)).into()),
        }
    }
    if let Some(value) = project.classic_builder() {
        let probed: Vec<_> = plans.iter().map(|plan| plan.of_classic_builder(&value)).collect();
        return Ok(report::print(context, json, &probed, None, start));
    }
    if plans.is_empty() {
        return Ok(report::nothing(context, json));
    }
    let mut session = Session::start(context, &project, "verify")?;
    session.all_marked = plans.iter().all(TwoBuilds::is_all_marked);
    // Each has a namespace of its own: none finds in its mounts what another has left there.
    let probe = |(number, plan): (usize, &TwoBuilds<'_>)| {
        plan.build(context, &session, &format!("{}-{number}", session.namespace))
    };
    let probed: Result<Vec<_>> = plans.iter().enumerate().map(probe).collect();
    match session.end(probed)? {
        Ended::Done(probed, left) => Ok(report::print(context, json, &probed, Some(&left), start)),
        Ended::Stopped(exit) => Ok(exit),
    }
}
