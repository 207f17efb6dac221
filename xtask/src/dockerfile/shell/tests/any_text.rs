//! Whatever the text is: no panic, places inside it, and a cost in proportion to its size.

use std::collections::BTreeMap;

use crate::dockerfile::shell::{Value, script};
use crate::system::random::Random;

/// `RUN`s as people write them.
const RUNS: [&str; 12] = [
    "apt-get update && apt-get install -y --no-install-recommends \\\n    gcc \\\n    # why\n    libpq-dev \\\n && rm -rf /var/lib/apt/lists/*",
    "PIP_NO_CACHE_DIR=1 pip install -r requirements.txt",
    "set -eux; export A=\"${A:-$(dpkg --print-architecture)}\"; case \"$A\" in amd64) B='x86_64' ;; *) echo >&2 no; exit 1 ;; esac; curl -fsSL \"https://x/$B\" | tar -xz -C /usr",
    "<<EOF\nset -e\ncd web\nif [ -f package-lock.json ]; then npm ci; else npm i; fi\nEOF\n",
    "bash -o pipefail -c 'for d in a b; do (cd \"$d\" && npm ci); done'",
    "[\"sh\", \"-c\", \"cd web && pip install x\"]",
    "su dev -c \"pip install --user '$X'\" && sudo -E -u dev env -u A B=c pip install y",
    "f() { local a=\"$1\"; pip install \"$a\"; }; f x; f `cat y`; A=$A$A; eval \"$A\"",
    "cat <<-'A' <<B > /x && sh <<C\n\ta $(b)\n\tA\nb $(c) \\$d\nB\npip install z\nC\n",
    "while read -r l; do [[ $l =~ ^# ]] && continue; ((n++)); pip install \"${l%%#*}\" >>log 2>&1 & done < r.txt; wait",
    "A=(a b); B+=c; D=$'x\\n' cat <(sort a) <<<\"$B\" |& tee -a >(wc) &>/dev/null",
    "{ a; b || c & } && ! ( d; e ) | until f; do g; done \u{e9}\u{fffc}",
];

const PARTS: [&str; 44] = [
    "\\\n",
    "\n",
    " ",
    ";",
    "&&",
    "||",
    "|",
    "&",
    "(",
    ")",
    "{ ",
    " }",
    "'",
    "\"",
    "`",
    "$(",
    "${",
    "}",
    "$((",
    "))",
    "$",
    "\\",
    "<<EOF\n",
    "\nEOF\n",
    "<<-",
    "#",
    "if ",
    " then ",
    " fi ",
    "for x in ",
    " do ",
    " done ",
    "case x in ",
    " esac",
    "f() ",
    "sh -c '",
    "eval ",
    "A=$A$A ",
    "export A=",
    "cd ..",
    "sudo -u ",
    "env -i ",
    "\u{e9}\u{fffc}",
    "[\"",
];

fn given() -> BTreeMap<String, Value> {
    let variables = [("HOME", "/root"), ("A", "a b"), ("X", "é")];
    variables.map(|(name, value)| (name.to_owned(), Value::Known(value.to_owned()))).into()
}

/// Reads a text, looks at all places, and gives the steps that it took.
#[track_caller]
fn check(text: &str, given: &BTreeMap<String, Value>) -> usize {
    let (script, steps) = script::counted(text, given, &BTreeMap::new());
    let words = script.commands.iter().flat_map(|command| &command.words).map(|word| &word.span);
    let spans = script.commands.iter().map(|command| &command.span).chain(words);
    for span in spans.chain(script.unread.iter().map(|unread| &unread.span)) {
        assert!(text.get(span.clone()).is_some(), "{span:?} is no part of {text:?}");
    }
    for command in &script.commands {
        assert!(!command.words.is_empty(), "{text:?}");
        let _ = command.variable("A");
    }
    // What the budget allows, and what one step may take beyond it.
    let most = 2 * (20_000 + 20 * text.len());
    assert!(steps <= most, "{steps} steps for {} bytes: {text:?}", text.len());
    steps
}

#[test]
fn real_runs_with_mistakes() {
    let mut random = Random::new(3);
    let given = given();
    for _ in 0..8_000 {
        let mut text = random.of(&RUNS).to_owned();
        for _ in 0..random.below(7) {
            let at = random.boundary(&text);
            match random.below(5) {
                0 => text.truncate(at),
                1 => {
                    let end = (at + random.below(9)).min(text.len());
                    let end = (at..=end).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(at);
                    text.replace_range(at..end, "");
                }
                2 => text.insert_str(at, random.of(&RUNS)),
                _ => text.insert_str(at, random.of(&PARTS)),
            }
        }
        check(&text, &given);
    }
}

#[test]
fn parts_of_scripts_in_any_order() {
    let (mut random, given) = (Random::new(5), given());
    for _ in 0..4_000 {
        let text: String = (0..random.below(40)).map(|_| random.of(&PARTS)).collect();
        check(&text, &given);
    }
}

#[test]
fn any_bytes() {
    let (mut random, given) = (Random::new(9), given());
    for _ in 0..4_000 {
        let bytes: Vec<u8> = (0..random.below(60)).map(|_| random.below(256) as u8).collect();
        check(&String::from_utf8_lossy(&bytes), &given);
        let ascii: String = bytes.iter().map(|byte| char::from(32 + byte % 95)).collect();
        check(&ascii, &given);
    }
}

/// Twice the text takes at most about twice the steps.
#[test]
fn cost_grows_with_the_size() {
    let given = given();
    let many = [
        "pip install x; ",
        "A=b; ",
        "A=b pip $A; ",
        "export A=$A && ",
        "(",
        "$(",
        "\"$(",
        "`",
        "${A:-",
        "if a; then ",
        "{ ",
        "$((",
        "sh -c 'a' ; ",
        "eval a; ",
        "a || A=b && ",
        "f() { a; }; f; ",
        "for x in a; do A=b; done; ",
        "cat <<A\n",
        "case a in b) ",
        "cd a; ",
        "a\\\n",
        "# a\n",
        "<(",
        "[[ ",
        "((",
        "'",
        "a=(",
        "trap 'a' EXIT; ",
        "A=$A$A; ",
        "f() { f; f; }; f; ",
        "~",
        "env ",
        "sudo ",
    ];
    for part in many {
        let (small, large) = (check(&part.repeat(400), &given), check(&part.repeat(800), &given));
        assert!(large <= 3 * small + 20_000, "{part:?}: {small} steps, then {large}");
    }
}

/// The stack of a thread is enough however deep a text is nested.
#[test]
fn nothing_is_nested_too_deep_for_the_stack() {
    let run = || {
        let given = given();
        for part in [
            "(",
            "$(",
            "\"$(",
            "{ ",
            "if ",
            "while a; do ",
            "case a in b) ",
            "f() { ",
            "${A:-",
            "\"${A:-",
            "<(",
            "$((",
            "env ",
            "eval ",
            "command ",
        ] {
            check(&part.repeat(5_000), &given);
        }
        let mut text = "pip".to_owned();
        for _ in 0..9 {
            text = format!("sh -c '{}'", text.replace('\'', "'\\''"));
        }
        check(&text, &given);
        check("f() { f; }; f", &given);
    };
    let thread = std::thread::Builder::new().stack_size(768 * 1024).spawn(run).expect("a thread");
    assert!(thread.join().is_ok());
}
