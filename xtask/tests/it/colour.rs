//! Colour never carries meaning: without it every line says the same.

use crate::harness::{Done, Sandbox};

const TASKS: &str = "[tasks.t]\nabout = 'x'\nsteps = ['tool']\n[tasks.down]\nsteps = ['tool', 'tool']\n";

fn with_tool() -> Sandbox {
    let sandbox = Sandbox::with(TASKS);
    sandbox.program("tool");
    sandbox.on("tool").exit(3);
    sandbox
}

pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        plain.push_str(&rest[..at]);
        let end = rest[at..].find('m').expect("the end of an escape sequence");
        rest = &rest[at + end + 1..];
    }
    plain + rest
}

fn is_coloured(done: &Done) -> bool {
    format!("{}{}", done.stdout, done.stderr).contains('\x1b')
}

#[test]
fn with_colour_and_without_it_says_the_same() {
    let sandbox = with_tool();
    for line in ["help", "help t", "t", "down", "-v t", "unknown", "t --unknown", "--help"] {
        let without = sandbox.run(line);
        assert!(!is_coloured(&without), "no terminal, no colour: {without:?}");
        let with = sandbox.run(&format!("--color=always {line}"));
        assert!(is_coloured(&with), "{line}: {with:?}");
        without.is(with.code, &plain(&with.stdout), &plain(&with.stderr));
    }
    sandbox.file("tasks.toml", "[tasks.t]\nstep = ['x']\n");
    let (without, with) = (sandbox.run("t"), sandbox.run("t --color always"));
    assert!(is_coloured(&with));
    without.is(with.code, &plain(&with.stdout), &plain(&with.stderr));
}

/// Names and values.
type Variables = &'static [(&'static str, &'static str)];

#[test]
fn who_decides_on_colour() {
    let rows: [(Variables, &str, bool); 9] = [
        (&[], "t", false),
        (&[("CLICOLOR_FORCE", "1")], "t", true),
        (&[("CLICOLOR_FORCE", "0")], "t", false),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], "t", false),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")], "t", true),
        (&[("CLICOLOR_FORCE", "1")], "t --color never", false),
        (&[("NO_COLOR", "1")], "t --color always", true),
        (&[("CLICOLOR_FORCE", "1")], "t --color auto", true),
        (&[("NO_COLOR", "1")], "--color=auto t", false),
    ];
    for (variables, line, expected) in rows {
        let sandbox = with_tool();
        for (name, value) in variables {
            sandbox.set(name, value);
        }
        assert_eq!(is_coloured(&sandbox.run(line)), expected, "{variables:?} {line}");
    }
}

/// The person's choice reaches the tools by their own variables, which we leave alone.
#[test]
fn the_childs_variables_are_left_alone() {
    let sandbox = with_tool();
    sandbox.set("NO_COLOR", "1");
    sandbox.run("t --color always");
    assert_eq!(sandbox.calls()[0].env("NO_COLOR"), Some("1"));
    assert_eq!(sandbox.calls()[0].env("CLICOLOR_FORCE"), None);
}
