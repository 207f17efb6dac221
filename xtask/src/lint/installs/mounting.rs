//! Mounts to add to a step, and the edits that add them.

use std::ops::Range;

use crate::dockerfile::edit::Edit;
use crate::dockerfile::model::{Instruction, Run};
use crate::installers::folder::Folder;
use crate::installers::installer::{Installer, Sharing};
use crate::instructions::lines::Directives;
use crate::lint::image::accounts::Account;
use crate::lint::installs::changes::{self, Change};
use crate::lint::installs::site::Site;

/// The flags of the mounts that an install needs: `--mount=type=cache,target=/root/.cache/pip`.
pub fn flags(site: &Site) -> Vec<String> {
    let targets = site.folder.iter().flat_map(|folder| targets(site.installer, folder));
    let all = targets.chain(site.compiled.iter().map(|folder| folder.path.clone()));
    all.map(|target| flag(&target, site.installer, site.user.as_ref())).collect()
}

/// What to mount of the folder of its downloads.
pub fn targets(installer: &Installer, folder: &Folder) -> Vec<String> {
    let of = |part: &&str| match *part {
        "" => folder.path.clone(),
        ".." => folder.path.rsplit_once('/').map_or(&*folder.path, |(above, _)| above).to_owned(),
        part => format!("{}/{part}", folder.path),
    };
    installer.mounts.iter().map(of).collect()
}

fn flag(target: &str, installer: &Installer, user: Option<&Account>) -> String {
    let sharing = if installer.sharing.is == Sharing::Locked { ",sharing=locked" } else { "" };
    format!("--mount=type=cache,target={target}{sharing}{}", owner(user))
}

/// The options that give a mount to a user; none for root.
pub fn owner(user: Option<&Account>) -> String {
    match user.and_then(|user| Some((user.uid?, user.gid))) {
        Some((0, _)) | None => String::new(),
        Some((uid, Some(gid))) => format!(",uid={uid},gid={gid}"),
        Some((uid, None)) => format!(",uid={uid}"),
    }
}

/// The edits of all these changes to one step. `None` if one of them can't be made there.
pub fn edits(text: &str, step: &Instruction, run: &Run, flags: &[String], changes: &[Change]) -> Option<Vec<Edit>> {
    let layout = Layout::of(text, step, run)?;
    let mut edits = Vec::new();
    let mut cuts: Vec<(Range<usize>, Vec<Range<usize>>)> = Vec::new();
    let mut before: Vec<&str> = Vec::new();
    for change in changes {
        match change {
            Change::Insert(at, text) => edits.push(Edit { span: *at..*at, text: text.clone() }),
            Change::Replace(span, text) => edits.push(Edit { span: span.clone(), text: text.clone() }),
            Change::Before(command) if !before.contains(&command.as_str()) => before.push(command),
            Change::Before(_) => {}
            Change::Cut { ranges, instruction } => match cuts.iter_mut().find(|(other, _)| other == instruction) {
                Some((_, all)) => all.extend(ranges.iter().cloned()),
                None => cuts.push((instruction.clone(), ranges.clone())),
            },
        }
    }
    for (instruction, ranges) in &cuts {
        edits.extend(changes::cut(text, instruction, ranges, layout.escape));
    }
    edits.extend(layout.inserted(run, flags, &before)?);
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let overlap = edits.windows(2).any(|pair| pair[1].span.start < pair[0].span.end);
    (!overlap).then(|| joined(edits))
}

/// How the lines of a step are written.
struct Layout<'a> {
    escape: char,
    /// The end of its lines.
    end: &'a str,
    indent: &'a str,
    /// Where its arguments begin.
    at: usize,
    /// It has a here-document, so that its arguments stay on one line.
    is_one_line: bool,
}

impl<'a> Layout<'a> {
    fn of(text: &'a str, step: &Instruction, run: &Run) -> Option<Layout<'a>> {
        if run.script.is_empty() && step.arguments.is_empty() {
            return None;
        }
        let escape = Directives::of(text).ok()?.escape;
        let at = run.places.place(0);
        let written = &text[step.span.clone()];
        let first_end = text[step.span.start..].find('\n').map_or(text.len(), |newline| step.span.start + newline);
        let end = if text[..first_end].ends_with('\r') { "\r\n" } else { "\n" };
        let is_content = |line: &&str| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#') && line != escape.to_string()
        };
        let indent = written.lines().skip(1).find(is_content).map_or("    ", |line| {
            let indent = &line[..line.len() - line.trim_start().len()];
            if indent.is_empty() { "    " } else { indent }
        });
        Some(Layout { escape, end, indent, at, is_one_line: step.arguments.contains("<<") })
    }

    /// The flags and the commands that come before its own.
    fn inserted(&self, run: &Run, flags: &[String], before: &[&str]) -> Option<Vec<Edit>> {
        let joint = format!("{}{}{}", self.escape, self.end, self.indent);
        let mut edits = Vec::new();
        let mut start = String::new();
        if self.is_one_line {
            flags.iter().for_each(|flag| start.push_str(&format!("{flag} ")));
        } else {
            flags.iter().for_each(|flag| start.push_str(&format!("{flag} {joint}")));
        }
        match run.slot {
            _ if before.is_empty() => {}
            None => return None,
            Some(slot) if slot.end == '\n' => {
                let lines: String = before.iter().map(|command| format!("{command}{}", self.end)).collect();
                edits.push(Edit { span: slot.at..slot.at, text: lines });
            }
            Some(_) => before.iter().for_each(|command| start.push_str(&format!("{command} && {joint}"))),
        }
        if !start.is_empty() {
            edits.push(Edit { span: self.at..self.at, text: start });
        }
        Some(edits)
    }
}

/// Edits that touch as one, so that none of them is an empty neighbour of another.
fn joined(edits: Vec<Edit>) -> Vec<Edit> {
    let mut joined: Vec<Edit> = Vec::new();
    for edit in edits {
        match joined.last_mut() {
            Some(last) if last.span.end == edit.span.start => {
                last.span.end = edit.span.end;
                last.text.push_str(&edit.text);
            }
            _ => joined.push(edit),
        }
    }
    joined
}
