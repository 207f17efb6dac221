//! `buildkit`: whether the engine uses BuildKit by default, and the edit of its daemon.json that makes it do so.

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use crate::buildkit::which_daemon_json::Place;
use crate::buildkit::{daemon_json, which_daemon_json, write};
use crate::docker::facts::{Machine, Question};
use crate::docker::machine::{Questions, machine};
use crate::doctor::checks::engine::FIRST_BY_DEFAULT;
use crate::project::built_in::{BuiltIn, Does};
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::system::files;
use crate::system::os::Os;
use crate::system::paths;
use crate::ui::finding::Finding;
use crate::ui::problem::Problem;
use crate::ui::report::Report;
use crate::ui::source::Source;

pub const BUILT_IN: BuiltIn = BuiltIn {
    name: "buildkit",
    about: "Turn BuildKit on in the engine itself, for good",
    needs_tasks: false,
    accepts,
    does: Does::Runs(buildkit),
};

fn accepts(command: Command) -> Command {
    command
        .arg(
            Arg::new("action")
                .value_name("ACTION")
                .required(true)
                .value_parser(["status", "enable", "disable"])
                .help("Show `features.buildkit` in daemon.json, set it, or remove it again"),
        )
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .help("The daemon.json to use in place of the engine's own"),
        )
        .arg(Arg::new("json").long("json").help("Print the status as JSON").action(ArgAction::SetTrue))
}

fn buildkit(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let action = matches.get_one::<String>("action").map_or("status", String::as_str);
    let enables = action == "enable";
    let named = matches.get_one::<String>("config").map(|file| paths::absolute(&context.current_dir, Path::new(file)));
    let machine = ask(context);
    let place = which_daemon_json::place(&machine, named, &context.environment, Os::HERE)?;
    if machine.engine.podman.is_some() && action != "status" && !place.named {
        return Err(Problem::new("the engine is Podman, which reads no daemon.json and has no BuildKit")
            .hint_if(context.built_in("doctor"))
            .into());
    }
    let found = files::find(&place.path).map_err(|error| write::no_right(context, &place, action, &error))?;
    let shown = paths::shown_from(&context.current_dir, &place.path);
    let text = files::utf8(found.bytes.clone().unwrap_or_default(), &shown)?;
    let mistake = |finding: Finding| -> anyhow::Error {
        Report::new(Source::new(shown.clone(), text.clone()), vec![finding], &HashSet::new()).into()
    };
    let changed = match action {
        "enable" => daemon_json::enable(&text).map_err(mistake)?,
        "disable" => daemon_json::disable(&text).map_err(mistake)?,
        _ => {
            let set = daemon_json::buildkit(&text).map_err(mistake)?;
            status(context, &machine, &place, set, matches.get_flag("json"));
            return Ok(Exit::DONE);
        }
    };
    if enables && !place.named && is_default(&machine) {
        let version = machine.server.as_ref().map_or("", |server| server.shown.as_str());
        context.ui.result(format_args!("nothing to do: engine {version} uses BuildKit by default"));
    } else if changed == text {
        let how = if enables { "is already true" } else { "is not set" };
        context.ui.result(format_args!("nothing to do: `features.buildkit` {how} in `{shown}`"));
    } else if context.globals.dry_run {
        context.ui.result(write::difference(&shown, &text, &changed).trim_end());
    } else {
        write::write(context, &place, &found, &changed, action)?;
        context.ui.result(format_args!("next: {}", place.kind.reload()));
    }
    Ok(Exit::DONE)
}

/// What the engine says about itself, if it answers.
fn ask(context: &Context) -> Machine {
    let environment = context.to_look();
    machine(&Questions {
        environment: &environment,
        dir: &context.current_dir,
        engine: &[],
        compose: None,
        no_compose: None,
        is_compose_1: false,
        whole: false,
        deadline: Instant::now() + write::LIMIT,
    })
}

/// Whether BuildKit is the engine's default without daemon.json. `Builder-Version` alone does not show
/// it, since daemon.json changes that too.
fn is_default(machine: &Machine) -> bool {
    let is_windows = machine.info.as_ref().is_some_and(|info| info.os_type == "windows");
    !is_windows
        && machine.server.as_ref().and_then(|server| server.version).is_some_and(|version| version >= FIRST_BY_DEFAULT)
}

fn status(context: &Context, machine: &Machine, place: &Place, set: Option<bool>, as_json: bool) {
    let version = machine.server.as_ref().map(|server| server.shown.clone());
    let by_default = machine.engine.builds_by_default.or_else(|| is_default(machine).then_some(true));
    if as_json {
        return context.ui.json(
            json!({ "file": place.path.display().to_string(), "features_buildkit": set, "engine": version, "builds_by_buildkit": by_default }),
        );
    }
    let set = match set {
        Some(value) => format!("`features.buildkit` is {value}"),
        None => "`features.buildkit` is not set".to_owned(),
    };
    context.ui.result(format_args!("{set} in `{}`", paths::shown_from(&context.current_dir, &place.path)));
    let engine = match (&version, by_default) {
        _ if machine.engine.podman.is_some() => {
            let shown = version.as_deref().unwrap_or("Podman");
            format!("the engine is {shown}, which reads no daemon.json and has no BuildKit")
        }
        (None, _) => match machine.unanswered(Question::Version).filter(|why| !why.is_silent()) {
            Some(why) => format!("can't tell the engine's version: {why}"),
            None => "the engine does not answer".to_owned(),
        },
        (Some(version), _) if is_default(machine) => {
            format!("engine {version} uses BuildKit by default: daemon.json changes nothing for Linux containers")
        }
        (Some(version), Some(true)) => format!("engine {version} uses BuildKit, because daemon.json says so"),
        (Some(version), _) => format!("engine {version} uses BuildKit only where DOCKER_BUILDKIT=1 is set"),
    };
    context.ui.result(engine);
}
