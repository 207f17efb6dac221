//! `doctor`: what is wrong here, why it matters for this repository, what to type. One line a check.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use crate::dockerfile::builds::mounts_of;
use crate::doctor::asked::Asked;
use crate::doctor::checks::{self, buildkit::Needs};
use crate::doctor::explain::command as explain;
use crate::doctor::gather::{self, Facts};
use crate::doctor::tasks;
use crate::lint;
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::run::preflight;
use crate::system::exit::Exit;
use crate::system::os::Os;
use crate::tasks::config::{Config, Step};
use crate::ui::finding::{Finding, Severity};
use crate::ui::{report, text};

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "doctor",
    about: "Check this machine and this project, and say how to fix what is wrong",
    needs_tasks: false,
    accepts,
    does: Does::Runs(doctor),
};

/// For everything together: an engine that never answers costs no more.
const LIMIT: Duration = Duration::from_millis(4800);

fn accepts(command: Command) -> Command {
    command
        .arg(
            Arg::new("explain")
                .long("explain")
                .value_name("MESSAGE")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("-")
                .help("Explain a message of docker's; without one, read standard input"),
        )
        // The message as a word of its own: as the option's value it would take `--json` along.
        .arg(Arg::new("message").hide(true).requires("explain").allow_hyphen_values(true))
        .arg(Arg::new("json").long("json").help("Print the findings as JSON").action(ArgAction::SetTrue))
}

fn doctor(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    if let Some(joined) = matches.get_one::<String>("explain") {
        let message = matches.get_one::<String>("message").unwrap_or(joined);
        let message = Some(message.as_str()).filter(|message| *message != "-");
        return explain::explain(context, message, matches.get_flag("json"));
    }
    let asked = Asked::to_look(context, Instant::now() + LIMIT);
    let facts = gather::facts(&asked);
    let mut findings = vec![project(context)];
    let allowed = context.project.iter().flat_map(|project| &project.config.allowed_rules);
    let allowed: Vec<&str> = allowed.map(|rule| rule.get_ref().as_str()).collect();
    findings.extend(findings_of(&facts, context.program(), &allowed));
    findings.extend(missing_file(context).filter(|_| !facts.machine.dockers.is_empty()));
    findings.extend(tasks::findings(context));
    if matches.get_flag("json") {
        context.ui.json(as_json(&findings, &facts));
    } else {
        context.ui.result(screen(context, &findings, &facts));
    }
    let worst = findings.iter().map(|finding| finding.severity).max();
    Ok(if worst == Some(Severity::Error) { Exit::FINDINGS } else { Exit::DONE })
}

/// A compose file that the tasks need and that is missing.
fn missing_file(context: &Context) -> Option<Finding> {
    let project = context.project.as_ref()?;
    let calls_compose =
        |step: &Step| Config::with_shared_words(step, &project.config.here().words).first() == Some("compose");
    let mut bodies = project.config.tasks.iter().map(|task| &task.body);
    let is_named = !project.config.here().compose.files.is_empty();
    if !is_named && !bodies.any(|body| body.steps.iter().flatten().any(calls_compose)) {
        return None;
    }
    let found = match is_named {
        true => preflight::missing_file(project, project.config.mode)?,
        false => preflight::no_file(&context.environment, project.file.root())?,
    };
    Some(found.why("tasks that build or start something can't run"))
}

/// Every check: first those that others depend on. `allowed`: the rules about Dockerfiles that are switched off.
fn findings_of(facts: &Facts, program: &str, allowed: &[&str]) -> Vec<Finding> {
    let (machine, os) = (&facts.machine, Os::HERE);
    let mut findings = vec![checks::engine::cli(machine, os)];
    if machine.dockers.is_empty() {
        return findings;
    }
    findings.extend(checks::engine::config(machine));
    findings.extend(checks::engine::engine(machine, os));
    findings.extend(checks::buildkit::compose(machine, os));
    findings.extend(checks::podman::builds(machine, os).unwrap_or_else(|| {
        let buildx = checks::buildkit::buildx(machine, false, os);
        let variables = checks::buildkit::variables(machine, &needs_buildkit(facts), program, os);
        [buildx, variables, checks::buildkit::builder(machine, os)].into_iter().flatten().collect()
    }));
    let found = lint::judge(&facts.builds, &facts.contexts, os);
    let found = found.into_iter().map(|found| found.finding);
    findings.extend(found.filter(|finding| !allowed.contains(&finding.rule)));
    findings.extend(checks::cache::mounts(machine, &mounts_of(&facts.builds), &facts.namespace, program));
    findings.extend(checks::cache::disk(machine));
    findings.extend(facts.stack.iter().flat_map(|stack| checks::stack::judge(stack, os)));
    findings
}

/// The first place of a Dockerfile that only BuildKit can build.
pub fn needs_buildkit(facts: &Facts) -> Needs {
    let needs = facts.builds.iter().filter_map(|build| Some((build, build.needs_buildkit()?)));
    // What would fail comes before what would only be ignored.
    if let Some((build, need)) = needs.min_by_key(|(_, need)| need.is_syntax) {
        let place = format!("{} in `{}`", need.what, build.shown);
        return match (need.line, need.is_syntax) {
            (Some(line), true) => Needs::Syntax(format!("{place} (line {line})")),
            (Some(line), false) => Needs::There(format!("{place} (line {line})")),
            (None, _) => Needs::There(format!("`{}` with {}", build.shown, need.what)),
        };
    }
    let are_read = facts.stack.as_ref().is_some_and(|stack| stack.refused.is_none())
        && facts.builds.iter().all(|build| build.dockerfile.is_ok());
    if are_read && facts.unread_builds == 0 { Needs::Nowhere } else { Needs::Unknown }
}

/// The project itself: where it is, and whether its tasks.toml can be read.
fn project(context: &Context) -> Finding {
    match (context.project.as_ref(), &context.broken) {
        (Some(project), _) if project.file.root() != context.current_dir => Finding::ok(
            "tasks",
            format!("`{}`, in the project `{}`", project.file.shown, project.file.root().display()),
        ),
        (Some(project), _) => Finding::ok("tasks", format!("`{}`", project.file.shown)),
        (None, Some(_)) => Finding::error("tasks", "tasks.toml has mistakes")
            .why("no task runs until they are fixed")
            .fix(format!("list them: {} help", context.program())),
        (None, None) => Finding::warning("tasks", "there is no tasks.toml here or above")
            .why("there are no tasks to run, and no compose file is named")
            .fix("go to the project's folder, or name the file: --file path/to/tasks.toml"),
    }
}

/// The last line where everything is as it should be.
pub const NOTHING_FOUND: &str = "no problems found";

fn screen(context: &Context, findings: &[Finding], facts: &Facts) -> String {
    let mut text = report::table(findings, &context.ui.out);
    text.push('\n');
    for skipped in &facts.skipped {
        text.push_str(&format!("not looked at: {skipped}\n"));
    }
    let count = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    text.push_str(&match (errors, warnings) {
        (0, 0) => format!("\n{NOTHING_FOUND}"),
        _ => format!("\n{}, {}", text::count(errors, "error"), text::count(warnings, "warning")),
    });
    text
}

fn as_json(findings: &[Finding], facts: &Facts) -> serde_json::Value {
    let findings: Vec<_> = findings.iter().map(report::as_json).collect();
    json!({ "findings": findings, "not_looked_at": facts.skipped })
}
