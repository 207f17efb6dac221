//! What stands in a step is what the program gets, to the byte, on every system.

use crate::harness::Sandbox;

/// A word as tasks.toml has it (in a TOML literal string) and as the program gets it.
const WORDS: &[(&str, &str)] = &[
    ("plain", "plain"),
    ("'a b'", "a b"),
    (r#""a b""#, "a b"),
    (r"a\ b", "a b"),
    ("''", ""),
    (r#""""#, ""),
    (r#"'"'"#, "\""),
    (r#"'a "b" c'"#, "a \"b\" c"),
    (r#""it's""#, "it's"),
    (r#"\'"#, "'"),
    ("%", "%"),
    ("%PATH%", "%PATH%"),
    ("%%", "%%"),
    ("^", "^"),
    ("a^b", "a^b"),
    ("'&'", "&"),
    ("'a&b'", "a&b"),
    ("!", "!"),
    ("!x!", "!x!"),
    ("'*'", "*"),
    ("'*.rs'", "*.rs"),
    ("'?'", "?"),
    ("'$HOME'", "$HOME"),
    ("'`x`'", "`x`"),
    ("'|'", "|"),
    ("'<a>'", "<a>"),
    ("'(a)'", "(a)"),
    ("'~'", "~"),
    ("'#a'", "#a"),
    ("a=b", "a=b"),
    ("--x=y", "--x=y"),
    ("'{{.Names}}'", "{{.Names}}"),
    ("'{x}'", "{x}"),
    (r"'a\'", r"a\"),
    (r"'a b\'", r"a b\"),
    (r"a\\", r"a\"),
    (r"'\\'", r"\\"),
    (r"'\\\'", r"\\\"),
    (r#"'\"'"#, r#"\""#),
    (r#"'a\\"b'"#, r#"a\\"b"#),
    (r#"'a\\\" b'"#, r#"a\\\" b"#),
    (r"'C:\dir\'", r"C:\dir\"),
    ("ünï", "ünï"),
    ("'日本 語'", "日本 語"),
    ("🦀", "🦀"),
    ("a,b;c", "a,b;c"),
];

fn is_toml_literal(word: &str) -> bool {
    !word.contains("'''")
}

#[test]
fn every_word_of_a_step_arrives_as_it_was_meant() {
    let words = WORDS.iter().filter(|(written, _)| !written.contains(';'));
    let mut tasks = String::new();
    let mut expected = Vec::new();
    for (at, (written, meant)) in words.enumerate() {
        assert!(is_toml_literal(written));
        // Alone, and between others: a quote that goes wrong would swallow its neighbours.
        tasks.push_str(&format!("[tasks.t{at}]\nsteps = ['''\ntool {written} x {written}''']\n"));
        expected.push((at, *meant));
    }
    let sandbox = Sandbox::with(&tasks);
    sandbox.program("tool");
    sandbox.on("tool *");
    for (at, meant) in expected {
        sandbox.forget_calls();
        sandbox.run(&format!("-q t{at}")).is(0, "", "");
        let calls = sandbox.calls();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].words, ["tool", meant, "x", meant]);
    }
}

#[test]
fn words_behind_two_dashes_arrive_as_they_were_typed() {
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool {args} end']\n");
    sandbox.program("tool");
    sandbox.on("tool *");
    let typed: Vec<&str> = WORDS.iter().map(|(_, meant)| *meant).chain(["--", "-h", "--dry-run", "a\nb"]).collect();
    let words: Vec<&str> = ["-q", "t", "--"].into_iter().chain(typed.iter().copied()).collect();
    sandbox.run_words(&words).is(0, "", "");
    let expected: Vec<&str> = ["tool"].into_iter().chain(typed).chain(["end"]).collect();
    assert_eq!(sandbox.calls()[0].words, expected);
}

/// Unix alone: on Windows there are no words that are not Unicode but lone surrogates, which no person types.
#[cfg(unix)]
#[test]
fn words_that_are_not_utf8_arrive_too() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::with("[tasks.t]\nsteps = ['tool {args}']\n");
    sandbox.program("tool");
    sandbox.on("tool *");
    let word = std::ffi::OsStr::from_bytes(b"a\xffb");
    sandbox.finish(sandbox.command().args(["-q", "t", "--"]).arg(word)).is(0, "", "");
    assert_eq!(sandbox.calls()[0].words, ["tool", "a%FFb"]);
}

#[test]
fn values_of_flags_arrive_as_they_were_typed() {
    let sandbox = Sandbox::with(
        "[tasks.t]\nsteps = ['tool {x} end']\nflags.x = { value = 'X', words = ['--x', 'a={value}', '{value}'] }\n",
    );
    sandbox.program("tool");
    sandbox.on("tool *");
    for (_, meant) in WORDS {
        sandbox.forget_calls();
        sandbox.run_words(&["-q", "t", &format!("--x={meant}")]).is(0, "", "");
        assert_eq!(sandbox.calls()[0].words, ["tool", "--x", &format!("a={meant}"), meant, "end"]);
    }
}
