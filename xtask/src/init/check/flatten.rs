//! From a script to what it runs: chains of plain commands become commands, the rest stays a script.

use super::item::{Item, Place};
use super::shell::script::{Chain, Command, List, Pipeline, Simple};
use super::shell::words::{Part, Word};
use super::{canonical, shown};

/// What a script runs that begins at a place. `ends_at_failure`: as with `sh -e`.
pub fn items(list: &List, place: &Place, ends_at_failure: bool) -> Vec<Item> {
    let (mut place, mut items, mut ends_at_failure) = (place.clone(), Vec::new(), ends_at_failure);
    for (at, chain) in list.iter().enumerate() {
        if let Some(ends) = sets_errexit(chain) {
            ends_at_failure = ends;
            continue;
        }
        let is_last = at + 1 == list.len();
        let (before, mut of_chain) = (place.clone(), Vec::new());
        let ended = add_chain(chain, &list[at + 1..], &mut place, ends_at_failure, &mut of_chain);
        if !is_last && !ends_at_failure && ended != Ended::Whole && !cant_fail(chain) {
            // One command that may fail is a step; of several the rest is left out.
            if of_chain.iter().filter(|item| item.place().is_some()).count() > 1 {
                of_chain = vec![script(vec![chain.clone()], &before, false)];
            }
            for item in &mut of_chain {
                if let Some(place) = item.place_mut() {
                    place.may_fail = true;
                }
            }
        }
        let goes_on = ended == Ended::Fails && !is_last && !ends_at_failure;
        if goes_on {
            of_chain.pop();
        }
        items.extend(of_chain);
        if !goes_on && ended != Ended::No {
            break;
        }
    }
    items
}

#[derive(PartialEq, Eq)]
enum Ended {
    No,
    /// By `exit`.
    Exit,
    /// By a command that fails: what follows in the chain does not run.
    Fails,
    /// All that follows is in the last item.
    Whole,
}

/// `set -e` and `set +e`.
fn sets_errexit(chain: &Chain) -> Option<bool> {
    let [Command::Simple(simple)] = chain.first.commands.as_slice() else { return None };
    let words = plain(simple).filter(|_| chain.rest.is_empty() && simple.env.is_empty())?;
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["set", "-e"] | ["set", "-o", "errexit"] => Some(true),
        ["set", "+e"] => Some(false),
        _ => None,
    }
}

fn plain(simple: &Simple) -> Option<Vec<String>> {
    let words: Option<Vec<String>> = simple.words.iter().map(Word::plain).collect();
    words.filter(|words| simple.redirects.is_empty() && !words.is_empty())
}

fn add_chain(chain: &Chain, later: &[Chain], place: &mut Place, ends_at_failure: bool, items: &mut Vec<Item>) -> Ended {
    let whole = |from: usize, place: &Place| {
        let mut rest: Vec<(bool, Pipeline)> = all(chain).skip(from).map(|(after, one)| (after, one.clone())).collect();
        let first = rest.remove(0).1;
        let chain = Chain { first, rest, background: chain.background };
        script(vec![chain], place, ends_at_failure)
    };
    // `command || true`
    if let [(false, last)] = chain.rest.as_slice() {
        if super::shell::test::pipeline(last) == Some(true) && !chain.background {
            let alone = Chain { first: chain.first.clone(), rest: Vec::new(), background: false };
            let mut inner = Vec::new();
            if add_chain(&alone, &[], place, ends_at_failure, &mut inner) == Ended::No && inner.len() <= 1 {
                for item in &mut inner {
                    if let Some(place) = item.place_mut() {
                        place.may_fail = true;
                    }
                }
                items.extend(inner);
                return Ended::No;
            }
        }
    }
    if chain.background || chain.rest.iter().any(|(after_success, _)| !after_success) {
        let refusal = refusal(chain);
        let ended = if refusal.is_some() { Ended::Exit } else { Ended::No };
        items.push(refusal.unwrap_or_else(|| whole(0, place)));
        return ended;
    }
    for (at, (_, pipeline)) in all(chain).enumerate() {
        let simple = match (pipeline.commands.as_slice(), pipeline.negated) {
            ([Command::Simple(simple)], false) => simple,
            ([Command::Group(inner, is_subshell, redirects)], false) if redirects.is_empty() => {
                // Of a list in a chain only the last failure counts.
                let mut within = place.clone();
                let inner_items = self::items(inner, &within, ends_at_failure);
                items.extend(inner_items);
                if !is_subshell {
                    within = follow(inner, within);
                    *place = within;
                }
                if matches!(items.last(), Some(Item::Refuses)) {
                    return if *is_subshell { Ended::Fails } else { Ended::Exit };
                }
                continue;
            }
            _ => {
                items.push(whole(at, place));
                return Ended::No;
            }
        };
        let words = plain(simple);
        let names: Vec<&str> = words.iter().flatten().map(String::as_str).collect();
        match names.as_slice() {
            ["true" | ":"] => {}
            ["false"] => {
                items.push(Item::Refuses);
                return Ended::Fails;
            }
            ["exit", code @ ..] => {
                if !matches!(code, [] | ["0"]) {
                    items.push(Item::Refuses);
                }
                return Ended::Exit;
            }
            ["cd", dir] => place.dir = canonical::joined(&place.dir, dir),
            ["export", ..] if exports(simple, place) => {}
            _ if is_stateful(simple) => {
                // What follows stands or falls with it.
                let mut rest: Vec<(bool, Pipeline)> =
                    all(chain).skip(at).map(|(after, one)| (after, one.clone())).collect();
                let first = rest.remove(0).1;
                let chain = Chain { first, rest, background: false };
                items.push(script(
                    std::iter::once(chain).chain(later.iter().cloned()).collect(),
                    place,
                    ends_at_failure,
                ));
                return Ended::Whole;
            }
            _ => match run(simple, place) {
                Some(item) => items.push(item),
                None => items.push(one(simple, place, ends_at_failure)),
            },
        }
    }
    Ended::No
}

fn all(chain: &Chain) -> impl Iterator<Item = (bool, &Pipeline)> {
    std::iter::once((true, &chain.first)).chain(chain.rest.iter().map(|(after, one)| (*after, one)))
}

/// Where a group leaves the shell.
fn follow(list: &List, mut place: Place) -> Place {
    for chain in list {
        add_chain(chain, &[], &mut place, true, &mut Vec::new());
    }
    place
}

/// `false || { echo …; exit 1; }`
fn refusal(chain: &Chain) -> Option<Item> {
    let [(false, last)] = chain.rest.as_slice() else { return None };
    let is_known = super::shell::test::pipeline(&chain.first) == Some(false);
    let [Command::Group(inner, ..)] = last.commands.as_slice() else { return None };
    let ends = matches!(items(inner, &Place::default(), true).last(), Some(Item::Refuses));
    (is_known && ends).then_some(Item::Refuses)
}

/// `export A=b`, where all is known.
fn exports(simple: &Simple, place: &mut Place) -> bool {
    let known = simple.words[1..].iter().map(|word| {
        let (name, value) = word.assignment()?;
        Some((name, value.plain()?))
    });
    match known.collect::<Option<Vec<_>>>() {
        Some(known) => {
            place.env.extend(known);
            true
        }
        None => false,
    }
}

/// Whether it changes the shell that runs what follows.
fn is_stateful(simple: &Simple) -> bool {
    let first = simple.words.first().and_then(Word::plain);
    let known =
        [".", "source", "export", "unset", "set", "alias", "trap", "eval", "exec", "ulimit", "umask", "cd", "shift"];
    simple.words.is_empty() || first.is_some_and(|first| known.contains(&first.as_str()))
}

/// A plain command. `None`: a shell has to run it.
fn run(simple: &Simple, place: &Place) -> Option<Item> {
    if let Some(text) = echoed(simple) {
        return Some(Item::Say(text));
    }
    let mut words = plain(simple)?;
    let mut place = place.clone();
    for (name, value) in &simple.env {
        place.env.insert(name.clone(), value.plain()?);
    }
    // `env A=b command` is `A=b command`.
    while words[0] == "env" && words.len() > 2 {
        if words[1] == "-u" && words.len() > 3 {
            place.removed.insert(words.remove(2));
            words.remove(1);
            continue;
        }
        let Some((name, value)) = Word::text(words[1].clone()).assignment() else { break };
        place.env.insert(name, value.plain()?);
        words.remove(1);
    }
    if words[0] == "env" && words.len() > 1 && !words[1].starts_with('-') {
        words.remove(0);
    }
    let words = canonical::words(words, &place.dir);
    Some(Item::Run { place, words })
}

/// The text of an `echo` without options. Where the shell finds no file for a pattern, the pattern stays.
fn echoed(simple: &Simple) -> Option<String> {
    let (first, words) = simple.words.split_first()?;
    if first.plain()? != "echo" || !simple.redirects.is_empty() || !simple.env.is_empty() {
        return None;
    }
    let text = |word: &Word| -> Option<String> {
        let one = |part: &Part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Open(c) => Some(c.to_string()),
            Part::Value { .. } => None,
        };
        word.0.iter().map(one).collect::<Option<String>>().filter(|text| text != "*")
    };
    let words: Option<Vec<String>> = words.iter().map(text).collect();
    let words = words?;
    let has_options = words.first().is_some_and(|word| matches!(word.as_str(), "-n" | "-e" | "-en" | "-ne" | "-E"));
    (!has_options).then(|| words.join(" "))
}

/// A single command that a shell has to run.
fn one(simple: &Simple, place: &Place, ends_at_failure: bool) -> Item {
    let first = Pipeline { negated: false, commands: vec![Command::Simple(simple.clone())] };
    script(vec![Chain { first, rest: Vec::new(), background: false }], place, ends_at_failure)
}

fn script(list: List, place: &Place, ends_at_failure: bool) -> Item {
    let list = canonical::list(list, &place.dir);
    let text = shown::list(&list);
    let ends_at_failure = any_goes_on(&list).then_some(ends_at_failure);
    Item::Script { place: place.clone(), list, ends_at_failure, text }
}

/// Whether it makes a difference to a chain that a failure in it ends the script.
fn goes_on(chain: &Chain) -> bool {
    let of_command = |command: &Command| match command {
        Command::Simple(_) => false,
        Command::Group(inner, ..) => any_goes_on(inner),
        Command::If { branches, otherwise } => {
            branches.iter().any(|(_, then)| any_goes_on(then)) || any_goes_on(otherwise)
        }
        Command::For { .. } | Command::While { .. } => true,
    };
    all(chain).any(|(_, pipeline)| pipeline.commands.iter().any(of_command))
}

/// Whether something runs after a command of a list that failed.
fn any_goes_on(list: &List) -> bool {
    let before_last = list.iter().take(list.len().saturating_sub(1));
    before_last.into_iter().any(|chain| !cant_fail(chain)) || list.iter().any(goes_on)
}

fn cant_fail(chain: &Chain) -> bool {
    match chain.first.commands.as_slice() {
        [Command::Simple(simple)] if chain.rest.is_empty() => {
            matches!(simple.words.first().and_then(Word::plain).as_deref(), Some("echo" | "printf" | "true" | ":"))
        }
        _ => false,
    }
}
