//! `[words]`: what several steps share. `{name}` stands for them in any step, and in each other.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::tasks::config::cycles::{self, Circle};
use crate::tasks::config::step_line::{PlacedWord, Word};
use crate::tasks::config::validate::MOST_COMPARED;
use crate::tasks::mistake::mistake;
use crate::ui::finding::Finding;
use crate::ui::nearest;

/// What each name stands for, with the words of others put in.
pub type Words = BTreeMap<String, Vec<String>>;

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

/// The words of all entries, and every mistake in them. What can't be known stands for nothing.
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
    let mut count = 0;
    for Shared { name, span, line } in walk.order.iter().map(|at| &written[*at]) {
        let mut own: Vec<String> = Vec::new();
        for (word, _) in line.iter().flatten() {
            match word {
                Word::Literal(text) => own.push(text.clone()),
                Word::Named(used) => own.extend(words.get(used).into_iter().flatten().cloned()),
                Word::Args => {}
            }
            if count + own.len() > MOST {
                found.push(mistake(format!("shared words become more than {MOST} here"), span.clone()));
                return words;
            }
        }
        count += own.len();
        words.insert(name.clone(), own);
    }
    words
}
