//! Scripts for `sh` that did what a task runner does: `build.sh`, and `case "$1" in … esac`.

use std::path::Path;

use crate::init::draft::{Does, Draft, Step, Task, Word};

/// A branch of a `case "$1"`: its names, the first of which is the task's.
#[derive(Debug, PartialEq, Eq)]
pub struct Branch {
    pub names: Vec<String>,
    pub about: Option<String>,
}

/// Whether a script of this name may be one to run by hand. What containers start is none.
pub fn may_be_one(name: &str) -> bool {
    let is_of_container = ["entrypoint", "wait-for", "healthcheck"].iter().any(|word| name.contains(word));
    let is_known = name.ends_with(".sh") || name.ends_with(".bash") || !name.contains('.');
    is_known && !is_of_container && !name.eq_ignore_ascii_case("makefile") && !name.eq_ignore_ascii_case("dockerfile")
}

/// The branches of the `case "$1"` of a script, in order. Empty: it has none.
pub fn branches(text: &str) -> Vec<Branch> {
    let mut branches: Vec<Branch> = Vec::new();
    let mut lines = text.lines();
    if !lines.any(begins_case) {
        return branches;
    }
    // Between branches, patterns are read; within one, the lines up to its `;;`.
    let (mut depth, mut is_within, mut comment) = (0_usize, false, None);
    for line in lines.map(str::trim) {
        let first = line.split([' ', '\t', ';']).next().unwrap_or_default();
        if first == "case" {
            depth += 1;
        } else if first == "esac" {
            if depth == 0 {
                break;
            }
            depth -= 1;
        } else if depth > 0 {
            continue;
        } else if is_within {
            is_within = !ends_branch(line);
        } else if let Some(text) = line.strip_prefix('#') {
            comment = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        } else if let Some((patterns, rest)) = line.split_once(')') {
            let names: Vec<String> =
                patterns.trim_start_matches('(').split('|').filter_map(|pattern| name(pattern.trim())).collect();
            let about = comment.take().or_else(|| comment_of(rest));
            if !names.is_empty() {
                branches.push(Branch { names, about });
            }
            is_within = !ends_branch(rest);
        } else {
            comment = None;
        }
    }
    branches
}

/// `case "$1" in`, also with `${1:-default}`.
fn begins_case(line: &str) -> bool {
    let Some(rest) = line.trim().strip_prefix("case ") else { return false };
    let Some(subject) = rest.trim_end().strip_suffix(" in") else { return false };
    let subject = subject.trim().trim_matches('"');
    matches!(subject, "$1" | "${1}") || (subject.starts_with("${1:-") && subject.ends_with('}'))
}

fn ends_branch(line: &str) -> bool {
    let code = line.trim_end();
    code.ends_with(";;") || code.ends_with(";&") || code.contains(";; #")
}

/// The name of a task, from a pattern without wildcards. Flags are none.
fn name(pattern: &str) -> Option<String> {
    let name = pattern.trim_matches(['"', '\'']);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.');
    (!name.is_empty() && !name.starts_with('-') && name.chars().all(fits)).then(|| name.to_owned())
}

fn comment_of(rest: &str) -> Option<String> {
    let text = rest.trim().strip_prefix('#')?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The tasks of a script: one for each branch, or one for all of it. `beside`: the script for PowerShell that does the same.
pub fn draft(file: &Path, text: &str, beside: Option<&Path>) -> Draft {
    let name = file_name(file);
    let program = ["sh".to_owned(), format!("./{name}")];
    let branches = branches(text);
    if branches.is_empty() {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut task = whole(&stem, &program.each_ref().map(String::as_str));
        if let Some(script) = beside {
            task.systems.insert("windows", powershell_steps(script));
        }
        return Draft { tasks: vec![task], ..Draft::default() };
    }
    let tasks = branches.into_iter().map(|branch| {
        let program = program.each_ref().map(String::as_str);
        let task = Task::wrapped(&program, &branch.names[0], "it is a branch of a script");
        Task { about: branch.about, aliases: branch.names[1..].to_vec(), ..task }
    });
    Draft { tasks: tasks.collect(), ..Draft::default() }
}

/// The task of a script for PowerShell that has no other beside it.
pub fn powershell(script: &Path) -> Draft {
    let stem = script.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = file_name(script);
    let task = whole(&stem, &["powershell", "-File", &name]);
    Draft { tasks: vec![task], ..Draft::default() }
}

/// One task that runs a whole script.
fn whole(name: &str, program: &[&str]) -> Task {
    let mut task = Task::wrapped(program, name, "it is a script");
    task.steps = vec![calling(program)];
    task
}

fn powershell_steps(script: &Path) -> Vec<Step> {
    vec![calling(&["powershell", "-File", &file_name(script)])]
}

fn calling(words: &[&str]) -> Step {
    let words = words.iter().map(|word| Word::literal(word));
    Step::new(Does::Run(words.chain([Word::Placeholder("args".to_owned())]).collect()))
}

fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_read_with_their_comments() {
        let text = r#"#!/bin/sh
set -e
case "${1:-help}" in
  # Start the stack
  up|start)
    docker compose up -d
    case "$2" in
      x) echo x;;
    esac
    ;;
  test) shift; pytest "$@" ;;
  down) # Stop it
    docker compose down ;;
  -h|--help|help) usage ;;
  *)
    usage; exit 1
esac
other) x ;;
"#;
        let found: Vec<(String, Option<String>)> =
            branches(text).into_iter().map(|branch| (branch.names.join(" "), branch.about)).collect();
        let expected =
            [("up start", Some("Start the stack")), ("test", None), ("down", Some("Stop it")), ("help", None)];
        assert_eq!(found, expected.map(|(names, about)| (names.to_owned(), about.map(str::to_owned))));
        assert_eq!(branches("echo x\ncase \"$x\" in\n a) b ;;\nesac\n"), []);
    }
}
