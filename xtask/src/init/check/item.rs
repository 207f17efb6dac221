//! What a target or a task runs, as values that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::tasks::variables::VARIABLES;

use super::shell::script::{Command, List};

/// One thing that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A program with its words.
    Run { place: Place, words: Vec<String> },
    /// What only a shell can run.
    Script { place: Place, list: List, ends_at_failure: Option<bool>, text: String },
    /// A text that is printed.
    Say(String),
    /// It ends here with a failure: something has to be given.
    Refuses,
}

/// How something runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Absolute.
    pub dir: String,
    /// Variables beside the person's own.
    pub env: BTreeMap<String, String>,
    /// Variables of the person's that are taken away.
    pub removed: BTreeSet<String>,
    pub may_fail: bool,
    /// Names of variables of a task that make need not have.
    pub uncounted: Vec<String>,
}

impl Item {
    /// Whether make's item and a task's do the same.
    pub fn is_same(makes: &Item, ours: &Item) -> bool {
        match (makes, ours) {
            (Item::Say(makes), Item::Say(ours)) => makes == ours || unescaped(makes) == *ours,
            (Item::Run { place, words }, Item::Run { place: our_place, words: our_words }) => {
                place.is_same(our_place) && words == our_words
            }
            (
                Item::Script { place, list, ends_at_failure, text },
                Item::Script { place: our_place, list: our_list, ends_at_failure: ours_end, text: our_text },
            ) => {
                // A script that can't be read is compared as it is written.
                let is_same_text = !list.is_empty() || text == our_text;
                place.is_same(our_place) && list == our_list && is_same_text && ends_at_failure == ours_end
            }
            (Item::Refuses, Item::Refuses) => true,
            _ => false,
        }
    }

    pub fn place(&self) -> Option<&Place> {
        match self {
            Item::Run { place, .. } | Item::Script { place, .. } => Some(place),
            Item::Say(_) | Item::Refuses => None,
        }
    }

    pub fn place_mut(&mut self) -> Option<&mut Place> {
        match self {
            Item::Run { place, .. } | Item::Script { place, .. } => Some(place),
            Item::Say(_) | Item::Refuses => None,
        }
    }

    /// Whether it removes what nobody can bring back: volumes, folders, databases.
    pub fn removes(&self) -> bool {
        match self {
            Item::Run { words, .. } => words_remove(words),
            Item::Script { list, text, .. } => list_removes(list) || list.is_empty() && text_removes(text),
            Item::Say(_) | Item::Refuses => false,
        }
    }

    /// The words of a call of make.
    pub fn make(&self) -> Option<&[String]> {
        match self {
            Item::Run { words, .. } => words.split_first().filter(|(first, _)| is_make(first)).map(|(_, rest)| rest),
            _ => None,
        }
    }
}

/// Whether a program is make.
pub fn is_make(program: &str) -> bool {
    matches!(program.rsplit('/').next(), Some("make" | "gmake"))
}

impl Place {
    /// `-` before a line is not to be seen in what make prints: a task that may fail where make shows nothing is the same.
    fn is_same(&self, ours: &Place) -> bool {
        let counts = |name: &String| !ours.uncounted.contains(name) || self.env.contains_key(name);
        let our_env = ours.env.iter().filter(|(name, value)| counts(name) && !is_buildkits(name, value));
        let env = self.env.iter().filter(|(name, value)| !is_buildkits(name, value));
        self.dir == ours.dir && self.removed == ours.removed && env.eq(our_env) && (ours.may_fail || !self.may_fail)
    }
}

/// Whether a variable is one of the two that every task sets, with its value.
pub fn is_buildkits(name: &str, value: &str) -> bool {
    VARIABLES.iter().any(|(known, default)| *known == name && value == *default)
}

/// As dash's `echo` prints it.
fn unescaped(text: &str) -> String {
    let (mut whole, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => whole.push('\n'),
            ('\\', Some('t')) => whole.push('\t'),
            ('\\', Some('\\') | None) => whole.push('\\'),
            ('\\', Some(other)) => whole.extend(['\\', other]),
            (c, _) => whole.push(c),
        }
    }
    whole
}

fn words_remove(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let has = |word: &str| words.contains(&word);
    let any = |options: &[&str]| options.iter().any(|option| has(option));
    // Short options may be joined: `-rf`, `-fsv`.
    let has_letter = |letter: char| {
        words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word[1..].contains(letter))
    };
    match words.first() {
        Some(&"rm") => has_letter('r') || has_letter('R') || has("--recursive"),
        Some(&"compose") => {
            has("down") && (has_letter('v') || any(&["--volumes", "--rmi"])) || has("rm") && has_letter('v')
        }
        Some(&("docker" | "podman")) => {
            has("prune")
                || any(&["volume", "image", "container", "network", "system"]) && any(&["rm", "remove"])
                || has("rm") && has_letter('v')
                || any(&["dropdb", "flushall", "FLUSHALL"])
        }
        Some(&("dropdb" | "find")) => words[0] == "dropdb" || has("-delete"),
        Some(&"git") => has("clean") || has("reset") && has("--hard"),
        // Behind other programs, as `sudo` and `xargs`.
        Some(_) => words.iter().skip(1).enumerate().any(|(at, word)| {
            matches!(*word, "rm" | "docker" | "dropdb")
                && words_remove(&words[at + 1..].iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
        }),
        None => false,
    }
}

fn list_removes(list: &List) -> bool {
    let of_command = |command: &Command| match command {
        Command::Simple(simple) => words_remove(&simple.words.iter().map(|word| word.shown()).collect::<Vec<_>>()),
        Command::Group(inner, ..) => list_removes(inner),
        Command::If { branches, otherwise } => {
            branches.iter().any(|(condition, then)| list_removes(condition) || list_removes(then))
                || list_removes(otherwise)
        }
        Command::For { body, .. } => list_removes(body),
        Command::While { condition, body, .. } => list_removes(condition) || list_removes(body),
    };
    list.iter().any(|chain| {
        let pipelines = std::iter::once(&chain.first).chain(chain.rest.iter().map(|(_, pipeline)| pipeline));
        pipelines.into_iter().any(|pipeline| pipeline.commands.iter().any(of_command))
    })
}

/// The same of a script that can't be read.
fn text_removes(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    ["rm", "prune", "dropdb", "--volumes", "-v"].iter().any(|word| words.contains(word))
}
