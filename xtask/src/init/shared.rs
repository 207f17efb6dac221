//! Which words become an entry of `[words]`: those that several places use.

use std::collections::{HashMap, HashSet};

use crate::init::draft::{Does, Draft, Task, Word};
use crate::tasks::config::check;

/// The entries of `[words]`, those that they use before them.
#[derive(Debug, Default)]
pub struct Shared {
    pub entries: Vec<(String, Vec<Word>)>,
}

impl Shared {
    pub fn of(draft: &Draft) -> Shared {
        let mut uses = Uses::default();
        let steps = draft.tasks.iter().flat_map(Task::all_steps);
        let lines = steps.filter_map(|step| if let Does::Run(words) = &step.does { Some(words) } else { None });
        lines.chain(draft.words.iter().map(|(_, words)| words)).for_each(|words| uses.count(words));
        let flags: HashSet<&str> =
            draft.tasks.iter().flat_map(|task| &task.flags).map(|flag| flag.name.as_str()).collect();
        let mut entries = draft.words.clone();
        for (name, words) in uses.order {
            let has_room = |(other, _): &(String, Vec<Word>)| *other != *name;
            let is_used = uses.counts.get(&(name, words)).is_some_and(|count| *count > 1);
            // Of two with one name, the one that is used more often has it.
            let most = uses.counts.iter().filter(|((other, _), _)| *other == name).map(|(_, count)| *count).max();
            let is_most = uses.counts.get(&(name, words)).copied() == most;
            if is_used
                && is_most
                && entries.iter().all(has_room)
                && !flags.contains(name.as_str())
                && fits(name, words, &draft.words)
            {
                entries.push((name.clone(), words.clone()));
            }
        }
        Shared { entries }
    }

    /// Whether a word is one of the entries, and so a `{name}`.
    pub fn has(&self, word: &Word) -> bool {
        matches!(word, Word::Shared { name, words }
            if self.entries.iter().any(|(entry, own)| entry == name && own == words))
    }
}

/// Whether words can be an entry: it calls no task, and has no flags in it.
fn fits(name: &str, words: &[Word], known: &[(String, Vec<Word>)]) -> bool {
    let flat = Word::flat(words);
    let is_known = |word: &Word| match word {
        Word::Placeholder(used) => known.iter().any(|(entry, _)| entry == used),
        _ => true,
    };
    let calls = matches!(flat.first(), Some(Word::Literal(first)) if first == "task");
    !flat.is_empty() && !calls && flat.iter().all(is_known) && check::placeholder(name, "words", 0..0).is_none()
}

/// How often words are used. What is used by words that are used often themselves counts once: it stands there once.
#[derive(Default)]
struct Uses<'a> {
    counts: HashMap<(&'a String, &'a Vec<Word>), usize>,
    /// Those that are used by others before those.
    order: Vec<(&'a String, &'a Vec<Word>)>,
}

impl<'a> Uses<'a> {
    fn count(&mut self, words: &'a [Word]) {
        for word in words {
            let Word::Shared { name, words } = word else { continue };
            let count = self.counts.entry((name, words)).or_default();
            *count += 1;
            if *count == 1 {
                self.count(words);
                self.order.push((name, words));
            }
        }
    }
}
