//! `buildkit`: whether the engine builds by BuildKit by itself, and the edit of its daemon.json that makes it so.

use crate::buildkit::place;
use crate::system::paths;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use crate::buildkit::daemon_json;
use crate::buildkit::place::{Kind, Place};
use crate::docker::facts::Machine;
use crate::docker::programs::{self as docker, Questions};
use crate::doctor::checks::engine::FIRST_BY_DEFAULT;
use crate::project::built_in::{Does, Row};
use crate::project::context::Context;
use crate::system::command_line::{Invocation, command_line};
use crate::system::exit::Exit;
use crate::system::files::{self, Found};
use crate::system::os::Os;
use crate::system::process;
use crate::tasks::plan;
use crate::ui::finding::Finding;
use crate::ui::problem::Problem;
use crate::ui::report::Report;
use crate::ui::source::Source;

pub const ROW: Row = Row {
    name: "buildkit",
    about: "Turn BuildKit on in the engine itself, for good",
    needs_tasks: false,
    accepts,
    does: Does::Runs(buildkit),
};

/// For an engine that does not answer.
const LIMIT: Duration = Duration::from_secs(4);

fn accepts(command: Command) -> Command {
    command
        .arg(
            Arg::new("action")
                .value_name("ACTION")
                .required(true)
                .value_parser(["status", "enable", "disable"])
                .help("Say how it is, set `features.buildkit` in daemon.json, or take it out again"),
        )
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .help("The daemon.json to change, in place of this system's own"),
        )
        .arg(Arg::new("json").long("json").help("Print the status as JSON").action(ArgAction::SetTrue))
}

fn buildkit(context: &Context, matches: &ArgMatches) -> Result<Exit> {
    let action = matches.get_one::<String>("action").map_or("status", String::as_str);
    let named = matches.get_one::<String>("config").map(|file| paths::absolute(&context.current_dir, Path::new(file)));
    let machine = ask(context);
    let place = match named {
        Some(path) => Place {
            path,
            kind: place::kind(&machine, &context.environment, Os::HERE).unwrap_or(Kind::System),
            named: true,
        },
        None => place::place(&machine, &context.environment, Os::HERE)?,
    };
    let found = files::find(&place.path).map_err(|error| no_right(context, &place, action, &error))?;
    let text = text_of(&found, &place, context)?;
    let shown = paths::shown_from(&context.current_dir, &place.path);
    let mistake = |finding: Finding| -> anyhow::Error {
        Report::new(Source { path: shown.clone(), text: text.clone() }, vec![finding]).into()
    };
    match action {
        "status" => {
            let set = daemon_json::buildkit(&text).map_err(mistake)?;
            status(context, &machine, &place, set, matches.get_flag("json"));
            Ok(Exit::DONE)
        }
        action => {
            let enables = action == "enable";
            let changed = if enables { daemon_json::enable(&text) } else { daemon_json::disable(&text) };
            let changed = changed.map_err(mistake)?;
            if enables && !place.named && is_default(&machine) {
                let version = machine.server.as_ref().map_or("", |server| server.shown.as_str());
                context.ui.result(format_args!("nothing to do: engine {version} builds by BuildKit by default"));
                return Ok(Exit::DONE);
            }
            if changed == text {
                let how = if enables { "is true already" } else { "is not set" };
                context.ui.result(format_args!("nothing to do: `features.buildkit` {how} in `{shown}`"));
                return Ok(Exit::DONE);
            }
            if context.globals.dry_run {
                context.ui.result(difference(&shown, &text, &changed).trim_end());
                return Ok(Exit::DONE);
            }
            write(context, &place, &found, &changed, action)?;
            context.ui.result(format_args!("next: {}", place.kind.reload()));
            Ok(Exit::DONE)
        }
    }
}

/// What the engine says of itself; nobody has to be there.
fn ask(context: &Context) -> Machine {
    let common = context.find_project().map(|project| plan::common_variables(&project.config)).unwrap_or_default();
    let environment = context.environment.with(&context.added_variables(&[], &common));
    docker::machine(&Questions {
        environment: &environment,
        dir: &context.current_dir,
        compose: None,
        is_compose_1: false,
        variables: Vec::new(),
        whole: false,
        deadline: Instant::now() + LIMIT,
    })
}

/// Whether BuildKit is the engine's default without daemon.json. `Builder-Version` alone does not tell: it says what
/// daemon.json says, too.
fn is_default(machine: &Machine) -> bool {
    let is_windows = machine.info.as_ref().is_some_and(|info| info.os_type == "windows");
    !is_windows
        && machine.server.as_ref().and_then(|server| server.version).is_some_and(|version| version >= FIRST_BY_DEFAULT)
}

fn text_of(found: &Found, place: &Place, context: &Context) -> Result<String> {
    String::from_utf8(found.bytes.clone().unwrap_or_default()).map_err(|error| {
        let shown = paths::shown_from(&context.current_dir, &place.path);
        let at = error.utf8_error().valid_up_to();
        Problem::new(format!("`{shown}` is not valid UTF-8 (byte {at})"))
            .hint("save it as UTF-8: docker reads nothing else")
            .into()
    })
}

fn status(context: &Context, machine: &Machine, place: &Place, set: Option<bool>, as_json: bool) {
    let version = machine.server.as_ref().map(|server| server.shown.clone());
    let by_default = machine.engine.builds_by_default.or_else(|| is_default(machine).then_some(true));
    if as_json {
        return context.ui.result(format_args!(
            "{:#}",
            json!({ "file": place.path.display().to_string(), "features_buildkit": set, "engine": version, "builds_by_buildkit": by_default })
        ));
    }
    let set = match set {
        Some(value) => format!("`features.buildkit` is {value}"),
        None => "`features.buildkit` is not set".to_owned(),
    };
    context.ui.result(format_args!("{set} in `{}`", paths::shown_from(&context.current_dir, &place.path)));
    let engine = match (&version, by_default) {
        (None, _) => "the engine does not answer".to_owned(),
        (Some(version), _) if is_default(machine) => {
            format!("engine {version} builds by BuildKit by default: daemon.json changes nothing for Linux containers")
        }
        (Some(version), Some(true)) => format!("engine {version} builds by BuildKit, because daemon.json says so"),
        (Some(version), _) => format!("engine {version} builds by BuildKit only where DOCKER_BUILDKIT=1 is set"),
    };
    context.ui.result(engine);
}

/// The old file stays until the new one is whole, and docker has nothing against it.
fn write(context: &Context, place: &Place, found: &Found, changed: &str, action: &str) -> Result<()> {
    let no_right = |error: std::io::Error| no_right(context, place, action, &error);
    let shown = |path: &Path| paths::shown_from(&context.current_dir, path);
    let draft = files::draft(&found.path, changed.as_bytes()).map_err(no_right)?;
    if let Some(refusal) = validate(context, &draft.path) {
        let was_bad = found.bytes.is_some().then(|| validate(context, &found.path)).flatten().is_some();
        let message = format!("docker refuses the changed file, and the old one stays: {refusal}");
        let hint = if was_bad { "it refuses the old one, too: mend that first" } else { "please report this" };
        return Err(Problem::new(message).hint(hint).into());
    }
    let backup = found.bytes.as_ref().map(|bytes| files::back_up(&found.path, bytes)).transpose().map_err(no_right)?;
    draft.replace().map_err(no_right)?;
    match backup {
        Some(backup) => {
            context.ui.result(format_args!("changed `{}`; the old one is `{}`", shown(&found.path), shown(&backup)))
        }
        None => context.ui.result(format_args!("wrote `{}`", shown(&found.path))),
    }
    Ok(())
}

/// What `dockerd --validate` has against a file. None: nothing, or there is no dockerd that could say (before 23.0 it
/// does not know the flag).
fn validate(context: &Context, file: &Path) -> Option<String> {
    let program = OsString::from("dockerd");
    process::find(&program, &context.current_dir, &context.environment)?;
    let words = vec![program, "--validate".into(), "--config-file".into(), file.into()];
    let invocation = Invocation { words, env: Vec::new(), dir: context.current_dir.clone() };
    let output = process::output_until(&invocation, &context.environment, Instant::now() + LIMIT).ok().flatten()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let refuses = !output.status.success() && said.contains("unable to configure the Docker daemon");
    refuses.then(|| said.lines().next().unwrap_or_default().trim().to_owned())
}

fn no_right(context: &Context, place: &Place, action: &str, error: &std::io::Error) -> anyhow::Error {
    let shown = paths::shown_from(&context.current_dir, &place.path);
    let problem = Problem::new(format!("can't change `{shown}`: {error}"));
    if error.kind() != std::io::ErrorKind::PermissionDenied {
        return problem.into();
    }
    // Root has no cargo on PATH, as a rule: the program itself, by its whole path.
    let program = process::own_program().unwrap_or_else(|| PathBuf::from("xtask"));
    let mut words: Vec<OsString> = vec![program.into()];
    words.extend(context.globals.dry_run.then(|| "--dry-run".into()));
    words.extend(["buildkit".into(), action.into(), "--config".into(), place.path.clone().into()]);
    let line = command_line(&words, Os::HERE);
    let hint = match Os::HERE {
        Os::Windows => format!("in a terminal of an administrator: {line}"),
        Os::Linux | Os::Mac => format!("sudo {line}"),
    };
    problem.hint(hint).into()
}

/// The one place where two texts differ, as a patch shows it.
fn difference(shown: &str, old: &str, new: &str) -> String {
    const CONTEXT: usize = 2;
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let most = old.len().min(new.len());
    let same_before = old.iter().zip(&new).take_while(|(left, right)| left == right).count();
    let same_after = old.iter().rev().zip(new.iter().rev()).take_while(|(left, right)| left == right).count();
    let same_after = same_after.min(most - same_before);
    let from = same_before.saturating_sub(CONTEXT);
    let mut text = format!("{shown}:{}\n", from + 1);
    let mut push =
        |mark: &str, lines: &[&str]| lines.iter().for_each(|line| text.push_str(&format!("{mark} {line}\n")));
    push(" ", &old[from..same_before]);
    push("-", &old[same_before..old.len() - same_after]);
    push("+", &new[same_before..new.len() - same_after]);
    let end = old.len() - same_after;
    push(" ", &old[end..(end + CONTEXT).min(old.len())]);
    text
}
