//! What each Dockerfile and its build context will do to the next build.

mod changing;
mod installs;
mod reruns;

use crate::facts::builds::{BuildFacts, ContextFacts, Need, is_whole_context};
use crate::finding::Finding;
use crate::text;

/// A context of this size takes seconds to send, each time something in it changed.
const LARGE_CONTEXT: u64 = 100_000_000;

pub fn judge(builds: &[BuildFacts]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for build in builds {
        let of_build = std::iter::once(dockerfile(build)).chain(reruns::reruns(build));
        let of_build = of_build.chain(build.context.as_ref().into_iter().flat_map(|found| context(build, found)));
        // Two targets of one file have their common stages in common, and what is wrong with them.
        for finding in of_build {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

fn dockerfile(build: &BuildFacts) -> Finding {
    let shown = &build.shown;
    let services = text::and_list(&build.services.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), "and");
    let file = match &build.dockerfile {
        Ok(file) => file,
        Err(error) => {
            return Finding::error("dockerfile", format!("`{shown}` can't be read: {error}"))
                .why(format!("{services} can't be built"))
                .fix("mend it, or name another under `build:` in the compose file");
        }
    };
    if let Some(target) = build.target.as_deref().filter(|target| file.needed(Some(target)).is_none()) {
        let names: Vec<String> =
            file.stages.iter().filter_map(|stage| stage.name.as_deref()).map(|it| format!("`{it}`")).collect();
        return Finding::error("dockerfile", format!("`{shown}` has no stage `{target}`"))
            .why(format!("{services} can't be built"))
            .fix(format!("`target:` in the compose file can be {}", text::and_list(&names, "or")));
    }
    let target = build.target.as_deref().map(|target| format!(", stage `{target}`")).unwrap_or_default();
    Finding::ok(
        "dockerfile",
        match build.needs_buildkit() {
            Some(Need { what, line: Some(line), .. }) => {
                format!("`{shown}`{target} needs BuildKit (`{what}`, line {line})")
            }
            Some(need) => format!("`{shown}`{target} needs BuildKit ({} in the compose file)", need.what),
            None => format!("`{shown}`{target} needs no BuildKit"),
        },
    )
}

/// The build context: what is sent that no image needs.
fn context(build: &BuildFacts, context: &ContextFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let shown = &context.shown;
    let more = if context.cut_short { "more than " } else { "" };
    let size = format!("{more}{} files, {}", context.files, text::size(context.bytes));
    let copies_all = build.copied().into_iter().find(|(source, _)| is_whole_context(source));
    let lines: Vec<String> = context.unwanted.iter().map(|unwanted| format!("`{}`", unwanted.line)).collect();
    let seen: Vec<String> = context.unwanted.iter().map(|unwanted| format!("`{}`", unwanted.seen)).collect();
    let place = context.ignore_file.as_deref().unwrap_or(&context.ignore_place);
    let largest: Vec<String> =
        context.largest.iter().map(|(name, bytes)| format!("`{name}` {}", text::size(*bytes))).collect();
    let secret = context.unwanted.iter().any(|unwanted| unwanted.secret);
    // With BuildKit only what a `COPY` names is sent at all.
    findings.push(match copies_all {
        Some((_, line)) if !context.unwanted.is_empty() => {
            let why = if secret { "passwords may get into the image, and every change" } else { "every change" };
            Finding::warning(
                "context",
                format!("{} of `{shown}` get into the image ({size})", text::and_list(&seen, "and")),
            )
            .why(format!("{why} of them runs the steps from `{}` line {line} on again", build.shown))
            .fix(format!("add to `{place}`: {}", lines.join(", ")))
        }
        Some(_) if context.bytes > LARGE_CONTEXT => {
            Finding::warning("context", format!("`{shown}` is large: {size}; {}", largest.join(", ")))
                .why("all of it is looked through at each build, and sent when it changed")
                .fix(format!("name what no image needs in `{place}`"))
        }
        Some(_) => match &context.ignore_file {
            Some(file) => Finding::ok("context", format!("`{shown}`: {size}, without what `{file}` leaves out")),
            None => {
                Finding::ok("context", format!("`{shown}`: {size}; there is no `{place}`, and nothing to leave out"))
            }
        },
        None => Finding::ok("context", format!("`{shown}`: only what `COPY` names is sent")),
    });
    if let Some(first) = context.scripts.first() {
        let all: Vec<String> = context.scripts.iter().map(|path| format!("`{path}`")).collect();
        findings.push(
            Finding::error(
                "line-endings",
                format!("{} in `{shown}` ends its first line with `\\r`", text::and_list(&all, "and")),
            )
            .why("Linux then looks for a program whose name ends in `\\r`: \"no such file or directory\"")
            .fix(format!("`{first} text eol=lf` in .gitattributes, then: git add --renormalize .")),
        );
    }
    findings
}

#[cfg(test)]
mod tests;
