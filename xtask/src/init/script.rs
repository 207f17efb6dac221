//! Scripts for `sh` that did what a task runner does: `build.sh`, and `case "$1" in … esac`.

use std::path::Path;

use crate::init::draft::{Does, Draft, Step, Task, Word};
use crate::init::justfile::line::of_compose;
use crate::init::line::line_of;
use crate::init::simple::commands;

/// A branch of a `case "$1"`: its names, the first of which is the task's.
#[derive(Debug, PartialEq, Eq)]
pub struct Branch {
    pub names: Vec<String>,
    pub about: Option<String>,
    /// Its lines, without the `;;`.
    pub body: Vec<String>,
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
            // Whatever it is, it is no simple line.
            branches.last_mut().into_iter().for_each(|branch| branch.body.push(line.to_owned()));
        } else if first == "esac" {
            if depth == 0 {
                break;
            }
            depth -= 1;
        } else if depth > 0 {
            continue;
        } else if is_within {
            is_within = !ends_branch(line);
            branches.last_mut().into_iter().for_each(|branch| branch.body.push(line.to_owned()));
        } else if let Some(text) = line.strip_prefix('#') {
            comment = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        } else if let Some((patterns, rest)) = line.split_once(')') {
            let names: Vec<String> =
                patterns.trim_start_matches('(').split('|').filter_map(|pattern| name(pattern.trim())).collect();
            let about = comment.take().or_else(|| comment_of(rest));
            // Of `*` and flags the lines belong to nobody.
            branches.push(Branch { names, about, body: vec![rest.to_owned()] });
            is_within = !ends_branch(rest);
        } else {
            comment = None;
        }
    }
    branches.retain(|branch| !branch.names.is_empty());
    branches
}

/// The step of a branch that is one simple line, and its further words.
fn simple_step(branch: &Branch, script: &str) -> Option<Step> {
    let lines = branch.body.iter().map(|line| line.trim()).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let body = lines.collect::<Vec<_>>().join("\n");
    let body = body.trim().strip_suffix(";;")?.trim();
    let (has_shift, body) = match body.strip_prefix("shift") {
        Some(rest) => (true, rest.strip_prefix([';', '\n'])?.trim()),
        None => (false, body),
    };
    let last = if has_shift { "\"$@\"" } else { "\"${@:2}\"" };
    let (line, takes_args) = match body.strip_suffix(last) {
        Some(line) => (line, true),
        None => (body, false),
    };
    let mut several = commands(line)?;
    let one = several.pop().filter(|_| several.is_empty())?;
    let first = one.words.first()?;
    // What the script sets, and functions of its own, are not here.
    let is_set = |line: &str| {
        ["export ", "source ", ". ", "cd ", "alias "].iter().any(|word| line.trim_start().starts_with(word))
    };
    let is_function = script.contains(&format!("{first}()")) || script.contains(&format!("{first} ()"));
    let of_top = |line: &str| !line.contains("dirname") && is_set(line);
    if is_function || script.contains(&format!("function {first}")) || script.lines().any(of_top) {
        return None;
    }
    let args = takes_args.then(|| Word::Placeholder("args".to_owned()));
    let words: Vec<Word> = one.words.iter().map(|word| Word::literal(word)).chain(args).collect();
    let words = of_compose(words);
    line_of(&words)?;
    Some(Step { does: Does::Run(words), dir: one.dir, env: one.env, may_fail: one.may_fail })
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
        let mut task = Task::wrapped(&program, &branch.names[0], "it is more than one simple line of the script");
        if let Some(step) = simple_step(&branch, text) {
            (task.steps, task.wrapped) = (vec![step], None);
        }
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
    use crate::init::write::write;

    #[test]
    fn branches_are_read_with_their_comments() {
        let text = r#"#!/bin/sh
set -e
usage() { echo x; }
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
        let steps = |text: &str| {
            let draft = draft(Path::new("run.sh"), text, None);
            write(&draft).text.split_once('\n').map(|(_, text)| text.to_owned()).unwrap_or_default()
        };
        assert_eq!(
            steps(text),
            "\n[tasks.up]\nabout = \"Start the stack\"\naliases = [\"start\"]\n\
             # ./run.sh still runs this: it is more than one simple line of the script\nsteps = [\"sh ./run.sh up {args}\"]\n\n\
             [tasks.test]\nsteps = [\"pytest {args}\"]\n\n[tasks.down]\nabout = \"Stop it\"\nsteps = [\"compose down\"]\n\n\
             [tasks.help]\n# ./run.sh still runs this: it is more than one simple line of the script\nsteps = [\"sh ./run.sh help {args}\"]\n"
        );
        let one = |before: &str, line: &str| {
            steps(&format!("{before}\ncase \"$1\" in\na) {line} ;;\nesac\n")).contains("./run.sh")
        };
        assert!(!one("set -e\ncd \"$(dirname \"$0\")\"", "docker compose up"));
        for (before, line) in [
            ("export A=b", "c"),
            ("c() {", "c"),
            ("", "b $2"),
            ("", "b \"$@\""),
            ("", "b; c"),
            ("cd x", "b"),
            ("", "exec b"),
        ] {
            assert!(one(before, line), "{before} {line}");
        }
        assert_eq!(branches("echo x\ncase \"$x\" in\n a) b ;;\nesac\n"), []);
    }
}
