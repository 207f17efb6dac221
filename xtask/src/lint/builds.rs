//! What each Dockerfile and its build context will do to the next build.

use crate::dockerfile::builds::{BuildFacts, ContextFacts, Need};
use crate::lint::reruns;
use crate::system::command_line::quote;
use crate::system::os::Os;
use crate::ui::finding::Finding;
use crate::ui::text;

/// A context of this size takes seconds to send, each time something in it changed.
const LARGE_CONTEXT: u64 = 100_000_000;

/// Further entries are counted, not named.
const MOST_NAMED: usize = 4;

pub fn judge(builds: &[BuildFacts], contexts: &[ContextFacts], os: Os) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for build in builds {
        let of_build = std::iter::once(dockerfile(build)).chain(reruns::reruns(build));
        // Two targets of one file have their common stages in common, and what is wrong with them.
        for finding in of_build {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    for facts in contexts {
        findings.extend(context(facts));
        findings.extend(line_endings(facts, os));
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
    if let Some(target) = build.target.as_deref().filter(|target| file.target(Some(target)).is_none()) {
        let names: Vec<String> =
            file.stages.iter().filter_map(|stage| stage.name.as_deref()).map(|it| format!("`{it}`")).collect();
        let fix = match names.as_slice() {
            [] => format!("its stages have no names: take `target:` out, or name one in it: FROM … AS {target}"),
            names => format!("`target:` in the compose file can be {}", text::and_list(names, "or")),
        };
        return Finding::error("dockerfile", format!("`{shown}` has no stage `{target}`"))
            .why(format!("{services} can't be built"))
            .fix(fix);
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

/// The build context: what the builds take of it that no image needs, and how large that is. None where nobody got to
/// the end of it.
fn context(facts: &ContextFacts) -> Option<Finding> {
    let shown = &facts.shown;
    let more = if facts.cut_short { "more than " } else { "" };
    let size = format!("{more}{}, {}", text::count(facts.files as usize, "file"), text::size(facts.bytes));
    let place = facts.ignore_file.as_deref().unwrap_or(&facts.ignore_place);
    let largest: Vec<String> =
        facts.largest.iter().map(|(name, bytes)| format!("`{name}` {}", text::size(*bytes))).collect();
    let is_large = facts.bytes > LARGE_CONTEXT;
    let whole = facts.whole();
    if !facts.unwanted.is_empty() {
        let size = if is_large { format!("{size}: {}", largest.join(", ")) } else { size };
        return Some(unwanted(facts, place, &size));
    }
    if is_large {
        return Some(
            Finding::warning("context", format!("the builds of `{shown}` take {size}: {}", largest.join(", ")))
                .why("all of it is looked through at each build, and sent when it changed")
                .fix(format!("name what no image needs in `{place}`")),
        );
    }
    if facts.cut_short {
        return None;
    }
    Some(match (whole, &facts.ignore_file) {
        (None, _) => Finding::ok("context", format!("`{shown}`: only what `COPY` names is sent ({size})")),
        (_, Some(file)) => Finding::ok("context", format!("`{shown}`: {size}, without what `{file}` leaves out")),
        (_, None) => {
            Finding::ok("context", format!("`{shown}`: {size}; there is no `{place}`, and nothing to leave out"))
        }
    })
}

fn unwanted(facts: &ContextFacts, place: &str, size: &str) -> Finding {
    let lines: Vec<String> = facts.unwanted.iter().map(|unwanted| format!("`{}`", unwanted.line)).collect();
    let seen: Vec<String> = facts.unwanted.iter().map(|unwanted| unwanted.seen.clone()).collect();
    let secret = facts.unwanted.iter().any(|unwanted| unwanted.secret);
    // The place that takes them: that of the whole context, or else the first of all.
    let taken = facts.whole().or(facts.taken.first());
    let is_mount = taken.is_some_and(|taken| taken.is_mount);
    let what = match (seen.len() == 1, is_mount) {
        (true, false) => "gets into the image",
        (false, false) => "get into the image",
        (true, true) => "is mounted into a build",
        (false, true) => "are mounted into a build",
    };
    let why = if secret { "passwords may get into the image, and every change" } else { "every change" };
    let from = taken.map_or_else(String::new, |taken| format!(" from `{}` line {} on", taken.dockerfile, taken.line));
    Finding::warning("context", format!("{} of `{}` {what} ({size})", some_of(&seen), facts.shown))
        .why(format!("{why} of them runs the steps{from} again"))
        .fix(format!("add to `{place}`: {}", lines.join(", ")))
}

/// Scripts of Windows' line ends, where they can't run.
fn line_endings(facts: &ContextFacts, os: Os) -> Option<Finding> {
    if facts.scripts.is_empty() || facts.mends_lines {
        return None;
    }
    // A line of .gitattributes for each ending, or for the file where it has none.
    let mut patterns: Vec<String> = Vec::new();
    for path in &facts.scripts {
        let name = path.rsplit('/').next().unwrap_or(path);
        let pattern = name.rsplit_once('.').map_or_else(|| name.to_owned(), |(_, ending)| format!("*.{ending}"));
        let line = format!("`{pattern} text eol=lf`");
        if !patterns.contains(&line) {
            patterns.push(line);
        }
    }
    let from_root = |path: &String| match facts.shown.as_str() {
        "." => path.clone(),
        folder => format!("{folder}/{path}"),
    };
    let paths: Vec<String> = facts.scripts.iter().map(|path| quote(from_root(path).as_ref(), Os::Linux)).collect();
    // Measured: git writes no file anew because of .gitattributes, while its content counts as unchanged.
    let mend = match os {
        Os::Mac => "sed -i '' $'s/\\r$//'",
        Os::Linux => "sed -i 's/\\r$//'",
        Os::Windows => "(in Git's bash) sed -i 's/\\r$//'",
    };
    let ends = if facts.scripts.len() == 1 { "ends its lines" } else { "end their lines" };
    let seen = format!("{} in `{}` {ends} with `\\r\\n`", some_of(&facts.scripts), facts.shown);
    Some(
        Finding::error("line-endings", seen)
            .why(
                "Linux takes the `\\r` for a part of the program's name or of a command: \"no such file or directory\"",
            )
            .fix(format!(
                "{} in .gitattributes for git, and now: {mend} {}",
                text::and_list(&patterns, "and"),
                paths.join(" ")
            )),
    )
}

fn some_of(paths: &[String]) -> String {
    let mut named: Vec<String> = paths.iter().take(MOST_NAMED).map(|path| format!("`{path}`")).collect();
    if paths.len() > MOST_NAMED {
        named.push(format!("{} more", paths.len() - MOST_NAMED));
    }
    text::and_list(&named, "and")
}

#[cfg(test)]
mod tests;
