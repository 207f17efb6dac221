//! Completion: names and flags are read from tasks.toml when Tab is pressed, and nothing is run.

use crate::harness::{Done, Sandbox};

pub const TASKS: &str = "[tasks.dev]
about = 'Start the stack'
aliases = ['d']
steps = ['tool {detached} {tail}']
[tasks.dev.flags]
detached = { short = 'd', about = 'Return when it is up', words = ['--detach'] }
tail = { value = 'LEVEL', choices = ['low', 'high'], words = ['{value}'] }
[tasks.deploy]
steps = ['tool']
[tasks.secret]
hidden = true
steps = ['tool']
[tasks.help]
builtin = 'help'
";

/// A shell's question: the words of the line, the last one at the cursor.
fn ask(sandbox: &Sandbox, shell: &str, words: &[&str]) -> Done {
    let line = words.join(" ");
    sandbox.set("XTASK_COMPLETE", shell);
    let done = match shell {
        "bash" => sandbox.run_words(&["--", "0", &line, ""]),
        "powershell" => {
            sandbox.set("XTASK_COMPLETE_WORDS", words.join("\n"));
            sandbox.run_words(&[])
        }
        _ => sandbox.run_words(&[&["--"], words].concat()),
    };
    sandbox.unset("XTASK_COMPLETE");
    sandbox.unset("XTASK_COMPLETE_WORDS");
    done
}

/// The values alone, without what they are for, as the script gets them.
fn values(sandbox: &Sandbox, shell: &str, words: &[&str]) -> Vec<String> {
    let done = ask(sandbox, shell, words);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{shell} {words:?}");
    let value = |line: &str| match shell {
        // What bash replaces is empty here: the rest of the word comes back.
        "bash" => format!("{}{line}", words.last().expect("a word")),
        "powershell" => {
            let candidate: serde_json::Value = serde_json::from_str(line).expect("JSON");
            candidate["quoted"].as_str().expect("a text").to_owned()
        }
        "zsh" => line[1..].split(':').next().unwrap_or_default().to_owned(),
        _ => line.split('\t').next().unwrap_or_default().to_owned(),
    };
    done.stdout.lines().map(value).collect()
}

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

#[test]
fn names_flags_and_choices_are_offered_in_every_shell() {
    let sandbox = Sandbox::with(TASKS);
    for shell in SHELLS {
        assert_eq!(values(&sandbox, shell, &["xtask", "de"]), ["dev", "deploy"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "-n", "de"]), ["dev", "deploy"], "{shell}");
        let all = values(&sandbox, shell, &["xtask", ""]);
        assert_eq!(all[..5], ["dev", "deploy", "help", "bench", "build-fresh"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "dev", "--de"]), ["--detached"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "d", "--de"]), ["--detached"], "an alias is the task: {shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "dev", "--tail", ""]), ["low", "high"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "dev", "--tail=h"]), ["--tail=high"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "--dry"]), ["--dry-run"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "help", "de"]), ["dev", "deploy"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "completions", "f"]), ["fish"], "{shell}");
    }
    assert_eq!(sandbox.called(), [""; 0], "nothing is run");
}

#[test]
fn modes_are_offered_behind_their_flag() {
    let sandbox = Sandbox::with("[modes.e2e]\n[modes.ci]\n[tasks.t]\nsteps = ['x']\n");
    for shell in SHELLS {
        assert_eq!(values(&sandbox, shell, &["xtask", "--mode", ""]), ["e2e", "ci"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "t", "--mode", "e"]), ["e2e"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "--mode", "ci", "t"]), ["t"], "{shell}");
    }
}

/// `it::shells` has what the shells make of them.
#[test]
fn a_choice_is_offered_with_the_quotes_that_its_script_needs() {
    let sandbox = Sandbox::with(
        r#"[tasks.a]
        steps = ["tool {x}"]
        [tasks.a.flags.x]
        value = "V"
        words = ["{value}"]
        choices = ["two words", "it's", "$(x)", "a:b", "ä\u2019b", "-x"]
        "#,
    );
    let rows: [(&str, [&str; 6]); 5] = [
        ("bash", [r"two\ words", r"it\'s", r"\$\(x\)", "a:b", "ä\\\u{2019}b", "-x"]),
        ("zsh", [" two words", " it's", " $(x)", r" a\:b", " ä\u{2019}b", " -x"]),
        ("fish", ["two words", "it's", "$(x)", "a:b", "ä\u{2019}b", "-x"]),
        (
            "powershell",
            [
                r#"{"help":"two words","quoted":"'two words'","value":"two words"}"#,
                r#"{"help":"it's","quoted":"'it''s'","value":"it's"}"#,
                r#"{"help":"$(x)","quoted":"'$(x)'","value":"$(x)"}"#,
                r#"{"help":"a:b","quoted":"a:b","value":"a:b"}"#,
                r#"{"help":"\u00e4\u2019b","quoted":"'\u00e4\u2019\u2019b'","value":"\u00e4\u2019b"}"#,
                r#"{"help":"-x","quoted":"-x","value":"-x"}"#,
            ],
        ),
        ("elvish", ["two words", "it's", "$(x)", "a:b", "ä\u{2019}b", "-x"]),
    ];
    for (shell, expected) in rows {
        ask(&sandbox, shell, &["xtask", "a", "--x", ""]).is(0, &(expected.join("\n") + "\n"), "");
    }
    // What is offered can be typed.
    sandbox.program("tool");
    sandbox.on_words(&["tool", "-x"]);
    assert_eq!(sandbox.run_words(&["a", "--x", "-x"]).code, 0);
}

/// Unix alone: Windows has no such names.
#[cfg(unix)]
#[test]
fn names_that_no_quotes_can_hold_are_not_offered() {
    let sandbox = Sandbox::with(TASKS);
    for name in ["plain", "a\nb", "a\tb", "a\u{1b}[2Jb", "a\u{202e}b", "-n"] {
        sandbox.file(&format!("sub/{name}"), "");
        // Below a folder, no name looks like a flag.
        sandbox.file(&format!("-sub/{name}"), "");
    }
    for shell in SHELLS {
        let offered = values(&sandbox, shell, &["xtask", "--file", "sub/"]);
        assert_eq!(offered, ["sub/-n", "sub/plain"], "{shell}");
        let offered = values(&sandbox, shell, &["xtask", "--file", ""]);
        assert!(!offered.iter().any(|name| name.contains("-sub")), "{shell}: {offered:?}");
    }
}

#[test]
fn what_they_are_for_is_shown_where_the_shell_can() {
    let sandbox = Sandbox::with(TASKS);
    ask(&sandbox, "fish", &["xtask", "dev"]).is(0, "dev\tStart the stack\n", "");
    ask(&sandbox, "zsh", &["xtask", "dev"]).is(0, " dev:Start the stack\n", "");
}

#[test]
fn another_file_is_asked_when_it_is_named() {
    let sandbox = Sandbox::with(TASKS);
    sandbox.file("other/tasks.toml", "[tasks.demolish]\nsteps = ['x']\n");
    assert_eq!(values(&sandbox, "fish", &["xtask", "--file", "other/tasks.toml", "de"]), ["demolish"]);
    let below = sandbox.folder("a/b");
    sandbox.set("XTASK_COMPLETE", "fish");
    sandbox.run_in(&below, "-- xtask dev").is(0, "dev\tStart the stack\n", "");
}

#[test]
fn a_broken_or_missing_file_completes_the_built_in_commands_silently() {
    let sandbox = Sandbox::with("[tasks");
    assert_eq!(values(&sandbox, "fish", &["xtask", "comp"]), ["completions"]);
    std::fs::remove_file(sandbox.project().join("tasks.toml")).expect("no file");
    assert_eq!(values(&sandbox, "fish", &["xtask", "comp"]), ["completions"]);
}

#[test]
fn outside_of_any_project_the_built_in_commands_are_offered() {
    let sandbox = Sandbox::bare();
    for shell in SHELLS {
        let all = values(&sandbox, shell, &["xtask", ""]);
        assert_eq!(all[..3], ["bench", "build-fresh", "buildkit"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "completions", "f"]), ["fish"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "help", "comp"]), ["completions"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "completions", "--dry"]), ["--dry-run"], "{shell}");
        assert_eq!(values(&sandbox, shell, &["xtask", "unknown", "--dry"]), ["--dry-run"], "{shell}");
    }
    let fish = ask(&sandbox, "fish", &["xtask", "comp"]);
    fish.is(0, "completions\tPrint a script that completes task names and flags in your shell\n", "");
}

#[test]
fn the_script_of_every_shell_is_printed() {
    let sandbox = Sandbox::bare();
    for shell in SHELLS {
        let done = sandbox.run(&format!("completions {shell}"));
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));
        assert!(done.stdout.contains("XTASK_COMPLETE"), "{shell}: {}", done.stdout);
        // PowerShell completes no words behind `cargo`: the README says so.
        assert_eq!(done.stdout.contains("cargo xtask"), shell != "powershell", "{shell}: {}", done.stdout);
    }
}
