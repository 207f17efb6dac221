//! The verdicts on the screen and as JSON.

use std::time::Instant;

use serde_json::{Value, json};

use crate::compose::redact::Secrets;
use crate::project::context::Context;
use crate::system::exit::Exit;
use crate::trial::leftovers::Left;
use crate::trial::project::Project;
use crate::ui::escape::one_line;
use crate::ui::style::Paint as _;
use crate::ui::text;
use crate::verify::causes::Cause;
use crate::verify::verdict::{self, Judged, Mount, Verdict};

/// Prints what was found, and gives the code for it. `took`: the seconds that the builds took.
pub fn print(
    context: &Context,
    project: &Project,
    json: bool,
    mounts: &[Mount],
    took: f64,
    left: Option<&Left>,
    start: Instant,
) -> Exit {
    // Parts of a judgement are what the builds printed.
    let judge = |mount: &Mount| verdict::judge(mount).redacted(&mount.written(), &project.secrets);
    let judged: Vec<(&Mount, Judged)> = mounts.iter().map(|mount| (mount, judge(mount))).collect();
    if json {
        let report = json!({
            "mounts": judged.iter().map(|(mount, judged)| as_json(mount, judged, &project.secrets)).collect::<Vec<_>>(),
            "left": left.map(Left::as_json),
            "seconds": start.elapsed().as_secs_f64(),
            "build_seconds": took,
        });
        context.ui.json(report);
    } else if mounts.is_empty() {
        context.ui.note("no build has a step with a cache mount: there is nothing to verify");
    } else {
        context.ui.result(screen(context, &judged, &project.secrets));
        left.into_iter().flat_map(Left::sentences).for_each(|sentence| context.ui.note(sentence));
    }
    let is_fine =
        |(_, judged): &(&Mount, Judged)| matches!(judged.verdict, Verdict::Works | Verdict::Partly | Verdict::Kept);
    if judged.iter().all(is_fine) { Exit::DONE } else { Exit::FINDINGS }
}

fn screen(context: &Context, judged: &[(&Mount, Judged)], secrets: &Secrets) -> String {
    let styles = &context.ui.out;
    let width = judged.iter().map(|(_, judged)| judged.verdict.name().len()).fold("not reached".len(), usize::max);
    let indent = " ".repeat(width + 2);
    let mut text = String::new();
    for (mount, judged) in judged {
        let word = judged.verdict.name();
        let style = match judged.verdict {
            Verdict::Works => styles.name,
            Verdict::Partly | Verdict::Kept => styles.warning,
            _ => styles.error,
        };
        let gap = " ".repeat(width - word.len());
        let place = secrets.redact_except(&place(mount), &mount.written());
        text.push_str(&format!("{}{gap}  {}\n", word.style(style), one_line(place)));
        text.push_str(&format!("{indent}{}\n", one_line(&judged.evidence)));
        if let Some(Cause { why, fix }) = &judged.cause {
            text.push_str(&format!("{indent}{}\n", one_line(why)));
            judged.last_lines.iter().for_each(|line| text.push_str(&format!("{indent}| {}\n", one_line(line))));
            if !fix.is_empty() {
                text.push_str(&format!("{indent}{}: {}\n", "fix".style(styles.hint), one_line(fix)));
            }
        }
    }
    let of = |verdict: Verdict| judged.iter().filter(|(_, judged)| judged.verdict == verdict).count();
    let counts = [Verdict::Works, Verdict::Partly, Verdict::Kept, Verdict::NotReached].map(of);
    let end = summary(judged.len(), counts);
    text.push_str(&format!("\n{end}"));
    text
}

/// The last line: how many there are, how many work, how many are used in part, of how many the use was not seen, and how
/// many were not reached.
fn summary(all: usize, [work, partly, kept, unreached]: [usize; 4]) -> String {
    match (all, [work, partly, kept, unreached]) {
        (1, [1, ..]) => "the cache mount works".to_owned(),
        (1, [_, 1, ..]) => "the cache mount is used in part".to_owned(),
        (1, [_, _, 1, _]) => "whether the cache mount is used was not seen".to_owned(),
        (1, [.., 1]) => "nothing is known about the cache mount: its step did not run to its end".to_owned(),
        (1, ..) => "the cache mount does not work".to_owned(),
        _ if all == work => format!("all {all} cache mounts work"),
        _ => {
            let mut sentence = format!("{work} of {} work", text::count(all, "cache mount"));
            for (count, verdict) in [(partly, Verdict::Partly), (kept, Verdict::Kept), (unreached, Verdict::NotReached)]
            {
                if count > 0 {
                    sentence.push_str(&format!("; {count} {}", verdict.name()));
                }
            }
            sentence
        }
    }
}

/// `/root/.cache/pip` of `Dockerfile`, line 5.
fn place(mount: &Mount) -> String {
    let lines: Vec<String> = mount.steps.iter().map(|step| step.line.to_string()).collect();
    let id = if mount.id == mount.target { String::new() } else { format!(" (id `{}`)", mount.id) };
    let word = if lines.len() == 1 { "line" } else { "lines" };
    format!("`{}`{id} of `{}`, {word} {}", mount.target, mount.file, text::and_list(&lines, "and"))
}

fn as_json(mount: &Mount, judged: &Judged, secrets: &Secrets) -> Value {
    let redact = |text: &str| secrets.redact_except(text, &mount.written());
    let answer = mount.steps.iter().find_map(|step| step.answer.as_ref());
    let build = |at: usize| {
        let said = mount.said(at);
        json!({
            "seconds": mount.seconds(at),
            "bytes_kept": mount.sizes[at],
            "fetched": said.fetched,
            "fetched_bytes": said.fetched_bytes,
            "from_cache": said.cached,
        })
    };
    json!({
        "dockerfile": redact(&mount.file),
        "services": mount.services,
        "id": redact(&mount.id),
        "target": redact(&mount.target),
        "path": redact(mount.path()),
        "lines": mount.steps.iter().map(|step| step.line).collect::<Vec<_>>(),
        "installer": mount.installer().map(|installer| installer.name),
        "verdict": judged.verdict.name(),
        "evidence": judged.evidence,
        "cause": judged.cause.as_ref().map(|cause| &cause.why),
        "last_lines": judged.last_lines,
        "index": answer.map(|answer| answer.redacted(secrets).as_json()),
        "fix": judged.cause.as_ref().map(|cause| &cause.fix).filter(|fix| !fix.is_empty()),
        "builds": [build(0), build(1)],
    })
}
