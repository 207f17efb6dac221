//! What keeps an installer from keeping its downloads in a mount, and what would change that.

use std::ops::Range;

use crate::dockerfile::commands::Command;
use crate::dockerfile::removal;
use crate::dockerfile::shell::{Seen, Value};
use crate::installers::command::{self, Install};
use crate::installers::folder::Folder;
use crate::installers::installer::Off;
use crate::lint::image::bases::Family;
use crate::lint::image::state::By;
use crate::lint::image::steps::Now;
use crate::lint::installs::changes::Change;
use crate::lint::installs::cut;
use crate::lint::installs::mounts::Cover;

/// Something that keeps a mount empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defeat {
    /// What it is, for a message: `--no-cache-dir`.
    pub what: String,
    /// Why that matters.
    pub why: String,
    /// What to do, as a phrase: remove `--no-cache-dir`.
    pub fix: String,
    /// Where it is; `None` if it is in the base image.
    pub span: Option<Range<usize>>,
    /// The changes that take it away; `None` if that can't be done by an edit here.
    pub changes: Option<Vec<Change>>,
    /// It was seen, and does not depend on what a base image holds.
    pub is_sure: bool,
}

/// What defeats an install command.
pub fn of(now: &Now<'_>, place: usize, install: &Install<'_>, folder: Option<&Folder>, cover: &Cover) -> Vec<Defeat> {
    let looks = install.installer.turned_off.iter();
    let mut found: Vec<Defeat> = looks.filter_map(|off| by(off.is, now, place, install, cover)).collect();
    // Of a mount that holds more than the downloads, the rest may go.
    let target = match (folder, cover) {
        (Some(folder), _) => Some(folder.path.as_str()),
        (None, Cover::By(_, target)) => Some(target.as_str()),
        (None, _) => None,
    };
    let behind = now.removers.iter().filter(|at| **at > place).map(|at| &now.commands[*at]);
    found.extend(behind.filter_map(|command| cleaned(now, command, install, target)));
    found
}

fn by(off: Off, now: &Now<'_>, place: usize, install: &Install<'_>, cover: &Cover) -> Option<Defeat> {
    let command = &now.commands[place];
    let name = install.installer.name;
    // A step that names a file deals with it.
    let is_named = |path: &str| {
        let file = path.rsplit('/').next().unwrap_or(path);
        now.mentions.contains(&file) || now.image.is_named(file)
    };
    match off {
        Off::Option(option) => {
            let at = command.words.iter().position(|word| *word == Some(option))?;
            let span = command.read.words[at].span.clone();
            Some(Defeat {
                what: format!("`{option}`"),
                why: format!("{name} keeps nothing with it"),
                fix: format!("remove `{option}`"),
                span: Some(now.run.places.span(&span)),
                changes: cut::word(now, command, at).map(|cut| vec![cut]),
                is_sure: true,
            })
        }
        Off::Variable(variable) if is_beaten(install, variable) => None,
        Off::Variable(variable) => variable_set(now, command, name, variable, |value| !value.is_empty()),
        Off::TrueVariable(variable) => {
            const FALSE: [&str; 7] = ["", "0", "false", "no", "off", "n", "f"];
            let is_true = |value: &str| !FALSE.iter().any(|no| value.eq_ignore_ascii_case(no));
            variable_set(now, command, name, variable, is_true)
        }
        // What a configuration file of the image says can't be seen here.
        Off::Setting(_) => None,
        Off::File(path) => {
            let is_there = matches!(now.image.family, None | Some(Family::Debian | Family::Ubuntu));
            if !is_there || is_named(path) {
                return None;
            }
            let prefix = format!("rm -f {path}");
            let is_root = command.read.user.is_none() && now.image.user.uid == Some(0);
            Some(Defeat {
                what: format!("`{path}`"),
                why: format!(
                    "images of Debian and Ubuntu have it, and it makes {name} delete each package after installing it"
                ),
                fix: format!("begin the step with `{prefix}`"),
                span: None,
                changes: is_root.then(|| vec![Change::Before(prefix)]),
                is_sure: now.image.family.is_some(),
            })
        }
        Off::WithoutFile(path) => {
            let is_mounted = match cover {
                Cover::By(_, target) => target.as_str() == path,
                // A mount would be there.
                _ => true,
            };
            if is_mounted || is_named(path) {
                return None;
            }
            Some(Defeat {
                what: format!("no `{path}`"),
                why: format!("{name} keeps packages only where that is a folder, or a link to one"),
                fix: format!("mount it at `{path}`"),
                span: None,
                changes: None,
                is_sure: now.image.is_known,
            })
        }
        Off::Unless(word, option) => {
            if now.mentions.contains(&word) || now.image.is_named("/etc/") {
                return None;
            }
            let program = command.read.words[0].span.clone();
            let at = now.run.places.span(&program).end;
            let is_plain = now.run.script.get(program) == command.words[0];
            Some(Defeat {
                what: format!("no `{word}`"),
                why: format!("{name} deletes each package after installing it, unless `{word}` is set"),
                fix: format!("add `{option}`"),
                span: None,
                changes: is_plain.then(|| vec![Change::Insert(at, format!(" {option}"))]),
                is_sure: true,
            })
        }
        Off::Program(program, other) if install.program() == program => {
            let span = command.read.words[0].span.clone();
            let is_plain = now.run.script.get(span.clone()) == Some(program);
            let span = now.run.places.span(&span);
            Some(Defeat {
                what: format!("`{program}`"),
                why: format!("it deletes each package after installing it, and `{other}` keeps them"),
                fix: format!("use `{other}`"),
                span: Some(span.clone()),
                changes: is_plain.then(|| vec![Change::Replace(span, other.to_owned())]),
                is_sure: true,
            })
        }
        Off::Program(..) => None,
    }
}

/// Whether an option of the command counts more than a variable.
fn is_beaten(install: &Install<'_>, variable: &str) -> bool {
    let mut beats = install.installer.beats.iter().filter(|(_, beaten)| *beaten == variable);
    beats.any(|(option, _)| command::has_option(install.arguments, option))
}

/// A variable that turns the cache off.
fn variable_set(
    now: &Now<'_>,
    command: &Command<'_>,
    name: &str,
    variable: &str,
    turns_off: impl Fn(&str) -> bool,
) -> Option<Defeat> {
    let Seen::Value(value) = command.read.variable(variable) else { return None };
    if !turns_off(value) {
        return None;
    }
    let in_script = command.read.variables().any(|(own, _)| own == variable);
    let set = now.image.set(variable).filter(|_| !in_script);
    let by = set.and_then(|set| set.by.as_ref());
    let (span, changes) = match (in_script, by) {
        (true, _) => (Some(now.run.places.span(&command.read.span)), cut::assignment(now, command, variable)),
        (false, Some(by)) => {
            let before = set.iter().flat_map(|set| &set.before);
            // The nearest one that lets the cache on would count again.
            let same = before.rev().take_while(|(_, value)| value.known().is_none_or(&turns_off));
            let all = std::iter::once(by).chain(same.map(|(by, _)| by));
            (Some(by.pair.clone()), Some(all.map(without).collect()))
        }
        (false, None) => (None, None),
    };
    let is_of_base = set.is_some_and(|set| matches!(set.value, Value::Known(_)) && set.by.is_none());
    let by_line = by.map(|by| format!(" from line {}", by.line)).unwrap_or_default();
    let fix = match is_of_base {
        true => format!("run it with `env -u {variable}`"),
        false => format!("remove {variable}{by_line}"),
    };
    let shown = format!("{variable}={value}");
    Some(Defeat {
        what: format!("`{shown}`"),
        why: format!("{name} keeps nothing while it is set"),
        fix,
        span,
        changes,
        is_sure: true,
    })
}

/// Takes away a `NAME=value`; the instruction, if it sets nothing else.
fn without(by: &By) -> Change {
    let cut = if by.pairs == 1 { by.instruction.clone() } else { by.pair.clone() };
    Change::Cut { ranges: vec![cut], instruction: by.instruction.clone() }
}

/// A command behind the install that empties the folder.
fn cleaned(now: &Now<'_>, command: &Command<'_>, install: &Install<'_>, target: Option<&str>) -> Option<Defeat> {
    let span = command.read.span.clone();
    let of_installer = command::cleaning(&command.words).filter(|(installer, _)| *installer == install.installer);
    let (shown, changes) = match of_installer {
        // Only what no list of packages names any more.
        Some((_, shown)) if shown.ends_with(" autoclean") => return None,
        Some((_, shown)) => (shown, cut::command(now, &span).map(|cut| vec![cut])),
        None => {
            let target = target?;
            let found = removal::of(command, now.image.folder.as_deref(), target)?;
            let operands = command.words[1..].iter().filter(|word| !word.is_some_and(|word| word.starts_with('-')));
            let is_all = operands.count() == found.words.len();
            let words: Vec<&str> = command.words.iter().copied().flatten().collect();
            let changes = match is_all {
                true => cut::command(now, &span).map(|cut| vec![cut]),
                false if words[0].ends_with("rm") => {
                    found.words.iter().map(|at| cut::word(now, command, *at)).collect()
                }
                false => None,
            };
            (words.join(" "), changes)
        }
    };
    Some(Defeat {
        what: format!("`{shown}`"),
        why: "it empties the mount, which is no part of the image".to_owned(),
        fix: format!("remove `{shown}`"),
        span: Some(now.run.places.span(&span)),
        changes,
        is_sure: true,
    })
}
