//! Writes a new daemon.json once docker accepts it; the old one is kept beside it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::buildkit::which_daemon_json::Place;
use crate::docker::answer;
use crate::project::context::Context;
use crate::system::command_line::{Invocation, command_line};
use crate::system::drafts;
use crate::system::files::{self, Found};
use crate::system::os::Os;
use crate::system::{paths, process};
use crate::ui::problem::Problem;

/// For a docker that does not answer.
pub const LIMIT: Duration = Duration::from_secs(4);

/// Replaces the file once the new one is whole and docker accepts it.
pub fn write(context: &Context, place: &Place, found: &Found, changed: &str, action: &str) -> Result<()> {
    let no_right = |error: std::io::Error| no_right(context, place, action, &error);
    let shown = |path: &Path| paths::shown_from(&context.current_dir, path);
    let draft = drafts::draft(&found.path, changed.as_bytes()).map_err(no_right)?;
    if let Some(refusal) = validate(context, &draft.path) {
        let was_bad = found.bytes.is_some().then(|| validate(context, &found.path)).flatten().is_some();
        let message = format!("docker refuses the changed file, and the old one stays: {refusal}");
        let hint = if was_bad { "it refuses the old one too: fix that first" } else { "please report this" };
        return Err(Problem::new(message).hint(hint).into());
    }
    // dockerd's answer took a moment.
    if files::find(&found.path).map_err(no_right)?.bytes != found.bytes {
        let message = format!("`{}` was changed meanwhile, and is left as it is", shown(&found.path));
        return Err(Problem::new(message).hint("run this once more").into());
    }
    let backup = found.bytes.as_ref().map(|bytes| drafts::back_up(&found.path, bytes)).transpose().map_err(no_right)?;
    draft.replace().map_err(no_right)?;
    match backup {
        Some(backup) => {
            context.ui.result(format_args!("changed `{}`; the old one is `{}`", shown(&found.path), shown(&backup)))
        }
        None => context.ui.result(format_args!("wrote `{}`", shown(&found.path))),
    }
    Ok(())
}

/// Why `dockerd --validate` refuses a file. `None` if it does not, or if there is no dockerd that can say (before 23.0 it
/// does not know the flag).
fn validate(context: &Context, file: &Path) -> Option<String> {
    let program = OsString::from("dockerd");
    let environment = context.to_look();
    process::find(&program, &context.current_dir, &environment)?;
    let words = vec![program, "--validate".into(), "--config-file".into(), file.into()];
    let invocation = Invocation::new(words, Vec::new(), context.current_dir.clone());
    let answer = answer::ask(&invocation, &environment, Instant::now() + LIMIT).ok()?;
    let refuses = !answer.status.success() && answer.stderr.contains("unable to configure the Docker daemon");
    refuses.then(|| answer.stderr.lines().next().unwrap_or_default().trim().to_owned())
}

pub fn no_right(context: &Context, place: &Place, action: &str, error: &std::io::Error) -> anyhow::Error {
    let shown = paths::shown_from(&context.current_dir, &place.path);
    let problem = Problem::new(format!("can't change `{shown}`: {error}"));
    if error.kind() != std::io::ErrorKind::PermissionDenied {
        return problem.into();
    }
    // Root usually has no cargo on PATH, so this names the program by its whole path.
    let program = process::own_program().unwrap_or_else(|| PathBuf::from("xtask"));
    let mut words: Vec<OsString> = vec![program.into()];
    words.extend(context.globals.dry_run.then(|| "--dry-run".into()));
    words.extend(["buildkit".into(), action.into(), "--config".into(), place.path.clone().into()]);
    let line = command_line(&words, Os::HERE);
    let hint = match Os::HERE {
        Os::Windows => format!("in an administrator's terminal: {line}"),
        Os::Linux | Os::Mac => format!("sudo {line}"),
    };
    problem.hint(hint).into()
}

/// The one place where two texts differ, as a patch shows it.
pub fn difference(shown: &str, old: &str, new: &str) -> String {
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
