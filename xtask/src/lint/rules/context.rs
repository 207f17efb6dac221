//! How large the context is that builds take.

use crate::dockerfile::context::facts::ContextFacts;
use crate::lint::left_in;
use crate::lint::rule::{Found, Look, Rule};
use crate::ui::finding::Finding;
use crate::ui::text;

const NAME: &str = "context";

pub const RULE: Rule = Rule {
    name: NAME,
    about: "A large build context",
    why: "Every build scans the whole context, and sends what changed to the engine. From 100 MB on that takes seconds, each \
          time something in it changed.",
    instead: "List what no image needs in `.dockerignore`: data, results, other projects. Or make a smaller folder the \
              context, or copy only the folders that the image needs: BuildKit sends no others.",
    fix: "",
    examples: &[],
    look: Look::Context(|facts, _| look(facts).into_iter().map(Found::from).collect()),
};

/// A context of this size takes seconds to send, each time something in it changed.
const LARGE_CONTEXT: u64 = 100_000_000;

/// `None` if not all of the context was seen, or if another rule says what should not be in it.
pub fn look(facts: &ContextFacts) -> Option<Finding> {
    let shown = &facts.shown;
    let size = left_in::size(facts);
    let place = facts.ignore_file.as_deref().unwrap_or(&facts.ignore_place);
    if facts.bytes > LARGE_CONTEXT {
        let largest: Vec<String> =
            facts.largest.iter().map(|(name, bytes)| format!("`{name}` {}", text::size(*bytes))).collect();
        return Some(
            Finding::warning(NAME, format!("the builds of `{shown}` take {size}: {}", largest.join(", ")))
                .why("each build scans all of it, and sends what changed")
                .fix(format!("list what no image needs in `{place}`")),
        );
    }
    if facts.cut_short || !facts.unwanted.is_empty() {
        return None;
    }
    Some(match (facts.whole(), &facts.ignore_file) {
        (None, _) => Finding::ok(NAME, format!("`{shown}`: only what `COPY` names is sent ({size})")),
        (_, Some(file)) => Finding::ok(NAME, format!("`{shown}`: {size}, without what `{file}` leaves out")),
        (_, None) => Finding::ok(NAME, format!("`{shown}`: {size}; there is no `{place}`, and nothing to leave out")),
    })
}
