//! Compose in the lines of a Makefile: however it is called, a step says `compose`, and files that all calls have in common
//! go to `[compose]`.

use crate::init::draft::{Compose, Does, Draft, Word};
use crate::init::translate::command::Item;
use crate::init::translate::shell::{Part, Word as ShellWord};

fn is(word: Option<&&ShellWord>, text: &str) -> bool {
    word.and_then(|word| word.text()).is_some_and(|own| own == text)
}

/// Puts `compose` in the place of `docker compose` and `docker-compose`.
pub fn named(items: Vec<Item>) -> Vec<Item> {
    let words = Item::flat(&items);
    let count = match (is(words.first(), "docker-compose"), is(words.first(), "docker") && is(words.get(1), "compose"))
    {
        (true, _) => 1,
        (_, true) => 2,
        _ => return items,
    };
    let mut items = items;
    // The two words may stand in two variables: then those are written out.
    while first_group(&items) < count {
        let flat = match items.remove(0) {
            Item::Group { items, .. } => items,
            word => vec![word],
        };
        items.splice(0..0, flat);
        if items.iter().take(count).all(|item| matches!(item, Item::Word(_))) {
            break;
        }
    }
    replace(&mut items, count);
    items
}

/// How many words are together where the first one stands.
fn first_group(items: &[Item]) -> usize {
    match items.first() {
        Some(Item::Group { items, .. }) => match items.first() {
            Some(Item::Group { .. }) => first_group(items),
            _ => items.iter().take_while(|item| matches!(item, Item::Word(_))).count(),
        },
        _ => items.iter().take_while(|item| matches!(item, Item::Word(_))).count(),
    }
}

fn replace(items: &mut Vec<Item>, count: usize) {
    match items.first_mut() {
        Some(Item::Group { items: inner, .. }) => {
            replace(inner, count);
            // A variable that is nothing but compose needs no name.
            if let [Item::Word(word)] = inner.as_slice() {
                items[0] = Item::Word(word.clone());
            }
        }
        _ => {
            let compose = ShellWord { parts: vec![Part::Text("compose".to_owned())], ..ShellWord::default() };
            items.splice(0..count, [Item::Word(compose)]);
        }
    }
}

/// The files and the project that every call of compose names first.
pub fn hoist(draft: &mut Draft) {
    let mut usual: Option<Vec<(String, String)>> = None;
    for task in draft.tasks.iter().filter(|task| task.wrapped.is_none()) {
        for step in task.all_steps() {
            let Does::Run(words) = &step.does else { continue };
            let words = Word::flat(words);
            if words.first() != Some(&Word::literal("compose")) {
                continue;
            }
            let own = if step.dir.is_some() { Vec::new() } else { options(&words[1..]) };
            usual = Some(match usual {
                None => own,
                Some(usual) => usual.into_iter().zip(own).take_while(|(a, b)| a == b).map(|(a, _)| a).collect(),
            });
        }
    }
    // Words of a mode would have to lose them, too.
    let in_modes = draft
        .modes
        .iter()
        .any(|mode| mode.words.iter().any(|(_, words)| words.first().is_some_and(begins_with_compose)));
    let usual = if in_modes { Vec::new() } else { usual.unwrap_or_default() };
    // Without a file, all calls would look for one as before; a name alone would reach other tasks, too.
    if !usual.iter().any(|(option, _)| option == "-f") {
        return;
    }
    let count = usual.len();
    for task in draft.tasks.iter_mut().filter(|task| task.wrapped.is_none()) {
        for step in task.all_steps_mut() {
            if let Does::Run(words) = &mut step.does {
                if Word::flat(words).first() == Some(&Word::literal("compose")) {
                    drop_options(words, count);
                }
            }
        }
    }
    let mut compose = Compose::default();
    for (option, value) in usual {
        match option.as_str() {
            "-f" => compose.files.push(value.trim_start_matches("./").to_owned()),
            _ => compose.project = Some(value),
        }
    }
    draft.compose = compose;
}

fn begins_with_compose(word: &Word) -> bool {
    Word::flat(std::slice::from_ref(word)).first() == Some(&Word::literal("compose"))
}

/// The options at the start that `[compose]` can have.
fn options(words: &[Word]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(Word::Literal(option)) = words.next() {
        let (name, joined) = match option.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (option.as_str(), None),
        };
        let name = match name {
            "-f" | "--file" => "-f",
            "-p" | "--project-name" if !found.iter().any(|(option, _)| option == "-p") => "-p",
            _ => break,
        };
        // Dropping them counts on two words each.
        if joined.is_some() {
            break;
        }
        match words.next() {
            Some(Word::Literal(value)) if !value.starts_with(['/', '-', '~']) => {
                found.push((name.to_owned(), value.clone()))
            }
            _ => break,
        }
    }
    found
}

/// Takes away so many options behind `compose`, also inside shared words.
fn drop_options(words: &mut Vec<Word>, count: usize) {
    take(words, &mut 0, 2 * count);
}

/// `at`: how many words came before.
fn take(words: &mut Vec<Word>, at: &mut usize, count: usize) {
    words.retain_mut(|word| match word {
        Word::Shared { words: inner, .. } => {
            let was_empty = inner.is_empty();
            take(inner, at, count);
            if let [Word::Literal(only)] = inner.as_slice() {
                if only == "compose" {
                    *word = Word::literal("compose");
                    return true;
                }
            }
            !inner.is_empty() || was_empty
        }
        _ => {
            *at += 1;
            !(2..=1 + count).contains(at)
        }
    });
}
