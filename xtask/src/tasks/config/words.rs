//! `[words]`: what several steps share. `{name}` stands for them in any step, and in each other.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::tasks::config::cycles::{self, Circle};
use crate::tasks::config::step_line::{PlacedWord, Word};
use crate::tasks::config::validate::MOST_COMPARED;
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;
use crate::ui::nearest;

/// What each name stands for, with the words of others put in. `None`: that can't be known, and why is told already.
pub type Words = BTreeMap<String, Option<Vec<String>>>;

/// An entry as it is written.
#[derive(Clone, Debug)]
pub struct Shared {
    pub name: String,
    pub span: Range<usize>,
    /// `None`: it can't be read, and that is told already. Empty words stand for nothing.
    pub line: Option<Vec<PlacedWord>>,
}

/// All of them together become no more words than this: each entry can have the one before it twice.
const MOST: usize = 100_000;

/// The words of all entries, and every mistake in them.
pub fn expand(written: &[Shared], found: &mut Vec<Finding>) -> Words {
    let index: BTreeMap<&str, usize> = written.iter().zip(0..).map(|(shared, at)| (shared.name.as_str(), at)).collect();
    let mut edges: Vec<Vec<(usize, Range<usize>)>> = Vec::new();
    for Shared { name, line, .. } in written {
        let mut uses = Vec::new();
        for (at, (word, span)) in line.iter().flatten().enumerate() {
            let is_compared = found.len() < MOST_COMPARED;
            match word {
                Word::Literal(text) if at == 0 && text == "task" => {
                    let message = format!("`{name}` calls a task, and only a step can");
                    found.push(mistake(message, span.clone()).fix("write `task NAME` in the step"));
                }
                Word::Literal(_) => {}
                Word::Args => {
                    let message = "`{args}` can be used only in the steps of a task".to_owned();
                    found.push(mistake(message, span.clone()).fix("put it behind `{name}` in the step"));
                }
                Word::Named(used) => match index.get(used.as_str()) {
                    Some(at) => uses.push((*at, span.clone())),
                    None => {
                        let finding = mistake(format!("no shared words are called `{used}`"), span.clone());
                        found.push(match nearest::nearest(used, index.keys().copied().filter(|_| is_compared)) {
                            Some(near) => finding.label(format!("did you mean `{{{near}}}`?")),
                            None => finding.fix(format!("write them: [words] {used} = \"…\"")),
                        });
                    }
                },
            }
        }
        edges.push(uses);
    }
    let walk = cycles::walk(&edges);
    for Circle { round, span } in &walk.circles {
        let names: Vec<String> = round.iter().map(|at| format!("`{}`", written[*at].name)).collect();
        let message = match &names[..] {
            [own] => format!("words {own} stand for themselves"),
            _ => format!("words stand for each other in a circle: {} → {}", names.join(" → "), names[0]),
        };
        found.push(mistake(message, span.clone()).fix("write out one of them"));
    }
    let mut words = Words::new();
    let (mut count, mut is_told) = (0, false);
    for Shared { name, span, line } in walk.order.iter().map(|at| &written[*at]) {
        let mut own = line.as_ref().map(|_| Vec::new());
        for (word, _) in line.iter().flatten() {
            let of_word = match word {
                Word::Literal(text) => Some(std::slice::from_ref(text)),
                Word::Named(used) => words.get(used).and_then(Option::as_deref),
                Word::Args => None,
            };
            match (&mut own, of_word) {
                (Some(own), Some(more)) => own.extend_from_slice(more),
                _ => own = None,
            }
            if own.as_ref().is_some_and(|own| count + own.len() > MOST) {
                if !std::mem::replace(&mut is_told, true) {
                    found.push(mistake(format!("shared words become more than {MOST} here"), span.clone()));
                }
                own = None;
            }
        }
        count += own.as_ref().map_or(0, Vec::len);
        words.insert(name.clone(), own);
    }
    words
}
