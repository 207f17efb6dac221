//! Make's functions, as far as they need nothing but text.

use crate::init::makefile::expand::{Scope, Value, push_text};
use crate::init::makefile::lines::split_outside;
use crate::init::makefile::piece::{self, Piece, Pieces, Reads};
use crate::system::os::Os;

/// Calls a function. `None`: there is none of that name.
pub fn call(scope: &Scope, name: &str, arguments: &str, depth: usize) -> Option<Pieces> {
    let raw = split_outside(arguments, ',');
    let expand = |text: &str| scope.expand_at(text, depth);
    // The last one that a function takes has the commas behind it.
    let argument = |at: usize, last: bool| {
        let rest = raw.get(at..).unwrap_or_default();
        if last { expand(&rest.join(",")) } else { expand(rest.first().copied().unwrap_or_default()) }
    };
    let unknown = |why: String| Some(vec![Piece::Unknown(why)]);
    let whole = || format!("$({name} {arguments})");
    match name {
        "shell" => return Some(shell(scope, argument(0, true))),
        "if" => return Some(conditional(scope, &raw, depth).unwrap_or_else(|| vec![Piece::Unknown(whole())])),
        "or" => {
            return Some(
                or(&raw.iter().map(|raw| expand(raw.trim())).collect::<Vec<_>>())
                    .unwrap_or_else(|| vec![Piece::Unknown(whole())]),
            );
        }
        "and" => {
            let mut last = Pieces::new();
            for raw in &raw {
                last = expand(raw.trim());
                match piece::text(&last) {
                    Some(text) if text.is_empty() => return Some(Pieces::new()),
                    Some(_) => {}
                    None => return unknown(whole()),
                }
            }
            return Some(last);
        }
        "call" => return Some(user_function(scope, &raw, depth)),
        "foreach" => return Some(foreach(scope, &raw, depth).unwrap_or_else(|| vec![Piece::Unknown(whole())])),
        "info" | "warning" => return Some(Pieces::new()),
        "error" | "eval" | "file" | "guile" | "wildcard" => return unknown(whole()),
        "filter-out" => {
            // What was typed behind the target.
            let is_goal = raw.first().is_some_and(|what| what.trim() == "$@" || what.trim() == "$(@)");
            let of_goals = raw.get(1).is_some_and(|from| matches!(from.trim(), "$(MAKECMDGOALS)" | "${MAKECMDGOALS}"));
            if is_goal && of_goals {
                return Some(vec![Piece::Args]);
            }
        }
        "wordlist" => {
            let of_goals = |raw: &&str| matches!(raw.trim(), "$(MAKECMDGOALS)" | "${MAKECMDGOALS}");
            if raw.first().is_some_and(|from| from.trim() == "2") && raw.get(2).is_some_and(of_goals) {
                return Some(vec![Piece::Args]);
            }
        }
        "abspath" | "realpath" => {
            let text = piece::text(&argument(0, true))?;
            let is_plain =
                !text.is_empty() && !text.contains(char::is_whitespace) && !text.split('/').any(|part| part == "..");
            return match text.strip_prefix('/') {
                Some(_) => unknown(whole()),
                None if is_plain => {
                    let below = text.trim_start_matches("./").trim_end_matches('/');
                    let mut pieces = vec![Piece::Root];
                    if !below.is_empty() && below != "." {
                        push_text(&mut pieces, &format!("/{below}"));
                    }
                    Some(pieces)
                }
                None => unknown(whole()),
            };
        }
        "dir" | "patsubst" | "strip" | "lastword" | "firstword" => {
            if name == "strip" {
                // What has blanks at its ends is rare, and nothing else matters of them.
                let mut value = piece::flat(&argument(0, true));
                value.retain(|piece| !matches!(piece, Piece::Text(text) if text.trim().is_empty()));
                if let [Piece::Shell(_) | Piece::Asked { .. } | Piece::Required(_)] = value.as_slice() {
                    return Some(value);
                }
            }
            let last = usize::from(name == "patsubst") * 2;
            if let Some(result) = of_root(name, &piece::flat(&argument(last, true))) {
                return Some(result);
            }
        }
        "notdir" if piece::flat(&argument(0, true)) == [Piece::Root] => {
            return Some(vec![Piece::Shell(vec![Piece::text("basename \""), Piece::Root, Piece::text("\"")])]);
        }
        "value" => {
            let variable = piece::text(&argument(0, true))?;
            let variable = variable.trim();
            if let Some((_, value)) = scope.locals.iter().rev().find(|(local, _)| local == variable) {
                return Some(value.clone());
            }
            return match scope.variables.get(variable).map(|found| &found.value) {
                Some(Value::Raw(raw)) if raw.contains('$') => unknown(whole()),
                _ => Some(scope.variable(variable, depth)),
            };
        }
        "origin" | "flavor" => {
            let variable = piece::text(&argument(0, true))?;
            return match scope.variables.get(variable.trim()) {
                Some(found) if !found.is_default && name == "origin" => Some(vec![Piece::text("file")]),
                _ => unknown(whole()),
            };
        }
        _ => {}
    }
    let count = match name {
        "strip" | "sort" | "words" | "firstword" | "lastword" | "dir" | "notdir" | "suffix" | "basename" => 1,
        "findstring" | "filter" | "filter-out" | "word" | "addsuffix" | "addprefix" | "join" => 2,
        "subst" | "patsubst" | "wordlist" => 3,
        _ => return None,
    };
    if raw.len() < count {
        return unknown(whole());
    }
    let arguments: Option<Vec<String>> = (0..count).map(|at| piece::text(&argument(at, at + 1 == count))).collect();
    match arguments {
        Some(arguments) => Some(vec![Piece::Text(text_function(name, &arguments))]),
        None => unknown(whole()),
    }
}

/// Functions that keep the folder of the Makefile what it is.
fn of_root(name: &str, value: &[Piece]) -> Option<Pieces> {
    let (first, rest) = value.split_first()?;
    let rest = piece::text(rest)?;
    if *first != Piece::Root || rest.contains(char::is_whitespace) {
        return None;
    }
    let mut pieces = vec![Piece::Root];
    match name {
        "dir" => push_text(&mut pieces, &rest[..=rest.rfind('/')?]),
        "patsubst" => push_text(&mut pieces, rest.trim_end_matches('/')),
        _ => push_text(&mut pieces, &rest),
    }
    Some(pieces)
}

/// `$(shell …)`: what is known of every machine, or the command.
fn shell(scope: &Scope, command: Pieces) -> Pieces {
    let Some(text) = piece::text(&command) else { return vec![Piece::Shell(command)] };
    let text = text.replace("2>/dev/null", "");
    let plain = text.trim();
    let system = match scope.os {
        Os::Linux => "Linux",
        Os::Mac => "Darwin",
        Os::Windows => return vec![Piece::Shell(command)],
    };
    match plain {
        "pwd" | "pwd -P" | "echo $PWD" => vec![Piece::Root],
        "uname" | "uname -s" => vec![Piece::text(system)],
        // One of the two is there, and which is for xtask to find out.
        _ if finds_compose(plain) => vec![Piece::text("docker compose")],
        _ => vec![Piece::Shell(command)],
    }
}

fn finds_compose(command: &str) -> bool {
    let looks =
        ["command -v", "which", "type", "docker compose version", "hash "].iter().any(|look| command.contains(look));
    let echoes = command.contains("echo") && (command.contains("docker compose") || command.contains("docker-compose"));
    looks && echoes
}

/// `$(if condition,then,otherwise)`
fn conditional(scope: &Scope, raw: &[&str], depth: usize) -> Option<Pieces> {
    let branch = |at: usize| {
        let rest = raw.get(at..).unwrap_or_default();
        match at {
            1 => scope.expand_at(rest.first().copied().unwrap_or_default(), depth),
            _ => scope.expand_at(&rest.join(","), depth),
        }
    };
    let condition = piece::flat(&scope.expand_at(raw.first()?.trim(), depth));
    if let Some(text) = piece::text(&condition) {
        return Some(branch(if text.is_empty() { 2 } else { 1 }));
    }
    let [Piece::Asked { name, default: None, .. }] = condition.as_slice() else { return None };
    // `$(if $(NAME),,$(error …))`
    let fails = raw.get(2).is_some_and(|otherwise| otherwise.trim().starts_with("$(error"));
    if fails && raw.get(1).is_some_and(|then| then.trim().is_empty()) {
        return Some(vec![Piece::Required(name.clone())]);
    }
    let (then, otherwise) = (branch(1), branch(2));
    let is_it = |pieces: &[Piece]| matches!(piece::flat(pieces).as_slice(), [Piece::Asked { name: other, .. }] if other == name);
    match (piece::flat(&otherwise).is_empty(), is_it(&then)) {
        (true, _) => Some(vec![Piece::IfAsked { name: name.clone(), then }]),
        (false, true) => {
            Some(vec![Piece::Asked { name: name.clone(), default: Some(otherwise), reads: Reads::NotEmpty }])
        }
        (false, false) => None,
    }
}

/// `$(or a,b)`
fn or(parts: &[Pieces]) -> Option<Pieces> {
    let Some((first, rest)) = parts.split_first() else { return Some(Pieces::new()) };
    match piece::text(first) {
        Some(text) if text.is_empty() => or(rest),
        Some(_) => Some(first.clone()),
        None => {
            let first = piece::flat(first);
            // These always print something.
            if let [Piece::Shell(command)] = first.as_slice() {
                if matches!(piece::text(command).as_deref().map(str::trim), Some("id -u" | "id -g" | "whoami")) {
                    return Some(first);
                }
            }
            let [Piece::Asked { name, default: None, .. }] = first.as_slice() else { return None };
            let rest = or(rest)?;
            Some(vec![Piece::Asked { name: name.clone(), default: Some(rest), reads: Reads::NotEmpty }])
        }
    }
}

/// `$(call NAME,a,b)`
fn user_function(scope: &Scope, raw: &[&str], depth: usize) -> Pieces {
    let name = piece::text(&scope.expand_at(raw[0].trim(), depth)).unwrap_or_default();
    let body = match scope.variables.get(&name).map(|found| &found.value) {
        Some(Value::Raw(raw)) => raw.clone(),
        _ => return vec![Piece::Unknown(format!("`$(call {})` calls nothing that the file has", raw.join(",")))],
    };
    let parameters = raw.iter().enumerate().map(|(at, raw)| (at.to_string(), scope.expand_at(raw, depth)));
    let mut inner = scope.with_locals(parameters.collect());
    // Those that were not given are empty.
    let missing: Vec<(String, Pieces)> = (raw.len()..10).map(|at| (at.to_string(), Pieces::new())).collect();
    inner.locals.extend(missing);
    let result = inner.expand_at(&body, depth + 1);
    scope.take_budget_of(&inner);
    result
}

/// `$(foreach name,list,text)`
fn foreach(scope: &Scope, raw: &[&str], depth: usize) -> Option<Pieces> {
    let [name, list, body @ ..] = raw else { return None };
    let (name, list) =
        (piece::text(&scope.expand_at(name.trim(), depth))?, piece::text(&scope.expand_at(list, depth))?);
    let (body, mut all) = (body.join(","), Pieces::new());
    for (at, word) in list.split_whitespace().enumerate() {
        if at > 0 {
            push_text(&mut all, " ");
        }
        let inner = scope.with_locals(vec![(name.trim().to_owned(), vec![Piece::text(word)])]);
        all.extend(inner.expand_at(&body, depth + 1));
        scope.take_budget_of(&inner);
    }
    Some(all)
}

/// `$(NAME:from=to)`
pub fn replace_ends(scope: &Scope, value: &[Piece], from: &str, to: &str, depth: usize) -> Pieces {
    let text = |raw: &str| piece::text(&scope.expand_at(raw, depth));
    let replaced = || {
        let (value, from, to) = (piece::text(value)?, text(from)?, text(to)?);
        let (from, to) = match from.contains('%') {
            true => (from, to),
            false => (format!("%{from}"), format!("%{to}")),
        };
        Some(vec![Piece::Text(text_function("patsubst", &[from, to, value]))])
    };
    replaced().unwrap_or_else(|| vec![Piece::Unknown(format!("`{}` with other ends", piece::shown(value)))])
}

/// The part of a word that `%` stands for.
pub fn stem<'a>(pattern: &str, word: &'a str) -> Option<&'a str> {
    match pattern.split_once('%') {
        Some((before, after)) => {
            let rest = word.strip_prefix(before)?;
            rest.strip_suffix(after)
        }
        None => (pattern == word).then_some(""),
    }
}

fn text_function(name: &str, arguments: &[String]) -> String {
    let words = |at: usize| arguments[at].split_whitespace();
    let each = |at: usize, change: &dyn Fn(&str) -> String| words(at).map(change).collect::<Vec<_>>().join(" ");
    let number = |at: usize| arguments[at].trim().parse::<usize>().unwrap_or(0);
    let matches = |word: &str| words(0).any(|pattern| stem(pattern, word).is_some());
    match name {
        "strip" => words(0).collect::<Vec<_>>().join(" "),
        "sort" => {
            let mut all: Vec<&str> = words(0).collect();
            all.sort_unstable();
            all.dedup();
            all.join(" ")
        }
        "words" => words(0).count().to_string(),
        "firstword" => words(0).next().unwrap_or_default().to_owned(),
        "lastword" => words(0).last().unwrap_or_default().to_owned(),
        "dir" => each(0, &|word| word.rfind('/').map_or_else(|| "./".to_owned(), |at| word[..=at].to_owned())),
        "notdir" => each(0, &|word| word.rsplit('/').next().unwrap_or_default().to_owned()),
        "suffix" => {
            let suffix = |word: &str| {
                let file = word.rsplit('/').next()?;
                file.rfind('.').map(|at| file[at..].to_owned())
            };
            words(0).filter_map(suffix).collect::<Vec<_>>().join(" ")
        }
        "basename" => each(0, &|word| {
            let from = word.rfind('/').map_or(0, |at| at + 1);
            word[from..].rfind('.').map_or(word, |at| &word[..from + at]).to_owned()
        }),
        "findstring" => {
            if arguments[1].contains(&arguments[0]) {
                arguments[0].clone()
            } else {
                String::new()
            }
        }
        "filter" => words(1).filter(|word| matches(word)).collect::<Vec<_>>().join(" "),
        "filter-out" => words(1).filter(|word| !matches(word)).collect::<Vec<_>>().join(" "),
        "word" => number(0).checked_sub(1).and_then(|at| words(1).nth(at)).unwrap_or_default().to_owned(),
        "wordlist" => {
            let (from, to) = (number(0).max(1), number(1));
            words(2).take(to).skip(from - 1).collect::<Vec<_>>().join(" ")
        }
        "addsuffix" => each(1, &|word| format!("{word}{}", arguments[0])),
        "addprefix" => each(1, &|word| format!("{}{word}", arguments[0])),
        "join" => {
            let (left, right): (Vec<&str>, Vec<&str>) = (words(0).collect(), words(1).collect());
            let pair = |at: usize| format!("{}{}", left.get(at).unwrap_or(&""), right.get(at).unwrap_or(&""));
            (0..left.len().max(right.len())).map(pair).collect::<Vec<_>>().join(" ")
        }
        "subst" if arguments[0].is_empty() => format!("{}{}", arguments[2], arguments[1]),
        "subst" => arguments[2].replace(&arguments[0], &arguments[1]),
        // `patsubst`
        _ => each(2, &|word| match stem(arguments[0].trim(), word) {
            Some(stem) if arguments[0].contains('%') => arguments[1].replacen('%', stem, 1),
            Some(_) => arguments[1].clone(),
            None => word.to_owned(),
        }),
    }
}
