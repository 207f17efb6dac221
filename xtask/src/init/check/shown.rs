//! Commands and scripts as people read them, in one line each.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::ui::secret;

use super::item::{Item, Place, is_buildkits};
use super::shell::script::{Chain, Command, List, Pipeline, Simple};
use super::shell::words::{Word, quoted};

/// A command, without its secret values, with paths from `root`, the project's folder.
pub fn item(item: &Item, root: &str) -> String {
    let line = match item {
        Item::Run { place, words } => {
            let docker = (words[0] == "compose").then(|| "docker".into());
            let words: Vec<OsString> = docker.into_iter().chain(words.iter().map(OsString::from)).collect();
            let words: Vec<String> =
                secret::hidden_words(&words).iter().map(|word| quoted(&word.to_string_lossy())).collect();
            at(place, &words.join(" "), root)
        }
        Item::Script { place, text, ends_at_failure, .. } => {
            let set = if *ends_at_failure == Some(false) { "set +e; " } else { "" };
            at(place, &format!("{set}{text}"), root)
        }
        Item::Say(text) => format!("echo {}", quoted(text)),
        Item::Refuses => "(ends with a failure)".to_owned(),
    };
    line.replace(&format!("{root}/"), "")
}

/// `NAME=value ` for each, without secret values.
pub fn variables(variables: &BTreeMap<String, String>) -> String {
    let variable = |(name, value): (&String, &String)| format!("{name}={} ", quoted(&secret::shown(name, value)));
    variables.iter().filter(|(name, value)| !is_buildkits(name, value)).map(variable).collect()
}

fn at(place: &Place, command: &str, root: &str) -> String {
    let removed = place.removed.iter().map(|name| format!("-u {name} ")).collect::<String>();
    let command = if removed.is_empty() { command.to_owned() } else { format!("env {removed}{command}") };
    let line = format!("{}{command}", variables(&place.env));
    let line = if place.dir == root { line } else { format!("(cd {} && {line})", quoted(&place.dir)) };
    if place.may_fail { format!("{line} || true") } else { line }
}

pub fn list(list: &List) -> String {
    list.iter().map(chain).collect::<Vec<_>>().join("; ")
}

fn chain(chain: &Chain) -> String {
    let mut line = pipeline(&chain.first);
    for (after_success, next) in &chain.rest {
        line.push_str(if *after_success { " && " } else { " || " });
        line.push_str(&pipeline(next));
    }
    if chain.background { format!("{line} &") } else { line }
}

fn pipeline(pipeline: &Pipeline) -> String {
    let commands: Vec<String> = pipeline.commands.iter().map(command).collect();
    format!("{}{}", if pipeline.negated { "! " } else { "" }, commands.join(" | "))
}

fn command(command: &Command) -> String {
    match command {
        Command::Simple(one) => simple(one),
        Command::Group(inner, is_subshell, redirects) => {
            let inner = list(inner);
            let group = if *is_subshell { format!("({inner})") } else { format!("{{ {inner}; }}") };
            redirects.iter().fold(group, |line, (operator, word)| format!("{line} {operator}{}", word.shown()))
        }
        Command::If { branches, otherwise } => {
            let mut line = String::new();
            for (at, (condition, then)) in branches.iter().enumerate() {
                let keyword = if at == 0 { "if" } else { " elif" };
                line.push_str(&format!("{keyword} {}; then {};", list(condition), list(then)));
            }
            if !otherwise.is_empty() {
                line.push_str(&format!(" else {};", list(otherwise)));
            }
            format!("{line} fi")
        }
        Command::For { name, words, body } => {
            let words: Vec<String> = words.iter().map(Word::shown).collect();
            format!("for {name} in {}; do {}; done", words.join(" "), list(body))
        }
        Command::While { until, condition, body } => {
            let keyword = if *until { "until" } else { "while" };
            format!("{keyword} {}; do {}; done", list(condition), list(body))
        }
    }
}

fn simple(simple: &Simple) -> String {
    let env = simple.env.iter().map(|(name, word)| format!("{name}={}", word.shown()));
    let is_compose = simple.words.first().and_then(Word::plain).as_deref() == Some("compose");
    let docker = is_compose.then(|| "docker".into());
    let words: Vec<OsString> = docker.into_iter().chain(simple.words.iter().map(|word| word.shown().into())).collect();
    let words = secret::hidden_words(&words).into_iter().map(|word| word.to_string_lossy().into_owned());
    let redirects = simple.redirects.iter().map(|(operator, word)| format!("{operator}{}", word.shown()));
    env.chain(words).chain(redirects).collect::<Vec<_>>().join(" ")
}
