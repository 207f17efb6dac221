//! Whether builds take files from their context that no image needs, and how large it is.

use crate::dockerfile::context::facts::ContextFacts;
use crate::lint::rule::{Found, Look, Rule};
use crate::system::os::Os;
use crate::ui::finding::Finding;
use crate::ui::text;

const NAME: &str = "context";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A build context with files that no image needs, or a large one",
    why: "Every build scans the whole context and sends what changed to the engine. Files that no image needs \
          make that slower, and each change of one of them runs the steps from the `COPY` on again. Some of \
          them are secrets, which don't belong in an image.",
    instead: "List such files in `.dockerignore`, beside the Dockerfile or at the top of the context. Or copy only \
          the folders that the image needs.",
    fix: "",
    examples: &[],
    look: Look::Context(|facts, os| look(facts, os).into_iter().map(Found::from).collect()),
};

/// A context of this size takes seconds to send, each time something in it changed.
const LARGE_CONTEXT: u64 = 100_000_000;

/// Further entries are counted, not named.
const MOST_NAMED: usize = 4;

/// `None` if not all of the context was seen.
pub fn look(facts: &ContextFacts, _: Os) -> Option<Finding> {
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
            Finding::warning(NAME, format!("the builds of `{shown}` take {size}: {}", largest.join(", ")))
                .why("each build scans all of it, and sends what changed")
                .fix(format!("list what no image needs in `{place}`")),
        );
    }
    if facts.cut_short {
        return None;
    }
    Some(match (whole, &facts.ignore_file) {
        (None, _) => Finding::ok(NAME, format!("`{shown}`: only what `COPY` names is sent ({size})")),
        (_, Some(file)) => Finding::ok(NAME, format!("`{shown}`: {size}, without what `{file}` leaves out")),
        (_, None) => Finding::ok(NAME, format!("`{shown}`: {size}; there is no `{place}`, and nothing to leave out")),
    })
}

fn unwanted(facts: &ContextFacts, place: &str, size: &str) -> Finding {
    let lines: Vec<String> = facts.unwanted.iter().map(|unwanted| format!("`{}`", unwanted.line)).collect();
    let seen: Vec<String> = facts.unwanted.iter().map(|unwanted| unwanted.seen.clone()).collect();
    let secret = facts.unwanted.iter().any(|unwanted| unwanted.secret);
    // The instruction that takes them: that of the whole context, or else the first.
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
    Finding::warning(NAME, format!("{} of `{}` {what} ({size})", some_of(&seen), facts.shown))
        .why(format!("{why} of them runs the steps{from} again"))
        .fix(format!("add to `{place}`: {}", lines.join(", ")))
}

/// The first paths, and how many more there are.
pub fn some_of(paths: &[String]) -> String {
    let mut named: Vec<String> = paths.iter().take(MOST_NAMED).map(|path| format!("`{path}`")).collect();
    if paths.len() > MOST_NAMED {
        named.push(format!("{} more", paths.len() - MOST_NAMED));
    }
    text::and_list(&named, "and")
}
