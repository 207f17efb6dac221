//! A mount that the step can't write to.

use crate::verify::causes::{Cause, cause};
use crate::verify::verdict::{Mount, Step};

/// It was seen in the step, or the installer says so.
pub fn seen(mount: &Mount, step: &Step, uid: Option<u32>) -> Option<Cause> {
    let run = &step.runs[0];
    let seen = run.mount.as_ref().and_then(|mount| mount.writable) == Some(false);
    let words = mount.installer().and_then(|installer| installer.output?.is.not_writable);
    let said = words.is_some_and(|words| run.lines.iter().any(|line| line.contains(words)));
    (seen || said).then(|| cause_of(mount, step, uid))
}

/// Why, by the options of the mount and the user.
pub fn cause_of(mount: &Mount, step: &Step, uid: Option<u32>) -> Cause {
    let (file, target, line) = (&mount.file, mount.path(), step.line);
    let options = || step.options.split(',').map(str::trim);
    let is_read_only = |option: &&str| {
        let (name, value) = option.split_once('=').unwrap_or((*option, "true"));
        ["ro", "readonly"].contains(&name.to_ascii_lowercase().as_str()) && !["false", "0"].contains(&value)
    };
    if let Some(option) = options().find(is_read_only) {
        let why = format!("the step can't write to `{target}`: the mount is `{option}`");
        return cause(why, format!("remove `{option}` from line {line} of `{file}`"));
    }
    let of_user = |uid: u32| format!("line {line} of `{file}`: RUN --mount=type=cache,target={target},uid={uid} …");
    let own = options().find(|option| option.starts_with("uid="));
    match (uid, own) {
        (Some(uid), Some(own)) if own == format!("uid={uid}") => {
            let mode = options().find(|option| option.starts_with("mode="));
            let fix = mode.map(|mode| format!("look at `{mode}` in line {line} of `{file}`")).unwrap_or_default();
            cause(format!("user {uid} can't write to `{target}`, though the mount has `{own}`"), fix)
        }
        (Some(uid), Some(own)) if uid != 0 => {
            cause(format!("user {uid} can't write to `{target}`: the mount has `{own}`"), of_user(uid))
        }
        (Some(uid), None) if uid != 0 => {
            cause(format!("user {uid} can't write to `{target}`: a new mount belongs to root"), of_user(uid))
        }
        _ => cause(
            format!("the step can't write to `{target}`"),
            format!("line {line} of `{file}`: give the mount the step's user (uid=…)"),
        ),
    }
}
