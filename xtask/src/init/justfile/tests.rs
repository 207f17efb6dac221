//! Justfiles as they are in the world, and what they become.

use crate::init::justfile::draft;
use crate::init::write::write;

fn written(text: &str) -> String {
    let mut draft = draft(text, &|name| (name == "more.just").then(|| "more:\n  x\n".to_owned()), vec!["file"]);
    draft.tasks.iter_mut().for_each(|task| task.hidden |= task.name.is_empty());
    write(&draft).text
}

#[track_caller]
fn becomes(text: &str, expected: &str) {
    let found = written(text);
    assert_eq!(found, format!("xtask = \"0.1\"\n{expected}"), "{text}");
}

/// The task `a` of a justfile, without its name.
#[track_caller]
fn is(text: &str, expected: &str) {
    let found = written(text);
    let (_, task) = found.split_once("[tasks.a]\n").unwrap_or_else(|| panic!("{found}"));
    let end = task
        .match_indices("\n[tasks.")
        .find(|(at, _)| !task[at + 8..].starts_with("a."))
        .map_or(task.len(), |(at, _)| at);
    let task = &task[..end];
    assert_eq!(task.trim_end(), expected.trim_end(), "{text}");
}

#[test]
fn a_whole_file() {
    becomes(
        r#"set dotenv-load
set shell := ["bash", "-uc"]

export APP := "demo"
compose := "docker compose -f dev.yml"

# List
default:
    @just --list

# Build it
[group('dev')]
build *args:
    {{compose}} build {{args}}
    {{ compose }} push

# Not this

# Deploy
[confirm("Really?")]
deploy env +rest: (up env) && clean
    cd web && yarn build {{rest}}

up env="dev": build
    @echo "Open http://x"
    -docker network create lan

alias d := deploy

[private]
clean:
    rm -rf build

[linux]
open:
    xdg-open x
[macos]
open:
    open x
"#,
        r#"env-files = [{ path = ".env", required = false }]

[env]
APP = { value = "demo", override = true }

[words]
compose = "compose -f dev.yml"

[tasks.default]
builtin = "help"

[tasks.build]
about = "Build it"
group = "dev"
steps = [
  "{compose} build {args}",
  "{compose} push",
]

[tasks.deploy]
about = "Deploy"
confirm = "Really?"
aliases = ["d"]
steps = [
  "task up {env}",
  { run = "yarn build {args}", dir = "web" },
  "task clean",
]
flags.env = { value = "ENV", required = true, words = ["--env={value}"] }

[tasks.up]
needs = ["build"]
steps = [
  { say = "Open http://x" },
  { run = "docker network create lan", may-fail = true },
]
flags.env = { value = "ENV", default = "dev", env = "ARG_ENV" }

[tasks.clean]
hidden = true
steps = ["rm -rf build"]

[tasks.open]
linux.steps = ["xdg-open x"]
macos.steps = ["open x"]
"#,
    );
}

#[test]
fn values_are_words_where_they_can_be_and_variables_of_a_script_else() {
    is(
        "a x:\n  b --x={{x}} c",
        "steps = [\"b {x} c\"]\nflags.x = { value = \"X\", required = true, words = [\"--x={value}\"] }",
    );
    is(
        "a x:\n  b {{x}} {{x}}/y",
        "steps = [{ sh = \"b ${ARG_X-} ${ARG_X-}/y\" }]\nflags.x = { value = \"X\", required = true, env = \"ARG_X\" }",
    );
    is(
        "t := env_var_or_default('TAG', 'l')\na:\n  docker tag {{t}}",
        "steps = [\"docker tag {tag}\"]\nflags.tag = { value = \"TAG\", from-env = \"TAG\", default = \"l\", words = [\"{value}\"] }",
    );
    is("c := `git x`\na:\n  b {{c}}", "steps = [{ sh = \"b $(git x)\" }]");
    is("a *x:\n  b \"{{x}}\" | c", "steps = [{ sh = 'b \"$*\" | c' }]");
    is("a *x:\n  b {{x}} | c", "steps = [{ sh = 'b \"$@\" | c' }]");
    is("a:\n  b '{{{{x}}' \\\n    c", "steps = [\"b '{{x}}' c\"]");
    is("x := 'p' / 'q' + 'r'\na:\n  b {{x}}", "steps = [\"b p/qr\"]");
    is(
        "a file $P='p':\n  b {{file}}",
        "steps = [\"b {file-arg}\"]\n\n[tasks.a.flags]\nP = { value = \"P\", default = \"p\", env = \"P\" }\n\
         file-arg = { value = \"FILE\", required = true, words = [\"{value}\"] }",
    );
    is("a:\n  b $C; d", "steps = [{ sh = \"set +e -u; b $C; d\" }]");
    is("a:\n  just d x\n  just e\nd y:\n  f {{y}}\ne:\n  g", "steps = [\n  \"task d --y=x\",\n  \"task e\",\n]");
    is(
        "x := if os_family() == 'windows' { 'Scripts' } else { 'bin' }\na:\n  {{x}}/b c",
        "steps = [\"bin/b c\"]\nwindows.steps = [\"Scripts/b c\"]",
    );
    is("x := if 'a' == 'b' { 'c' } else if 'a' != 'a' { 'd' } else { 'e' }\na:\n  b {{x}}", "steps = [\"b e\"]");
    is(
        "x := if env('CI', '') == '' { 'c' } else { 'd' }\na:\n  b {{x}}",
        "steps = [{ sh = 'b $(if [ \"${CI-}\" = \"\" ]; then printf %s \"c\"; else printf %s \"d\"; fi)' }]",
    );
    is("a:\n  b {{env('C', env('D', 'e') + '/f')}}", "steps = [{ sh = \"b ${C-${D-e}/f}\" }]");
    is("import 'more.just'\na: more", "needs = [\"more\"]");
}

#[test]
fn scripts_are_for_sh_or_stay_with_just() {
    is(
        "a:\n  #!/usr/bin/env bash\n  set -euo pipefail\n  for f in *; do\n    b $f\n  done",
        "steps = [\n  { sh = '''\n    set -eu\n    for f in *; do\n      b $f\n    done\n  ''' },\n]",
    );
    is("a:\n  #!/bin/sh\n  b; c", "steps = [\n  { sh = '''\n    set +e\n    b; c\n  ''' },\n]");
    for (text, why) in [
        ("a:\n  #!/usr/bin/env python3\n  b", "it is a script for `python3`"),
        ("a:\n  #!/bin/bash\n  [[ -f b ]]", "it is a script for bash"),
        ("x := if 'a' =~ 'b' { 'b' } else { 'c' }\na:\n  d {{x}}", "a condition"),
        ("a: (b 'x')\nb y:\n  #!/usr/bin/env node\n  d {{y}}", "it calls `b`, which stays with just"),
        ("a:\n  b {{invocation_directory()}}", "`invocation_directory(…)` is not known before it runs"),
        ("[no-cd]\na:\n  b", "`[no-cd]`"),
        ("a x:\n  printf 'b {{x}}'; c", "a `{{…}}` in single quotes, where a shell reads no variable"),
        ("a: (b `c`)\nb y:\n  d {{y}}", "what it gives to `b` is not known before it runs"),
        ("a:\n  just --fmt", "it calls just in a way that no step can"),
        ("export B := arch()\na:\n  d", "`export B` is not known before it runs"),
    ] {
        is(text, &format!("# just still runs this: {why}\nsteps = [\"just a {{args}}\"]"));
    }
    is("set shell := ['python3', '-c']\na:\n  print(1)", "steps = [\"python3 -c 'print(1)'\"]");
    is("set shell := ['bash', '-c']\na:\n  [[ -f b ]] && c", "steps = [\"bash -c '[[ -f b ]] && c'\"]");
}
