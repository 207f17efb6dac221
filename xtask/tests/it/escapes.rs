//! Names and texts from elsewhere can't steer the terminal: control characters are shown as escapes, and a line break in a name
//! forges no line. Asked with colours and without: our own colours are all that may differ.

use crate::colour::plain;
#[cfg(unix)]
use crate::doctor::Machine;
use crate::doctor::OF_28;
use crate::harness::{Done, Sandbox};

/// A title, a bell, our own red, a C1 sequence, text from right to left, a line that looks like ours.
const EVIL: &str = "x\u{1b}]0;pwn\u{7}\u{1b}[31;1mred\u{1b}[0m\u{9b}2J\u{202e}\u{2028}\r\nerror: forged";
const IN_TOML: &str = "x\\u001b]0;pwn\\u0007\\u001b[31;1mred\\u001b[0m\\u009b2J\\u202e\\u2028\\r\\nerror: forged";

fn is_obeyed(c: char) -> bool {
    c != '\n' && c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
}

/// Runs a line with and without colours, and returns what it says without.
#[track_caller]
fn steers_nothing(sandbox: &Sandbox, words: &[&str]) -> Done {
    let without = sandbox.run_words(words);
    for text in [&without.stdout, &without.stderr] {
        assert!(!text.contains(is_obeyed), "{words:?}: {text:?}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("error: forged")), "{words:?}: {text:?}");
    }
    let mut coloured = vec!["--color=always"];
    coloured.extend(words);
    let with = sandbox.run_words(&coloured);
    without.is(with.code, &plain(&with.stdout), &plain(&with.stderr));
    without
}

#[test]
fn texts_of_tasks_toml() {
    let sandbox = Sandbox::with_docker(&format!(
        "[compose]\nfiles = [\"{IN_TOML}.yaml\"]\n[env]\nE = \"{IN_TOML}\"\n\
         [tasks.dev]\ndir = \"{IN_TOML}\"\nenv = {{ A = \"{IN_TOML}\" }}\nsteps = [\"compose up {{f}}\"]\n\
         flags.f = {{ words = [\"{IN_TOML}\"] }}\n"
    ));
    sandbox.plugin();
    for words in [
        &["help"][..],
        &["help", "dev"],
        &["help", "--json"],
        &["-n", "dev", "-f"],
        &["-n", "dev", "--f"],
        &["-n", "build-fresh"],
        &["-n", "--os", "windows", "dev", "--f"],
        &["dev", "--f"],
        &["-v", "env", "--json"],
    ] {
        steers_nothing(&sandbox, words);
    }
}

#[test]
fn what_was_typed_and_mistakes() {
    let sandbox = Sandbox::with("[tasks.dev]\nsteps = ['x {args}']\n");
    for words in
        [&[EVIL][..], &["help", EVIL], &["dev", EVIL], &["dev", "--", EVIL], &["--file", EVIL, "dev"], &["-n", EVIL]]
    {
        steers_nothing(&sandbox, words);
    }
    for (file, text) in [
        ("tasks.toml", format!("[tasks.\"{IN_TOML}\"]\nsteps = ['x']\n")),
        (
            "tasks.toml",
            format!("[tasks.a]\nabout = \"{IN_TOML}\"\nneeds = [\"{IN_TOML}\"]\nsteps = [\"a | {IN_TOML}\"]\n"),
        ),
        ("tasks.toml", format!("[tasks.a]\nsteps = ['x'] # {EVIL}\n")),
        ("tasks.toml", format!("[tasks.a]\n{EVIL} = 1\n")),
    ] {
        sandbox.file(file, text);
        assert_eq!(steers_nothing(&sandbox, &["help"]).code, 2);
    }
}

/// Windows has no such names.
#[cfg(unix)]
#[test]
fn names_of_files_and_what_compose_says() {
    let name = EVIL.replace('/', "");
    let dockerfile = format!("Docker{name}file");
    let config = serde_json::json!({ "name": "p", "services": { "a": {
        "build": { "context": ".", "dockerfile": dockerfile }, "image": EVIL, "ports": [{ "published": "1", "target": 1, "host_ip": EVIL }],
    } } });
    let sandbox = Sandbox::with_docker("[tasks.build]\nsteps = ['compose build']\n");
    sandbox.plugin_named("docker-buildx");
    sandbox.file("compose.yaml", "services: { a: { build: . } }\n");
    sandbox.file(&dockerfile, format!("FROM python:3.12-slim\nCOPY . .\nRUN pip install flask # {EVIL}\n"));
    sandbox.file(&format!("s{name}.sh"), "#!/bin/sh\r\n:\r\n");
    sandbox.file(&format!(".env{name}"), "A=b\n");
    let config: &'static str = format!("{config}\n").leak();
    Machine { config, ..OF_28 }.script(&sandbox, "docker compose");
    let done = steers_nothing(&sandbox, &["doctor"]);
    assert!(done.stdout.contains("\\u{1b}]0;pwn\\u{7}"), "{done:?}");
    steers_nothing(&sandbox, &["doctor", "--json"]);
    steers_nothing(&sandbox, &["doctor", "--explain", EVIL]);
}

#[test]
fn what_compose_refuses() {
    let sandbox = Sandbox::with_docker("[tasks.build]\nsteps = ['compose build']\n");
    sandbox.plugin_named("docker-buildx");
    sandbox.file("compose.yaml", "services: { a: { image: x } }\n");
    for _ in 0..2 {
        sandbox.on("docker compose --profile * config --format json").err(&format!("no: {EVIL}\n")).exit(15);
    }
    OF_28.script(&sandbox, "docker compose");
    assert_eq!(steers_nothing(&sandbox, &["doctor"]).code, 1);
}
